"""When payout runs are drafted by themselves, and from which amount on a partner is paid."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session

from kit.errors import Refusals
from storage import audit

SCHEDULES = ("manual", "weekly", "monthly")
_LARGEST = 10**9


@dataclass(frozen=True, slots=True)
class Terms:
    """``day`` is a weekday from Monday, 1, to 7, or a day of the month from 1 to 28. ``smallest`` maps a
    currency to the amount, in minor units, under which a balance waits; 1 where it is not named."""

    schedule: str
    day: int
    smallest: Mapping[str, int]

    def least(self, currency: str) -> int:
        return max(1, self.smallest.get(currency, 1))

    def falls_on(self, day: date) -> bool:
        """Whether a run is drafted on a UTC day."""
        if self.schedule == "weekly":
            return day.isoweekday() == self.day
        return self.schedule == "monthly" and day.day == self.day

    def next_days(self, after: date, count: int) -> list[date]:
        """The next days, from ``after`` on, on which a run is drafted; none without a schedule."""
        if self.schedule == "manual":
            return []
        days = (after + timedelta(days=each) for each in range(count * 31 + 31))
        return [day for day in days if self.falls_on(day)][:count]

    def last_day(self, until: date) -> date | None:
        """The latest such day that is not after ``until``."""
        days = (until - timedelta(days=each) for each in range(32))
        return next((day for day in days if self.falls_on(day)), None)


_READ = text("SELECT t.schedule, t.day, t.smallest FROM payout_terms t")
_LOCKED = text("SELECT t.schedule, t.day, t.smallest, t.drafted_for FROM payout_terms t FOR UPDATE")
_CHANGED = text("""
    UPDATE payout_terms SET schedule = :schedule, day = :day, smallest = CAST(:smallest AS jsonb),
                            drafted_for = :drafted_for
""")
_DRAFTED = text("UPDATE payout_terms SET drafted_for = :day")


def read_terms(session: Session) -> Terms:
    """What holds now."""
    row = session.execute(_READ).one()
    return Terms(row.schedule, row.day, row.smallest)


def change_terms(session: Session, *, wanted: Terms, actor: str, now: datetime) -> bool:
    """Change schedule and smallest amounts; False where nothing differs.

    A new schedule begins with its next day, never with one that has passed. Raises Refusals.
    """
    errors = {}
    if wanted.schedule not in SCHEDULES:
        errors["schedule"] = "Runs are drafted by hand, weekly or monthly."
    elif not 1 <= wanted.day <= (7 if wanted.schedule == "weekly" else 28):
        errors["day"] = "A day from 1 to 28, so that every month has it."
    for currency, minor in wanted.smallest.items():
        if not 1 <= minor <= _LARGEST:
            errors[f"smallest_{currency}"] = "The smallest payout is at least one minor unit."
    if errors:
        raise Refusals(errors)
    row = session.execute(_LOCKED).one()
    before = Terms(row.schedule, row.day, row.smallest)
    if before == wanted:
        return False
    drafted_for = row.drafted_for
    if (before.schedule, before.day) != (wanted.schedule, wanted.day):
        drafted_for = wanted.last_day(now.date())
    shown = {"schedule": wanted.schedule, "day": wanted.day, "smallest": dict(wanted.smallest)}
    session.execute(
        _CHANGED, {**shown, "smallest": json.dumps(shown["smallest"]), "drafted_for": drafted_for}
    )
    audit.record(
        session,
        actor=actor,
        action="payout_terms.changed",
        subject="payout_terms",
        now=now,
        before={"schedule": before.schedule, "day": before.day, "smallest": dict(before.smallest)},
        after=shown,
    )
    return True


def due_day(session: Session, *, now: datetime) -> date | None:
    """The scheduled day that is to be seen to, if it was not; the terms are locked until the transaction
    ends, so that of two that ask the second finds it seen to. Mark it with ``seen_to``."""
    row = session.execute(_LOCKED).one()
    day = Terms(row.schedule, row.day, row.smallest).last_day(now.date())
    return day if day and (row.drafted_for is None or row.drafted_for < day) else None


def seen_to(session: Session, *, day: date) -> None:
    session.execute(_DRAFTED, {"day": day})
