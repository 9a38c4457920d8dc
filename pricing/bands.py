"""What several partners ask for the same thing, told to each of them as a band that names nobody.

A band holds the quartiles of at least five partners' prices: below that, one could be told from the
others. The database holds it to that as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from kit.money import Money, round_half_up
from storage.database import Base

FEWEST = 5
# What was not worked out anew for so long tells of another time, and is told to nobody.
STALE = timedelta(days=3)


class PriceBand(Base):
    """The quartiles of what ``partners`` ask for a variant in one currency, with tax or without, in minor
    units as their stores show it."""

    __tablename__ = "price_bands"
    __table_args__ = (
        CheckConstraint("partners >= 5", name="partners"),
        CheckConstraint("low > 0 AND low <= median AND median <= high", name="quartiles"),
    )
    variant_id: Mapped[UUID] = mapped_column(ForeignKey("variants.variant_id"), primary_key=True)
    currency: Mapped[str] = mapped_column(primary_key=True)
    tax_inclusive: Mapped[bool] = mapped_column(primary_key=True)
    partners: Mapped[int]
    low: Mapped[int]
    median: Mapped[int]
    high: Mapped[int]
    computed_at: Mapped[datetime]


@dataclass(frozen=True, slots=True)
class Band:
    """Half of the partners ask no less than ``low`` and no more than ``high``."""

    low: Money
    high: Money


def quartiles(prices: Iterable[int]) -> tuple[int, int, int]:
    """The prices that a quarter, a half and three quarters of some lie under, in minor units.

    Between two prices it is as far as the rank lies between theirs. Of five, these are the second, the
    third and the fourth, so that neither the lowest nor the highest is told.
    """
    ordered = sorted(prices)

    def at(quarter: int) -> int:
        place, rest = divmod((len(ordered) - 1) * quarter, 4)
        below = ordered[place]
        above = ordered[min(place + 1, len(ordered) - 1)]
        return below + round_half_up((above - below) * rest, 4)

    return at(1), at(2), at(3)


# A store is told of what it may sell, and of nothing else: not of drafts, of what it hides, or of what its
# price list and currency have no price for.
_TOLD = text("""
    SELECT b.variant_id, b.currency, b.low, b.high
      FROM stores s
      JOIN partners p ON p.partner_id = s.partner_id
      JOIN price_bands b ON b.currency = s.currency AND b.tax_inclusive = s.tax_inclusive
      JOIN variants v ON v.variant_id = b.variant_id
      JOIN products g ON g.product_id = v.product_id AND g.state = 'active'
     WHERE s.partner_id = :partner_id AND p.partner_id = :partner_id AND s.store_id = :store_id
       AND b.variant_id IN (SELECT unnest(CAST(:variants AS uuid[])))
       AND b.computed_at > :fresh
       AND NOT EXISTS (SELECT 1 FROM hidden_products h
                        WHERE h.partner_id = :partner_id AND h.store_id = :store_id
                          AND h.product_id = g.product_id)
       AND EXISTS (SELECT 1 FROM wholesale_prices w
                    WHERE w.variant_id = v.variant_id AND w.currency = s.currency
                      AND w.valid @> CAST(:now AS timestamptz)
                      AND w.price_list_id IN (p.price_list_id, (SELECT d.price_list_id FROM price_lists d
                                                                 WHERE d.is_default)))
""")


def read_bands(
    session: Session, *, partner_id: UUID, store_id: UUID, variant_ids: Sequence[UUID], now: datetime
) -> dict[UUID, Band]:
    """What half of the partners ask for variants that this store may sell, as it shows prices itself.

    A variant that fewer than ``FEWEST`` partners sell is absent.
    """
    keys = {"partner_id": partner_id, "store_id": store_id, "variants": list(variant_ids)}
    rows = session.execute(_TOLD, {**keys, "now": now, "fresh": now - STALE})
    return {row.variant_id: Band(Money(row.low, row.currency), Money(row.high, row.currency)) for row in rows}
