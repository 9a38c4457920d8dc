"""Pays a session: by card, by card with 3-D Secure, or by a bank debit that settles later."""

from __future__ import annotations

from dataclasses import dataclass, field

from payments.sandbox.cards import Card, find_card
from payments.sandbox.charges import make_charge, make_intent, make_method, settle_charge
from payments.sandbox.debits import begin_debit
from payments.sandbox.disputes import open_dispute
from payments.sandbox.errors import Json, StripeError, invalid
from payments.sandbox.lines import choose_delivery
from payments.sandbox.outcomes import Attempt, Outcome, complete, fail, payment_error, standing, succeed
from payments.sandbox.sessions import debit_kind, retrieve_session
from payments.sandbox.state import State


@dataclass(frozen=True)
class Payment:
    """What a person enters on the payment page.

    ``card`` is a card number; without one it is a bank debit, which succeeds in the end unless
    ``debit_fails``. ``shipping_rate`` chooses one of the session's options.
    """

    card: str | None = None
    debit_fails: bool = False
    email: str | None = None
    name: str | None = None
    phone: str | None = None
    address: Json = field(default_factory=dict)
    shipping_rate: str | None = None

    def postal_address(self) -> Json:
        names = ("city", "country", "line1", "line2", "postal_code", "state")
        return {name: self.address.get(name) or None for name in names}


def attempt(state: State, session_id: str, payment: Payment) -> Attempt:
    """Try to pay an open session. A session that is paid already is left as it is: paying twice has
    one effect. Raises StripeError for a card that is no test card, and 404 for no session.
    """
    session = retrieve_session(state, session_id)
    if session["status"] != "open":
        return Attempt(standing(session), session)
    card = None if payment.card is None else find_card(payment.card)
    if payment.card is not None and card is None:
        raise StripeError(
            402,
            "Use one of the test cards; the sandbox takes no real ones.",
            kind="card_error",
            code="incorrect_number",
            param="number",
        )
    if payment.shipping_rate is not None:
        choose_delivery(session, payment.shipping_rate)
    _note_person(session, payment)
    if session["amount_total"] == 0:
        complete(state, session, "no_payment_required")
        return Attempt(Outcome.PAID, session)
    method = card or debit_kind(session["currency"])
    billing = {
        "address": payment.postal_address(),
        "email": session["customer_details"]["email"],
        "name": payment.name,
        "phone": payment.phone,
        "tax_id": None,
    }
    intent = _intent(state, session, payment)
    entered = make_method(state, method, billing)
    intent["payment_method"] = entered["id"]
    if isinstance(method, str):
        return begin_debit(state, session, intent, entered, fails=payment.debit_fails)
    if method.decline is not None:
        reason = (*method.decline, method.message)
        return _decline(state, session, intent, method, entered, reason)
    if method.challenge:
        return _challenge(state, session, intent, entered)
    return _pay(state, session, intent, method, entered)


def _note_person(session: Json, payment: Payment) -> None:
    known = session["customer_details"] or {}
    session["customer_details"] = {
        "address": payment.postal_address(),
        "business_name": None,
        "email": payment.email or known.get("email"),
        "individual_name": None,
        "name": payment.name,
        "phone": payment.phone,
        "tax_exempt": "none",
        "tax_ids": [],
    }
    if session["shipping_address_collection"] is not None:
        session["collected_information"] = {
            "business_name": None,
            "individual_name": None,
            "shipping_details": {"address": payment.postal_address(), "name": payment.name or ""},
        }


def _intent(state: State, session: Json, payment: Payment) -> Json:
    """Return the session's payment intent, made at the first attempt and used again at the next."""
    if session["payment_intent"] is not None:
        intent = state.require("payment_intent", session["payment_intent"])
        intent["amount"] = session["amount_total"]
    else:
        intent = make_intent(state, session, state.store.private(session["id"])["intent"])
        session["payment_intent"] = intent["id"]
        state.emit("payment_intent.created", intent)
    if session["collected_information"] is not None:
        details = session["collected_information"]["shipping_details"]
        intent["shipping"] = {**details, "carrier": None, "phone": payment.phone, "tracking_number": None}
    return intent


def _pay(
    state: State, session: Json, intent: Json, card: Card, entered: Json, *, authenticated: bool = False
) -> Attempt:
    charge = make_charge(
        state,
        intent,
        card,
        entered["id"],
        entered["billing_details"],
        status="succeeded",
        authenticated=authenticated,
    )
    settle_charge(state, charge, at_once=card.available_at_once)
    succeed(state, intent, charge)
    complete(state, session, "paid")
    if card.disputed:
        open_dispute(state, charge["id"])
    return Attempt(Outcome.PAID, session)


def _decline(
    state: State, session: Json, intent: Json, method: Card, entered: Json, reason: tuple[str, str, str]
) -> Attempt:
    charge = make_charge(
        state,
        intent,
        method,
        entered["id"],
        entered["billing_details"],
        status="failed",
        decline=reason,
    )
    state.emit("charge.failed", charge)
    error = payment_error(reason[0], reason[2], entered, decline_code=reason[1], charge=charge["id"])
    intent["latest_charge"] = charge["id"]
    fail(state, intent, error)
    state.store.update(session)
    return Attempt(Outcome.DECLINED, session, reason[2])


def _challenge(state: State, session: Json, intent: Json, entered: Json) -> Attempt:
    page = f"{state.base_url}/c/pay/{session['id']}"
    intent.update(
        status="requires_action",
        last_payment_error=None,
        next_action={
            "type": "redirect_to_url",
            "redirect_to_url": {"return_url": page, "url": f"{page}/authenticate"},
        },
    )
    state.store.update(intent)
    state.store.update(session)
    state.emit("payment_intent.requires_action", intent)
    return Attempt(Outcome.CHALLENGE, session)


def answer_challenge(state: State, session_id: str, *, passed: bool) -> Attempt:
    """Finish the 3-D Secure step of a session. Does nothing when no such step is open."""
    session = retrieve_session(state, session_id)
    if session["status"] != "open":
        return Attempt(standing(session), session)
    intent = state.find(session["payment_intent"] or "")
    if intent is None or intent["status"] != "requires_action":
        raise invalid("This session does not wait for authentication.")
    entered = state.require("payment_method", intent["payment_method"])
    if passed:
        card = find_card(state.store.private(entered["id"])["card"])
        assert card is not None
        return _pay(state, session, intent, card, entered, authenticated=True)
    message = (
        "We are unable to authenticate your payment method. Please choose a different payment method and try "
        "again."
    )
    fail(state, intent, payment_error("payment_intent_authentication_failure", message, entered))
    return Attempt(Outcome.DECLINED, session, message)
