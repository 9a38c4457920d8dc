"""What the partner is owed: available, pending by date, held, and every entry behind each figure."""

from __future__ import annotations

from datetime import date

from flask import Blueprint, Response, request

from app.edge import db, now
from app.portal.here import page, partner_id
from app.portal.payouts import STATES, being_paid
from app.portal.words import earning_words
from payments.ledger.balances import held_orders, pending_by_date
from payments.ledger.earnings import FIGURES
from payments.ledger.earnings import earnings as read_earnings
from payments.payouts.reading import payouts as read_payouts

earnings = Blueprint("earnings", __name__)
PAGE = 50


@earnings.get("/earnings")
def index() -> Response:
    number = min(max(request.args.get("page", 1, int), 1), 10_000)
    owner = partner_id()
    figure = request.args.get("figure", "")
    figure = figure if figure in FIGURES else ""
    on = _day(request.args.get("on", "")) if figure == "pending" else None
    # One more than is shown tells whether there is a next page.
    found = read_earnings(
        db(),
        partner_id=owner,
        now=now(),
        figure=figure,
        on=on,
        limit=PAGE + 1,
        offset=(number - 1) * PAGE,
    )
    return page(
        "portal/earnings.html",
        pending=pending_by_date(db(), partner_id=owner, now=now()),
        held=held_orders(db(), partner_id=owner, now=now()),
        payouts=read_payouts(db(), partner_id=owner, limit=3),
        states=STATES,
        entries=found[:PAGE],
        words=earning_words,
        figure=figure,
        on=on,
        here_page=number,
        more=len(found) > PAGE,
        **being_paid(),
    )


def _day(typed: str) -> date | None:
    """A day of the address; None for what is none, which then narrows nothing."""
    try:
        return date.fromisoformat(typed)
    except ValueError:
        return None
