"""What comes of an attempt to pay, and what it does to the session and its payment intent."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from payments.sandbox.errors import Json
from payments.sandbox.state import State


class Outcome(Enum):
    """What came of an attempt to pay."""

    PAID = "paid"
    PROCESSING = "processing"
    DECLINED = "declined"
    CHALLENGE = "challenge"
    EXPIRED = "expired"


@dataclass(frozen=True)
class Attempt:
    """An attempt's outcome, the session after it, and what to tell the person who paid."""

    outcome: Outcome
    session: Json
    message: str = ""


def standing(session: Json) -> Outcome:
    """Return what became of a session that is not open any more."""
    if session["status"] == "expired":
        return Outcome.EXPIRED
    return Outcome.PROCESSING if session["payment_status"] == "unpaid" else Outcome.PAID


def succeed(state: State, intent: Json, charge: Json) -> None:
    """Mark the intent paid by the charge."""
    intent.update(
        status="succeeded",
        amount_received=charge["amount"],
        latest_charge=charge["id"],
        last_payment_error=None,
        next_action=None,
        processing=None,
    )
    state.store.update(intent)
    state.emit("charge.succeeded", charge)
    state.emit("payment_intent.succeeded", intent)


def complete(state: State, session: Json, payment_status: str) -> None:
    """Close the session as completed; ``payment_status`` is paid, unpaid or no_payment_required."""
    if session["automatic_tax"]["enabled"]:
        session["automatic_tax"]["status"] = "complete"
    session.update(status="complete", payment_status=payment_status, url=None)
    state.store.update(session)
    state.emit("checkout.session.completed", session)


def payment_error(code: str, message: str, entered: Json, **more: str) -> Json:
    """Return the error that an intent keeps of a failed attempt."""
    return {
        **more,
        "code": code,
        "doc_url": f"https://docs.stripe.com/error-codes/{code.replace('_', '-')}",
        "message": message,
        "payment_method": entered,
        "type": "card_error" if entered["type"] == "card" else "invalid_request_error",
    }


def fail(state: State, intent: Json, error: Json) -> None:
    """Let the intent ask for another payment method, and say why."""
    intent.update(
        status="requires_payment_method",
        last_payment_error=error,
        payment_method=None,
        next_action=None,
        processing=None,
    )
    state.store.update(intent)
    state.emit("payment_intent.payment_failed", intent)
