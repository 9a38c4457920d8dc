"""The rule that prices everything without a price of its own: seen before it is saved, and taken back."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from app.edge import db, now
from app.portal.here import by, here, page
from app.portal.price_form import read_rule_value
from app.portal.words import METHODS, ROUNDINGS
from app.ui.toasts import say
from kit.errors import Refusal
from kit.money import Money
from pricing.grid import GridRow, grid_index, grid_rows, store_rule
from pricing.judging import preview_rule
from pricing.retail import set_rule
from pricing.rules import Rule

price_rules = Blueprint("price_rules", __name__)
_SHOWN = 25


@dataclass(frozen=True, slots=True)
class Difference:
    """What the rule would do to one row."""

    row: GridRow
    after: Money
    earn: Money


@price_rules.get("/prices/rule")
def index() -> Response:
    found = store_rule(db(), **here().keys, now=now())
    form = {"method": "markup", "value": "", "rounding": "none"}
    if found is not None and found.method != "fixed":
        form = {"method": found.method, "value": _written(found), "rounding": found.rounding}
    return _page(form, found, {})


def _written(rule: Rule) -> str:
    if rule.method == "markup":
        return f"{rule.value / 100:g}"
    return str(Money(rule.value, here().store.currency).decimal)


@price_rules.post("/prices/rule")
def change() -> Response:
    place = here()
    form = {name: request.form.get(name, "").strip()[:40] for name in ("method", "value", "rounding")}
    before = store_rule(db(), **place.keys, now=now())
    try:
        value = read_rule_value(form["method"], form["value"], place.store.currency)
        if request.form.get("act") == "preview":
            return _page(form, before, {}, differences=_differences(form, value))
        set_rule(
            db(),
            **place.keys,
            scope="store",
            method=form["method"],
            value=value,
            rounding=form["rounding"],
            **by(),
        )
    except Refusal as refusal:
        return _page(form, before, {refusal.field: refusal.message}, status=422)
    say(
        "The store's rule is changed. Shoppers see its prices now.",
        undo=url_for("price_rules.undo") if before else "",
        what=f"{before.method}:{before.value}:{before.rounding}" if before else "",
    )
    return redirect(url_for("prices.index"), 303)


def _differences(form: dict[str, str], value: int) -> tuple[list[Difference], int]:
    """The rows that the rule would price otherwise than today, the first of them, and how many."""
    place, moment = here(), now()
    index = grid_index(db(), **place.keys, now=moment)
    by_rule = [key for key in index.variant_ids if key not in index.own]
    judged = preview_rule(
        db(),
        **place.keys,
        variant_ids=by_rule,
        method=form["method"],
        value=value,
        rounding=form["rounding"],
        now=moment,
    )
    changed = {row.variant_id: row for row in judged if row.before != row.after}
    first = [key for key in by_rule if key in changed][:_SHOWN]
    rows, _ = grid_rows(db(), **place.keys, variant_ids=first, now=moment)
    made = [Difference(row, changed[row.variant_id].after, changed[row.variant_id].earn) for row in rows]
    return made, len(changed)


@price_rules.post("/prices/rule/undo")
def undo() -> Response:
    method, _, rest = request.form.get("what", "").partition(":")
    value, _, rounding = rest.partition(":")
    if not value.isdecimal() or len(value) > 12:
        raise Refusal("It is not known what is to be taken back.")
    set_rule(
        db(),
        **here().keys,
        scope="store",
        method=method,
        value=int(value),
        rounding=rounding,
        **by(),
    )
    say("The store's rule is as before.")
    return redirect(url_for("prices.index"), 303)


def _page(
    form: dict[str, str],
    rule: Rule | None,
    errors: dict[str, str],
    *,
    differences: tuple[list[Difference], int] | None = None,
    status: int = 200,
) -> Response:
    return page(
        "portal/price_rule.html",
        status=status,
        form=form,
        rule=rule,
        errors=errors,
        differences=differences,
        methods=METHODS[:2],
        roundings=ROUNDINGS,
    )
