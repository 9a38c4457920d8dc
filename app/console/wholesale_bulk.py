"""Wholesale prices and ceilings by the thousand: as a file, as a paste, or as typed into the sheet. What
they would do is shown before any is saved, and exactly what was shown is saved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from app.console.forms import errors_of, query, text
from app.console.pages import page, said
from app.console.wholesale_cells import Cell, Matched, matched, packed, read_cells, unpacked
from app.console.wholesale_terms import asked_currency, effect, read_begins
from app.console.wholesale_typed import typed_table
from app.edge import db, now, person
from app.tables import MOST_BYTES, MOST_ROWS, Table, Value, read_pasted, read_table, write_table
from app.ui.formats import number
from kit.errors import Refusal
from kit.money import Money
from pricing.impact import wholesale_impact
from pricing.lists import ListEntry, price_lists, sheet
from pricing.price_sheet import (
    JudgedCell,
    Named,
    SheetProposal,
    named_by_sku,
    propose_sheet,
    save_sheet,
)
from pricing.standstill import keep_orders_out
from tenants.company import read_company

wholesale_bulk = Blueprint("wholesale_bulk", __name__, url_prefix="/wholesale")
_SHOWN = 50
_EVERYTHING = 10_000_000
_TYPED = "Typed into the sheet"


@dataclass
class Draft:
    """Cells that were brought, and what they would come to. ``errors`` are about the form as a whole."""

    title: str
    currency: str
    lists: Sequence[ListEntry]
    cells: list[Cell]
    begins: datetime | None = None
    reason: str = ""
    errors: dict[str, str] = field(default_factory=dict)
    found: Matched = field(default_factory=lambda: Matched([], {}, []))
    known: Mapping[str, Named] = field(default_factory=dict)
    proposal: SheetProposal = field(default_factory=lambda: SheetProposal("", None, ()))

    @property
    def refused(self) -> int:
        return len(self.found.refused) + len(self.proposal.refused)

    def work_out(self) -> None:
        """Match and judge the cells; nothing is changed."""
        self.known = named_by_sku(db(), skus=[cell.sku for cell in self.cells])
        self.found = matched(self.cells, self.known)
        self.proposal = propose_sheet(
            db(), cells=self.found.asked, currency=self.currency, begins=self.begins, now=now()
        )


@dataclass(frozen=True, slots=True)
class Shown:
    """A judged cell as a row of the preview."""

    judged: JudgedCell
    cell: Cell
    named: Named
    before: Money | None
    after: Money | None


@wholesale_bulk.get("/file")
def index() -> Response:
    return _file_page({})


@wholesale_bulk.get("/prices.<kind>")
def download(kind: str) -> Response:
    """Every price that a list has of its own, and every ceiling. The file can be brought back changed."""
    currency = asked_currency(read_company(db()))
    lists = price_lists(db(), at=now())
    rows = sheet(db(), currency=currency, at=now(), lists=lists, search=query("q"), limit=_EVERYTHING)
    heads = ("sku", "product", "variant", "currency", *(entry.name for entry in lists), "ceiling")
    return write_table(
        kind,
        f"wholesale-{currency.lower()}",
        heads,
        [
            (
                row.sku,
                row.product_title,
                ", ".join(row.options),
                currency,
                *(price.amount.decimal if price.own and price.amount else None for price in row.prices),
                row.ceiling.decimal if row.ceiling else None,
            )
            for row in rows
        ],
    )


@wholesale_bulk.get("/preview")
def lost() -> Response:
    """Nothing is kept of a preview, so an address that is opened again leads to the sheet."""
    return redirect(url_for("wholesale.index"), 303)


@wholesale_bulk.post("/file")
def upload() -> Response:
    """Show what a file's prices would do; nothing is saved yet."""
    uploaded = request.files.get("file")
    try:
        if uploaded is None or not uploaded.filename:
            raise Refusal(
                "Choose a CSV or XLSX file with the column sku and one for each list.", field="file"
            )
        table = read_table(uploaded.read(MOST_BYTES + 1))
        draft = _draft(table, f"Prices from {uploaded.filename[:60]}")
    except Refusal as refusal:
        return _file_page({"file": refusal.message}, 422)
    return _preview(draft)


@wholesale_bulk.post("/preview")
def preview() -> Response:
    """Show what would be done, or do it when that is what was shown."""
    kind = text("kind")
    try:
        if kind == "cells":
            draft = _carried()
        elif kind == "typed":
            draft = _draft(typed_table(request.form, _currency_and_lists()[1]), _TYPED)
        else:
            draft = _draft(read_pasted(request.form.get("pasted", "")), "Pasted prices")
    except Refusal as refusal:
        if kind == "typed":
            said("Nothing in the sheet was changed.")
            return redirect(url_for("wholesale.index", currency=_currency_and_lists()[0]), 303)
        return _file_page({"pasted": refusal.message}, 422)
    return _save(draft) if text("act") == "save" else _preview(draft)


