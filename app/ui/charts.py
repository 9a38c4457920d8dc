"""Where the points of a line lie. A template draws them with the ``line_chart`` macro of ``ui/chart.html``.

Everything is a share of the plot, so that a chart is as wide as its column on any screen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from kit.money import Money, decimals

HEIGHT = 186
_WIDTH = 1000


@dataclass(frozen=True, slots=True)
class Mark:
    """Something of one's own that happened on a day: its letter, where it lies in percent, its words."""

    letter: str
    x: float
    day: date
    words: str


@dataclass(frozen=True, slots=True)
class Line:
    """This period against the one before. Paths are in a box of 1000 by ``HEIGHT``; ``last`` and
    ``dot`` are (percent across, pixels down) of yesterday's and today's point. ``scale`` are the
    amounts at the three grid lines, from the top. ``days`` is the table behind it."""

    now: str
    under: str
    today: str
    before: str
    dot: tuple[float, float]
    scale: tuple[Money, ...]
    marks: tuple[Mark, ...]
    days: tuple[tuple[date, Money, Money], ...]


def line(
    days: Sequence[date],
    now: Sequence[int],
    before: Sequence[int],
    *,
    currency: str,
    marks: Sequence[tuple[date, str]] = (),
) -> Line:
    """Place daily amounts in minor units. The last day is today and not over; ``before`` are the
    amounts of the same number of days that went before. ``marks`` outside of the days are left out."""
    top = _round_top(max(*now, *before, 1), 10 ** decimals(currency))
    step = _WIDTH / (len(days) - 1)

    def place(values: Sequence[int]) -> list[tuple[float, float]]:
        return [
            (round(index * step, 1), round(HEIGHT - max(value, 0) / top * HEIGHT, 1))
            for index, value in enumerate(values)
        ]

    points = place(now)
    whole = points[:-1]
    letters = "ABCDEFGHIJ"
    shown = [(day, words) for day, words in marks if day in days][-len(letters) :]
    return Line(
        now=_path(whole),
        under=f"{_path(whole)}L{whole[-1][0]} {HEIGHT}L0 {HEIGHT}Z",
        today=_path(points[-2:]),
        before=_path(place(before)),
        dot=(round(points[-1][0] * 100 / _WIDTH, 2), points[-1][1]),
        scale=tuple(Money(top * part // 3, currency) for part in (3, 2, 1)),
        marks=tuple(
            Mark(letters[place_of], round(days.index(day) * 100 / (len(days) - 1), 2), day, words)
            for place_of, (day, words) in enumerate(shown)
        ),
        days=tuple(
            (day, Money(new, currency), Money(old, currency))
            for day, new, old in zip(days, now, before, strict=True)
        ),
    )


def _path(points: Sequence[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{x} {y}" for x, y in points)


def _round_top(largest: int, unit: int) -> int:
    """The next amount whose third is a round number of major units."""
    step = unit
    while True:
        for lead in (10, 15, 20, 25, 30, 40, 50, 60, 80):
            if 3 * lead * step >= 10 * largest:
                return 3 * lead * step // 10
        step *= 10
