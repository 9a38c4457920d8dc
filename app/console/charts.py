"""Charts as numbers for a template: where each point lies. Drawing itself is the template's work."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from kit.money import Money, decimals

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
    """Listings by how far their price lies above the new floor. ``marks`` are (x, y, under); one
    stands for ``each`` listings. ``floor_x`` is where the new floor lies."""

    marks: tuple[tuple[float, float, bool], ...]
    each: int
    floor_x: float
    labels: tuple[tuple[float, str], ...]


def mark_chart(distances: Sequence[tuple[int, bool]], *, currency: str) -> MarkChart:
    """Stack listings, given as (price less new floor in minor units, under it), in 24 columns."""
    lowest = min((distance for distance, _ in distances), default=0)
    highest = max((distance for distance, _ in distances), default=0)
    span = max(highest, 1) - min(lowest, 0)
    # The floor lies between two columns, so that no column holds listings of both sides.
    width = max(1, -(-span // 22))
    left = -(-max(-lowest, 0) // width) + (1 if lowest < 0 else 0)
    columns: dict[tuple[int, bool], int] = {}
    for distance, under in distances:
        column = min(max(left + distance // width, 0), 23)
        columns[column, under] = columns.get((column, under), 0) + 1
    heights: dict[int, int] = {}
    for (column, _), number in columns.items():
        heights[column] = heights.get(column, 0) + number
    each = max(1, -(-max(heights.values(), default=1) // _MOST_MARKS))
    step = WIDTH / 24
    marks: list[tuple[float, float, bool]] = []
    stacked: dict[int, int] = {}
    for (column, under), number in sorted(columns.items(), key=lambda item: (item[0][0], not item[0][1])):
        for _ in range(-(-number // each)):
            height = stacked.get(column, 0)
            stacked[column] = height + 1
            marks.append((round((column + 0.5) * step, 1), round(HEIGHT - 8 - height * 11, 1), under))
    labels = [
        (round((left + offset) * step, 1), f"+{Money(offset * width, currency).decimal:,}")
        for offset in (6, 12, 18)
        if left + offset <= 21
    ]
    return MarkChart(tuple(marks), each, round(left * step, 1), tuple(labels))
