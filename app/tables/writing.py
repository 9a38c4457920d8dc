"""Writing a table for people to take away: CSV, or XLSX with amounts that a sheet can work with."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from itertools import chain, islice
from tempfile import TemporaryFile
from typing import IO

import xlsxwriter
from flask import Response

from kit.errors import NotFound
from kit.sheets import harmless

KINDS = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
Value = str | int | Decimal | None
# The format ends a sheet at 1,048,576 rows; from how many rows the width of a column is taken.
SHEET_ROWS = 1_000_000
_MEASURED = 200
_PIECE = 1 << 16


def write_table(kind: str, name: str, heads: Sequence[str], rows: Iterable[Sequence[Value]]) -> Response:
    """Answer with a table as a file of a kind of ``KINDS``; ``name`` is without its ending."""
    if kind not in KINDS:
        raise NotFound("There is no such file.")
    data = _csv(heads, rows) if kind == "csv" else _xlsx(heads, rows)
    answered = Response(data, content_type=KINDS[kind])
    answered.headers["Content-Disposition"] = f'attachment; filename="{name}.{kind}"'
    return answered


def _csv(heads: Sequence[str], rows: Iterable[Sequence[Value]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(heads)
    for row in rows:
        writer.writerow([harmless(cell) if isinstance(cell, str) else cell for cell in row])
    return out.getvalue()


def stream_table(kind: str, name: str, heads: Sequence[str], rows: Iterable[Sequence[Value]]) -> Response:
    """Answer with a table of any length, of which never more than a piece is in memory. ``rows`` is read
    while the answer leaves, so it opens what it needs itself."""
    if kind not in KINDS:
        raise NotFound("There is no such file.")
    answered = Response(table_pieces(kind, heads, rows), content_type=KINDS[kind])
    answered.headers["Content-Disposition"] = f'attachment; filename="{name}.{kind}"'
    return answered


def table_pieces(kind: str, heads: Sequence[str], rows: Iterable[Sequence[Value]]) -> Iterator[bytes]:
    """A table as the pieces of a file of a kind of ``KINDS``."""
    if kind == "csv":
        yield from _csv_pieces(heads, rows)
        return
    # The format is an archive, which is whole before its first byte can leave; it waits in a file.
    with TemporaryFile() as file:
        _write_xlsx(file, heads, rows)
        file.seek(0)
        while piece := file.read(_PIECE):
            yield piece


def _csv_pieces(heads: Sequence[str], rows: Iterable[Sequence[Value]]) -> Iterator[bytes]:
    out = io.StringIO()
    writer = csv.writer(out)
    for row in chain([heads], rows):
        writer.writerow([harmless(cell) if isinstance(cell, str) else cell for cell in row])
        if out.tell() > _PIECE:
            yield out.getvalue().encode()
            out.seek(0)
            out.truncate()
    yield out.getvalue().encode()


def _xlsx(heads: Sequence[str], rows: Iterable[Sequence[Value]]) -> bytes:
    out = io.BytesIO()
    _write_xlsx(out, heads, rows)
    return out.getvalue()


def _write_xlsx(out: IO[bytes], heads: Sequence[str], rows: Iterable[Sequence[Value]]) -> None:
    """Write a workbook; what does not fit into a sheet of the format goes on in the next."""
    left = iter(rows)
    # What is written goes to a file of the system's row by row; texts stay texts, whatever they look like.
    with xlsxwriter.Workbook(out, {"constant_memory": True}) as book:
        bold = book.add_format({"bold": True})
        places = [
            book.add_format({"num_format": f"0.{'0' * digits}" if digits else "0"}) for digits in range(4)
        ]
        first = list(islice(left, _MEASURED))
        while True:
            sheet = book.add_worksheet()
            sheet.freeze_panes(1, 0)
            for column, head in enumerate(heads):
                longest = max((len(str(row[column] or "")) for row in first), default=0)
                sheet.set_column(column, column, min(max(len(head), longest) + 2, 44))
                sheet.write_string(0, column, head, bold)
            for line, row in enumerate(chain(first, islice(left, SHEET_ROWS - len(first))), 1):
                for column, cell in enumerate(row):
                    if isinstance(cell, str):
                        sheet.write_string(line, column, cell)
                    elif isinstance(cell, Decimal):
                        # The format knows binary numbers alone; this is written with the decimal's digits.
                        digits = -int(cell.as_tuple().exponent)
                        sheet.write_number(line, column, cell, places[min(max(digits, 0), 3)])
                    elif cell is not None:
                        sheet.write_number(line, column, cell)
            first = list(islice(left, _MEASURED))
            if not first:
                return
