"""How often coupons and promotions were used, and what they gave."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from kit.money import Money


@dataclass(frozen=True, slots=True)
class Used:
    """``uses`` counts the orders that have it, paid or waiting for their payment. Of those that were paid,
    ``given`` is what came off as shoppers saw it, and ``net`` what that is without tax: what it took from
    the margin, or cost the company. ``sold`` is what these orders brought for goods, as listed."""

    uses: int
    given: Money
    net: Money
    sold: Money


@dataclass(frozen=True, slots=True)
class StoresUsed:
    """The same over the stores of one currency, with how many ``stores`` gave it."""

    stores: int
    used: Used


_COLUMNS = """
    o.currency, d.discount_id, count(*) AS uses, count(DISTINCT o.store_id) AS stores,
    coalesce(sum(d.amount) FILTER (WHERE o.paid_at IS NOT NULL), 0) AS given,
    coalesce(sum(d.net) FILTER (WHERE o.paid_at IS NOT NULL), 0) AS net,
    coalesce(sum((SELECT sum(l.unit_retail * l.quantity) FROM order_lines l
                   WHERE l.partner_id = o.partner_id AND l.order_id = o.order_id))
             FILTER (WHERE o.paid_at IS NOT NULL), 0) AS sold
"""
_OF_STORE = text(f"""
    SELECT {_COLUMNS}
      FROM order_discounts d
      JOIN orders o ON o.partner_id = d.partner_id AND o.order_id = d.order_id
     WHERE d.partner_id = :partner_id AND o.partner_id = :partner_id AND o.store_id = :store_id
       AND o.payment NOT IN ('expired', 'failed')
     GROUP BY o.currency, d.discount_id
""")  # noqa: S608 - constant text
_OF_COMPANY = text(f"""
    SELECT {_COLUMNS}
      FROM order_discounts d
      JOIN orders o ON o.partner_id = d.partner_id AND o.order_id = d.order_id
     WHERE d.funder = 'company' AND o.payment NOT IN ('expired', 'failed')
     GROUP BY o.currency, d.discount_id ORDER BY o.currency
""")  # noqa: S608 - constant text


def used_in_store(session: Session, *, partner_id: UUID, store_id: UUID) -> dict[UUID, Used]:
    """What a store's coupons, and the company's promotions in it, have given, by their keys."""
    rows = session.execute(_OF_STORE, {"partner_id": partner_id, "store_id": store_id})
    return {row.discount_id: _used(row) for row in rows}


def promotions_used(session: Session) -> dict[UUID, list[StoresUsed]]:
    """What each promotion has cost over all stores, one record for each currency. As the company's role."""
    found: dict[UUID, list[StoresUsed]] = {}
    for row in session.execute(_OF_COMPANY):
        found.setdefault(row.discount_id, []).append(StoresUsed(row.stores, _used(row)))
    return found


def _used(row: Row[Any]) -> Used:
    uses, currency = row.uses, row.currency
    given, net, sold = (Money(int(getattr(row, name)), currency) for name in ("given", "net", "sold"))
    return Used(uses, given, net, sold)
