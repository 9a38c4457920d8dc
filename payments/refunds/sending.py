"""Having Stripe give money back, and applying what it says of it: a state that only moves on.

The job, the webhook and the sweep all come here, in any order and any number of times.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from orders.timeline import note
from payments.gateway.errors import GatewayRefused
from payments.gateway.protocol import Gateway
from payments.gateway.records import RefundSnapshot
from payments.ledger.posting import (
    GivenBack,
    post,
    refund_entries,
    refund_failed_entries,
)
from payments.ledger.shares import Share
from storage.jobs import Job, enqueue
from storage.tenancy import Tenant

# A refund goes through these once, from left to right. Money that was given may yet come back.
_ORDER = ("asked", "pending", "succeeded", "failed")


@dataclass(frozen=True, slots=True)
class RefundReference:
    """Which refund of ours Stripe speaks of, as we wrote it into its metadata."""

    partner_id: UUID
    order_id: UUID
    refund_id: UUID

    @classmethod
    def of(cls, metadata: Any) -> RefundReference | None:
        """Read it back; None when the refund is not one of ours."""
        try:
            return cls(UUID(metadata["partner"]), UUID(metadata["order"]), UUID(metadata["refund"]))
        except (KeyError, ValueError, TypeError):
            return None

    @property
    def metadata(self) -> dict[str, str]:
        return {
            "partner": str(self.partner_id),
            "order": str(self.order_id),
            "refund": str(self.refund_id),
        }


_SENDING = text("""
    SELECT r.state, r.stripe_id, r.order_id, r.amount, (
             SELECT a.payment_intent_id FROM payment_attempts a
              WHERE a.partner_id = :partner_id AND a.order_id = r.order_id AND a.state = 'complete' LIMIT 1
           ) AS payment_intent_id
      FROM refunds r WHERE r.partner_id = :partner_id AND r.refund_id = :refund_id
""")
_LOCKED = text("""
    SELECT r.*, o.total,
      (SELECT jsonb_agg(jsonb_build_array(l.line_id, l.wholesale, l.promoted_wholesale, l.margin,
                                          l.promoted_margin, l.tax))
         FROM refund_lines l WHERE l.partner_id = :partner_id AND l.refund_id = :refund_id) AS lines
      FROM refunds r
      JOIN orders o ON o.partner_id = r.partner_id AND o.order_id = r.order_id
     WHERE r.partner_id = :partner_id AND o.partner_id = :partner_id AND r.refund_id = :refund_id
       FOR UPDATE OF o, r
""")
_MOVED_ON = text("""
    UPDATE refunds SET state = :state, stripe_id = coalesce(:stripe_id, stripe_id), failure = :failure,
           settled_at = CASE WHEN :state IN ('succeeded', 'failed', 'refused') THEN :now END
     WHERE partner_id = :partner_id AND refund_id = :refund_id
""")
# An order says what was given back of it. What Stripe has not taken up yet is not given back.
_PAYMENT = text("""
    UPDATE orders o
       SET payment = CASE g.amount WHEN 0 THEN 'paid' WHEN o.total THEN 'refunded' ELSE 'partly_refunded' END
      FROM (SELECT coalesce(sum(r.amount), 0) AS amount FROM refunds r
             WHERE r.partner_id = :partner_id AND r.order_id = :order_id
               AND r.state IN ('pending', 'succeeded')) g
     WHERE o.partner_id = :partner_id AND o.order_id = :order_id
