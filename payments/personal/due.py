"""Until when an order says whose it is: while something of it is open, and as long as the company keeps it.

An order that was never paid proves nothing, so it is kept for a month only.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from orders.keepers import Whose

UNPAID_DAYS = 30
SETTLED_WITHIN = timedelta(days=400)

# An order whose arrival nobody confirmed is taken to have arrived some days after it left.
_JUDGED = """
    SELECT o.order_id, o.number, o.placed_at, o.erase_asked_at,
           CASE WHEN o.payment = 'awaiting' THEN 'payment'
                WHEN o.paid_at IS NULL THEN ''
                WHEN a.arrived IS NULL OR a.arrived > :now THEN 'delivery'
                WHEN EXISTS (SELECT 1 FROM returns t WHERE t.partner_id = o.partner_id
                                AND t.order_id = o.order_id AND t.closed_at IS NULL) THEN 'return'
                WHEN EXISTS (SELECT 1 FROM refunds r WHERE r.partner_id = o.partner_id
                                AND r.order_id = o.order_id AND r.state IN ('asked', 'pending'))
                  OR EXISTS (SELECT 1 FROM refund_requests q WHERE q.partner_id = o.partner_id
                                AND q.order_id = o.order_id AND q.state = 'asked') THEN 'refund'
                WHEN EXISTS (SELECT 1 FROM disputes d WHERE d.partner_id = o.partner_id
                                AND d.order_id = o.order_id AND d.closed_at IS NULL) THEN 'dispute'
                WHEN EXISTS (SELECT 1 FROM holds h WHERE h.partner_id = o.partner_id
                                AND h.order_id = o.order_id AND h.released_at IS NULL) THEN 'hold'
                ELSE '' END AS waits,
           CASE WHEN o.paid_at IS NULL THEN
                  CASE WHEN o.erase_asked_at IS NOT NULL OR :asked THEN o.placed_at
                       ELSE o.placed_at + make_interval(days => :unpaid_days) END
                ELSE greatest(a.arrived + make_interval(months => CAST(c.keep_orders_months AS int)),
                              CASE WHEN o.shipped_at IS NOT NULL
                                   THEN a.arrived + make_interval(days => CAST(o.returns_days AS int)) END)
           END AS until
      FROM orders o
     CROSS JOIN company c
     CROSS JOIN LATERAL (
       SELECT coalesce(o.delivered_at,
                       o.shipped_at + make_interval(days => CAST(c.assumed_delivery_days AS int)),
                       CASE WHEN o.fulfilment = 'cancelled' THEN o.paid_at END) AS arrived) a
     WHERE o.partner_id = :partner_id AND o.erased_at IS NULL
"""
_OF_SHOPPER = text(f"""{_JUDGED}
       AND o.store_id = :store_id AND (o.customer_id = CAST(:customer_id AS uuid) OR lower(o.email) = :email)
     ORDER BY o.placed_at DESC
""")
_DUE = text(f"""
    SELECT j.order_id FROM ({_JUDGED}) j
     WHERE j.waits = '' AND j.until <= :now ORDER BY j.placed_at LIMIT :limit
""")  # noqa: S608 - constant text
_SETTLED = text(f"""
    SELECT j.order_id FROM ({_JUDGED}) j
     WHERE j.waits = '' AND j.until > :now AND j.erase_asked_at > :since
""")  # noqa: S608 - constant text
# Nothing is due before the shortest time after it was placed, so that few rows are judged each night.
_PARTNERS = text("""
    SELECT DISTINCT o.partner_id FROM orders o CROSS JOIN company c
     WHERE o.erased_at IS NULL
       AND (o.erase_asked_at IS NOT NULL
            OR o.paid_at IS NULL AND o.placed_at < :unpaid
            OR o.placed_at + make_interval(months => CAST(c.keep_orders_months AS int)) < :now)
     ORDER BY o.partner_id
""")


@dataclass(frozen=True, slots=True)
class KeptOrder:
    """An order that still says whose it is. ``waits`` is what it waits for: payment, delivery, return,
    refund, dispute, hold, or nothing; ``until`` is the day to which it is kept, where that is known."""

    order_id: UUID
    number: int
    placed_at: datetime
    waits: str
    until: datetime | None

    def due(self, now: datetime) -> bool:
        return not self.waits and self.until is not None and self.until <= now


def kept_orders(session: Session, *, whose: Whose, now: datetime) -> list[KeptOrder]:
    """The orders of a shopper that are not erased, newest first, as if the shopper asked for it now."""
    values = {**whose.keys, "now": now, "asked": True, "unpaid_days": UNPAID_DAYS}
    return [_kept(row) for row in session.execute(_OF_SHOPPER, values)]


def due_orders(session: Session, *, partner_id: UUID, now: datetime, limit: int) -> list[UUID]:
    """Orders of a partner whose time is over, oldest first."""
    values = {
        "partner_id": partner_id,
        "now": now,
        "asked": False,
        "unpaid_days": UNPAID_DAYS,
        "limit": limit,
    }
    return list(session.scalars(_DUE, values))


def settled_orders(session: Session, *, partner_id: UUID, now: datetime) -> list[UUID]:
    """Orders whose shopper asked to be forgotten within the last year, and of which nothing is open any more:
    who bought is kept for the books, and nothing beside it."""
    values = {
        "partner_id": partner_id,
        "now": now,
        "asked": False,
        "unpaid_days": UNPAID_DAYS,
        "since": now - SETTLED_WITHIN,
    }
    return list(session.scalars(_SETTLED, values))


def partners_with_due(session: Session, *, now: datetime) -> list[UUID]:
    """Partners that may have orders whose time is over. Only as the company's role."""
    values = {"now": now, "unpaid": now - timedelta(days=UNPAID_DAYS)}
    return list(session.scalars(_PARTNERS, values))


def _kept(row: Row[Any]) -> KeptOrder:
    return KeptOrder(row.order_id, row.number, row.placed_at, row.waits, row.until)
