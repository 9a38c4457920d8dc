"""Payouts: the account's available balance goes to the company's bank, with what it consists of."""

from __future__ import annotations

from payments.sandbox.balance import available, move
from payments.sandbox.errors import Json, StripeError
from payments.sandbox.listing import page
from payments.sandbox.params import choice, listing
from payments.sandbox.state import State

LIST = listing({"status": choice("canceled", "failed", "in_transit", "paid", "pending")})


def pay_out(state: State, unit: str, *, fails: bool = False) -> Json:
    """Pay out all that is available in a currency, as Stripe's daily schedule does.

    The movements that it consists of are found by their ``payout``. When it ``fails``, the bank sends
    the money back. Raises StripeError when nothing is available.
    """
    amount = available(state, unit)
    if amount <= 0:
        raise StripeError(400, "You have no available funds to pay out.", code="balance_insufficient")
    now = state.now()
    identifier = state.new_id("po")
    parts = state.store.execute(
        "SELECT id FROM movements WHERE currency = ? AND available_on <= ? AND payout IS NULL", (unit, now)
    )
    transaction = move(
        state, kind="payout", amount=-amount, currency=unit, source=identifier, description="SANDBOX PAYOUT"
    )
    payout: Json = {
        "id": identifier,
        "object": "payout",
        "amount": amount,
        "application_fee": None,
        "application_fee_amount": None,
        "arrival_date": now,
        "automatic": True,
        "balance_transaction": transaction["id"],
        "created": now,
        "currency": unit,
        "description": "SANDBOX PAYOUT",
        "destination": None,
        "failure_balance_transaction": None,
        "failure_code": None,
        "failure_message": None,
        "livemode": False,
        "metadata": {},
        "method": "standard",
        "original_payout": None,
        "payout_method": None,
        "reconciliation_status": "completed",
        "reversed_by": None,
        "source_type": "card",
        "statement_descriptor": None,
        "status": "in_transit",
        "trace_id": None,
        "type": "bank_account",
    }
    state.store.insert(payout)
    state.emit("payout.created", payout)
    for (part,) in [*parts, (transaction["id"],)]:
        state.store.execute("UPDATE movements SET payout = ? WHERE id = ?", (identifier, part))
        state.store.update(state.require("balance_transaction", part), {"payout": identifier})
    if fails:
        returned = move(
            state,
            kind="payout_failure",
            amount=amount,
            currency=unit,
            source=identifier,
            category="payout_reversal",
            description="PAYOUT FAILURE",
        )
        payout.update(
            status="failed",
            failure_balance_transaction=returned["id"],
            failure_code="account_closed",
            failure_message="The bank account has been closed.",
        )
    else:
        payout["status"] = "paid"
    state.store.update(payout)
    state.emit("payout.failed" if fails else "payout.paid", payout)
    return payout


def list_payouts(state: State, params: Json) -> Json:
    return page(
        state,
        "payout",
        params,
        "/v1/payouts",
        {"status": params["status"]} if "status" in params else None,
    )
