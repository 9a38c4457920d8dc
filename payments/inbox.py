"""Webhooks: stored first, answered at once, handled once.

What is stored is the queue: the worker takes from it every few seconds. Settling an order marks the
events that only said so, which is what becomes of nearly all of them.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from itertools import chain
from typing import Any
from uuid import UUID

from sqlalchemy import Engine, Row, text
from sqlalchemy.orm import Session

from kit.ids import NIL
from payments.checkout import apply
from payments.disputes.sending import fetch_dispute
from payments.gateway.errors import GatewayRefused
from payments.gateway.protocol import Gateway
from payments.gateway.records import GatewayEvent
from payments.payouts.accounts import apply_account
from payments.payouts.sending import PayoutReference, apply_transfer
from payments.refunds.adoption import adopt_refund
from payments.refunds.sending import RefundReference, apply_refund
from payments.settlement import Reference, end
from storage.database import transaction
from storage.tenancy import Tenant

log = logging.getLogger(__name__)

# What is acted upon; anything else is kept and ignored. Operators subscribe to these at Stripe.
HANDLED = (
    "checkout.session.completed",
    "checkout.session.async_payment_succeeded",
    "checkout.session.async_payment_failed",
    "checkout.session.expired",
    "refund.created",
    "refund.updated",
    "refund.failed",
    "charge.dispute.created",
    "charge.dispute.updated",
    "charge.dispute.funds_withdrawn",
    "charge.dispute.funds_reinstated",
    "charge.dispute.closed",
    "transfer.created",
    "transfer.updated",
    "transfer.reversed",
    "account.updated",
)
# What happens to partners' accounts; Stripe sends these of the second version of its API.
_ACCOUNT_EVENTS = "v2.core.account"

# The shopper's own browser is on its way to the confirmation page, which settles the order too. A
# moment's patience spares both from doing the same work at the same time.
HEAD_START = timedelta(seconds=1)
_LONGEST_WAIT = timedelta(hours=1)
_DEBIT_FAILED = "checkout.session.async_payment_failed"
# Few enough that the other jobs of a worker find connections, too.
_AT_ONCE = 4
# Stripe's word for what it does not have: of another account, or of test mode.
_NO_SUCH_OBJECT = "resource_missing"

# The confirmation page may have been quicker than the webhook; then there is nothing left to do.
_RECEIVE = text("""
    INSERT INTO stripe_events
           (event_id, type, object_id, payload, received_at, try_after, handled_at, outcome)
    SELECT :event_id, :type, :object_id, CAST(:payload AS jsonb), :now, :try_after,
           CASE WHEN d.outcome <> '' THEN :now END, nullif(d.outcome, '')
      FROM (SELECT CASE WHEN NOT :acted_upon THEN 'ignored'
                        WHEN EXISTS (SELECT 1 FROM payment_attempts a
                                      WHERE a.partner_id = :partner_id AND a.order_id = :order_id
                                        AND a.attempt = :attempt AND a.state = 'complete') THEN 'already'
                        ELSE '' END AS outcome) d
    ON CONFLICT (event_id) DO NOTHING
    RETURNING event_id
""")
_WAITING = text("""
    SELECT event_id, type, object_id, payload -> 'data' -> 'object' -> 'metadata' AS metadata, attempts
      FROM stripe_events
     WHERE handled_at IS NULL AND try_after <= :due ORDER BY try_after LIMIT 100
""")
_HANDLED = text("""
    UPDATE stripe_events e SET handled_at = :now, outcome = h.outcome
      FROM unnest(CAST(:event_ids AS text[]), CAST(:outcomes AS text[])) h (event_id, outcome)
     WHERE e.event_id = h.event_id
""")
_PUT_OFF = text("""
    UPDATE stripe_events SET attempts = attempts + 1, try_after = :try_after, outcome = :why
     WHERE event_id = :event_id
""")
# One that failed so often has waited for minutes.
_STUCK = text("""
    SELECT e.event_id, e.type, e.object_id, e.attempts, e.try_after, e.outcome FROM stripe_events e
     WHERE e.handled_at IS NULL AND e.attempts >= 5 ORDER BY e.received_at LIMIT :limit
