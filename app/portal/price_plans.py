"""Prices for later: planned from what was typed in the grid, listed beside planned rules, and taken back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from app.edge import db, now
from app.portal.here import by, here, page
from app.portal.price_form import changes, entries, read_prices_typed, refused_rows, typed_prices
from app.ui.formats import when
from app.ui.moments import read_local_moment
from app.ui.toasts import say
from kit.errors import Refusal
from pricing.grid import grid_rows
from pricing.judging import PricesRefused
from pricing.plans import plan_prices, planned_prices, withdraw_plans
from pricing.store_rules import store_rules

price_plans = Blueprint("price_plans", __name__)
_FIELDS = ("begins_day", "begins_time", "ends_day", "ends_time")


@price_plans.get("/prices/planned")
def index() -> Response:
    return _page({})


@price_plans.post("/prices/planned")
def change() -> Response:
    """Do what the pressed button says: show what was typed in the grid, plan it, or take plans back."""
    wanted = changes(typed_prices(request.form))
    match request.form.get("act"):
        case "withdraw":
            return _withdraw()
        case "plan":
            return _plan(wanted)
        case _ if not any(wanted.values()):
            say("Type the prices that are to hold later, then choose Later.")
            return redirect(url_for("prices.index"), 303)
        case _:
            return _page({key: text for key, text in wanted.items() if text})


def _plan(wanted: Mapping[UUID, str]) -> Response:
    begins = None
    amounts, unclear = read_prices_typed(wanted, here().store.currency)
    if unclear or not amounts:
        nothing = {} if wanted else {"": "There is no price to plan."}
        return _page(wanted, errors=nothing, refusals=unclear, status=422)
    try:
        begins = read_local_moment(*_moment("begins"), field="begins")
        ends = read_local_moment(*_moment("ends"), field="ends")
        if begins is None:
            raise Refusal("Choose the day on which these prices begin.", field="begins")
        plan_prices(db(), **here().keys, prices=amounts, begins=begins, ends=ends, **by())
    except PricesRefused as refused:
        return _page(wanted, at=begins, refusals=refused_rows(refused.rows), status=422)
    except Refusal as refusal:
        return _page(wanted, at=begins, errors={refusal.field: refusal.message}, status=422)
    until = f" until {when(ends)}" if ends else ""
    count = f"{len(amounts)} {'price is' if len(amounts) == 1 else 'prices are'}"
    say(f"{count} planned: from {when(begins)}{until}. Nobody has to be here for it.")
    return redirect(url_for("price_plans.index"), 303)


def _moment(name: str) -> tuple[str, str]:
    return request.form.get(f"{name}_day", "").strip(), request.form.get(f"{name}_time", "").strip()


def _withdraw() -> Response:
    try:
        chosen = [UUID(text) for text in request.form.getlist("plan")]
    except ValueError:
        raise Refusal("It is not known which plan is meant.") from None
    count = withdraw_plans(db(), **here().keys, rule_ids=chosen, **by())
    say(f"{count} {'plan is' if count == 1 else 'plans are'} taken back.")
    return redirect(url_for("price_plans.index"), 303)


def _page(
    drafted: Mapping[UUID, str],
    *,
    at: datetime | None = None,
    errors: Mapping[str, str] | None = None,
    refusals: Mapping[UUID, str] | None = None,
    status: int = 200,
) -> Response:
    place, moment = here(), now()
    # Once it is known when they are to begin, they are shown beside the wholesale prices of then.
    rows, terms = grid_rows(db(), **place.keys, variant_ids=list(drafted), now=max(at or moment, moment))
    return page(
        "portal/price_plans.html",
        status=status,
        plans=planned_prices(db(), **place.keys, now=moment),
        rules=[rule for rule in store_rules(db(), **place.keys, now=moment) if rule.planned],
        entries=entries(rows, terms, typed=drafted, sold={}, refusals=refusals),
        form={name: request.form.get(name, "") for name in _FIELDS},
        errors=dict(errors or {}),
        refused=status == 422 and not errors,
    )
