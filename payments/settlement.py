"""Applying what Stripe says of a Checkout Session to its order: a state machine that only moves on.

Webhook, confirmation page and sweep all come here, in any order and any number of times. The order's
row is locked, the session was just fetched anew, and a state that was reached is never left for an
earlier one.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from kit.ids import new_id
from orders import stock
from orders.timeline import note
from payments.gateway.records import CheckoutSnapshot
from payments.holds import PROGRAM, place_hold
from payments.ledger.posting import fee_entries, post, sale_entries, unsold_entries
from payments.ledger.shares import SoldLine
from payments.suspicion import suspicions
from storage.jobs import Job, enqueue

Outcome = Literal["paid", "already", "waiting", "expired", "refunded", "mismatch", "unknown"]


@dataclass(frozen=True, slots=True)
class Reference:
    """Which attempt a session belongs to, as we wrote it into the session's metadata."""

    partner_id: UUID
    order_id: UUID
    attempt: int

    @classmethod
    def of(cls, metadata: Any) -> Reference | None:
        """Read it back; None when the session is not one of ours."""
        try:
            return cls(UUID(metadata["partner"]), UUID(metadata["order"]), int(metadata["attempt"]))
        except (KeyError, ValueError, TypeError):
            return None

    def as_json(self) -> dict[str, Any]:
        """The reference as the arguments of a job."""
        return {
            "partner_id": str(self.partner_id),
            "order_id": str(self.order_id),
            "attempt": self.attempt,
        }


_LOCK = text("""
    SELECT o.order_id, o.store_id, o.cart_id, o.payment, o.stock, o.total, o.currency, o.delivery,
           o.delivery_tax, o.email, o.address, o.hold_from, o.hold_days, o.fee_share_bps, o.flagged,
           a.attempt, a.state AS attempt_state, a.session_id,
           (SELECT jsonb_agg(jsonb_build_array(l.line_id, l.variant_id, l.quantity, l.unit_wholesale,
                                               l.margin, l.tax, l.company_discount) ORDER BY l.position)
              FROM order_lines l WHERE l.partner_id = :partner_id AND l.order_id = :order_id) AS lines,
           (SELECT array_agg(u.email) FROM memberships m JOIN people u ON u.person_id = m.person_id
             WHERE m.partner_id = :partner_id) AS own
      FROM orders o
      JOIN payment_attempts a ON a.partner_id = o.partner_id AND a.order_id = o.order_id
     WHERE o.partner_id = :partner_id AND o.order_id = :order_id AND a.attempt = :attempt
       FOR UPDATE OF o, a
""")
_PAID = text("""
    WITH customer AS (
      INSERT INTO customers (partner_id, customer_id, store_id, email, name, phone, address, created_at)
      VALUES (:partner_id, :customer_id, :store_id, :email, :name, :phone, CAST(:address AS jsonb), :now)
      ON CONFLICT (partner_id, store_id, email)
      DO UPDATE SET name = excluded.name, phone = excluded.phone, address = excluded.address
      RETURNING customer_id
    ), attempt AS (
      UPDATE payment_attempts SET state = 'complete', session_id = :session_id,
             payment_intent_id = :payment_intent_id, charge_id = :charge_id
       WHERE partner_id = :partner_id AND order_id = :order_id AND attempt = :attempt
    ), heard AS (
      UPDATE stripe_events SET handled_at = :now, outcome = 'already'
       WHERE object_id = :session_id AND handled_at IS NULL
    ), uncoded AS (
      UPDATE carts SET code = NULL
       WHERE partner_id = :partner_id AND cart_id = :cart_id AND code IS NOT NULL
    ), emptied AS (
      DELETE FROM cart_items
       WHERE partner_id = :partner_id AND cart_id = :cart_id AND variant_id = ANY(CAST(:variants AS uuid[]))
    )
    UPDATE orders o SET payment = 'paid', paid_at = :now,
           customer_id = (SELECT c.customer_id FROM customer c), available_on = :available_on, stock = 'held'
     WHERE o.partner_id = :partner_id AND o.order_id = :order_id
""")
_ENDED = text("""
    WITH attempt AS (
      UPDATE payment_attempts
         SET state = :attempt_state, session_id = coalesce(:session_id, session_id),
             charge_id = coalesce(:charge_id, charge_id)
       WHERE partner_id = :partner_id AND order_id = :order_id AND attempt = :attempt
    )
    UPDATE orders SET payment = :payment, stock = :stock
     WHERE partner_id = :partner_id AND order_id = :order_id
""")


def settle(session: Session, *, reference: Reference, snapshot: CheckoutSnapshot, now: datetime) -> Outcome:
    """Bring the order to what the session says. Safe to repeat, in any order.

    ``mismatch`` means that amount or currency differ from the order, which is flagged and not paid.
    Raises stock.SoldOut when the money came after the stock was given back and is gone; the caller
    rolls back, refunds, and calls ``record_unsold``.
    """
    row = _locked(session, reference)
    if row is None:
        return "unknown"
    if row.payment not in ("awaiting", "expired", "failed"):
        return "already"
    if snapshot.status == "complete" and snapshot.paid:
        return _money_came(session, reference, row, snapshot, now)
    if row.payment != "awaiting":
        return "already"
    if snapshot.status == "expired":
        end(session, reference=reference, payment="expired", now=now)
        return "expired"
    return "waiting"


