"""The periods of the books: from a day of UTC to before another."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from kit.errors import Refusal

_LONGEST = timedelta(days=3660)


@dataclass(frozen=True, slots=True)
class Period:
    """From 00:00 UTC of ``first`` to before 00:00 UTC of the day after ``last``."""

    first: date
    last: date

    @property
    def since(self) -> datetime:
        return datetime.combine(self.first, time(), UTC)

    @property
    def until(self) -> datetime:
        return datetime.combine(self.last + timedelta(days=1), time(), UTC)


def month(year: int, number: int) -> Period:
    """A calendar month."""
    return _months(year, number, 1)


def quarter(year: int, number: int) -> Period:
    """Three months of a year; ``number`` is 1 to 4."""
    return _months(year, number * 3 - 2, 3)


def _months(year: int, first: int, count: int) -> Period:
    following = year * 12 + first - 1 + count
    ends = date(following // 12, following % 12 + 1, 1)
    return Period(date(year, first, 1), ends - timedelta(days=1))


def read_period(typed: str) -> Period:
    """A period as it is named: 2026-03 is a month, 2026-q1 a quarter. Raises Refusal."""
    if found := re.fullmatch(r"(19[7-9]\d|2\d{3})-(0[1-9]|1[0-2])", typed):
        return month(int(found[1]), int(found[2]))
    if found := re.fullmatch(r"(19[7-9]\d|2\d{3})-q([1-4])", typed):
        return quarter(int(found[1]), int(found[2]))
    raise Refusal("Choose one of the periods, or give days.", field="period")


def read_days(first: str, last: str) -> Period:
    """Both days as typed, such as 2026-03-01; the last one belongs to the period. Raises Refusal."""
    period = Period(_day(first, "from"), _day(last, "to"))
    if period.last < period.first:
        raise Refusal("The last day lies before the first one.", field="to")
    if period.last - period.first > _LONGEST:
        raise Refusal("A period has at most ten years.", field="to")
    return period


def _day(typed: str, name: str) -> date:
    try:
        found = date.fromisoformat(typed.strip())
    except ValueError:
        quoted = f"“{typed[:30]}” is not" if typed.strip() else "Enter"
        raise Refusal(f"{quoted} a day, such as 2026-03-01.", field=name) from None
    if not 1970 <= found.year <= 2999:
        raise Refusal("Choose a day from 1970 on.", field=name)
    return found