@wholesale_bulk.post("/preview.<kind>")
def preview_file(kind: str) -> Response:
    """Every row of a preview as a file, with why each refused one is."""
    draft = _carried()
    draft.work_out()
    names = {named.variant_id: named for named in draft.known.values()}
    rows: list[Sequence[Value]] = [
        (cell.line, cell.sku, "", "", cell.column, None, cell.text, cell.reason)
        for cell in draft.found.refused
    ]
    for shown in (_shown(draft, row, names) for row in draft.proposal.rows):
        unchanged = "" if shown.judged.changes else "As it is already."
        rows.append(
            (
                shown.cell.line,
                shown.named.sku,
                shown.named.product,
                shown.named.variant,
                shown.cell.column,
                shown.before.decimal if shown.before else None,
                shown.after.decimal if shown.after else "none",
                shown.judged.refusal or unchanged,
            )
        )
    heads = ("line", "sku", "product", "variant", "list", "before", "after", "refused")
    return write_table(kind, f"wholesale-{draft.currency.lower()}-preview", heads, rows)


def _currency_and_lists() -> tuple[str, list[ListEntry]]:
    return asked_currency(read_company(db())), price_lists(db(), at=now())


def _draft(table: Table, title: str) -> Draft:
    currency, lists = _currency_and_lists()
    cells = read_cells(table, lists=lists, currency=currency)
    packed(cells)
    return Draft(title, currency, lists, cells)


def _carried() -> Draft:
    """The draft that a preview's form carries, with when it is to begin and why."""
    currency, lists = _currency_and_lists()
    cells = unpacked(request.form.get("cells", ""), lists=lists, currency=currency)
    draft = Draft(text("title", 120), currency, lists, cells)
    draft.begins, draft.reason = read_begins(draft.errors), text("reason")
    return draft


def _save(draft: Draft) -> Response:
    # From here on no order and nobody else's prices come in between, until this is done.
    keep_orders_out(db())
    if draft.errors:
        return _preview(draft, status=422)
    draft.work_out()
    if not draft.proposal.changed:
        return _preview(draft, status=422)
    if text("seen") != draft.proposal.seen:
        return _preview(draft, differs=True, status=409)
    if draft.refused and not text("leave"):
        draft.errors["leave"] = (
            f"Say that the {number(draft.refused)} refused may stay as they are, or mend them first."
        )
        return _preview(draft, status=422)
    try:
        saved = save_sheet(
            db(), proposal=draft.proposal, actor=person().email, now=now(), reason=draft.reason
        )
    except Refusal as refusal:
        db().rollback()
        draft.errors |= errors_of(refusal)
        return _preview(draft, status=422)
    when = f"from {draft.begins:%d %B %Y, %H:%M} UTC" if draft.begins else "from now on"
    left = f" {number(draft.refused)} stayed as they were." if draft.refused else ""
    said(f"{number(saved)} {'price' if saved == 1 else 'prices'} saved, {when}.{left}")
    return redirect(url_for("wholesale.index", currency=draft.currency), 303)


def _preview(draft: Draft, *, differs: bool = False, status: int = 200) -> Response:
    draft.work_out()
    proposal = draft.proposal
    impact = None
    if proposal.changed:
        impact = wholesale_impact(
            db(),
            prices=proposal.prices,
            ceilings=proposal.ceilings,
            begins=draft.begins or now(),
            now=now(),
        )
    names = {named.variant_id: named for named in draft.known.values()}
    unread = sorted(draft.found.refused, key=lambda cell: cell.line)
    refused = proposal.refused[: max(0, _SHOWN - len(unread))]
    largest = sorted(proposal.changed, key=lambda row: -row.step)[:_SHOWN]
    return page(
        "wholesale_preview.html",
        room="wholesale",
        here="wholesale.index",
        title=_heading(len(proposal.changed)),
        status=status,
        draft=draft,
        proposal=proposal,
        carried=packed(draft.cells),
        unread=unread[:_SHOWN],
        refused=[_shown(draft, row, names) for row in refused],
        largest=[_shown(draft, row, names) for row in largest],
        form={name: text(name) for name in ("day", "time", "reason")},
        leave=bool(text("leave")),
        errors=draft.errors,
        **effect(impact, saving=len(proposal.changed), differs=differs),
    )


def _heading(changed: int) -> str:
    if not changed:
        return "No price would change"
    return "1 price would change" if changed == 1 else f"{number(changed)} prices would change"


def _shown(draft: Draft, row: JudgedCell, names: Mapping[UUID, Named]) -> Shown:
    def amount(minor: int | None) -> Money | None:
        return None if minor is None else Money(minor, draft.currency)

    cell = draft.found.cell_of[row.variant_id, row.price_list_id]
    return Shown(row, cell, names[row.variant_id], amount(row.before), amount(row.after))


def _file_page(errors: dict[str, str], status: int = 200) -> Response:
    company = read_company(db())
    return page(
        "wholesale_file.html",
        room="wholesale",
        here="wholesale.index",
        title="Prices as a file",
        status=status,
        company=company,
        currency=asked_currency(company),
        lists=price_lists(db(), at=now()),
        form={"pasted": request.form.get("pasted", "")[:200_000]},
        errors=errors,
        largest=MOST_BYTES >> 20,
        most=MOST_ROWS,
    )
