"""Customers as a partner may see them: what is not granted is not even read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from kit.money import Money


@dataclass(frozen=True, slots=True)
class CustomerView:
    """A customer of one store. Fields that were not granted are empty. ``spent`` is what was paid and
    not given back whole; ``address`` has line1, line2, city, region, postcode, country, or a part.

    ``registered_at`` is when it made an account; of one that is erased only its orders are left."""

    customer_id: UUID
    created_at: datetime
    name: str
    email: str
    phone: str
    address: dict[str, str]
    orders: int
    spent: Money
    last_order_at: datetime | None
    registered_at: datetime | None
    erased_at: datetime | None


_PLACE = "jsonb_build_object('city', c.address ->> 'city', 'country', c.address ->> 'country')"
_LIST = """
    SELECT c.customer_id, c.created_at, c.registered_at, c.erased_at, {name} AS name, {email} AS email,
           {phone} AS phone, {address} AS address, count(*) OVER () AS total, s.currency,
           b.orders, b.spent, b.last_order_at
      FROM customers c
      JOIN stores s ON s.partner_id = c.partner_id AND s.store_id = c.store_id
      LEFT JOIN LATERAL (
        SELECT count(*) AS orders, max(o.placed_at) AS last_order_at,
               coalesce(sum(o.total) FILTER (WHERE o.payment IN ('paid', 'partly_refunded')), 0) AS spent
          FROM orders o
         WHERE o.partner_id = :partner_id AND o.customer_id = c.customer_id AND o.paid_at IS NOT NULL
      ) b ON true
     WHERE c.partner_id = :partner_id AND c.store_id = :store_id {search}
     ORDER BY greatest(c.created_at, c.registered_at) DESC, c.customer_id DESC LIMIT :limit OFFSET :offset
"""


def list_customers(
    session: Session,
    *,
    partner_id: UUID,
    store_id: UUID,
    fields: frozenset[str],
    search: str = "",
    limit: int = 50,
    offset: int = 0,
) -> tuple[list[CustomerView], int]:
    """Return a store's customers, those first who came or registered last, and how many there are.

    ``fields`` are the granted ones among name, email, phone, address, city. ``search`` looks into
    granted fields alone: a search must not tell what a page may not show.
    """
    searched = [column for column in ("name", "email") if column in fields]
    condition = " OR ".join(f"c.{column} ILIKE :search" for column in searched)
    statement = _LIST.format(
        name="c.name" if "name" in fields else "''",
        email="CASE WHEN c.erased_at IS NULL THEN c.email ELSE '' END" if "email" in fields else "''",
        phone="c.phone" if "phone" in fields else "''",
        address="c.address" if "address" in fields else _PLACE if "city" in fields else "CAST('{}' AS jsonb)",
        search=f"AND c.erased_at IS NULL AND ({condition or 'false'})" if search else "",
    )
    escaped = search.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    values: dict[str, Any] = {
        "partner_id": partner_id,
        "store_id": store_id,
        "limit": limit,
        "offset": offset,
    }
    if search and searched:
        values["search"] = f"%{escaped}%"
    rows = session.execute(text(statement), values).all()
    return [_view(row) for row in rows], rows[0].total if rows else 0


_REGISTERED = text("""
    SELECT c.registered_at FROM customers c
      JOIN orders o ON o.partner_id = c.partner_id AND o.customer_id = c.customer_id
     WHERE o.partner_id = :partner_id AND o.order_id = :order_id AND c.partner_id = :partner_id
       AND c.erased_at IS NULL
""")


def registered_since(session: Session, *, partner_id: UUID, order_id: UUID) -> datetime | None:
    """Since when whoever made an order has had an account in its store."""
    return session.execute(_REGISTERED, {"partner_id": partner_id, "order_id": order_id}).scalar()


def _view(row: Row[Any]) -> CustomerView:
    return CustomerView(
        customer_id=row.customer_id,
        created_at=row.created_at,
        name=row.name,
        email=row.email,
        phone=row.phone,
        address={key: value for key, value in row.address.items() if value},
        orders=row.orders or 0,
        spent=Money(int(row.spent or 0), row.currency),
        last_order_at=row.last_order_at,
        registered_at=row.registered_at,
        erased_at=row.erased_at,
    )
