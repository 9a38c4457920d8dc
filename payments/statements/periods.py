"""The periods of statements: calendar months of UTC."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from kit.errors import Refusal

# An entry carries the moment at which the work that posts it began, so it can be written a little after its
# own moment. A page is answered within seconds; a job asks Stripe for some minutes at the most and takes a
# new moment when it is tried again. Three hours after a month's end nothing is left that could fall into it,
# and `awning verify` holds every statement against the entries of its month for good.
SETTLED_AFTER = timedelta(hours=3)


def month_of(moment: datetime) -> datetime:
    """The beginning of the month in which a moment lies."""
    return moment.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def next_month(moment: datetime) -> datetime:
    """The beginning of the month after the one in which a moment lies."""
    return month_of(month_of(moment) + timedelta(days=32))


def month_name(begins: datetime) -> str:
    """A month in words, such as March 2026."""
    return f"{begins.astimezone(UTC):%B %Y}"


def last_closed(now: datetime) -> datetime:
    """The end of the latest month that can be closed: everything before it stands."""
    return month_of(now - SETTLED_AFTER)


def read_month(typed: str, *, now: datetime) -> datetime:
    """The end of a month as typed, such as 2026-03. Raises Refusal for what is no month, or is not over."""
    found = re.fullmatch(r"(\d{4})-(0[1-9]|1[0-2])", typed.strip())
    if not found or found[1] < "1970":
        raise Refusal(f"“{typed[:30]}” is not a month, such as 2026-03.", field="month")
    ends = next_month(datetime(int(found[1]), int(found[2]), 1, tzinfo=UTC))
    if ends > last_closed(now):
        raise Refusal(
            f"{month_name(ends - timedelta(days=1))} is closed three hours after it has ended, UTC.",
            field="month",
        )
    return ends