""")


def acted_upon(kind: str) -> bool:
    """Whether events of this kind are handled."""
    return kind in HANDLED or kind.startswith(_ACCOUNT_EVENTS)


@dataclass(frozen=True, slots=True)
class StuckEvent:
    """An event that cannot be acted upon, with what went wrong last. It is tried again at ``again``."""

    event_id: str
    type: str
    object_id: str
    attempts: int
    again: datetime
    why: str


def stuck_events(session: Session, *, limit: int = 8) -> list[StuckEvent]:
    """Events that failed again and again, the oldest first."""
    return [StuckEvent(*row) for row in session.execute(_STUCK, {"limit": limit})]


def receive(engine: Engine, *, event: GatewayEvent, now: datetime) -> bool:
    """Store a verified event. False for one that is stored already.

    The signature vouches for the partner that it names.
    """
    reference = Reference.of(event.payload.get("data", {}).get("object", {}).get("metadata"))
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
                "try_after": now + HEAD_START,
                "acted_upon": acted_upon(event.type),
                "partner_id": reference.partner_id if reference else NIL,
                "order_id": reference.order_id if reference else NIL,
                "attempt": reference.attempt if reference else 0,
            },
        )
        return stored.one_or_none() is not None


def drain(engine: Engine, *, gateway: Gateway, now: datetime, patience: timedelta = timedelta(0)) -> int:
    """Act on the events whose time has come, or comes within ``patience``; return how many were handled.

    One that fails is put off, each time for longer, up to an hour, and keeps none of the others.
    """
    handled = 0
    # Most of the time goes by waiting for Stripe and the database, so a few are handled at once.
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="inbox") as pool:
        while True:
            with transaction(engine) as session:
                waiting = session.execute(_WAITING, {"due": now + patience}).all()
            if not waiting:
                return handled
            act = partial(_handled, engine, gateway, now)
            # What was paid is settled before what was given back of it.
            for objects in _by_object(waiting):
                handled += _record(engine, chain.from_iterable(pool.map(act, objects)), now)


def _by_object(waiting: Sequence[Row[Any]]) -> tuple[list[list[Row[Any]]], list[list[Row[Any]]]]:
    """The events of each object together, those of payments apart, and first the one that is acted upon.

    All of them came before their object is fetched, so what is fetched is what became of all of them. Only
    a debit that failed is told by its event alone.
    """
    found: dict[str, list[Row[Any]]] = {}
    for event in waiting:
        found.setdefault(event.object_id or event.event_id, []).append(event)
    for events in found.values():
        events.sort(key=lambda event: event.type != _DEBIT_FAILED)
    payments = [events for events in found.values() if events[0].type.startswith("checkout.")]
    return payments, [events for events in found.values() if not events[0].type.startswith("checkout.")]


def _record(engine: Engine, outcomes: Iterable[tuple[str, str]], now: datetime) -> int:
    """Write down what came of events; returns how many. Whoever dies before it acts on them again, which is
    safe."""
    known = dict(outcomes)
    if known:
        with transaction(engine) as session:
            keys = {"event_ids": list(known), "outcomes": list(known.values()), "now": now}
            session.execute(_HANDLED, keys)
    return len(known)


def _handled(
    engine: Engine, gateway: Gateway, now: datetime, events: Sequence[Row[Any]]
) -> list[tuple[str, str]]:
    """Act on the events of one object; returns what came of each: of all of them, or of none."""
    first, *others = events
    try:
        outcome = _act(engine, gateway, first, now)
    except GatewayRefused as error:
        if error.code != _NO_SUCH_OBJECT:
            return _put_off(engine, events, error, now)
        outcome = "unknown"
    except Exception as error:
        return _put_off(engine, events, error, now)
    return [(first.event_id, outcome), *((event.event_id, "already") for event in others)]


def _put_off(engine: Engine, events: Sequence[Row[Any]], error: Exception, now: datetime) -> list[Any]:
    """Let events wait, each time for longer. Nothing came of them."""
    with transaction(engine) as session:
        for event in events:
            wait = min(timedelta(seconds=2.0 ** min(event.attempts + 2, 12)), _LONGEST_WAIT)
            log.warning("event %s is tried again in %s: %s", event.event_id, wait, error, exc_info=error)
            keys = {"event_id": event.event_id, "try_after": now + wait, "why": str(error)[:300]}
            session.execute(_PUT_OFF, keys)
    return []


def _act(engine: Engine, gateway: Gateway, event: Row[Any], now: datetime) -> str:
    """Act on an event, and return what came of it. Safe to repeat.

    What the event says is not believed: its object is fetched anew, so the order in which events come
    does not matter.
    """
    if event.type.startswith("refund."):
        return _refunded(engine, gateway, event, now)
    if event.type.startswith("charge.dispute."):
        return fetch_dispute(engine, gateway=gateway, dispute_id=event.object_id, now=now)
    if event.type.startswith("transfer."):
        return _transferred(engine, gateway, event, now)
    if event.type.startswith(("account.", _ACCOUNT_EVENTS)):
        return _account_changed(engine, gateway, event, now)
    reference = Reference.of(event.metadata)
    if reference is None:
        return "not ours"
    tenant = Tenant(engine, reference.partner_id)
    snapshot = gateway.read_session(event.object_id)
    if event.type == _DEBIT_FAILED and not snapshot.paid:
        with tenant.begin() as session:
            end(session, reference=reference, payment="failed", now=now, reason="the bank refused it")
        return "failed"
    return apply(tenant, gateway=gateway, snapshot=snapshot, now=now)


def _refunded(engine: Engine, gateway: Gateway, event: Row[Any], now: datetime) -> str:
    snapshot = gateway.read_refund(event.object_id)
    ours = RefundReference.of(snapshot.metadata)
    if ours is not None:
        with Tenant(engine, ours.partner_id).begin() as session:
            return apply_refund(session, reference=ours, snapshot=snapshot, now=now)
    payment = Reference.of(snapshot.payment)
    if payment is None:
        return "not ours"
    with Tenant(engine, payment.partner_id).begin() as session:
        return adopt_refund(session, reference=payment, snapshot=snapshot, now=now)


def _transferred(engine: Engine, gateway: Gateway, event: Row[Any], now: datetime) -> str:
    reference = PayoutReference.of(event.metadata)
    if reference is None:
        return "not ours"
    snapshot = gateway.read_transfer(event.object_id)
    with Tenant(engine, reference.partner_id).begin() as session:
        return apply_transfer(session, reference=reference, snapshot=snapshot, now=now)


def _account_changed(engine: Engine, gateway: Gateway, event: Row[Any], now: datetime) -> str:
    snapshot = gateway.read_account(event.object_id)
    try:
        partner_id = UUID(snapshot.metadata["partner"])
    except (KeyError, ValueError):
        return "not ours"
    with Tenant(engine, partner_id).begin() as session:
        return apply_account(session, partner_id=partner_id, snapshot=snapshot, now=now)
