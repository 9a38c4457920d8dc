"""Asking Stripe about disputes, and sending the bank an answer or giving up."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Engine, Row, text
from sqlalchemy.orm import Session

from kit.errors import NotFound, Refusal
from orders.reading import read_order
from orders.timeline import note
from payments.disputes.applying import apply_dispute
from payments.gateway.errors import GatewayRefused
from payments.gateway.protocol import Gateway
from payments.gateway.records import DisputeSnapshot
from payments.settlement import Reference
from storage import audit
from storage.jobs import Job, enqueue
from storage.tenancy import Tenant

# Stripe takes as much as 20,000 characters; nobody at a bank reads more than this.
LONGEST_ANSWER = 5000

_KNOWN = text("""
    SELECT d.stripe_id, d.order_id, d.state, d.answered_at, d.due_at FROM disputes d
     WHERE d.partner_id = :partner_id AND d.dispute_id = :dispute_id
""")


def fetch_dispute(engine: Engine, *, gateway: Gateway, dispute_id: str, now: datetime) -> str:
    """Fetch a dispute by Stripe's id and apply it to its order; ``not ours`` where it has none."""
    snapshot = gateway.read_dispute(dispute_id)
    reference = Reference.of(snapshot.metadata)
    if reference is None:
        return "not ours"
    with Tenant(engine, reference.partner_id).begin() as session:
        return apply_dispute(session, reference=reference, snapshot=snapshot, now=now)


def evidence(session: Session, *, partner_id: UUID, order_id: UUID) -> dict[str, str]:
    """What the order itself says to the bank, by Stripe's names of its fields."""
    order = read_order(session, partner_id=partner_id, order_id=order_id)
    place = order.address
    street = (place.get("line1", ""), place.get("line2", ""))
    town = (
        place.get("postcode", ""),
        place.get("city", ""),
        place.get("region", ""),
        place.get("country", ""),
    )
    address = ", ".join(filter(None, (*street, " ".join(filter(None, town)))))
    found = {
        "customer_name": place.get("name", ""),
        "customer_email_address": order.email,
        "product_description": "; ".join(
            f"{line.quantity} x {line.product_title} {line.variant_title}".strip() for line in order.lines
        ),
        "shipping_address": address,
    }
    if order.shipments:
        parcel = order.shipments[-1]
        found |= {
            "shipping_carrier": parcel.carrier,
            "shipping_tracking_number": parcel.number,
            "shipping_date": f"{parcel.shipped_at:%Y-%m-%d}",
        }
    return {name: value for name, value in found.items() if value}


def ask_to_answer(
    session: Session, *, partner_id: UUID, dispute_id: UUID, answer: str, actor: str, now: datetime
) -> UUID:
    """Have the bank answered, with what the order says and ``answer``; returns the order.

    Raises NotFound, and Refusal, naming the field, without words or where no answer is taken any more.
    """
    row = _asked(session, partner_id, dispute_id, now)
    words = answer.strip()
    if not 1 <= len(words) <= LONGEST_ANSWER:
        raise Refusal(f"Tell the bank what happened, in at most {LONGEST_ANSWER} characters.", field="answer")
    _enqueue(session, "dispute.answer", partner_id, dispute_id, row.order_id, actor, now, answer=words)
    return row.order_id  # type: ignore[no-any-return]


def ask_to_accept(session: Session, *, partner_id: UUID, dispute_id: UUID, actor: str, now: datetime) -> UUID:
    """Have a dispute given up, which loses it; returns the order. Raises as ``ask_to_answer`` does."""
    row = _asked(session, partner_id, dispute_id, now)
    if row.state == "inquiry":
        raise Refusal("The bank only asks so far. Give the money back instead.", field="answer")
    _enqueue(session, "dispute.accept", partner_id, dispute_id, row.order_id, actor, now)
    return row.order_id  # type: ignore[no-any-return]


def send_answer(tenant: Tenant, *, gateway: Gateway, dispute_id: UUID, answer: str, now: datetime) -> None:
    """Send the bank an answer, once. Raises GatewayUnavailable, so that the job is tried again."""
    with tenant.begin() as session:
        row = _row(session, tenant.partner_id, dispute_id)
        found = evidence(session, partner_id=tenant.partner_id, order_id=row.order_id)
    if row.answered_at is None:
        told = {**found, "uncategorized_text": answer}
        key = f"dispute:{dispute_id}:answer"
        _send(
            tenant, row.order_id, now, lambda: gateway.answer_dispute(row.stripe_id, evidence=told, key=key)
        )


def send_acceptance(tenant: Tenant, *, gateway: Gateway, dispute_id: UUID, now: datetime) -> None:
    """Give a dispute up at Stripe, once. Raises GatewayUnavailable, so that the job is tried again."""
    with tenant.begin() as session:
        row = _row(session, tenant.partner_id, dispute_id)
    if row.state == "open":
        _send(tenant, row.order_id, now, lambda: gateway.accept_dispute(row.stripe_id))


def _send(tenant: Tenant, order_id: UUID, now: datetime, ask: Callable[[], DisputeSnapshot]) -> None:
    try:
        snapshot = ask()
    except GatewayRefused as error:
        with tenant.begin() as session:
            keys = {"partner_id": tenant.partner_id, "order_id": order_id}
            note(session, **keys, kind="dispute_refused", now=now, reason=str(error))
        return
    reference = Reference(tenant.partner_id, order_id, 0)
    with tenant.begin() as session:
        apply_dispute(session, reference=reference, snapshot=snapshot, now=now)


def _asked(session: Session, partner_id: UUID, dispute_id: UUID, now: datetime) -> Row[Any]:
    row = _row(session, partner_id, dispute_id)
    if row.state not in ("inquiry", "open") or row.answered_at is not None:
        raise Refusal("The bank takes no answer any more.", field="answer")
    if row.due_at is not None and row.due_at < now:
        raise Refusal("The time for an answer is over.", field="answer")
    return row


def _row(session: Session, partner_id: UUID, dispute_id: UUID) -> Row[Any]:
    row = session.execute(_KNOWN, {"partner_id": partner_id, "dispute_id": dispute_id}).one_or_none()
    if row is None:
        raise NotFound("There is no such dispute.")
    return row


def _enqueue(
    session: Session,
    name: str,
    partner_id: UUID,
    dispute_id: UUID,
    order_id: UUID,
    actor: str,
    now: datetime,
    **more: str,
) -> None:
    audit.record(
        session,
        actor=actor,
        action=f"{name}ed",
        subject=f"order:{order_id}",
        partner_id=partner_id,
        now=now,
        after={"dispute": str(dispute_id), **more},
    )
    about = {"partner_id": str(partner_id), "dispute_id": str(dispute_id)}
    enqueue(session, Job(name, {**about, **more}, lock=f"dispute.{dispute_id}"))
