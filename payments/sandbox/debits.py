"""Bank debits: a session completes unpaid, and its payment succeeds or fails later."""

from __future__ import annotations

from payments.sandbox.charges import make_charge, settle_charge
from payments.sandbox.errors import Json, invalid
from payments.sandbox.outcomes import Attempt, Outcome, complete, fail, payment_error, succeed
from payments.sandbox.state import State

DELAY = 60  # seconds of the sandbox's time until a debit settles, unless it is set otherwise
_FAILURE = "The bank account has insufficient funds to complete the payment."


def begin_debit(state: State, session: Json, intent: Json, entered: Json, *, fails: bool) -> Attempt:
    """Take the order to debit an account. The session completes, and stays unpaid until it settles."""
    charge = make_charge(
        state, intent, entered["type"], entered["id"], entered["billing_details"], status="pending"
    )
    intent.update(status="processing", latest_charge=charge["id"], last_payment_error=None, next_action=None)
    delay = state.store.setting("debit_delay", DELAY)
    plan = {"settles_at": state.now() + delay, "fails": fails, "session": session["id"]}
    state.store.update(intent, plan)
    state.emit("charge.pending", charge)
    state.emit("payment_intent.processing", intent)
    complete(state, session, "unpaid")
    return Attempt(Outcome.PROCESSING, session)


def settle_debit(state: State, intent_id: str, *, fails: bool | None = None) -> Json:
    """Finish a debit now, as it was planned or as ``fails`` says. Returns the session.

    Raises StripeError when the payment intent is not processing.
    """
    intent = state.require("payment_intent", intent_id, param="intent")
    if intent["status"] != "processing":
        raise invalid(f"This PaymentIntent's status is {intent['status']}, not processing.", param="intent")
    plan = state.store.private(intent_id)
    session = state.require("checkout.session", plan["session"])
    charge = state.require("charge", intent["latest_charge"])
    if plan["fails"] if fails is None else fails:
        charge.update(
            status="failed",
            captured=False,
            amount_captured=0,
            failure_code="insufficient_funds",
            failure_message=_FAILURE,
        )
        state.store.update(charge)
        state.emit("charge.failed", charge)
        entered = state.require("payment_method", intent["payment_method"])
        fail(state, intent, payment_error("insufficient_funds", _FAILURE, entered, charge=charge["id"]))
        state.emit("checkout.session.async_payment_failed", session)
    else:
        settle_charge(state, charge)
        succeed(state, intent, charge)
        session["payment_status"] = "paid"
        state.store.update(session)
        state.emit("checkout.session.async_payment_succeeded", session)
    return session


def settle_due(state: State) -> int:
    """Finish every debit whose time has come; returns how many there were."""
    due = state.store.due("payment_intent", "processing", "private.settles_at", state.now())
    for identifier in due:
        settle_debit(state, identifier)
    return len(due)
