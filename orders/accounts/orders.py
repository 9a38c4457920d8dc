"""What was bought with an account's address: all of it once the address is proven, else the one order."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from catalog.pictures import PictureRef, picture_ref
from kit.money import Money
from orders.accounts.signing import Shopper


@dataclass(frozen=True, slots=True)
class AccountOrder:
    """An order in a list. ``units`` counts all of it; ``titles`` are those of its first lines, ``picture`` is
    that of the first line that has one."""

    order_id: UUID
    number: int
    placed_at: datetime
    payment: str
    fulfilment: str
    total: Money
    units: int
    lines: int
    titles: tuple[str, ...]
    picture: PictureRef | None


_SHOWN = 3
_MINE = """
    o.partner_id = :partner_id AND o.store_id = :store_id AND o.customer_id = :customer_id
    AND o.paid_at IS NOT NULL AND (:proven OR o.order_id = CAST(:order_id AS uuid))
"""
_LIST = text(f"""
    SELECT o.order_id, o.number, o.placed_at, o.payment, o.fulfilment, o.total, o.currency, l.units, l.lines,
           l.titles, l.pictures
      FROM (SELECT o.* FROM orders o WHERE {_MINE}
             ORDER BY o.placed_at DESC, o.order_id DESC LIMIT :limit OFFSET :offset) o
     CROSS JOIN LATERAL (
       SELECT sum(l.quantity) AS units, count(*) AS lines,
              array_agg(l.product_title ORDER BY l.position) AS titles,
              jsonb_agg(l.picture ORDER BY l.position) AS pictures
         FROM order_lines l WHERE l.partner_id = :partner_id AND l.order_id = o.order_id) l
     ORDER BY o.placed_at DESC, o.order_id DESC
""")  # noqa: S608 - constant text
_ONE = text(f"SELECT o.order_id FROM orders o WHERE {_MINE} AND o.order_id = :wanted")  # noqa: S608


def orders_of(session: Session, *, shopper: Shopper, limit: int, offset: int = 0) -> list[AccountOrder]:
    """The paid orders that an account may see, newest first."""
    rows = session.execute(_LIST, {**_keys(shopper), "limit": limit, "offset": offset})
    return [
        AccountOrder(
            order_id=row.order_id,
            number=row.number,
            placed_at=row.placed_at,
            payment=row.payment,
            fulfilment=row.fulfilment,
            total=Money(row.total, row.currency),
            units=int(row.units),
            lines=row.lines,
            titles=tuple(row.titles[:_SHOWN]),
            picture=next((picture_ref(each) for each in row.pictures if each), None),
        )
        for row in rows
    ]


def may_see(session: Session, *, shopper: Shopper, order_id: UUID) -> bool:
    """Whether an order is one of those that the account may see."""
    return session.execute(_ONE, {**_keys(shopper), "wanted": order_id}).first() is not None


def _keys(shopper: Shopper) -> dict[str, object]:
    return {
        "partner_id": shopper.partner_id,
        "store_id": shopper.store_id,
        "customer_id": shopper.customer_id,
        "proven": shopper.proven,
        "order_id": shopper.order_id,
    }
