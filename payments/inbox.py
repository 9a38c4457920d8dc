"""Webhooks: stored first, answered at once, handled once by a job."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import Engine, select, text, update

from kit.ids import NIL
from payments.checkout import apply
from payments.gateway import Gateway, GatewayEvent
from payments.models import StripeEvent
from payments.settlement import Reference, end
from storage.database import transaction
from storage.jobs import Job, enqueue
from storage.tenancy import Tenant

# What is acted upon; anything else is kept and ignored. Operators subscribe to these at Stripe.
HANDLED = (
    "checkout.session.completed",
    "checkout.session.async_payment_succeeded",
    "checkout.session.async_payment_failed",
    "checkout.session.expired",
)

# The confirmation page is usually quicker than the webhook; then there is nothing left to do, and the
# event says so from the start.
_RECEIVE = text("""
    INSERT INTO stripe_events (event_id, type, object_id, payload, received_at, handled_at, outcome)
    SELECT :event_id, :type, :object_id, CAST(:payload AS jsonb), :now,
           CASE WHEN d.outcome <> '' THEN :now END, nullif(d.outcome, '')
      FROM (SELECT CASE WHEN NOT :acted_upon THEN 'ignored'
                        WHEN EXISTS (SELECT 1 FROM payment_attempts a
                                      WHERE a.partner_id = :partner_id AND a.order_id = :order_id
                                        AND a.attempt = :attempt AND a.state = 'complete') THEN 'already'
                        ELSE '' END AS outcome) d
    ON CONFLICT (event_id) DO NOTHING
    RETURNING handled_at
""")


# The shopper's own browser is on its way to the confirmation page, which settles the order too. A
# moment's patience spares both from doing the same work at the same time.
_HEAD_START = timedelta(seconds=1)


def receive(engine: Engine, *, event: GatewayEvent, now: datetime) -> bool:
    """Store a verified event, and enqueue its handling where there is something left to do.

    False for an event that is stored already. The signature vouches for the partner that it names.
    """
    reference = Reference.of(event.payload["data"]["object"].get("metadata"))
    begin = Tenant(engine, reference.partner_id).begin if reference else partial(transaction, engine)
    with begin() as session:
        stored = session.execute(
            _RECEIVE,
            {
                "event_id": event.event_id,
                "type": event.type,
                "object_id": event.object_id,
                "payload": json.dumps(event.payload),
                "now": now,
                "acted_upon": event.type in HANDLED,
                "partner_id": reference.partner_id if reference else NIL,
                "order_id": reference.order_id if reference else NIL,
                "attempt": reference.attempt if reference else 0,
            },
        ).one_or_none()
        if stored is None:
            return False
        if stored.handled_at is None:
            about = reference.as_json() if reference else {}
            job = Job("stripe.event", {"event_id": event.event_id, **about}, not_before=now + _HEAD_START)
            enqueue(session, job)
    return True


def handle(
    engine: Engine,
    *,
    gateway: Gateway,
    event_id: str,
    now: datetime,
    reference: Reference | None = None,
) -> str:
    """Act on a stored event, and return what came of it. Safe to repeat.

    What the event says is not believed: its object is fetched anew, so the order in which events
    come does not matter. ``reference`` is the attempt that the event names; one that is complete
    needs nothing more.
    """
    if reference is not None and _settled(Tenant(engine, reference.partner_id), reference, event_id, now):
        return "already"
    with transaction(engine) as session:
        event = session.execute(select(StripeEvent).where(StripeEvent.event_id == event_id)).scalar_one()
        kind, body = event.type, event.payload["data"]["object"]
        if event.handled_at is not None:
            return event.outcome or ""
    outcome = _checkout(engine, gateway, body, kind, now) if kind in HANDLED else "ignored"
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
    snapshot = gateway.read_session(str(body["id"]))
    if kind == "checkout.session.async_payment_failed" and not snapshot.paid:
        with tenant.begin() as session:
            end(session, reference=reference, payment="failed", now=now, reason="the bank refused it")
        return "failed"
    return apply(tenant, gateway=gateway, snapshot=snapshot, now=now)


_SETTLED = text("""
    UPDATE stripe_events SET handled_at = :now, outcome = 'already'
     WHERE event_id = :event_id AND handled_at IS NULL AND EXISTS (
             SELECT 1 FROM payment_attempts a
              WHERE a.partner_id = :partner_id AND a.order_id = :order_id AND a.attempt = :attempt
                AND a.state = 'complete')
    RETURNING event_id
""")


def _settled(tenant: Tenant, reference: Reference, event_id: str, now: datetime) -> bool:
    """Whether the attempt is complete; the event is then marked as handled in the same statement."""
    with tenant.begin() as session:
        found = session.execute(
            _SETTLED,
            {
                "event_id": event_id,
                "partner_id": reference.partner_id,
                "order_id": reference.order_id,
                "attempt": reference.attempt,
                "now": now,
            },
        )
        return found.one_or_none() is not None
