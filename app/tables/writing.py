"""Writing a table for people to take away: CSV, or XLSX with amounts that a sheet can work with."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from decimal import Decimal

import xlsxwriter
from flask import Response

from kit.errors import NotFound
from kit.sheets import harmless

KINDS = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
Value = str | int | Decimal | None


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


def _xlsx(heads: Sequence[str], rows: Iterable[Sequence[Value]]) -> bytes:
    out = io.BytesIO()
    kept = list(rows)
    # What is written goes to a file of the system's row by row; texts stay texts, whatever they look like.
    with xlsxwriter.Workbook(out, {"constant_memory": True}) as book:
        sheet = book.add_worksheet()
        bold = book.add_format({"bold": True})
        places = [
            book.add_format({"num_format": f"0.{'0' * digits}" if digits else "0"}) for digits in range(4)
        ]
        sheet.freeze_panes(1, 0)
        for column, head in enumerate(heads):
            longest = max((len(str(row[column] or "")) for row in kept[:200]), default=0)
            sheet.set_column(column, column, min(max(len(head), longest) + 2, 44))
            sheet.write_string(0, column, head, bold)
        for line, row in enumerate(kept, 1):
            for column, cell in enumerate(row):
                if isinstance(cell, str):
                    sheet.write_string(line, column, cell)
                elif isinstance(cell, Decimal):
                    # The format knows binary numbers alone; this one is written with the decimal's digits.
                    digits = -int(cell.as_tuple().exponent)
                    sheet.write_number(line, column, cell, places[min(max(digits, 0), 3)])
                elif cell is not None:
                    sheet.write_number(line, column, cell)
    return out.getvalue()
