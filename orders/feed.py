"""The newest sales of a store, short: for a page that looks again every other second."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from catalog.pictures import PictureRef, picture_ref
from kit.money import Money


@dataclass(frozen=True, slots=True)
class Sale:
    """A paid order in one line. ``quantity`` and ``title`` are of its first line, ``more`` how many
    lines follow; ``goods`` is what the shopper saw for them, ``margin`` what the partner earns."""

    order_id: UUID
    number: int
    paid_at: datetime
    payment: str
    fulfilment: str
    title: str
    quantity: int
    more: int
    picture: PictureRef | None
    goods: Money
    margin: Money


_NEWEST = text("""
    SELECT o.order_id, o.number, o.paid_at, o.payment, o.fulfilment, o.currency,
           l.product_title, l.variant_title, l.quantity, l.picture, a.lines, a.goods, a.margin
      FROM orders o
      JOIN order_lines l ON l.partner_id = o.partner_id AND l.order_id = o.order_id
     CROSS JOIN LATERAL (
       SELECT count(*) AS lines, sum(m.unit_retail * m.quantity) AS goods, sum(m.margin) AS margin,
              min(m.position) AS first
         FROM order_lines m WHERE m.partner_id = :partner_id AND m.order_id = o.order_id
     ) a
     WHERE o.partner_id = :partner_id AND o.store_id = :store_id AND o.paid_at IS NOT NULL
       AND l.position = a.first
     ORDER BY o.paid_at DESC, o.order_id DESC LIMIT :limit
""")


def newest_sales(session: Session, *, partner_id: UUID, store_id: UUID, limit: int = 9) -> list[Sale]:
    """Return the orders that were paid last in a store, newest first. Nothing of the shopper is read."""
    rows = session.execute(_NEWEST, {"partner_id": partner_id, "store_id": store_id, "limit": limit})
    return [
        Sale(
            order_id=row.order_id,
            number=row.number,
            paid_at=row.paid_at,
            payment=row.payment,
            fulfilment=row.fulfilment,
            title=", ".join(part for part in (row.product_title, row.variant_title) if part),
            quantity=row.quantity,
            more=row.lines - 1,
            picture=picture_ref(row.picture) if row.picture else None,
            goods=Money(int(row.goods), row.currency),
            margin=Money(int(row.margin), row.currency),
        )
        for row in rows
    ]


_COUNTS = text("""
    SELECT o.payment, o.fulfilment, count(*) AS orders FROM orders o
     WHERE o.partner_id = :partner_id AND o.store_id = :store_id AND o.paid_at IS NOT NULL
     GROUP BY o.payment, o.fulfilment
""")


def count_sales(session: Session, *, partner_id: UUID, store_id: UUID) -> dict[tuple[str, str], int]:
    """Return how many paid orders a store has, by their states of payment and of fulfilment."""
    rows = session.execute(_COUNTS, {"partner_id": partner_id, "store_id": store_id})
    return {(row.payment, row.fulfilment): row.orders for row in rows}
