"""Refunds: money back to the shopper, in part or whole."""

from __future__ import annotations

from payments.sandbox.balance import move
from payments.sandbox.errors import Json, StripeError, invalid
from payments.sandbox.listing import page
from payments.sandbox.params import choice, integer, listing, mapping, request, text
from payments.sandbox.state import State

CREATE = request(
    {
        "amount": integer(1),
        "charge": text(),
        "metadata": mapping(),
        "payment_intent": text(),
        "reason": choice("duplicate", "fraudulent", "requested_by_customer"),
        "reverse_transfer": choice("false"),
        "refund_application_fee": choice("false"),
    }
)
LIST = listing({"charge": text(), "payment_intent": text()})
FAILS_AFTER = 60  # seconds until a refund to the card that refuses refunds fails


def create_refund(state: State, params: Json) -> Json:
    """Give back an amount of a charge, or all that is left of it. Raises StripeError beyond that."""
    charge = _charge(state, params)
    if any(not one["is_charge_refundable"] for one in state.select("dispute", {"charge": charge["id"]})):
        raise StripeError(
            400,
            f"Charge {charge['id']} has been charged back; cannot issue a refund.",
            code="charge_disputed",
        )
    left = charge["amount_captured"] - charge["amount_refunded"]
    if left == 0:
        raise StripeError(
            400, f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded"
        )
    amount = params.get("amount", left)
    if amount > left:
        raise invalid(
            f"Refund amount ({amount} {charge['currency']}) is greater than unrefunded amount on charge "
            f"({left} {charge['currency']})",
            param="amount",
        )
    return _refund(state, charge, amount, params)


def _charge(state: State, params: Json) -> Json:
    if ("charge" in params) == ("payment_intent" in params):
        raise invalid(
            "One of the following params should be provided for this request: payment_intent or charge."
        )
    if "charge" in params:
        charge = state.require("charge", params["charge"], param="charge")
    else:
        intent = state.require("payment_intent", params["payment_intent"], param="payment_intent")
        if intent["status"] != "succeeded":
            raise invalid(
                f"This PaymentIntent ({intent['id']}) does not have a successful charge to refund.",
                param="payment_intent",
            )
        charge = state.require("charge", intent["latest_charge"])
    if charge["status"] != "succeeded":
        raise invalid(f"Charge {charge['id']} has not succeeded and cannot be refunded.", param="charge")
    return charge


def _refund(state: State, charge: Json, amount: int, params: Json) -> Json:
    is_card = charge["payment_method_details"]["type"] == "card"
    identifier = state.new_id("re")
    transaction = move(
        state,
        kind="refund" if is_card else "payment_refund",
        amount=-amount,
        currency=charge["currency"],
        source=identifier,
        description="REFUND FOR CHARGE",
    )
    kind = charge["payment_method_details"]["type"]
    details: Json = {"type": kind}
    if is_card:
        details["card"] = {
            "reference_status": "pending",
            "reference_type": "acquirer_reference_number",
            "type": "refund",
        }
    else:
        kind = "us_bank_transfer" if kind == "us_bank_account" else "eu_bank_transfer"
        details = {"type": kind, kind: {"reference": None, "reference_status": "pending"}}
    refund: Json = {
        "id": identifier,
        "object": "refund",
        "amount": amount,
        "balance_transaction": transaction["id"],
        "charge": charge["id"],
        "created": state.now(),
        "currency": charge["currency"],
        "destination_details": details,
        "metadata": params.get("metadata", {}),
        "payment_intent": charge["payment_intent"],
        "reason": params.get("reason"),
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": "succeeded",
        "transfer_reversal": None,
    }
    doomed = state.store.private(charge["id"]).get("refund_fails", False)
    state.store.insert(refund, {"fails_at": state.now() + FAILS_AFTER} if doomed else {})
    previous = {"amount_refunded": charge["amount_refunded"], "refunded": charge["refunded"]}
    charge["amount_refunded"] += amount
    charge["refunded"] = charge["amount_refunded"] == charge["amount"]
    state.store.update(charge)
    state.emit("refund.created", refund)
    state.emit("charge.refunded", charge, previous)
    return refund


def fail_refund(state: State, identifier: str) -> Json:
    """Let a refund fail after all: the bank sends the money back. Raises StripeError if it has already."""
    refund = state.require("refund", identifier)
    if refund["status"] != "succeeded":
        raise invalid(f"This refund's status is {refund['status']}; only a successful one can fail.")
    charge = state.require("charge", refund["charge"])
    transaction = move(
        state,
        kind="refund_failure",
        amount=refund["amount"],
        currency=refund["currency"],
        source=identifier,
        description="REFUND FAILURE",
    )
    refund.update(
        status="failed",
        failure_balance_transaction=transaction["id"],
        failure_reason="expired_or_canceled_card",
    )
    state.store.update(refund, {})
    charge["amount_refunded"] -= refund["amount"]
    charge["refunded"] = False
    state.store.update(charge)
    state.emit("refund.updated", refund, {"status": "succeeded"})
    state.emit("refund.failed", refund)
    return refund


def fail_due(state: State) -> int:
    """Fail every refund that was to fail by now; returns how many there were."""
    due = state.store.due("refund", "succeeded", "private.fails_at", state.now())
    for identifier in due:
        fail_refund(state, identifier)
    return len(due)


def list_refunds(state: State, params: Json) -> Json:
    """Return a page of refunds, filtered by charge or payment intent."""
    names = ("charge", "payment_intent")
    return page(
        state, "refund", params, "/v1/refunds", {name: params[name] for name in names if name in params}
    )
