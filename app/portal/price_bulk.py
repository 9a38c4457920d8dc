"""Thousands of prices at once: what a rule, a paste or a file would do, and then doing exactly that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from app.edge import db, now
from app.portal.here import by, here, page
from app.portal.price_form import read_rule_value
from app.portal.price_lines import MOST_LINES, Line, packed, pasted_lines, resolved, unpacked
from app.portal.price_selection import View
from app.portal.words import METHODS, ROUNDINGS
from app.tables import Value, write_table
from app.ui.formats import number, reader_locale
from app.ui.toasts import say
from kit.errors import Refusal
from orders.sales import units_sold
from pricing.bulk import Proposal, propose_following, propose_prices, propose_rule, save_proposal
from pricing.grid import grid_names, variants_by_sku
from pricing.judging import Judged
from storage.revisions import store_changed

price_bulk = Blueprint("price_bulk", __name__)
_PERIOD = timedelta(days=30)
_SHOWN = 50


@dataclass(frozen=True)
class Source:
    """Where a change of many prices comes from: ``fields`` are what the form says it with, so that the
    next request works out the same. ``lines`` are those of a paste or a file."""

    title: str
    fields: dict[str, str]
    lines: Sequence[Line] = ()
    back: str = ""


@dataclass(frozen=True)
class Change:
    """What a source would do: to prices, and the lines that cannot even be read."""

    source: Source
    proposal: Proposal
    unread: list[Line] = field(default_factory=list)
    line_of: Mapping[UUID, Line] = field(default_factory=dict)

    @property
    def refused(self) -> int:
        return len(self.unread) + len(self.proposal.refused)


@price_bulk.get("/prices/paste")
def paste() -> Response:
    return _paste_page("", "")


@price_bulk.get("/prices/preview")
def lost() -> Response:
    """Nothing is kept of a preview, so an address that is opened again leads to the grid."""
    return redirect(url_for("prices.index"), 303)


@price_bulk.post("/prices/preview")
def preview() -> Response:
    """Show what would be done, or do it when that is what was shown."""
    try:
        source = _source()
    except Refusal as refusal:
        return _paste_page(request.form.get("pasted", ""), refusal.message, 422)
    return preview_page(source)


@price_bulk.post("/prices/preview.<kind>")
def download(kind: str) -> Response:
    """Every row of a preview as a file, with why each refused one is."""
    change = _change(_source())
    judged = change.proposal.rows
    names = grid_names(db(), variant_ids=[row.variant_id for row in judged])
    sold = _sold()
    rows: list[Sequence[Value]] = [
        [line.line, line.sku, "", "", None, None, None, None, None, line.reason] for line in change.unread
    ]
    for row in judged:
        product, variant = names.get(row.variant_id, ("", ""))
        line = change.line_of.get(row.variant_id)
        rows.append(
            [
                line.line if line else None,
                row.sku,
                product,
                variant,
                row.before.decimal if row.before else None,
                row.after.decimal,
                row.lowest.decimal,
                row.earn.decimal,
                sold.get(row.variant_id, 0),
                row.refusal
                or ("" if row.variant_id in change.proposal.changed_keys else "As it is already."),
            ]
        )
    heads = ("line", "sku", "product", "variant", "before", "after", "lowest", "you earn", "sold", "refused")
    return write_table(kind, f"{here().store.slug}-preview", heads, rows)


def preview_page(source: Source) -> Response:
    """What a source would do, or what came of doing it."""
    wants_to_save = request.form.get("act") == "save"
    if wants_to_save:
        # From here on nobody else changes this store's prices until this is done.
        store_changed(db(), store_id=here().store.store_id)
    try:
        change = _change(source)
    except Refusal as refusal:
        return _answer(Change(source, Proposal(())), error=refusal.message, status=422)
    if not wants_to_save:
        return _answer(change)
    if not change.proposal.changed:
        return _answer(change, status=422)
    if request.form.get("seen") != change.proposal.seen:
        moved = "Something has changed since you looked: wholesale, or prices. This is what would happen now."
        return _answer(change, error=moved, status=409)
    if change.refused and not request.form.get("leave"):
        left = f"Say that the {number(change.refused)} refused may stay as they are, or mend them first."
        return _answer(change, error=left, status=422)
    saved = save_proposal(db(), **here().keys, proposal=change.proposal, **by())
    left = f" {number(change.refused)} stayed as they were." if change.refused else ""
    say(
        f"{number(saved)} {'price' if saved == 1 else 'prices'} saved.{left} Shoppers see them now.",
        undo=url_for("prices.undo"),
        what=now().isoformat(),
    )
    return redirect(source.back or url_for("prices.index"), 303)


def lines_source(lines: Sequence[Line], title: str) -> Source:
    """A source made of lines that were read. Raises Refusal where they are too many for a page."""
    return Source(title, {"kind": "lines", "title": title, "lines": packed(lines)}, lines)


def rule_source(view: View, given: Mapping[str, str]) -> Source:
    """A rule for every row of a view of the grid; the method ``follow`` gives them back to the store's."""
    fields = {name: given.get(name, "").strip()[:40] for name in ("method", "value", "rounding")}
    title = "Follow the store’s rule" if fields["method"] == "follow" else "A rule for all these rows"
    fields = {"kind": "rule", "show": view.show, "q": view.search, **fields}
    return Source(title, fields, (), url_for("prices.index", **view.address))


