"""Tables that people bring and take away as files: CSV and XLSX, for the portal and the console alike."""

from app.tables.amounts import cell_amount, flat
from app.tables.reading import MOST_BYTES, MOST_ROWS, Formula, Number, Table, read_pasted, read_table
from app.tables.writing import KINDS, Value, stream_table, table_pieces, write_table

__all__ = [
    "KINDS",
    "MOST_BYTES",
    "MOST_ROWS",
    "Formula",
    "Number",
    "Table",
    "Value",
    "cell_amount",
    "flat",
    "read_pasted",
    "read_table",
    "stream_table",
    "table_pieces",
    "write_table",
]