def end(session: Session, *, reference: Reference, payment: str, now: datetime, reason: str = "") -> None:
    """End an order that was not paid, as ``expired`` or ``failed``, and give its stock back."""
    row = _locked(session, reference)
    if row is None or row.payment != "awaiting":
        return
    if row.stock == "held":
        stock.release(session, quantities=_quantities(row))
    session.execute(
        _ENDED,
        _keys(reference)
        | {
            "attempt_state": payment,
            "payment": payment,
            "stock": "released",
            "session_id": None,
            "charge_id": None,
        },
    )
    note(
        session,
        partner_id=reference.partner_id,
        order_id=reference.order_id,
        kind=payment,
        now=now,
        **({"reason": reason} if reason else {}),
    )


def _money_came(
    session: Session, reference: Reference, row: Row[Any], snapshot: CheckoutSnapshot, now: datetime
) -> Outcome:
    if (snapshot.amount, snapshot.currency) != (row.total, row.currency):
        why = f"Stripe has {snapshot.amount} {snapshot.currency}, not {row.total} {row.currency}"
        if not row.flagged:
            session.execute(
                text(
                    "UPDATE orders SET flagged = :why WHERE partner_id = :partner_id AND order_id = :order_id"
                ),
                _keys(reference) | {"why": why},
            )
        return "mismatch"
    if row.stock == "released":
        stock.hold(session, quantities=_quantities(row))
    # A hold from payment ends at a known moment; one from delivery is known when the parcel leaves.
    available = now + timedelta(days=row.hold_days) if row.hold_from == "payment" else None
    session.execute(
        _PAID,
        _keys(reference)
        | {
            "session_id": snapshot.session_id,
            "payment_intent_id": snapshot.payment_intent_id,
            "charge_id": snapshot.charge_id,
            "cart_id": row.cart_id,
            "variants": list(_quantities(row)),
            "customer_id": new_id(),
            "store_id": row.store_id,
            "email": row.email.lower(),
            "name": row.address.get("name", ""),
            "phone": row.address.get("phone", ""),
            "address": json.dumps(row.address),
            "available_on": available,
            "now": now,
        },
    )
    entries = sale_entries(
        order_id=row.order_id,
        lines=[
            SoldLine(UUID(line_id), quantity, wholesale * quantity, margin, tax, company_discount)
            for line_id, _, quantity, wholesale, margin, tax, company_discount in row.lines
        ],
        delivery=row.delivery,
        delivery_tax=row.delivery_tax,
    )
    jobs = [Job("order.paid", reference.as_json())]
    if snapshot.charge_id and snapshot.fee is not None and snapshot.fee_currency == row.currency:
        entries += fee_entries(charge_id=snapshot.charge_id, fee=snapshot.fee, share_bps=row.fee_share_bps)
    else:
        jobs.append(_fee_later(reference, now))
    post(
        session,
        partner_id=reference.partner_id,
        order_id=row.order_id,
        currency=row.currency,
        entries=entries,
        available_on=available,
        now=now,
    )
    for kind, reason in suspicions(email=row.email, own=row.own or (), risk=snapshot.risk).items():
        place_hold(
            session,
            partner_id=reference.partner_id,
            order_id=row.order_id,
            kind=kind,
            reason=reason,
            actor=PROGRAM,
            now=now,
        )
    enqueue(session, *jobs)
    return "paid"


def record_unsold(
    session: Session, *, reference: Reference, snapshot: CheckoutSnapshot, now: datetime
) -> bool:
    """Record that a payment which came too late was given back in full. False if it was recorded before.

    The shopper is told by mail; the timeline shows it to the partner.
    """
    row = _locked(session, reference)
    if row is None or row.payment == "refunded":
        return False
    session.execute(
        _ENDED,
        _keys(reference)
        | {
            "attempt_state": "complete",
            "payment": "refunded",
            "stock": "released",
            "session_id": snapshot.session_id,
            "charge_id": snapshot.charge_id,
        },
    )
    charge_id = snapshot.charge_id or snapshot.session_id
    entries = unsold_entries(charge_id=charge_id, total=row.total)
    jobs = [Job("order.unsold", reference.as_json())]
    if snapshot.fee is not None and snapshot.fee_currency == row.currency:
        entries += fee_entries(charge_id=charge_id, fee=snapshot.fee, share_bps=0)
    else:
        jobs.append(_fee_later(reference, now))
    post(
        session,
        partner_id=reference.partner_id,
        order_id=row.order_id,
        currency=row.currency,
        entries=entries,
        available_on=None,
        now=now,
    )
    note(
        session,
        partner_id=reference.partner_id,
        order_id=reference.order_id,
        kind="refunded_unsold",
        now=now,
    )
    enqueue(session, *jobs)
    return True


def _fee_later(reference: Reference, now: datetime) -> Job:
    """The job that posts a fee which Stripe does not know yet."""
    return Job("payment.fee", reference.as_json(), not_before=now + timedelta(minutes=1))


def _locked(session: Session, reference: Reference) -> Row[Any] | None:
    return session.execute(_LOCK, _keys(reference)).one_or_none()


def _keys(reference: Reference) -> dict[str, Any]:
    return {
        "partner_id": reference.partner_id,
        "order_id": reference.order_id,
        "attempt": reference.attempt,
    }


def _quantities(row: Row[Any]) -> dict[UUID, int]:
    return {UUID(variant_id): quantity for _, variant_id, quantity, *_ in row.lines}
