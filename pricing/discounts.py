"""What comes off a cart besides its prices: pure arithmetic, so that any cart can be asked about.

A coupon comes off first and is paid by the partner, so it stops at each line's floor. A promotion comes
off what is left and is paid by the company, so it may go under the floor, down to a limit of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from kit.ids import NIL
from kit.money import NO_CURRENCY, Money, ceil_div, round_half_up
from pricing.rules import Terms

Funder = Literal["partner", "company"]
KINDS = ("percent", "amount")


@dataclass(frozen=True, slots=True)
class Goods:
    """One line of a cart, in minor units for the whole line.

    ``amount`` is its listed price and ``lowest`` the floor, both as the store shows them; ``wholesale``
    is without tax.
    """

    product_id: UUID
    collections: frozenset[UUID]
    amount: int
    lowest: int
    wholesale: int


@dataclass(frozen=True, slots=True)
class Discount:
    """What comes off, and who pays for it.

    ``value`` is basis points of what it is for, or an amount in minor units of the store's currency. The
    scope is everything, a collection or a product. ``limit_bps`` is how far the company lets its own
    discount go: the share of a line's wholesale that shoppers pay at least.
    """

    discount_id: UUID
    funder: Funder
    name: str
    code: str
    kind: str
    value: int
    scope: str = "all"
    scope_id: UUID = NIL
    limit_bps: int = 0

    def covers(self, line: Goods) -> bool:
        if self.scope == "product":
            return line.product_id == self.scope_id
        return self.scope != "collection" or self.scope_id in line.collections

    def lowest(self, line: Goods, terms: Terms) -> int:
        """What a line may cost at least with this discount, in minor units as the store shows it."""
        if self.funder == "partner":
            return line.lowest
        return terms.shown(ceil_div(line.wholesale * self.limit_bps, 10_000))


@dataclass(frozen=True, slots=True)
class Given:
    """A discount as a cart gets it, in minor units as the store shows them.

    ``parts`` are what comes off each line, ``asked`` what the discount would be if no line had a limit.
    ``stopped`` tells the lines that are at their limit.
    """

    discount: Discount
    parts: tuple[int, ...]
    asked: int
    stopped: tuple[bool, ...]

    @property
    def amount(self) -> int:
        return sum(self.parts)


@dataclass(frozen=True, slots=True)
class Discounts:
    """What comes off a cart: at most one coupon, then at most one promotion."""

    coupon: Given | None = None
    promotion: Given | None = None

    @property
    def given(self) -> tuple[Given, ...]:
        """Those that take something off, in the order in which they do."""
        return tuple(item for item in (self.coupon, self.promotion) if item is not None and item.amount)

    def parts(self, funder: Funder, lines: int) -> tuple[int, ...]:
        """What this funder takes off each line."""
        found = self.coupon if funder == "partner" else self.promotion
        return found.parts if found else (0,) * lines


def spread(amount: int, weights: Sequence[int], limits: Sequence[int]) -> tuple[int, ...]:
    """Divide an amount in the ratio of the weights, no part over its limit.

    Whole units are dealt first, and what remains goes to the largest fractions. What does not fit into a
    part moves to the others in the same ratio; what fits nowhere is left out, so that the parts add up to
    the amount, or to the sum of the limits where that is less.
    """
    parts = [0] * len(weights)
    open_parts = [place for place, weight in enumerate(weights) if weight > 0 and limits[place] > 0]
    left = amount
    while open_parts and left > 0:
        shares = Money(left, NO_CURRENCY).split([weights[place] for place in open_parts])
        full = [
            place for place, share in zip(open_parts, shares, strict=True) if share.minor >= limits[place]
        ]
        if not full:
            for place, share in zip(open_parts, shares, strict=True):
                parts[place] = share.minor
            break
        for place in full:
            parts[place] = limits[place]
            left -= limits[place]
        open_parts = [place for place in open_parts if place not in full]
    return tuple(parts)


def give(
    discount: Discount, lines: Sequence[Goods], *, terms: Terms, off: Sequence[int], least: int
) -> Given:
    """Take a discount off lines from which ``off`` came off before.

    ``least`` is what the lines together have to cost afterwards. Lines that the discount is not for, and
    those at their limit, keep what they cost.
    """
    costs = [line.amount - before for line, before in zip(lines, off, strict=True)]
    weights = [cost if discount.covers(line) else 0 for line, cost in zip(lines, costs, strict=True)]
    limits = [max(0, cost - discount.lowest(line, terms)) for line, cost in zip(lines, costs, strict=True)]
    total = sum(weights)
    wanted = round_half_up(total * discount.value, 10_000) if discount.kind == "percent" else discount.value
    asked = min(wanted, total)
    parts = spread(min(asked, max(0, sum(costs) - least)), weights, limits)
    stopped = tuple(
        weight > 0 and part == limit for weight, part, limit in zip(weights, parts, limits, strict=True)
    )
    return Given(discount, parts, wanted, stopped)


def work_out(
    lines: Sequence[Goods],
    *,
    terms: Terms,
    coupon: Discount | None,
    promotions: Sequence[Discount],
    least: int,
) -> Discounts:
    """Take off the coupon, and then that promotion which gives the shopper most.

    Of promotions that give the same, the first is taken. ``least`` is the smallest amount that can be
    paid, in minor units; no discount brings the goods under it.
    """
    none = (0,) * len(lines)
    first = give(coupon, lines, terms=terms, off=none, least=least) if coupon else None
    off = first.parts if first else none
    offers = [give(item, lines, terms=terms, off=off, least=least) for item in promotions]
    best = max(offers, key=lambda item: item.amount, default=None)
    return Discounts(first, best if best is not None and best.amount else None)


def largest(kind: str, lines: Sequence[Goods]) -> int:
    """The largest partner-funded discount of a kind that these lines take whole: basis points or an
    amount in minor units, rounded down. Zero for no lines."""
    room = sum(max(0, line.amount - line.lowest) for line in lines)
    amount = sum(line.amount for line in lines)
    if kind == "amount":
        return room
    return room * 10_000 // amount if amount else 0


# The smallest charge that Stripe takes, in minor units, as it documents them by currency of settlement.
_SMALLEST_CHARGE = {
    "AED": 200, "AUD": 50, "BGN": 100, "BRL": 50, "CAD": 50, "CHF": 50, "CZK": 1500, "DKK": 250,
    "EUR": 50, "GBP": 30, "HKD": 400, "HUF": 17_500, "INR": 50, "JPY": 50, "MXN": 1000, "MYR": 200,
    "NOK": 300, "NZD": 50, "PLN": 200, "RON": 200, "SEK": 300, "SGD": 50, "THB": 1000, "USD": 50,
}  # fmt: skip


def smallest_charge(currency: str) -> int:
    """The smallest amount that can be paid, in minor units: no discount brings the goods under it.

    For a currency without a documented amount it is one that is safely more than a few cents.
    """
    return _SMALLEST_CHARGE.get(currency, 1000)
