"""Prices worked out a second time, in exact fractions and by searching, from what the docs say.

Nothing of ``pricing`` is used here: two workings that agree by sharing code would prove nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor
from uuid import UUID

SMALLEST_MARGIN = 100
LEAST = 50  # The smallest amount that can be paid in both currencies.


@dataclass(frozen=True)
class Shown:
    """How a store shows prices: with the highest tax in them, in basis points, or without any."""

    tax_bps: int
    on_rise: str

    def gross(self, net: int) -> int:
        return ceil(net * (1 + Fraction(self.tax_bps, 10_000)))

    def lowest(self, wholesale: int) -> int:
        return self.gross(wholesale + SMALLEST_MARGIN)


@dataclass(frozen=True)
class Asked:
    """What a rule asks for; ``judged`` is the wholesale price that a fixed price was set against."""

    method: str
    value: int
    rounding: str = "none"
    judged: int = 0


@dataclass(frozen=True)
class Price:
    """What a unit costs at a moment: ``price`` and ``regular`` as shown, ``cost`` to the company."""

    price: int
    regular: int
    cost: int


def price_of(
    asked: Asked, *, wholesale: int, shown: Shown, ceiling: int | None, event: tuple[int, int], sale: int
) -> Price | None:
    """A unit's price, with an event's cut and the share that is passed on, and a sale's cut of the price."""
    regular = _regular(asked, wholesale, shown, ceiling)
    if regular is None:
        return None
    cut, passed_on = event
    cost = wholesale - floor(Fraction(wholesale * cut, 10_000))
    lowest = shown.lowest(cost)
    saving = shown.gross(wholesale) - shown.gross(cost)
    price = max(lowest, regular - floor(Fraction(saving * passed_on, 10_000)))
    return Price(max(lowest, price - floor(Fraction(price * sale, 10_000))), regular, cost)


def _regular(asked: Asked, wholesale: int, shown: Shown, ceiling: int | None) -> int | None:
    lowest = shown.lowest(wholesale)
    highest = None if ceiling is None else max(ceiling, lowest)
    if asked.method == "fixed":
        price: int | None = asked.value
        if asked.value < lowest:
            price = _overtaken(asked, wholesale, shown)
        if price is None:
            return None
        price = max(price, lowest)
        return price if highest is None else min(price, highest)
    added = ceil(Fraction(wholesale * asked.value, 10_000)) if asked.method == "markup" else asked.value
    price = _nearest(max(lowest, shown.gross(wholesale + added)), asked.rounding, lowest)
    if highest is None or ceiling is None or price <= ceiling:
        return price
    below = (amount for amount in range(highest, lowest - 1, -1) if ends_as(amount, asked.rounding))
    return next(below, highest)


def _overtaken(asked: Asked, wholesale: int, shown: Shown) -> int | None:
    match shown.on_rise:
        case "pause":
            return None
        case "keep_amount":
            return asked.value + shown.gross(wholesale) - shown.gross(asked.judged)
        case "keep_percentage":
            return ceil(Fraction(asked.value * wholesale, asked.judged))
    return asked.value


_ENDINGS: dict[str, Callable[[int], bool]] = {
    "none": lambda amount: True,
    "99": lambda amount: amount % 100 == 99,
    "95": lambda amount: amount % 100 == 95,
    "90": lambda amount: amount % 100 == 90,
    "00": lambda amount: amount % 100 == 0,
    "nearest_5": lambda amount: amount % 5 == 0,
    "nearest_10": lambda amount: amount % 10 == 0,
}


def ends_as(amount: int, rounding: str) -> bool:
    """Whether an amount of a currency with two decimals has the ending asked for."""
    return amount > 0 and _ENDINGS[rounding](amount)


def _nearest(amount: int, rounding: str, lowest: int) -> int:
    """The nearest amount with the ending, upwards from a tie; upwards only from the lowest."""
    for away in range(101):
        if ends_as(amount + away, rounding):
            return amount + away
        if ends_as(amount - away, rounding):
            nearest = amount - away
            return nearest if nearest >= lowest else _up(lowest, rounding)
    raise AssertionError("every ending comes round within a hundred")


def _up(lowest: int, rounding: str) -> int:
    return next(amount for amount in range(lowest, lowest + 101) if ends_as(amount, rounding))


@dataclass(frozen=True)
class Line:
    """A line of a cart in minor units as shown: what it costs, and its floor. ``cost`` is to the company."""

    product: UUID
    collections: tuple[UUID, ...]
    amount: int
    lowest: int
    cost: int


@dataclass(frozen=True)
class Cut:
    """A coupon or a promotion. ``limit_bps`` is None for a coupon, which stops at the floor."""

    key: UUID
    kind: str
    value: int
    scope: str
    target: UUID
    limit_bps: int | None = None

    def covers(self, line: Line) -> bool:
        if self.scope == "product":
            return line.product == self.target
        return self.scope != "collection" or self.target in line.collections


def taken_off(cut: Cut, lines: list[Line], before: list[int], shown: Shown, least: int) -> list[int]:
    """What a discount takes off each line, of which ``before`` came off already; ``least`` stays to be paid."""
    costs = [line.amount - off for line, off in zip(lines, before, strict=True)]
    room = [cost - _limit(cut, line, shown) for line, cost in zip(lines, costs, strict=True)]
    weights = [cost if cut.covers(line) else 0 for line, cost in zip(lines, costs, strict=True)]
    wanted = (
        floor(Fraction(sum(weights) * cut.value, 10_000) + Fraction(1, 2))
        if cut.kind == "percent"
        else cut.value
    )
    return share(min(wanted, sum(weights), max(0, sum(costs) - least)), weights, [max(0, n) for n in room])


def _limit(cut: Cut, line: Line, shown: Shown) -> int:
    if cut.limit_bps is None:
        return line.lowest
    return shown.gross(ceil(Fraction(line.cost * cut.limit_bps, 10_000)))


def share(amount: int, weights: list[int], limits: list[int]) -> list[int]:
    """Deal an amount out by weight, whole units first and the rest to the largest fractions; who reaches
    its limit keeps that, and the others share what is left."""
    parts = [0] * len(weights)
    taking = [n for n in range(len(weights)) if weights[n] and limits[n]]
    while taking and amount:
        whole = sum(weights[n] for n in taking)
        exact = {n: Fraction(amount * weights[n], whole) for n in taking}
        dealt = {n: floor(exact[n]) for n in taking}
        for n in sorted(taking, key=lambda n: (dealt[n] - exact[n], n))[: amount - sum(dealt.values())]:
            dealt[n] += 1
        full = [n for n in taking if dealt[n] >= limits[n]]
        for n in full or taking:
            parts[n] = min(dealt[n], limits[n])
        amount -= sum(limits[n] for n in full) if full else amount
        taking = [n for n in taking if n not in full]
    return parts
