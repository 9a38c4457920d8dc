"""What the partner is owed: available, pending by date, and every entry behind it."""

from __future__ import annotations

from flask import Blueprint, Response, request

from app.edge import db, now
from app.portal.here import page, partner_id
from payments.ledger.balances import balances, pending_by_date
from payments.ledger.earnings import earnings as read_earnings

earnings = Blueprint("earnings", __name__)
PAGE = 50


@earnings.get("/earnings")
def index() -> Response:
    number = min(max(request.args.get("page", 1, int), 1), 10_000)
    owner = partner_id()
    # One more than is shown tells whether there is a next page.
    found = read_earnings(db(), partner_id=owner, now=now(), limit=PAGE + 1, offset=(number - 1) * PAGE)
    return page(
        "portal/earnings.html",
        balances=balances(db(), partner_id=owner, now=now()),
        pending=pending_by_date(db(), partner_id=owner, now=now()),
        entries=found[:PAGE],
        here_page=number,
        more=len(found) > PAGE,
        present=now(),
    )
