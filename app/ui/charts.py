"""Where the points of a line lie. A template draws them with the ``line_chart`` macro of ``ui/chart.html``.

Everything is a share of the plot, so that a chart is as wide as its column on any screen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

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


@dataclass(frozen=True, slots=True)
class Stairs:
    """Amounts that stay until they change. ``paths`` are in a box of 1000 by ``HEIGHT``, in the order of
    what was given; ``scale`` are the amounts at the three grid lines, from the top. ``today`` is where
    now lies, in percent; None at the end, where nothing lies ahead."""

    paths: tuple[str, ...]
    scale: tuple[Money, ...]
    today: float | None
    first: datetime
    last: datetime


def stairs(
    series: Sequence[Sequence[tuple[datetime, int | None]]], *, now: datetime, currency: str
) -> Stairs | None:
    """Draw series of (moment, amount in minor units from then on), each the oldest first.

    None is no amount, and leaves a gap. Returns None where nothing ever changed: a line without an
    event says nothing.
    """
    moments = {at for points in series for at, _ in points}
    if len(moments) < 2:
        return None
    first, last, ahead = min(moments), max(now, *moments), max(moments) > now
    if ahead:
        # What is ahead stays for a while on the chart, or it would be an edge without a line behind it.
        last += (last - first) / 10
    highest = max((amount or 0 for points in series for _, amount in points), default=0)
    top = _round_top(max(highest, 1), 10 ** decimals(currency))

    def across(at: datetime) -> float:
        return round((at - first) / (last - first) * _WIDTH, 1)

    def path(points: Sequence[tuple[datetime, int | None]]) -> str:
        drawn, before = "", None
        for at, amount in points:
            if before is not None:
                drawn += f"H{across(at)}"
            if amount is not None:
                down = round(HEIGHT - amount / top * HEIGHT, 1)
                drawn += f"V{down}" if before is not None else f"M{across(at)} {down}"
            before = amount
        return f"{drawn}H{_WIDTH}" if before is not None else drawn

    scale = tuple(Money(top * part // 3, currency) for part in (3, 2, 1))
    today = across(now) * 100 / _WIDTH if ahead and now > first else None
    return Stairs(tuple(path(points) for points in series), scale, today, first, last)
