"""Prices as a file: take them away as CSV or XLSX, and bring ``sku`` and ``price`` back."""

from __future__ import annotations

from flask import Blueprint, Response, request
from werkzeug.wrappers import Response as AnyResponse

from app.edge import db, now
from app.portal.here import here, page
from app.portal.price_bulk import lines_source, preview_page
from app.portal.price_lines import table_lines
from app.tables import MOST_BYTES, MOST_ROWS, read_table, write_table
from app.ui.formats import reader_locale
from kit.errors import Refusal
from pricing.grid import grid_index, grid_names
from pricing.judging import judge_today

price_files = Blueprint("price_files", __name__)
_COLUMNS = ("sku", "product", "variant", "currency", "wholesale", "lowest", "price", "you earn", "own price")


@price_files.get("/prices/file")
def index() -> Response:
    return _page("")


@price_files.get("/prices.<kind>")
def download(kind: str) -> AnyResponse:
    """Every price of the store. The file can be brought back with its prices changed."""
    place, moment = here(), now()
    found = grid_index(db(), **place.keys, now=moment)
    names = grid_names(db(), variant_ids=found.variant_ids)
    judged = judge_today(db(), **place.keys, variant_ids=found.variant_ids, now=moment)
    rows = [
        (
            row.sku,
            *names[row.variant_id],
            row.currency,
            row.wholesale.decimal,
            row.lowest.decimal,
            row.before.decimal if row.before else None,
            row.earned.decimal if row.earned else None,
            "yes" if row.variant_id in found.own else "no",
        )
        for row in judged
    ]
    return write_table(kind, f"{place.store.slug}-prices", _COLUMNS, rows)


@price_files.post("/prices/file")
def upload() -> AnyResponse:
    """Show what the prices of a file would do; nothing is saved yet."""
    uploaded = request.files.get("file")
    try:
        if uploaded is None or not uploaded.filename:
            raise Refusal("Choose a CSV or XLSX file with the columns sku and price.", field="file")
        table = read_table(uploaded.read(MOST_BYTES + 1))
        lines = table_lines(table, currency=here().store.currency, locale=reader_locale())
        source = lines_source(lines, f"Prices from {uploaded.filename[:60]}")
    except Refusal as refusal:
        return _page(refusal.message, 422)
    return preview_page(source)


def _page(error: str, status: int = 200) -> Response:
    return page(
        "portal/price_file.html", status=status, error=error, largest=MOST_BYTES >> 20, most=MOST_ROWS
    )
