"""Tables that people bring and take away as files: CSV and XLSX, for the portal and the console alike."""

from app.tables.reading import MOST_BYTES, MOST_ROWS, Formula, Number, Table, read_table
from app.tables.writing import KINDS, Value, write_table

__all__ = [
    "KINDS",
    "MOST_BYTES",
    "MOST_ROWS",
    "Formula",
    "Number",
    "Table",
    "Value",
    "read_table",
    "write_table",
]