""")


def send_refund(tenant: Tenant, *, gateway: Gateway, refund_id: UUID, now: datetime) -> None:
    """Ask Stripe for a refund that was written down, once, or about one that is under way, and record what
    it answers.

    Raises GatewayUnavailable while Stripe does not answer, so that the job is tried again with the same key.
    """
    with tenant.begin() as session:
        row = session.execute(_SENDING, {"partner_id": tenant.partner_id, "refund_id": refund_id}).one()
    if row.state not in ("asked", "pending"):
        return
    reference = RefundReference(tenant.partner_id, row.order_id, refund_id)
    try:
        snapshot = (
            gateway.read_refund(row.stripe_id)
            if row.stripe_id
            else gateway.refund(
                row.payment_intent_id,
                amount=row.amount,
                metadata=reference.metadata,
                key=f"refund:{refund_id}",
            )
        )
    except GatewayRefused as error:
        with tenant.begin() as session:
            _refuse(session, reference, str(error), now)
        return
    with tenant.begin() as session:
        apply_refund(session, reference=reference, snapshot=snapshot, now=now)


def apply_refund(
    session: Session, *, reference: RefundReference, snapshot: RefundSnapshot, now: datetime
) -> str:
    """Bring our refund to what Stripe says. Safe to repeat, in any order; returns what came of it.

    ``unknown`` where we have no such refund, ``mismatch`` where amount or currency are not what was asked.
    """
    keys = {"partner_id": reference.partner_id, "refund_id": reference.refund_id}
    row = session.execute(_LOCKED, keys).one_or_none()
    if row is None:
        return "unknown"
    if (snapshot.amount, snapshot.currency) != (row.amount, row.currency):
        return "mismatch"
    if row.state == "refused" or _ORDER.index(snapshot.status) <= _ORDER.index(row.state):
        return "already"
    entries = refund_entries(
        refund_id=row.refund_id,
        lines={UUID(line_id): Share(*parts) for line_id, *parts in row.lines or ()},
        besides=GivenBack(
            delivery=row.delivery,
            delivery_tax=row.delivery_tax,
            goodwill=row.goodwill,
            funder=row.funder,
            company_back=row.goodwill_back,
            partner_back=row.partner_goodwill_back,
        ),
    )
    fresh = row.state == "asked"
    failed = snapshot.status == "failed"
    posted = [
        *(entries if fresh else ()),
        *(refund_failed_entries(refund_id=row.refund_id, refunded=entries) if failed else ()),
    ]
    if posted:
        post(
            session,
            partner_id=reference.partner_id,
            order_id=row.order_id,
            currency=row.currency,
            entries=posted,
            available_on=None,
            now=now,
        )
    _move_on(session, reference, snapshot.status, snapshot.refund_id, snapshot.failure, now)
    _note(
        session,
        reference,
        row,
        "refund_failed" if failed else "refund_" + snapshot.status,
        snapshot.failure,
        now,
    )
    if fresh and not failed:
        enqueue(session, Job("order.refunded", {**_order(reference), "refund_id": str(reference.refund_id)}))
    return snapshot.status


def _refuse(session: Session, reference: RefundReference, why: str, now: datetime) -> None:
    keys = {"partner_id": reference.partner_id, "refund_id": reference.refund_id}
    row = session.execute(_LOCKED, keys).one()
    if row.state != "asked":
        return
    _move_on(session, reference, "refused", None, why, now)
    _note(session, reference, row, "refund_refused", why, now)


def _move_on(
    session: Session,
    reference: RefundReference,
    state: str,
    stripe_id: str | None,
    failure: str,
    now: datetime,
) -> None:
    session.execute(
        _MOVED_ON,
        {
            "partner_id": reference.partner_id,
            "refund_id": reference.refund_id,
            "state": state,
            "stripe_id": stripe_id,
            "failure": failure,
            "now": now,
        },
    )
    session.execute(_PAYMENT, {"partner_id": reference.partner_id, "order_id": reference.order_id})


def _note(
    session: Session, reference: RefundReference, row: Row[Any], kind: str, reason: str, now: datetime
) -> None:
    note(
        session,
        partner_id=reference.partner_id,
        order_id=row.order_id,
        kind=kind,
        now=now,
        reason=reason,
        amount=row.amount,
        currency=row.currency,
    )


def _order(reference: RefundReference) -> dict[str, str]:
    return {"partner_id": str(reference.partner_id), "order_id": str(reference.order_id)}
