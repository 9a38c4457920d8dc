"""Customers of all partners, as the company's desk looks them up. Only as the company's role."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

CUSTOMER_STATES = ("registered", "guest", "erased")


@dataclass(frozen=True, slots=True)
class DeskCustomer:
    """A customer in a list. ``registered_at`` is when it made an account; of one that is erased there are
    only its orders. ``orders`` are those that were paid."""

    partner_id: UUID
    customer_id: UUID
    store: str
    partner: str
    email: str
    name: str
    created_at: datetime
    registered_at: datetime | None
    erased_at: datetime | None
    orders: int
    last_order_id: UUID | None
    last_order_at: datetime | None


# The newest are found first; what is shown of their orders is read for those alone.
_LIST = text("""
    SELECT c.*, s.name AS store, p.name AS partner, o.orders, o.last_order_id, o.last_order_at
      FROM (SELECT c.partner_id, c.customer_id, c.store_id, c.email, c.name, c.created_at, c.registered_at,
                   c.erased_at
              FROM customers c
             WHERE CASE CAST(:state AS text)
                     WHEN 'registered' THEN c.registered_at IS NOT NULL AND c.erased_at IS NULL
                     WHEN 'guest' THEN c.registered_at IS NULL AND c.erased_at IS NULL
                     WHEN 'erased' THEN c.erased_at IS NOT NULL ELSE true END
               AND (CAST(:search AS text) = ''
                    OR c.erased_at IS NULL AND (c.email ILIKE :like OR c.name ILIKE :like))
             ORDER BY greatest(c.created_at, c.registered_at) DESC, c.customer_id DESC
             LIMIT :limit OFFSET :offset) c
      JOIN stores s ON s.partner_id = c.partner_id AND s.store_id = c.store_id
      JOIN partners p ON p.partner_id = c.partner_id
     CROSS JOIN LATERAL (
       SELECT count(*) AS orders, max(o.placed_at) AS last_order_at,
              (array_agg(o.order_id ORDER BY o.placed_at DESC))[1] AS last_order_id
         FROM orders o
        WHERE o.partner_id = c.partner_id AND o.customer_id = c.customer_id AND o.paid_at IS NOT NULL) o
     ORDER BY greatest(c.created_at, c.registered_at) DESC, c.customer_id DESC
""")


def desk_customers(
    session: Session, *, state: str = "", search: str = "", limit: int = 50, offset: int = 0
) -> list[DeskCustomer]:
    """Customers, those first who came or registered last. ``state`` is one of ``CUSTOMER_STATES`` or empty;
    ``search`` is part of an e-mail address or a name."""
    search = search.strip()
    escaped = search.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    rows = session.execute(
        _LIST,
        {"state": state, "search": search, "like": f"%{escaped}%", "limit": limit, "offset": offset},
    )
    return [
        DeskCustomer(
            partner_id=row.partner_id,
            customer_id=row.customer_id,
            store=row.store,
            partner=row.partner,
            email="" if row.erased_at else row.email,
            name=row.name,
            created_at=row.created_at,
            registered_at=row.registered_at,
            erased_at=row.erased_at,
            orders=row.orders,
            last_order_id=row.last_order_id,
            last_order_at=row.last_order_at,
        )
        for row in rows
    ]
