"""Moments as a person gives them: a day and a time of day on the clock of their own zone."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

from app.ui.formats import reader_zone
from kit.errors import Refusal


def read_local_moment(day: str, clock: str, *, field: str) -> datetime | None:
    """Return the moment in UTC; None when both are empty. Without a time of day the day's start is meant.

    Raises Refusal for what is no day, or no time of day.
    """
    if not day:
        if clock:
            raise Refusal("Choose the day too.", field=field)
        return None
    try:
        found = datetime.combine(date.fromisoformat(day), time.fromisoformat(clock or "00:00"))
        return found.replace(tzinfo=reader_zone()).astimezone(UTC)
    except (ValueError, OverflowError):
        raise Refusal("This is not a moment. Choose a day and a time.", field=field) from None
