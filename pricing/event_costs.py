"""What a sale event would take from the company, at the pace of the last 90 days and if nobody sold more.

Only as the company's role, because it looks into every store.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from kit.money import Money, round_half_up
from pricing.event_reading import PACE
from pricing.offers import event_wholesale
from pricing.precedence import CHOICE_IN_FORCE
from pricing.wholesale import default_list, wholesale_at

_SECONDS = int(PACE.total_seconds())
_SOLD = text(
    """
    SELECT v.product_id, l.variant_id, p.price_list_id, s.currency, coalesce(c.joined, false) AS joined,
           sum(l.quantity) AS units
      FROM orders o
      JOIN order_lines l ON l.partner_id = o.partner_id AND l.order_id = o.order_id
      JOIN variants v ON v.variant_id = l.variant_id
      JOIN stores s ON s.partner_id = o.partner_id AND s.store_id = o.store_id AND s.state <> 'closed'
      JOIN partners p ON p.partner_id = o.partner_id
      LEFT JOIN LATERAL ({standing}) c ON true
     WHERE o.paid_at >= :since AND o.payment IN ('paid', 'partly_refunded')
       AND v.product_id IN (SELECT unnest(CAST(:products AS uuid[])))
       AND (cardinality(CAST(:lists AS uuid[])) = 0 OR p.price_list_id = ANY(CAST(:lists AS uuid[])))
     GROUP BY v.product_id, l.variant_id, p.price_list_id, s.currency, c.joined
""".replace(
        "{standing}",
        CHOICE_IN_FORCE.format(partner="o.partner_id", store="o.store_id", event="NULL", at=":now"),
    )
)


@dataclass(frozen=True, slots=True)
class EventCost:
    """What the company would take less in one currency: where every store that may join does, and where only
    those do that join by their standing choice."""

    all_join: Money
    standing: Money


@dataclass(frozen=True, slots=True)
class EventOutlook:
    """``units`` were sold of each product in the last 90 days, in the stores that may join. ``costs`` are for
    as long as the event lasts, by currency."""

    units: Mapping[UUID, int]
    costs: tuple[EventCost, ...]


def event_outlook(
    session: Session,
    *,
    products: Mapping[UUID, int],
    price_lists: Sequence[UUID],
    begins: datetime,
    ends: datetime,
    now: datetime,
) -> EventOutlook:
    """Work out what an event with these cuts, in basis points of wholesale, would cost. Nothing is changed.

    Partners on ``price_lists`` may join it; with none, all may. Wholesale counts as it will be when the event
    begins, and a variant without it then costs nothing.
    """
    rows = session.execute(
        _SOLD,
        {"now": now, "since": now - PACE, "products": list(products), "lists": list(price_lists)},
    ).all()
    wholesale = wholesale_at(session, variant_ids=[row.variant_id for row in rows], at=begins)
    default = default_list(session).price_list_id
    seconds = max(0, int((ends - begins).total_seconds()))
    units: dict[UUID, int] = {}
    less: dict[str, list[int]] = {}
    for row in rows:
        units[row.product_id] = units.get(row.product_id, 0) + int(row.units)
        cost = wholesale.get((row.variant_id, row.price_list_id, row.currency))
        if cost is None:
            cost = wholesale.get((row.variant_id, default, row.currency), 0)
        saving = int(row.units) * (cost - event_wholesale(cost, products[row.product_id]))
        found = less.setdefault(row.currency, [0, 0])
        found[0] += saving
        found[1] += saving if row.joined else 0

    def paced(minor: int, currency: str) -> Money:
        return Money(round_half_up(minor * seconds, _SECONDS), currency)

    return EventOutlook(
        units,
        tuple(
            EventCost(paced(everyone, currency), paced(standing, currency))
            for currency, (everyone, standing) in sorted(less.items())
        ),
    )
