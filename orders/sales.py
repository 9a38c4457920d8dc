"""How many units of what were sold: from orders that were paid, and not given back whole."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

_UNITS = text("""
    SELECT l.variant_id, sum(l.quantity) AS units
      FROM orders o
      JOIN order_lines l ON l.partner_id = o.partner_id AND l.order_id = o.order_id
     WHERE o.partner_id = :partner_id AND o.store_id = :store_id
       AND o.paid_at >= :since AND o.paid_at < :until AND o.payment IN ('paid', 'partly_refunded')
     GROUP BY l.variant_id
""")


def units_sold(
    session: Session, *, partner_id: UUID, store_id: UUID, since: datetime, until: datetime
) -> dict[UUID, int]:
    """Return the units sold in a store from ``since`` to before ``until``, by variant."""
    rows = session.execute(
        _UNITS, {"partner_id": partner_id, "store_id": store_id, "since": since, "until": until}
    )
    return {row.variant_id: int(row.units) for row in rows}
