"""Payment intents and charges: their shapes, and how a charge is made, fails or settles."""

from __future__ import annotations

from payments.sandbox.balance import SETTLING, charge_fee, move
from payments.sandbox.cards import Card
from payments.sandbox.errors import Json
from payments.sandbox.listing import page, whole
from payments.sandbox.params import listing, mapping, request, text
from payments.sandbox.state import State

UPDATE_INTENT = request({"description": text(1000), "metadata": mapping()})
LIST_INTENTS = listing()
LIST_CHARGES = listing({"payment_intent": text(), "transfer_group": text()})

DEBIT_NAMES = {"us_bank_account": "Bank account (ACH)", "sepa_debit": "SEPA direct debit"}


def make_intent(state: State, session: Json, data: Json) -> Json:
    """Make the payment intent of a session's first attempt. ``data`` is its payment_intent_data."""
    identifier = state.new_id("pi")
    intent: Json = {
        "id": identifier,
        "object": "payment_intent",
        "amount": session["amount_total"],
        "amount_capturable": 0,
        "amount_details": {"tip": {}},
        "amount_received": 0,
        "application": None,
        "application_fee_amount": None,
        "automatic_payment_methods": None,
        "canceled_at": None,
        "cancellation_reason": None,
        "capture_method": data.get("capture_method", "automatic_async"),
        "client_secret": f"{identifier}_secret_{identifier[-12:]}",
        "confirmation_method": "automatic",
        "created": state.now(),
        "currency": session["currency"],
        "customer": None,
        "customer_account": None,
        "description": data.get("description"),
        "last_payment_error": None,
        "latest_charge": None,
        "livemode": False,
        "metadata": data.get("metadata", {}),
        "next_action": None,
        "on_behalf_of": None,
        "payment_method": None,
        "payment_method_configuration_details": None,
        "payment_method_options": {},
        "payment_method_types": session["payment_method_types"],
        "processing": None,
        "receipt_email": data.get("receipt_email"),
        "review": None,
        "setup_future_usage": None,
        "shipping": data.get("shipping"),
        "statement_descriptor": data.get("statement_descriptor"),
        "statement_descriptor_suffix": data.get("statement_descriptor_suffix"),
        "status": "requires_payment_method",
        "transfer_data": None,
        "transfer_group": data.get("transfer_group"),
    }
    state.store.insert(intent)
    return intent


def make_method(state: State, method: Card | str, billing: Json) -> Json:
    """Make the payment method that a person entered: a test card, or the name of a bank debit."""
    result: Json = {
        "id": state.new_id("pm"),
        "object": "payment_method",
        "allow_redisplay": "limited",
        "billing_details": billing,
        "created": state.now(),
        "customer": None,
        "customer_account": None,
        "livemode": False,
        "metadata": {},
        "type": "card" if isinstance(method, Card) else method,
    }
    result[result["type"]] = _card_method(method) if isinstance(method, Card) else _debit(method)
    state.store.insert(result, {"card": method.number} if isinstance(method, Card) else {})
    return result


def _card_facts(card: Card) -> Json:
    return {
        "brand": card.brand,
        "checks": {
            "address_line1_check": None,
            "address_postal_code_check": None,
            "cvc_check": "pass",
        },
        "country": "US",
        "exp_month": 12,
        "exp_year": 2034,
        "fingerprint": f"sandbox{card.last4}",
        "funding": "credit",
        "last4": card.last4,
        "regulated_status": "unregulated",
        "wallet": None,
    }


def _card_method(card: Card) -> Json:
    return {
        **_card_facts(card),
        "display_brand": card.brand,
        "generated_from": None,
        "networks": {"available": [card.brand], "preferred": None},
        "three_d_secure_usage": {"supported": True},
    }


def _debit(kind: str) -> Json:
    if kind == "us_bank_account":
        return {
            "account_holder_type": "individual",
            "account_type": "checking",
            "bank_name": "Sandbox bank",
            "fingerprint": "sandboxbank",
            "last4": "6789",
            "routing_number": "110000000",
        }
    return {
        "bank_code": "37040044",
        "branch_code": "",
        "country": "DE",
        "fingerprint": "sandboxbank",
        "last4": "3000",
    }


def _charged_with(method: Card | str, *, authenticated: bool) -> Json:
    if isinstance(method, Card):
        secure = {
            "authentication_flow": "challenge",
            "electronic_commerce_indicator": "05",
            "exemption_indicator": None,
            "result": "authenticated",
            "result_reason": None,
            "transaction_id": "sandbox",
            "version": "2.2.0",
        }
        card = {
            **_card_facts(method),
            "amount_authorized": None,
            "authorization_code": None,
            "installments": None,
            "mandate": None,
            "network": method.brand,
            "network_token": {"used": False},
            "network_transaction_id": None,
            "three_d_secure": secure if authenticated else None,
        }
        return {"type": "card", "card": card}
    return {"type": method, method: {**_debit(method), "mandate": "mandate_sandbox"}}


