"""Orders and what makes goods dearer keep out of each other's way.

An order reads wholesale and freezes it, at a moment of its own. If a rise began before that moment but
was committed after the reading, the line would lie under the floor of its own moment for ever. So an
order holds a lock that it shares with other orders, from before it reads until it is committed; what
raises wholesale for somebody takes the same lock alone, and begins no earlier than the orders that it
had to wait for.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

# An arbitrary number: the one advisory lock of the program that transactions take.
ORDER_LOCK = 7_013_260_919
_INSTANT = timedelta(microseconds=1)
_WAIT = text("SELECT pg_advisory_xact_lock(:key)")
_NEWEST = text("""
    SELECT max(o.placed_at) FROM orders o
      JOIN order_lines l ON l.partner_id = o.partner_id AND l.order_id = o.order_id
     WHERE o.placed_at >= :moment AND l.variant_id = ANY(CAST(:variants AS uuid[]))
""")
_NEWEST_OF_STORE = text("""
    SELECT max(o.placed_at) FROM orders o
     WHERE o.partner_id = :partner_id AND o.store_id = :store_id AND o.placed_at >= :moment
""")


def keep_orders_out(session: Session) -> None:
    """Wait for orders that are being placed, and let none begin until the transaction ends.

    To be called before anything else is locked that an order may wait for.
    """
    session.execute(_WAIT, {"key": ORDER_LOCK})


def after_orders(session: Session, *, moment: datetime, variant_ids: Sequence[UUID]) -> datetime:
    """The first moment from ``moment`` on that lies behind every order of these variants.

    Only while orders are kept out, and as the company's role: it looks into every store.
    """
    newest = session.scalar(_NEWEST, {"moment": moment, "variants": list(variant_ids)})
    return moment if newest is None else newest + _INSTANT


def after_orders_of(session: Session, *, moment: datetime, partner_id: UUID, store_id: UUID) -> datetime:
    """The first moment from ``moment`` on that lies behind every order of one store."""
    keys = {"moment": moment, "partner_id": partner_id, "store_id": store_id}
    newest = session.scalar(_NEWEST_OF_STORE, keys)
    return moment if newest is None else newest + _INSTANT