def _source() -> Source:
    """What the form says its prices come from. Raises Refusal for the lines of a paste."""
    currency, locale = here().store.currency, reader_locale()
    form = request.form
    if form.get("kind") == "rule":
        return rule_source(View.asked(form), form)
    if form.get("kind") == "lines":
        lines = unpacked(form.get("lines", ""), currency=currency, locale=locale)
        return Source(
            form.get("title", "")[:120],
            {name: form.get(name, "") for name in ("kind", "title", "lines")},
            lines,
        )
    return lines_source(
        pasted_lines(form.get("pasted", ""), currency=currency, locale=locale), "Pasted prices"
    )


def _change(source: Source) -> Change:
    keys, moment = here().keys, now()
    if source.lines:
        known = variants_by_sku(db(), **keys, skus={line.sku for line in source.lines})
        found = resolved(source.lines, known)
        proposal = propose_prices(db(), **keys, prices=found.prices, now=moment)
        judged = {row.variant_id for row in proposal.rows}
        for key, line in found.line_of.items():
            if key in found.prices and key not in judged:
                reason = f"The company has no wholesale price for it in {here().store.currency}."
                found.refused.append(Line(line.line, line.sku, line.text, None, reason))
        return Change(source, proposal, sorted(found.refused, key=lambda row: row.line), found.line_of)
    view = View.asked(source.fields)
    variants = view.rows(view.index())
    if source.fields["method"] == "follow":
        return Change(source, propose_following(db(), **keys, variant_ids=variants, now=moment))
    proposal = propose_rule(
        db(),
        **keys,
        variant_ids=variants,
        method=source.fields["method"],
        value=read_rule_value(source.fields["method"], source.fields["value"], here().store.currency),
        rounding=source.fields["rounding"] or "none",
        now=moment,
    )
    return Change(source, proposal)


def _sold() -> dict[UUID, int]:
    return units_sold(db(), **here().keys, since=now() - _PERIOD, until=now())


@dataclass(frozen=True, slots=True)
class Shown:
    """A row of the preview: the verdict, what it is about, its line in a file, and its sales."""

    judged: Judged
    product: str
    variant: str
    line: int
    sold: int

    @property
    def gain(self) -> int:
        return self.sold * (self.judged.earn_minor - (self.judged.earned_minor or 0))


def _answer(change: Change, *, error: str = "", status: int = 200) -> Response:
    proposal, sold = change.proposal, _sold()
    refused = proposal.refused[: max(0, _SHOWN - len(change.unread))]
    by_size = sorted(
        proposal.changed, key=lambda row: (-abs(row.after_minor - (row.before_minor or 0)), row.sku)
    )
    shown = refused + by_size[:_SHOWN]
    names = grid_names(db(), variant_ids=[row.variant_id for row in shown])

    def entry(row: Judged) -> Shown:
        line = change.line_of.get(row.variant_id)
        key = row.variant_id
        return Shown(row, *names.get(key, (row.sku, "")), line.line if line else 0, sold.get(key, 0))

    currency = here().store.currency
    return page(
        "portal/price_preview.html",
        status=status,
        change=change,
        proposal=proposal,
        unread=change.unread[:_SHOWN],
        refused=[entry(row) for row in refused],
        largest=[entry(row) for row in by_size[:_SHOWN]],
        units=sum(sold.get(row.variant_id, 0) for row in proposal.changed),
        gain=proposal.at_sales(sold, currency),
        leave=bool(request.form.get("leave")),
        error=error,
        methods=dict(METHODS),
        roundings=dict(ROUNDINGS),
    )


def _paste_page(text: str, error: str, status: int = 200) -> Response:
    return page("portal/price_paste.html", status=status, pasted=text[:200_000], error=error, most=MOST_LINES)
