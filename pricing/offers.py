"""What a listing costs at one moment, with everything that lowers it for a while.

Reductions follow one another in one order. A sale event lowers wholesale, and the price by as much of
that saving as the partner passes on; a sale of the store then lowers what is left, out of the partner's
margin. Neither goes under the floor of the moment, and neither is rounded to an ending: what is taken
off is exactly what was said.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row

from pricing.reading import rule_of
from pricing.rules import Rule, Terms, retail_price


@dataclass(frozen=True, slots=True)
class Reductions:
    """What lowers a listing: an event's cut of wholesale with the share of it that is passed on, and a
    sale's cut of the price. All are basis points, and zero where there is none."""

    event_bps: int = 0
    pass_on_bps: int = 0
    sale_bps: int = 0


@dataclass(frozen=True, slots=True)
class InForce:
    """One listing's figures at one moment, in minor units.

    ``price`` is what shoppers pay for a unit, and ``regular`` what they pay when nothing lowers it;
    ``passed_on`` is what the event took off, ``given`` what the store's sale did, and ``lowest`` is the
    floor. These are as the store shows them. ``wholesale`` and ``net_floor`` are without tax, and hold
    for a sale at this moment.
    """

    price: int
    regular: int
    passed_on: int
    given: int
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
    return reduced(regular, wholesale=row.wholesale, terms=terms, by=reductions_of(row))


def reductions_of(row: Row[Any]) -> Reductions:
    """What lowers a row of ``read_prices``."""
    return Reductions(row.event_off_bps or 0, row.pass_on_bps or 0, row.sale_off_bps or 0)


def event_wholesale(wholesale: int, event_bps: int) -> int:
    """What the company takes for a unit during an event, in minor units. The saving rounds down."""
    return wholesale - wholesale * event_bps // 10_000


def reduced(regular: int, *, wholesale: int, terms: Terms, by: Reductions) -> InForce:
    """Lower a regular price by what holds for it."""
    cost = event_wholesale(wholesale, by.event_bps)
    lowest = terms.lowest(cost)
    saving = terms.shown(wholesale) - terms.shown(cost)
    passed = max(lowest, regular - saving * by.pass_on_bps // 10_000)
    price = max(lowest, passed - passed * by.sale_bps // 10_000)
    return InForce(
        price=price,
        regular=regular,
        passed_on=regular - passed,
        given=passed - price,
        wholesale=cost,
        lowest=lowest,
        net_floor=terms.floor.net_floor(cost),
    )


def regular_price(row: Row[Any], terms: Terms) -> int | None:
    """The price of a row by its rule alone, in minor units; None where it cannot be sold."""
    rule = rule_of(row)
    if rule is None or row.wholesale is None:
        return None
    return retail_price(rule, wholesale=row.wholesale, terms=terms, ceiling=row.ceiling)


def lowest_before(row: Row[Any], terms: Terms) -> int | None:
    """The lowest price of the 30 days before a row's price was reduced, in minor units.

    None where no reduction runs, where the store's country does not ask for it, and where nothing was
    sold before. The row was read with its past; settings of the past are today's.
    """
    found = [_price_then(made_from, row.ceiling, terms) for made_from in row.past or ()]
    return min((price for price in found if price is not None), default=None)


def _price_then(made_from: list[Any], ceiling: int | None, terms: Terms) -> int | None:
    wholesale, scope, method, value, rounding, judged, event_bps, pass_on_bps, sale_bps = made_from
    rule = Rule(scope, method, value, rounding, judged)
    regular = retail_price(rule, wholesale=wholesale, terms=terms, ceiling=ceiling)
    if regular is None:
        return None
    by = Reductions(event_bps or 0, pass_on_bps or 0, sale_bps or 0)
    return reduced(regular, wholesale=wholesale, terms=terms, by=by).price
