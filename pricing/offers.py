"""What a listing costs at one moment, with everything that lowers it for a while."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row

from pricing.reading import rule_of
from pricing.rules import Terms, retail_price


@dataclass(frozen=True, slots=True)
class InForce:
    """One listing's figures at one moment, in minor units.

    ``price`` is what shoppers pay for a unit, and ``regular`` what they pay when nothing lowers it;
    ``lowest`` is the floor. These three are as the store shows them. ``wholesale`` and ``net_floor``
    are without tax, and hold for a sale at this moment.
    """

    price: int
    regular: int
    wholesale: int
    lowest: int
    net_floor: int

    @property
    def reduced(self) -> bool:
        return self.price < self.regular


def in_force(row: Row[Any], terms: Terms) -> InForce | None:
    """The figures of a row of ``read_prices``; None where it cannot be sold."""
    regular = regular_price(row, terms)
    if regular is None:
        return None
    return InForce(
        price=regular,
        regular=regular,
        wholesale=row.wholesale,
        lowest=terms.lowest(row.wholesale),
        net_floor=terms.floor.net_floor(row.wholesale),
    )


def regular_price(row: Row[Any], terms: Terms) -> int | None:
    """The price of a row by its rule alone, in minor units; None where it cannot be sold."""
    rule = rule_of(row)
    if rule is None or row.wholesale is None:
        return None
    return retail_price(rule, wholesale=row.wholesale, terms=terms)