def make_charge(
    state: State,
    intent: Json,
    method: Card | str,
    method_id: str,
    billing: Json,
    *,
    status: str,
    authenticated: bool = False,
    decline: tuple[str, str, str] | None = None,
) -> Json:
    """Make and keep a charge of ``status`` succeeded, pending or failed (then with ``decline``).

    ``decline`` is the error code, the decline code and the message to the shopper.
    """
    identifier = state.new_id("ch" if isinstance(method, Card) else "py")
    failed = decline is not None
    charge: Json = {
        "id": identifier,
        "object": "charge",
        "amount": intent["amount"],
        "amount_captured": 0 if failed else intent["amount"],
        "amount_refunded": 0,
        "application": None,
        "application_fee": None,
        "application_fee_amount": None,
        "balance_transaction": None,
        "billing_details": billing,
        "calculated_statement_descriptor": "AWNING SANDBOX" if isinstance(method, Card) else None,
        "captured": not failed,
        "created": state.now(),
        "currency": intent["currency"],
        "customer": None,
        "description": intent["description"],
        "disputed": False,
        "failure_balance_transaction": None,
        "failure_code": decline[0] if decline else None,
        "failure_message": decline[2] if decline else None,
        "fraud_details": {},
        "livemode": False,
        "metadata": intent["metadata"],
        "on_behalf_of": None,
        "outcome": _outcome(decline, method.risk if isinstance(method, Card) else "not_assessed"),
        "paid": status == "succeeded",
        "payment_intent": intent["id"],
        "payment_method": method_id,
        "payment_method_details": _charged_with(method, authenticated=authenticated),
        "radar_options": {},
        "receipt_email": intent["receipt_email"],
        "receipt_number": None,
        "receipt_url": None,
        "refunded": False,
        "review": None,
        "shipping": intent["shipping"],
        "source_transfer": None,
        "statement_descriptor": intent["statement_descriptor"],
        "statement_descriptor_suffix": intent["statement_descriptor_suffix"],
        "status": status,
        "transfer_data": None,
        "transfer_group": intent["transfer_group"],
    }
    behaviour = {"refund_fails": True} if isinstance(method, Card) and method.refund_fails else {}
    state.store.insert(charge, behaviour)
    return charge


def _outcome(decline: tuple[str, str, str] | None, risk: str) -> Json:
    return {
        "advice_code": "try_again_later" if decline else None,
        "network_advice_code": None,
        "network_decline_code": None,
        "network_status": "declined_by_network" if decline else "approved_by_network",
        "reason": decline[1] if decline else None,
        "risk_level": risk,
        "seller_message": "The bank declined the payment." if decline else "Payment complete.",
        "type": "issuer_declined" if decline else "authorized",
    }


def settle_charge(state: State, charge: Json, *, at_once: bool = False) -> None:
    """Let the charge's money in, less the fee, and keep the charge with its balance transaction."""
    is_card = charge["payment_method_details"]["type"] == "card"
    transaction = move(
        state,
        kind="charge" if is_card else "payment",
        amount=charge["amount"],
        currency=charge["currency"],
        source=charge["id"],
        fee=charge_fee(charge["amount"], charge["currency"]),
        available_on=state.now() + (0 if at_once else SETTLING),
        description=charge["description"],
    )
    charge.update(balance_transaction=transaction["id"], status="succeeded", paid=True)
    state.store.update(charge)


def charge_refunds(state: State, charge: Json) -> Json:
    """Return the charge's refunds as the list that it includes on demand."""
    return whole(state.select("refund", {"charge": charge["id"]}), f"/v1/charges/{charge['id']}/refunds")


def update_intent(state: State, identifier: str, params: Json) -> Json:
    """Change the description and merge metadata; an empty value removes its key."""
    intent = state.require("payment_intent", identifier, param="intent")
    merged = {**intent["metadata"], **params.get("metadata", {})}
    intent["metadata"] = {key: value for key, value in merged.items() if value}
    intent["description"] = params.get("description", intent["description"])
    state.store.update(intent)
    return intent


def list_intents(state: State, params: Json) -> Json:
    return page(state, "payment_intent", params, "/v1/payment_intents")


def list_charges(state: State, params: Json) -> Json:
    """Return a page of charges, filtered by payment intent or transfer group."""
    names = ("payment_intent", "transfer_group")
    return page(
        state, "charge", params, "/v1/charges", {name: params[name] for name in names if name in params}
    )
