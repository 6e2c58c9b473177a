"""Imported from the directory beside the program."""
from .table import Table, read
