"""The programs in the documents run."""

import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1]


@pytest.mark.parametrize("document", ["README.md", "../../docs/python.md"])
def test_the_first_program_runs(document):
    program = (PACKAGE / document).read_text().split("```python\n")[1].split("```")[0]
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    expected = ["21"] if "README" in document else ["2", "0", "TrapCode.INTEGER_DIVISION_BY_ZERO ['run']"]
    assert run.stdout.splitlines() == expected
