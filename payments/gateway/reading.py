"""Stripe's objects, read into records."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from payments.gateway.records import (
    AccountSnapshot,
    BalanceMovement,
    CheckoutSnapshot,
    DisputeMovement,
    DisputeSnapshot,
    GatewayEvent,
    NeedSnapshot,
    RefundSnapshot,
    ReversalSnapshot,
    TransferSnapshot,
)


def _id_of(value: Any) -> str | None:
    """The id of what may be expanded, a bare id, or nothing."""
    return str(value["id"]) if isinstance(value, Mapping) else value


def _part(whole: Any, name: str) -> Any:
    """A part of what may be expanded; None where it is not."""
    return whole.get(name) if isinstance(whole, Mapping) else None


def session_of(session: Mapping[str, Any]) -> CheckoutSnapshot:
    """A Checkout Session, with its payment, charge and fee as far as they were expanded."""
    intent = session.get("payment_intent")
    charge = _part(intent, "latest_charge")
    movement = _part(charge, "balance_transaction")
    fee_currency = _part(movement, "currency")
    return CheckoutSnapshot(
        session_id=session["id"],
        url=session.get("url"),
        status=session.get("status") or "open",
        paid=session.get("payment_status") == "paid",
        amount=session.get("amount_total") or 0,
        currency=(session.get("currency") or "").upper(),
        metadata=session.get("metadata") or {},
        payment_intent_id=_id_of(intent),
        charge_id=_id_of(charge),
        fee=_part(movement, "fee"),
        fee_currency=fee_currency.upper() if fee_currency else None,
        risk=_part(_part(charge, "outcome"), "risk_level") or "",
    )


# Stripe waits for a person or a bank in two ways, and gives up in two; the program has one of each.
_REFUND_STATES = {"succeeded": "succeeded", "failed": "failed", "canceled": "failed"}


def refund_of(refund: Mapping[str, Any]) -> RefundSnapshot:
    """A refund, with its payment where that was expanded."""
    return RefundSnapshot(
        refund_id=refund["id"],
        status=_REFUND_STATES.get(refund.get("status") or "", "pending"),
        amount=refund["amount"],
        currency=refund["currency"].upper(),
        metadata=refund.get("metadata") or {},
        failure=refund.get("failure_reason") or "",
        payment=_part(refund.get("payment_intent"), "metadata") or {},
    )


def transfer_of(transfer: Mapping[str, Any], reversals: Iterable[Mapping[str, Any]]) -> TransferSnapshot:
    """A transfer, and all its reversals, of which Stripe sends but the first with it."""
    return TransferSnapshot(
        transfer_id=transfer["id"],
        amount=transfer["amount"],
        currency=transfer["currency"].upper(),
        destination=_id_of(transfer.get("destination")) or "",
        metadata=transfer.get("metadata") or {},
        reversals=tuple(ReversalSnapshot(each["id"], each["amount"]) for each in reversals),
    )


# An inquiry asks before it takes. What Stripe or the bank ended without taking anything was never lost.
_DISPUTE_STATES = {
    "warning_needs_response": "inquiry",
    "warning_under_review": "inquiry",
    "warning_closed": "closed",
    "prevented": "closed",
    "won": "won",
    "lost": "lost",
}


def dispute_of(dispute: Mapping[str, Any]) -> DisputeSnapshot:
    """A dispute, with its payment where that was expanded."""
    details = dispute.get("evidence_details") or {}
    due = details.get("due_by")
    return DisputeSnapshot(
        dispute_id=dispute["id"],
        state=_DISPUTE_STATES.get(dispute["status"], "open"),
        amount=dispute["amount"],
        currency=dispute["currency"].upper(),
        reason=dispute.get("reason") or "",
        metadata=_part(dispute.get("payment_intent"), "metadata") or {},
        opened=datetime.fromtimestamp(dispute["created"], UTC),
        due=datetime.fromtimestamp(due, UTC) if due else None,
        answers=details.get("submission_count") or 0,
        movements=tuple(
            DisputeMovement(item["id"], item["amount"], item["fee"], item["currency"].upper())
            for item in dispute["balance_transactions"]
        ),
    )


def account_of(account: Mapping[str, Any]) -> AccountSnapshot:
    """An account that was read with its recipient configuration and its requirements."""
    recipient = _part(account.get("configuration"), "recipient")
    balance = _part(_part(recipient, "capabilities"), "stripe_balance")
    closed = bool(account.get("closed"))
    requirements = account.get("requirements")
    asked = _part(requirements, "entries") or ()
    soonest = _part(_part(requirements, "summary"), "minimum_deadline") or {}
    return AccountSnapshot(
        account_id=account["id"],
        able=not closed and _part(_part(balance, "stripe_transfers"), "status") == "active",
        closed=closed,
        needs=tuple(_need(each, soonest) for each in asked if each.get("awaiting_action_from") == "user"),
        metadata=account.get("metadata") or {},
    )


def _need(entry: Mapping[str, Any], soonest: Mapping[str, Any]) -> NeedSnapshot:
    """Something asked for. Stripe names one moment, by which the first of the most pressing is due; to be
    done by then is right for all of these."""
    status = (entry.get("minimum_deadline") or {}).get("status")
    by = soonest.get("time") if soonest.get("status") == status else None
    return NeedSnapshot(
        what=entry.get("description") or "",
        by=datetime.fromisoformat(by) if by else None,
        stops=status != "eventually_due",
    )


def movement_of(item: Mapping[str, Any]) -> BalanceMovement:
    """A balance transaction whose source was expanded."""
    source = item.get("source")
    identifier = _id_of(source) or ""
    behind = _id_of(_part(source, "charge")) or ""
    return BalanceMovement(
        movement_id=item["id"],
        kind=item["type"],
        source=identifier,
        charge=identifier if _part(source, "object") == "charge" else behind,
        metadata=_part(source, "metadata") or {},
        amount=item["amount"],
        fee=item["fee"],
        currency=item["currency"].upper(),
        created=datetime.fromtimestamp(item["created"], UTC),
    )


def event_of(payload: dict[str, Any]) -> GatewayEvent:
    """A webhook's body, of either version of the API. Raises KeyError or AttributeError for another body."""
    if payload.get("object") == "v2.core.event":
        # Events of the API's second version carry no object, only what it is called.
        about = payload.get("related_object") or {}
        return GatewayEvent(payload["id"], payload["type"], str(about.get("id", "")), payload)
    return GatewayEvent(
        event_id=payload["id"],
        type=payload["type"],
        object_id=str(payload["data"]["object"].get("id", "")),
        payload=payload,
    )
