"""Charts as numbers for a template: where each point lies. Drawing itself is the template's work."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from kit.money import Money, decimals
from pricing.spread import COLUMNS, Spread

WIDTH, HEIGHT = 640, 132
_DAYS = 30
_MOST_MARKS = 12


@dataclass(frozen=True, slots=True)
class LineChart:
    """Thirty days against the thirty before. ``now`` and ``before`` are SVG point lists; ``last`` is
    where today's point lies; ``grid`` holds heights with their labels; ``days`` the table behind."""

    now: str
    before: str
    last: tuple[float, float]
    grid: tuple[tuple[float, str], ...]
    first_day: date
    last_day: date
    days: tuple[tuple[date, Money, Money], ...]


def line_chart(amounts: Mapping[date, int], *, today: date, currency: str) -> LineChart:
    """Place the daily amounts, in minor units, of the 30 days that end today, and of those before."""
    days = [today - timedelta(days=back) for back in range(_DAYS - 1, -1, -1)]
    now = [amounts.get(day, 0) for day in days]
    before = [amounts.get(day - timedelta(days=_DAYS), 0) for day in days]
    top = _round_top(max(*now, *before, 1))

    def place(values: Sequence[int]) -> list[tuple[float, float]]:
        step = WIDTH / (_DAYS - 1)
        return [
            (round(index * step, 1), round(HEIGHT - max(value, 0) / top * HEIGHT, 1))
            for index, value in enumerate(values)
        ]

    scale = 10 ** decimals(currency)
    placed = place(now)
    return LineChart(
        now=_points(placed),
        before=_points(place(before)),
        last=placed[-1],
        grid=tuple(
            (round(HEIGHT * (1 - share / 2), 1), f"{top * share // 2 // scale:,}") for share in (0, 1, 2)
        ),
        first_day=days[0],
        last_day=today,
        days=tuple(
            (day, Money(new, currency), Money(old, currency))
            for day, new, old in zip(days, now, before, strict=True)
        ),
    )


def _points(placed: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x},{y}" for x, y in placed)


def _round_top(largest: int) -> int:
    """The next number of the kind 2, 4 or 10 with noughts: its half is round too."""
    power = 1
    while True:
        for lead in (2, 4, 10):
            if lead * power >= largest:
                return lead * power
        power *= 10


@dataclass(frozen=True, slots=True)
class MarkChart:
    """Listings by how far their price lies above the new floor. ``marks`` are (x, y, under); one stands
    for up to ``each`` listings. ``floor_x`` is where the new floor lies."""

    marks: tuple[tuple[float, float, bool], ...]
    each: int
    floor_x: float
    labels: tuple[tuple[float, str], ...]


def mark_chart(spread: Spread, *, currency: str) -> MarkChart:
    """Stack marks in the columns of a spread: one for each listing where there are few, else for several."""
    tallest = max((under + above for _, under, above in spread.columns), default=1)
    each = _round_up(-(-tallest // _MOST_MARKS))
    step = WIDTH / COLUMNS
    marks = []
    for column, under, above in spread.columns:
        stacked = [True] * -(-under // each) + [False] * -(-above // each)
        x = round((column + 0.5) * step, 1)
        marks += [(x, round(HEIGHT - 8 - height * 11, 1), kind) for height, kind in enumerate(stacked)]
    labels = [
        (round((spread.floor + offset) * step, 1), f"+{Money(offset * spread.width, currency).decimal:,}")
        for offset in (6, 12, 18)
        if spread.floor + offset <= COLUMNS - 3
    ]
    return MarkChart(tuple(marks), each, round(spread.floor * step, 1), tuple(labels))


def _round_up(number: int) -> int:
    """A number with one digit before its noughts, where it has more than one: said more easily."""
    power = 10 ** (len(str(number)) - 1)
    return int(-(-number // power) * power)
