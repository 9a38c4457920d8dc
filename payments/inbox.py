"""Webhooks: stored first, answered at once, handled once by a job."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Engine, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from payments.checkout import apply
from payments.gateway import Gateway, GatewayEvent
from payments.models import StripeEvent
from payments.settlement import Reference, end
from storage.database import transaction
from storage.jobs import Job, enqueue
from storage.tenancy import Tenant


def receive(session: Session, *, event: GatewayEvent, now: datetime) -> bool:
    """Store a verified event and enqueue its handling. False for one that is stored already."""
    stored = session.execute(
        insert(StripeEvent)
        .values(
            event_id=event.event_id,
            type=event.type,
            object_id=event.object_id,
            payload=event.payload,
            received_at=now,
        )
        .on_conflict_do_nothing()
        .returning(StripeEvent.event_id)
    ).one_or_none()
    if stored is None:
        return False
    enqueue(session, Job("stripe.event", {"event_id": event.event_id}))
    return True


def handle(engine: Engine, *, gateway: Gateway, event_id: str, now: datetime) -> str:
    """Act on a stored event, and return what came of it. Safe to repeat.

    What the event says is not believed: its object is fetched anew, so the order in which events
    come does not matter.
    """
    with transaction(engine) as session:
        event = session.execute(select(StripeEvent).where(StripeEvent.event_id == event_id)).scalar_one()
        kind, body = event.type, event.payload["data"]["object"]
        if event.handled_at is not None:
            return event.outcome or ""
    match kind:
        case (
            "checkout.session.completed"
            | "checkout.session.async_payment_succeeded"
            | "checkout.session.async_payment_failed"
            | "checkout.session.expired"
        ):
            outcome = _checkout(engine, gateway, body, kind, now)
        case _:
            outcome = "ignored"
    with transaction(engine) as session:
        session.execute(
            update(StripeEvent)
            .where(StripeEvent.event_id == event_id)
            .values(handled_at=now, outcome=outcome)
        )
    return outcome


def _checkout(engine: Engine, gateway: Gateway, body: dict[str, Any], kind: str, now: datetime) -> str:
    reference = Reference.of(body.get("metadata"))
    if reference is None:
        return "not ours"
    tenant = Tenant(engine, reference.partner_id)
    if _settled(tenant, reference):
        return "already"
    snapshot = gateway.read_session(str(body["id"]))
    if kind == "checkout.session.async_payment_failed" and not snapshot.paid:
        with tenant.begin() as session:
            end(session, reference=reference, payment="failed", now=now, reason="the bank refused it")
        return "failed"
    return apply(tenant, gateway=gateway, snapshot=snapshot, now=now)


def _settled(tenant: Tenant, reference: Reference) -> bool:
    """Whether the attempt is complete. Asked first, because the confirmation page is usually quicker."""
    with tenant.begin() as session:
        state = session.execute(
            text(
                "SELECT state FROM payment_attempts"
                " WHERE partner_id = :partner_id AND order_id = :order_id AND attempt = :attempt"
            ),
            {
                "partner_id": reference.partner_id,
                "order_id": reference.order_id,
                "attempt": reference.attempt,
            },
        ).scalar()
    return state == "complete"
