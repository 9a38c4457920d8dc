"""What a store earned day by day, in its reader's time zone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from kit.money import Money

PERIOD = 30


@dataclass(frozen=True, slots=True)
class Earned:
    """``today`` so far; ``same_day`` is the same weekday last week up to the same time of day.

    ``period`` are the last 30 days with today, ``before`` the 30 days that went before, up to the same
    time of day. ``days`` are the days of the period, ``daily`` and ``daily_before`` what was earned on
    each, in minor units.
    """

    today: Money
    same_day: Money
    period: Money
    before: Money
    days: tuple[date, ...]
    daily: tuple[int, ...]
    daily_before: tuple[int, ...]


_DAILY = text("""
    SELECT e.at_day AS day, sum(e.amount) AS amount,
           sum(e.amount) FILTER (WHERE e.at_time <= CAST(:time AS time)) AS by_now
      FROM (
        SELECT CAST(x.posted_at AT TIME ZONE :zone AS date) AS at_day,
               CAST(x.posted_at AT TIME ZONE :zone AS time) AS at_time,
               CASE WHEN x.credit = 'partner_payable' THEN x.amount ELSE -x.amount END AS amount
          FROM ledger_entries x
          JOIN orders o ON o.partner_id = x.partner_id AND o.order_id = x.order_id
         WHERE x.partner_id = :partner_id AND o.store_id = :store_id AND x.currency = :currency
           AND 'partner_payable' IN (x.debit, x.credit) AND x.posted_at >= :since AND x.posted_at <= :now
      ) e
     GROUP BY e.at_day
""")


def earned(
    session: Session, *, partner_id: UUID, store_id: UUID, currency: str, zone: tzinfo, now: datetime
) -> Earned:
    """Return what a store earned in the last 60 days as a reader in ``zone``, a zone of the IANA
    database, counts them."""
    here = now.astimezone(zone)
    today = here.date()
    days = tuple(today - timedelta(days=back) for back in range(PERIOD - 1, -1, -1))
    first = days[0] - timedelta(days=PERIOD)
    rows = session.execute(
        _DAILY,
        {
            "partner_id": partner_id,
            "store_id": store_id,
            "currency": currency,
            "zone": str(zone),
            "time": here.time().replace(tzinfo=None),
            "since": datetime.combine(first, time(), zone),
            "now": now,
        },
    )
    amounts = {row.day: (int(row.amount), int(row.by_now or 0)) for row in rows}
    daily = tuple(amounts.get(day, (0, 0))[0] for day in days)
    earlier = [day - timedelta(days=PERIOD) for day in days]
    daily_before = tuple(amounts.get(day, (0, 0))[0] for day in earlier)
    # The day before which today stands is not over either, so that both periods are equally long.
    before = sum(daily_before[:-1]) + amounts.get(earlier[-1], (0, 0))[1]
    return Earned(
        today=Money(daily[-1], currency),
        same_day=Money(amounts.get(today - timedelta(days=7), (0, 0))[1], currency),
        period=Money(sum(daily), currency),
        before=Money(before, currency),
        days=days,
        daily=daily,
        daily_before=daily_before,
    )
