"""Being paid: the partner's payouts, what each of them paid, and the account at Stripe that they go to.

Stripe is asked between transactions, never in one. Only owners change where the money goes.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from babel import Locale
from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from app.edge import db, now, person, services, tenant, this_face
from app.payout_words import failure_words, need_words
from app.portal.here import by, here, page, partner_id
from app.portal.words import earning_words
from app.ui.toasts import say
from kit.errors import Refusal
from payments.gateway.errors import GatewayRefused, GatewayUnavailable
from payments.ledger.balances import balances
from payments.payouts.accounts import (
    COUNTRIES,
    PaidTo,
    make_account,
    open_details,
    paid_to,
    refresh_account,
    set_up_account,
    stop_change,
)
from payments.payouts.reading import paid_for, read_payout
from payments.payouts.reading import payouts as read_payouts
from payments.payouts.terms import Terms, read_terms
from tenants.access import confirm_password

payouts = Blueprint("payouts", __name__, url_prefix="/earnings")
_PAYOUTS = 20
_ENTRIES = 100
STATES = {
    "sending": ("Being sent", "arrow-up-right", ""),
    "paid": ("Paid", "circle-check", "good"),
    "failed": ("Did not go through", "circle-x", "failed"),
    "reversed": ("Came back", "rotate-ccw", "attention"),
}


@payouts.get("/payouts")
def index() -> Response:
    number = min(max(request.args.get("page", 1, int), 1), 10_000)
    owner = partner_id()
    found = read_payouts(db(), partner_id=owner, limit=_PAYOUTS + 1, offset=(number - 1) * _PAYOUTS)
    return page(
        "portal/payouts.html",
        payouts=found[:_PAYOUTS],
        states=STATES,
        here_page=number,
        more=len(found) > _PAYOUTS,
        **being_paid(),
    )


@payouts.get("/payouts/<uuid:line_id>")
def show(line_id: UUID) -> Response:
    number = min(max(request.args.get("page", 1, int), 1), 10_000)
    keys = {"partner_id": partner_id(), "line_id": line_id}
    found = paid_for(db(), **keys, limit=_ENTRIES, offset=(number - 1) * _ENTRIES)
    return page(
        "portal/payout.html",
        payout=read_payout(db(), **keys),
        paid=found,
        states=STATES,
        words=earning_words,
        failure=failure_words,
        here_page=number,
        more=found.count > number * _ENTRIES,
    )


def being_paid() -> dict[str, Any]:
    """What pages say about when and where the partner is paid."""
    terms = read_terms(db())
    account = paid_to(db(), partner_id=partner_id())
    return {
        "account": account,
        "account_state": account_state(account),
        "next_run": next_run(terms),
        "smallest": terms,
        "present": now(),
        "owed": balances(db(), partner_id=partner_id(), now=now()),
        "may_own": person().role == "owner",
    }


def next_run(terms: Terms) -> date | None:
    """The next day on which a run is drafted; None where none is planned."""
    days = terms.next_days(now().date() + timedelta(days=1), 1)
    return days[0] if days else None


def account_state(account: PaidTo | None) -> tuple[str, str, str]:
    """How an account stands: words, an icon and a tone."""
    if account is None:
        return "Not set up", "circle-dashed", "attention"
    if account.closed:
        return "Closed", "circle-x", "failed"
    if not account.able:
        return "Stripe needs something from you", "triangle-alert", "attention"
    if account.waits(now()):
        return "Changed: nothing is paid for now", "clock", "attention"
    if account.needs:
        return "Ready, and Stripe needs something soon", "triangle-alert", "attention"
    return "Ready to be paid", "circle-check", "good"


@payouts.get("/account")
def account() -> Response:
    return _account({})


def _account(errors: dict[str, str], status: int = 200) -> Response:
    form = request.form
    territories = Locale("en").territories
    return page(
        "portal/payout_account.html",
        status=status,
        need=need_words,
        countries=sorted(((code, territories[code]) for code in COUNTRIES), key=lambda pair: pair[1]),
        country=form.get("country", here().store.country),
        asked=form.get("asked", ""),
        errors=errors,
        **being_paid(),
    )


@payouts.post("/account/set-up")
def set_up() -> Response:
    """Set up the first account, or go on with one that Stripe still needs something from."""

    def begin() -> str:
        with tenant().begin() as session:
            if paid_to(session, partner_id=tenant().partner_id) is None:
                country = request.form.get("country", "")
                set_up_account(session, partner_id=tenant().partner_id, country=country, **by())
        return "account_onboarding"

    return _to_stripe(begin)


@payouts.post("/account/change")
def change() -> Response:
    """Set up another account in place of the present one. Asks for the password."""

    def begin() -> str:
        _confirm()
        with tenant().begin() as session:
            country = request.form.get("country", "")
            set_up_account(session, partner_id=tenant().partner_id, country=country, change=True, **by())
        return "account_onboarding"

    return _to_stripe(begin)


@payouts.post("/account/details")
def details() -> Response:
    """Open Stripe's page to change the bank details. Asks for the password."""

    def begin() -> str:
        _confirm()
        with tenant().begin() as session:
            open_details(session, partner_id=tenant().partner_id, **by())
        return "account_update"

    return _to_stripe(begin)


@payouts.post("/account/stop")
def stop() -> Response:
    try:
        instead = stop_change(db(), partner_id=partner_id(), **by())
    except Refusal as refusal:
        return _account({refusal.field: refusal.message}, 422)
    say(
        "Stopped. Payouts go to the account before it."
        if instead
        else "Stopped. Nothing is paid to this account; set up another one."
    )
    return redirect(url_for("payouts.account"), 303)


def _confirm() -> None:
    confirm_password(
        this_face().engine,
        email=person().email,
        password=request.form.get("password", ""),
        address=request.remote_addr or "",
        now=now(),
    )


def _to_stripe(begin: Callable[[], str]) -> Response:
    """Write down what was asked for, and lead to Stripe's page for it."""
    try:
        kind = begin()
    except Refusal as refusal:
        return _account({refusal.field: refusal.message}, 422)
    made = services()
    try:
        found = make_account(tenant(), gateway=made.gateway, now=now())
        return redirect(
            made.gateway.account_link(
                found.stripe_id or "",
                kind=kind,
                return_to=_address("payouts.back"),
                again_at=_address("payouts.again"),
            ),
            303,
        )
    except (GatewayUnavailable, GatewayRefused):
        say("Stripe does not answer right now. Nothing is lost: try again in a minute.")
        return redirect(url_for("payouts.account"), 303)


def _address(endpoint: str) -> str:
    """An address of ours as Stripe's page leads back to it. It is never built from the request's host."""
    return services().config.url(services().config.portal_host, url_for(endpoint))


@payouts.get("/account/back")
def back() -> Response:
    """Stripe's page leads here: what has become of the account is asked at once."""
    with tenant().begin() as session:
        found = paid_to(session, partner_id=tenant().partner_id)
    if found is not None and found.stripe_id:
        try:
            refresh_account(
                tenant(), gateway=services().gateway, stripe_id=found.stripe_id, now=services().clock.now()
            )
        except (GatewayUnavailable, GatewayRefused):
            say("Stripe has not answered yet. This page says how the account stands as soon as it does.")
    return redirect(url_for("payouts.account"), 303)


@payouts.get("/account/again")
def again() -> Response:
    """A page of Stripe's that was open for too long leads here."""
    say("Stripe’s page was open for too long. Open it again.")
    return redirect(url_for("payouts.account"), 303)
