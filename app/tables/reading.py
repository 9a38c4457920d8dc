"""Reading a table from a file that a person brought, whichever of the two kinds it is.

Everything is held to limits while it is read, and refused with what the limit is: a file's size says
little about what it unpacks to.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass

from app.tables.cells import Cells, Formula, Number
from app.tables.xlsx import read_xlsx
from kit.errors import Refusal

__all__ = ["MOST_BYTES", "MOST_ROWS", "Formula", "Number", "Table", "read_pasted", "read_table"]

MOST_BYTES = 16 << 20
MOST_ROWS = 100_000
_LONGEST_CELL = 2_000
_MOST_COLUMNS = 200
_DELIMITERS = ("\t", ";", ",")


@dataclass(frozen=True, slots=True)
class Table:
    """What a file holds: the names in its first row, and the other rows with their lines.

    A cell is text as it stood there; ``Number`` where the file said that it is one, written plainly, and
    ``Formula`` where it is worked out from others. Cells that a row lacks at its end are left out.
    """

    heads: tuple[str, ...]
    rows: list[tuple[int, Cells]]


def read_table(data: bytes) -> Table:
    """Read a CSV file in UTF-8 or UTF-16, or the first sheet of an XLSX file. Raises Refusal.

    ``data`` may be one byte longer than ``MOST_BYTES``, which says that there is more of it.
    """
    if not data:
        raise Refusal("The file is empty.", field="file")
    if len(data) > MOST_BYTES:
        raise Refusal(f"The file is larger than {MOST_BYTES >> 20} MB. Split it.", field="file")
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        raise Refusal("This is an old XLS file. Save it from the sheet as XLSX or CSV.", field="file")
    rows = read_xlsx(data) if data.startswith(b"PK") else _read_csv(data)
    return _table(rows)


def read_pasted(text: str) -> Table:
    """Read what was copied from a sheet, with a tab between its cells. Raises Refusal for ``pasted``."""
    try:
        return _table(_read_csv(text.encode()))
    except Refusal as refusal:
        message = refusal.message.replace("The file is empty", "There is nothing in it")
        raise Refusal(message.replace("The file", "This"), field="pasted") from None


def _table(rows: Iterator[tuple[int, Cells]]) -> Table:
    heads: tuple[str, ...] = ()
    found: list[tuple[int, Cells]] = []
    for line, cells in rows:
        if len(cells) > _MOST_COLUMNS:
            raise Refusal(f"Line {line} has more than {_MOST_COLUMNS} columns.", field="file")
        if any(len(cell) > _LONGEST_CELL for cell in cells):
            raise Refusal(f"Line {line} has a cell of more than {_LONGEST_CELL:,} characters.", field="file")
        if not any(cells):
            continue
        if not heads:
            heads = tuple(cell.strip() for cell in cells)
            continue
        if len(found) == MOST_ROWS:
            raise Refusal(f"The file has more than {MOST_ROWS:,} rows. Split it.", field="file")
        found.append((line, cells))
    if not heads:
        raise Refusal("The file is empty.", field="file")
    return Table(heads, found)


def _read_csv(data: bytes) -> Iterator[tuple[int, Cells]]:
    text = _decoded(data)
    first = text.partition("\n")[0]
    delimiter = max(_DELIMITERS, key=first.count)
    reader = csv.reader(io.StringIO(text), delimiter=delimiter)
    while True:
        try:
            cells = next(reader, None)
        except csv.Error as problem:
            raise Refusal(f"Line {reader.line_num} could not be read: {problem}.", field="file") from None
        if cells is None:
            return
        yield reader.line_num, [_cell(cell) for cell in cells]


def _decoded(data: bytes) -> str:
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        raise Refusal(
            "The file is not text in UTF-8. Save it from the sheet as CSV UTF-8, or as XLSX.", field="file"
        ) from None
    if "\0" in text:
        raise Refusal("The file is not a table in CSV or XLSX.", field="file")
    return text


def _cell(text: str) -> str:
    text = text.strip()
    # What we write with an apostrophe, so that a sheet does not take it for a formula, comes back with it.
    if text.startswith("'") and text[1:2] in ("=", "+", "-", "@"):
        return text[1:]
    return Formula(text) if text.startswith("=") else text
