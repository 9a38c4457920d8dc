"""Disputes: a cardholder asks the bank for the money back, and the bank decides."""

from __future__ import annotations

from payments.sandbox.balance import dispute_fee, move
from payments.sandbox.errors import Json, StripeError, invalid
from payments.sandbox.listing import page
from payments.sandbox.params import boolean, fields, listing, mapping, request, text
from payments.sandbox.state import State

LIST = listing({"charge": text(), "payment_intent": text()})
_RESPONSE_TIME = 7 * 86_400  # seconds in which evidence may be handed in

CLOSED = ("won", "lost", "warning_closed")

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


CLOSE = request()
UPDATE = request(
    {
        "evidence": fields(dict.fromkeys(_EVIDENCE, text(20_000, blank=True))),
        "submit": boolean(),
        "metadata": mapping(),
    }
)


def open_dispute(state: State, charge_id: str, *, reason: str = "fraudulent", inquiry: bool = False) -> Json:
    """Open a dispute of all that is left of a charge; the money and a fee are withdrawn at once. With
    ``inquiry`` the bank only asks, and nothing is withdrawn yet.

    Raises StripeError when the charge is disputed already, has not succeeded, or is refunded.
    """
    charge = state.require("charge", charge_id, param="charge")
    amount = charge["amount_captured"] - charge["amount_refunded"]
    if charge["disputed"] or charge["status"] != "succeeded" or amount == 0:
        raise invalid(f"Charge {charge_id} cannot be disputed.", param="charge")
    card = charge["payment_method_details"].get("card")
    dispute: Json = {
        "id": state.new_id("du"),
        "object": "dispute",
        "amount": amount,
        "balance_transactions": [],
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
        "is_charge_refundable": inquiry,
        "livemode": False,
        "metadata": {},
        "payment_intent": charge["payment_intent"],
        "reason": reason,
        "status": "warning_needs_response" if inquiry else "needs_response",
    }
    if card is not None:
        kind = "inquiry" if inquiry else "chargeback"
        dispute["payment_method_details"] = {
            "card": {"brand": card["brand"], "case_type": kind, "network_reason_code": "10.4"},
            "type": "card",
        }
    if not inquiry:
        _withdraw(state, dispute)
    state.store.insert(dispute)
    charge["disputed"] = True
    state.store.update(charge)
    state.emit("charge.dispute.created", dispute)
    if not inquiry:
        state.emit("charge.dispute.funds_withdrawn", dispute)
    return dispute


def _withdraw(state: State, dispute: Json) -> None:
    """Take the money and a fee from the balance."""
    withdrawn = move(
        state,
        kind="adjustment",
        amount=-dispute["amount"],
        currency=dispute["currency"],
        source=dispute["id"],
        fee=dispute_fee(dispute["currency"]),
        category="dispute",
        description=f"Chargeback withdrawal for {dispute['charge']}",
    )
    dispute["balance_transactions"].append(withdrawn)


def escalate(state: State, identifier: str) -> Json:
    """Make an inquiry a dispute, which takes what is left of the charge. Raises StripeError for another."""
    dispute = state.require("dispute", identifier, param="dispute")
    if dispute["status"] in CLOSED or not dispute["status"].startswith("warning_"):
        raise StripeError(400, "Only an open inquiry can become a dispute.")
    charge = state.require("charge", dispute["charge"])
    left = charge["amount_captured"] - charge["amount_refunded"]
    if left == 0:
        raise StripeError(400, "All of this payment was given back, so nothing is left to dispute.")
    previous = {"status": dispute["status"], "amount": dispute["amount"]}
    dispute.update(amount=left, is_charge_refundable=False, status="needs_response")
    dispute["evidence_details"]["due_by"] = state.now() + _RESPONSE_TIME
    _withdraw(state, dispute)
    state.store.update(dispute)
    state.emit("charge.dispute.updated", dispute, previous)
    state.emit("charge.dispute.funds_withdrawn", dispute)
    return dispute


def update_dispute(state: State, identifier: str, params: Json) -> Json:
    """Keep evidence, and with ``submit`` hand it to the bank, which is possible once.

    Raises StripeError when the dispute is closed, answered already, or its time is over.
    """
    dispute = state.require("dispute", identifier, param="dispute")
    details = dispute["evidence_details"]
    if dispute["status"] not in ("needs_response", "warning_needs_response"):
        raise StripeError(400, "This dispute is not waiting for a response.")
    if state.now() > details["due_by"]:
        raise StripeError(400, "The deadline for submitting evidence for this dispute has passed.")
    previous = {"status": dispute["status"]}
    dispute["evidence"] |= params.get("evidence", {})
    dispute["metadata"] |= params.get("metadata", {})
    details["has_evidence"] = any(dispute["evidence"].get(name) for name in _EVIDENCE)
    if params.get("submit", True) and details["has_evidence"]:
        details["submission_count"] += 1
        dispute["status"] = dispute["status"].replace("needs_response", "under_review")
    state.store.update(dispute)
    state.emit("charge.dispute.updated", dispute, previous)
    return dispute


def close_dispute(state: State, identifier: str) -> Json:
    """Accept the dispute: it is lost. Raises StripeError when it is closed already."""
    return decide_dispute(state, identifier, won=False)


def decide_dispute(state: State, identifier: str, *, won: bool) -> Json:
    """Let the bank decide. A won dispute brings the money back, but not the fee; an inquiry just ends.

    Raises StripeError when it is closed already, or an inquiry is to be lost.
    """
    dispute = state.require("dispute", identifier, param="dispute")
    if dispute["status"] in CLOSED:
        raise StripeError(400, "This dispute is already closed.", code="dispute_already_closed")
    inquiry = dispute["status"].startswith("warning_")
    if inquiry and not won:
        raise StripeError(400, "An inquiry cannot be lost: it first becomes a dispute.")
    previous = {"status": dispute["status"]}
    dispute["status"] = "warning_closed" if inquiry else "won" if won else "lost"
    dispute["is_charge_refundable"] = won
    if won and not inquiry:
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
    if won and not inquiry:
        state.emit("charge.dispute.funds_reinstated", dispute)
    return dispute


def list_disputes(state: State, params: Json) -> Json:
    """Return a page of disputes, filtered by charge or payment intent."""
    names = ("charge", "payment_intent")
    return page(
        state, "dispute", params, "/v1/disputes", {name: params[name] for name in names if name in params}
    )
