"""The price grid: reading it, judging what was typed, saving all of it or nothing, taking it back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from uuid import UUID

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from app.edge import db, now
from app.portal.here import by, here, page
from app.portal.price_bulk import preview_page, rule_source
from app.portal.price_form import (
    changes,
    entries,
    picked,
    read_prices_typed,
    read_rule_value,
    refused_rows,
    typed_prices,
    written,
)
from app.portal.price_selection import View
from app.portal.words import METHODS, ROUNDINGS
from app.ui.formats import money
from app.ui.toasts import say
from kit.errors import Refusal
from kit.money import Money
from orders.sales import units_sold
from pricing.bands import read_bands
from pricing.grid import count_planned, count_rules, grid_rows, store_rule
from pricing.judging import PricesRefused, preview_rule
from pricing.retail import clear_prices, set_prices
from pricing.undo import undo_prices

prices = Blueprint("prices", __name__)
PAGE = 100
_PERIOD = timedelta(days=30)
_OTHERS = "awning-others"


@prices.get("/prices")
def index() -> Response:
    return _grid()


@prices.post("/prices")
def change() -> Response:
    """Do what the pressed button says with all that the form holds."""
    typed = typed_prices(request.form)
    chosen = picked(request.form)
    match request.form.get("act", "save"):
        case "apply" if request.form.get("all"):
            return _preview_all(typed, request.form.get("method", "markup"))
        case "follow" if request.form.get("all"):
            return _preview_all(typed, "follow")
        case "apply":
            return _apply(typed, chosen)
        case "follow":
            emptied = {key: "" for key in chosen if key in typed}
            return _grid({**changes(typed), **emptied}, chosen=chosen)
        case _:
            return _save(typed, chosen)


def _preview_all(typed: Mapping[UUID, tuple[str, str]], method: str) -> Response:
    """Show what a rule would do to every row of the view, on whichever page it is."""
    wanted = changes(typed)
    if wanted:
        these = "the price that you typed" if len(wanted) == 1 else f"the {len(wanted)} prices that you typed"
        return _grid(wanted, rule_error=f"Save or discard {these} first.", status=422)
    try:
        if method != "follow":
            read_rule_value(method, request.form.get("value", ""), here().store.currency)
    except Refusal as refusal:
        return _grid(rule_error=refusal.message, status=422)
    return preview_page(rule_source(View.asked(request.args), {**request.form, "method": method}))


def _save(typed: Mapping[UUID, tuple[str, str]], chosen: list[UUID]) -> Response:
    wanted = changes(typed)
    if not wanted:
        say("Nothing was changed.")
        return redirect(_back(), 303)
    place = here()
    amounts, unclear = read_prices_typed(wanted, place.store.currency)
    emptied = [variant_id for variant_id, text in wanted.items() if not text]
    if unclear:
        return _grid(wanted, chosen=chosen, refusals=unclear, status=422)
    try:
        if amounts:
            set_prices(db(), **place.keys, prices=amounts, **by())
    except PricesRefused as refused:
        return _grid(wanted, chosen=chosen, refusals=refused_rows(refused.rows), status=422)
    if emptied:
        clear_prices(db(), **place.keys, variant_ids=emptied, **by())
    saved = len(amounts) + len(emptied)
    say(
        f"{saved} {'price' if saved == 1 else 'prices'} saved. Shoppers see them now.",
        undo=url_for("prices.undo"),
        what=now().isoformat(),
    )
    return redirect(_back(), 303)


def _apply(typed: Mapping[UUID, tuple[str, str]], chosen: list[UUID]) -> Response:
    """Put what a rule makes of the ticked rows into their fields; nothing is saved yet."""
    wanted = changes(typed)
    if not chosen:
        return _grid(wanted, rule_error="Tick the rows to which the rule is to apply.", status=422)
    try:
        found = _preview(chosen)
    except Refusal as refusal:
        return _grid(wanted, chosen=chosen, rule_error=refusal.message, status=422)
    standing = {key: before for key, (_, before) in typed.items()}
    for key, after in found.items():
        text = written(after)
        if standing.get(key, text) == text:
            wanted.pop(key, None)
        else:
            wanted[key] = text
    return _grid(wanted, chosen=chosen)


def _preview(chosen: list[UUID]) -> dict[UUID, Money]:
    place = here()
    method = request.form.get("method", "markup")
    judged = preview_rule(
        db(),
        **place.keys,
        variant_ids=chosen,
        method=method,
        value=read_rule_value(method, request.form.get("value", ""), place.store.currency),
        rounding=request.form.get("rounding", "none"),
        now=now(),
    )
    return {row.variant_id: row.after for row in judged}


@prices.post("/prices/example")
def example() -> str:
    """What the rule would make of the ticked rows, in a few words, while it is being written."""
    chosen = picked(request.form)
    try:
        found = _preview(chosen)
    except Refusal as refusal:
        return refusal.message
    rows, terms = grid_rows(db(), **here().keys, variant_ids=chosen[:1], now=now())
    if not rows or terms is None:
        return ""
    after = found[rows[0].variant_id]
    earn = Money(terms.net(after.minor) - rows[0].wholesale.minor, after.currency)
    if len(set(found.values())) == 1:
        return f"{money(after)}, you earn {money(earn)}"
    return f"{money(min(found.values()))} to {money(max(found.values()))}"


@prices.post("/prices/undo")
def undo() -> Response:
    try:
        saved_at = datetime.fromisoformat(request.form.get("what", ""))
    except ValueError:
        saved_at = None
    if saved_at is None or saved_at.tzinfo is None:
        raise Refusal("It is not known what is to be taken back.")
    done = undo_prices(db(), **here().keys, saved_at=saved_at, **by())
    count = done.restored + done.cleared
    say(f"{count} {'price is' if count == 1 else 'prices are'} as before.")
    return redirect(_back(), 303)


@prices.get("/prices/others")
def others() -> Response:
    """Show what other partners ask beside each price, or no longer; the browser remembers it."""
    answered = redirect(_back(), 303)
    wanted = "1" if request.args.get("show_others") else ""
    answered.set_cookie(_OTHERS, wanted, httponly=True, samesite="Lax", secure=request.is_secure)
    return answered


def _back() -> str:
    """The page of the grid from which the form came."""
    return url_for("prices.index", **View.asked(request.args).address, page=request.args.get("page") or None)


def _grid(
    typed: Mapping[UUID, str] | None = None,
    *,
    chosen: Iterable[UUID] = (),
    refusals: Mapping[UUID, str] | None = None,
    rule_error: str = "",
    status: int = 200,
) -> Response:
    place, moment = here(), now()
    view = View.asked(request.args)
    index = view.index()
    wanted = view.rows(index)
    last = max(1, -(-len(wanted) // PAGE))
    here_page = min(max(request.args.get("page", 1, int), 1), last)
    # A form that comes back shows the rows that it had: the catalogue may have moved meanwhile.
    shown = list(typed_prices(request.form)) or wanted[(here_page - 1) * PAGE : here_page * PAGE]
    rows, terms = grid_rows(db(), **place.keys, variant_ids=shown, now=moment)
    sold = units_sold(db(), **place.keys, since=moment - _PERIOD, until=moment)
    made = entries(rows, terms, typed=typed or {}, sold=sold, chosen=chosen, refusals=refusals)
    changed = [entry for entry in made if entry.changed]
    gains = [entry.at_same_sales for entry in changed if entry.at_same_sales and not entry.refusal]
    bands = read_bands(db(), **place.keys, variant_ids=[row.variant_id for row in rows], now=moment)
    counts = {"all": len(index.variant_ids), "own": len(index.own)}
    return page(
        "portal/prices.html",
        status=status,
        entries=made,
        terms=terms,
        rule=store_rule(db(), **place.keys, now=moment),
        rules=count_rules(db(), **place.keys, now=moment),
        planned=count_planned(db(), **place.keys, now=moment),
        bands=bands,
        others=request.cookies.get(_OTHERS) == "1",
        show=view.show,
        search=view.search,
        total=len(wanted),
        everything=bool(request.form.get("all")),
        counts={**counts, "rule": counts["all"] - counts["own"]},
        here_page=here_page,
        last_page=last,
        most_sold=max((entry.sold for entry in made), default=0),
        changed=len(changed),
        refused=sum(bool(entry.refusal) for entry in made),
        gain=Money(sum(gain.minor for gain in gains), place.store.currency),
        rule_error=rule_error,
        methods=METHODS,
        roundings=ROUNDINGS,
        rule_form={
            "method": request.form.get("method", "markup"),
            "value": request.form.get("value", ""),
            "rounding": request.form.get("rounding", "none"),
        },
    )
