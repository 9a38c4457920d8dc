"""Prices as a file: take them away as CSV, and bring ``sku,price`` back."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from uuid import UUID

from flask import Blueprint, Response, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from app.edge import db, now
from app.portal.here import by, here, page
from app.ui.amounts import UnclearAmount, read_amount
from app.ui.formats import money, reader_locale
from app.ui.toasts import say
from kit.errors import Refusal
from kit.money import Money
from pricing.grid import grid_index, grid_rows, variants_by_sku
from pricing.judging import PricesRefused
from pricing.retail import set_prices

price_files = Blueprint("price_files", __name__)
LARGEST = 4 << 20
MOST_ROWS = 20_000
_COLUMNS = ("sku", "product", "variant", "currency", "wholesale", "lowest", "price", "you earn", "own price")


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """A row of a file that cannot be: its line, what it said, why not, and the lowest price if known."""

    line: int
    sku: str
    price: str
    reason: str
    lowest: str = ""


@price_files.get("/prices/file")
def index() -> Response:
    return _page([], "")


@price_files.get("/prices.csv")
def download() -> AnyResponse:
    """Every price of the store. The file can be brought back with its prices changed."""
    place, moment = here(), now()
    found = grid_index(db(), **place.keys, now=moment)
    rows, _ = grid_rows(db(), **place.keys, variant_ids=found.variant_ids, now=moment)
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(_COLUMNS)
    for row in rows:
        writer.writerow(
            [
                _harmless(row.sku),
                _harmless(row.product),
                _harmless(row.variant),
                row.wholesale.currency,
                row.wholesale.decimal,
                row.lowest.decimal,
                row.price.decimal if row.price else "",
                row.earn.decimal if row.earn else "",
                "yes" if row.own else "no",
            ]
        )
    answered = Response(out.getvalue(), content_type="text/csv; charset=utf-8")
    answered.headers["Content-Disposition"] = f'attachment; filename="{place.store.slug}-prices.csv"'
    return answered


def _harmless(cell: str) -> str:
    # A sheet would take a cell that begins like this for a formula.
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell


@price_files.post("/prices/file")
def upload() -> AnyResponse:
    """Set the prices of a file, all or none."""
    try:
        rows = _read()
    except Refusal as refusal:
        return _page([], refusal.message, 422)
    place, currency = here(), here().store.currency
    known = variants_by_sku(db(), **place.keys, skus={sku for _, sku, _ in rows})
    refused: list[RefusedRow] = []
    amounts: dict[UUID, Money] = {}
    lines: dict[UUID, tuple[int, str, str]] = {}
    for line, sku, text in rows:
        variant_id = known.get(sku)
        if variant_id is None:
            refused.append(RefusedRow(line, sku, text, "Your store has no such SKU."))
        elif variant_id in lines:
            reason = f"This SKU stands in line {lines[variant_id][0]} already."
            refused.append(RefusedRow(line, sku, text, reason))
        else:
            lines[variant_id] = (line, sku, text)
            try:
                amounts[variant_id] = read_amount(text, currency, reader_locale())
            except UnclearAmount as unclear:
                refused.append(RefusedRow(line, sku, text, unclear.message))
    if not refused:
        try:
            done = set_prices(db(), **place.keys, prices=amounts, **by())
        except PricesRefused as problem:
            refused = [
                RefusedRow(*lines[row.variant_id], row.refusal, money(row.lowest)) for row in problem.refused
            ]
    if refused:
        return _page(sorted(refused, key=lambda row: row.line), "", 422, total=len(rows))
    say(
        f"{len(done)} {'price' if len(done) == 1 else 'prices'} saved. Shoppers see them now.",
        undo=url_for("prices.undo"),
        what=now().isoformat(),
    )
    return redirect(url_for("prices.index"), 303)


def _read() -> list[tuple[int, str, str]]:
    """The file's rows as line, SKU and price; rows without a price are left as they are."""
    uploaded = request.files.get("file")
    if uploaded is None or not uploaded.filename:
        raise Refusal("Choose a CSV file with the columns sku and price.", field="file")
    data = uploaded.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise Refusal(f"The file is larger than {LARGEST >> 20} MB.", field="file")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Refusal("The file is not text in UTF-8. Save it from the sheet as CSV UTF-8.") from None
    first = text.partition("\n")[0]
    reader = csv.reader(io.StringIO(text), delimiter=";" if first.count(";") > first.count(",") else ",")
    try:
        heads = [head.strip().lower() for head in next(reader, [])]
        if "sku" not in heads or "price" not in heads:
            raise Refusal("The first line must name the columns sku and price.", field="file")
        at_sku, at_price = heads.index("sku"), heads.index("price")
        found = [
            (reader.line_num, row[at_sku].strip().removeprefix("'"), row[at_price].strip())
            for row in reader
            if len(row) > max(at_sku, at_price) and row[at_sku].strip() and row[at_price].strip()
        ]
    except csv.Error as problem:
        raise Refusal(f"Line {reader.line_num} could not be read: {problem}.", field="file") from None
    if not found:
        raise Refusal("The file holds no row with a SKU and a price.", field="file")
    if len(found) > MOST_ROWS:
        raise Refusal(f"The file has more than {MOST_ROWS:,} rows. Split it.", field="file")
    return found


def _page(refused: list[RefusedRow], error: str, status: int = 200, *, total: int = 0) -> Response:
    return page(
        "portal/price_file.html",
        status=status,
        refused=refused[:500],
        refused_count=len(refused),
        total=total,
        error=error,
        largest=LARGEST >> 20,
    )
