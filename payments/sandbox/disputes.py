"""Disputes: a cardholder asks the bank for the money back, and the bank decides."""

from __future__ import annotations

from payments.sandbox.balance import dispute_fee, move
from payments.sandbox.errors import Json, StripeError, invalid
from payments.sandbox.listing import page
from payments.sandbox.params import listing, request, text
from payments.sandbox.state import State

CLOSE = request()
LIST = listing({"charge": text(), "payment_intent": text()})
_RESPONSE_TIME = 7 * 86_400  # seconds in which evidence may be handed in

_EVIDENCE = (
    "access_activity_log",
    "billing_address",
    "cancellation_policy",
    "cancellation_policy_disclosure",
    "cancellation_rebuttal",
    "customer_communication",
    "customer_email_address",
    "customer_name",
    "customer_purchase_ip",
    "customer_signature",
    "duplicate_charge_documentation",
    "duplicate_charge_explanation",
    "duplicate_charge_id",
    "product_description",
    "receipt",
    "refund_policy",
    "refund_policy_disclosure",
    "refund_refusal_explanation",
    "service_date",
    "service_documentation",
    "shipping_address",
    "shipping_carrier",
    "shipping_date",
    "shipping_documentation",
    "shipping_tracking_number",
    "uncategorized_file",
    "uncategorized_text",
)


def open_dispute(state: State, charge_id: str, *, reason: str = "fraudulent") -> Json:
    """Open a dispute of all that is left of a charge; the money and a fee are withdrawn at once.

    Raises StripeError when the charge is disputed already, has not succeeded, or is refunded.
    """
    charge = state.require("charge", charge_id, param="charge")
    amount = charge["amount_captured"] - charge["amount_refunded"]
    if charge["disputed"] or charge["status"] != "succeeded" or amount == 0:
        raise invalid(f"Charge {charge_id} cannot be disputed.", param="charge")
    identifier = state.new_id("du")
    withdrawn = move(
        state,
        kind="adjustment",
        amount=-amount,
        currency=charge["currency"],
        source=identifier,
        fee=dispute_fee(charge["currency"]),
        category="dispute",
        description=f"Chargeback withdrawal for {charge_id}",
    )
    card = charge["payment_method_details"].get("card")
    dispute: Json = {
        "id": identifier,
        "object": "dispute",
        "amount": amount,
        "balance_transactions": [withdrawn],
        "charge": charge_id,
        "created": state.now(),
        "currency": charge["currency"],
        "enhanced_eligibility_types": [],
        "evidence": {**dict.fromkeys(_EVIDENCE), "enhanced_evidence": {}},
        "evidence_details": {
            "due_by": state.now() + _RESPONSE_TIME,
            "enhanced_eligibility": {},
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
        },
        "is_charge_refundable": False,
        "livemode": False,
        "metadata": {},
        "payment_intent": charge["payment_intent"],
        "reason": reason,
        "status": "needs_response",
    }
    if card is not None:
        dispute["payment_method_details"] = {
            "card": {"brand": card["brand"], "case_type": "chargeback", "network_reason_code": "10.4"},
            "type": "card",
        }
    state.store.insert(dispute)
    charge["disputed"] = True
    state.store.update(charge)
    state.emit("charge.dispute.created", dispute)
    state.emit("charge.dispute.funds_withdrawn", dispute)
    return dispute


def close_dispute(state: State, identifier: str) -> Json:
    """Accept the dispute: it is lost. Raises StripeError when it is closed already."""
    return decide_dispute(state, identifier, won=False)


def decide_dispute(state: State, identifier: str, *, won: bool) -> Json:
    """Let the bank decide. A won dispute brings the money back, but not the fee."""
    dispute = state.require("dispute", identifier, param="dispute")
    if dispute["status"] in ("won", "lost"):
        raise StripeError(400, "This dispute is already closed.", code="dispute_already_closed")
    previous = {"status": dispute["status"]}
    dispute["status"] = "won" if won else "lost"
    if won:
        reinstated = move(
            state,
            kind="adjustment",
            amount=dispute["amount"],
            currency=dispute["currency"],
            source=identifier,
            category="dispute_reversal",
            description=f"Chargeback reversal for {dispute['charge']}",
        )
        dispute["balance_transactions"].append(reinstated)
    state.store.update(dispute)
    state.emit("charge.dispute.closed", dispute, previous)
    if won:
        state.emit("charge.dispute.funds_reinstated", dispute)
    return dispute


def list_disputes(state: State, params: Json) -> Json:
    """Return a page of disputes, filtered by charge or payment intent."""
    names = ("charge", "payment_intent")
    return page(
        state, "dispute", params, "/v1/disputes", {name: params[name] for name in names if name in params}
    )
