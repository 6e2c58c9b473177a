import csv
from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True, order=True)
class Table:
    name: str
    ships: int
    tons: Fraction


def read(path, name):
    with open(path, newline="") as file:
        rows = list(csv.DictReader(file))
    return Table(name, sum(int(row["ships"]) for row in rows), sum(Fraction(row["tons"]) for row in rows))
