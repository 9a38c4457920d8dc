"""The newsletter as the partner sees it, and one subscriber as its mails need it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from kit.errors import NotFound

WEEKS = 12


@dataclass(frozen=True, slots=True)
class SubscriberView:
    """Somebody who gets the news. ``email`` is empty where it was not granted. ``words`` and ``page`` are
    what was consented to, and where."""

    subscriber_id: UUID
    email: str
    locale: str
    words: str
    page: str
    asked_at: datetime
    confirmed_at: datetime


@dataclass(frozen=True, slots=True)
class Week:
    """How many confirmed in the week that begins on this Monday, and how many left."""

    begins: date
    joined: int
    left: int


@dataclass(frozen=True, slots=True)
class Figures:
    """How many get the news, how many have not confirmed yet, and the last weeks, the oldest first."""

    confirmed: int
    asked: int
    weeks: tuple[Week, ...]


@dataclass(frozen=True, slots=True)
class Addressee:
    """Whom a mail of the newsletter goes to, and how its asking stands."""

    subscriber_id: UUID
    store_id: UUID
    email: str
    state: str
    locale: str
    asked_at: datetime
    mailed_at: datetime


_FIGURES = text("""
    SELECT count(*) FILTER (WHERE n.state = 'confirmed') AS confirmed,
           count(*) FILTER (WHERE n.state = 'asked') AS asked
      FROM newsletter_subscribers n WHERE n.partner_id = :partner_id AND n.store_id = :store_id
""")
# Weeks of UTC. Who left and asked anew counts where it confirmed last.
_WEEKS = text("""
    SELECT CAST(date_trunc('week', x.at AT TIME ZONE 'UTC') AS date) AS begins,
           count(*) FILTER (WHERE x.joined) AS joined, count(*) FILTER (WHERE NOT x.joined) AS gone
      FROM newsletter_subscribers n
     CROSS JOIN LATERAL (
       VALUES (n.confirmed_at, true), (CASE WHEN n.confirmed_at IS NOT NULL THEN n.left_at END, false)
     ) AS x (at, joined)
     WHERE n.partner_id = :partner_id AND n.store_id = :store_id AND x.at >= :since
     GROUP BY 1
""")
_LIST = """
    SELECT n.subscriber_id, {email} AS email, n.locale, n.words, n.page, n.asked_at, n.confirmed_at
      FROM newsletter_subscribers n
     WHERE n.partner_id = :partner_id AND n.store_id = :store_id AND n.state = 'confirmed'
     ORDER BY n.confirmed_at DESC, n.subscriber_id DESC LIMIT :limit OFFSET :offset
"""
_LISTS = {True: text(_LIST.format(email="n.email")), False: text(_LIST.format(email="''"))}
_ADDRESSEE = text("""
    SELECT n.subscriber_id, n.store_id, n.email, n.state, n.locale, n.asked_at, n.mailed_at
      FROM newsletter_subscribers n
     WHERE n.partner_id = :partner_id AND n.subscriber_id = :subscriber_id
""")


def newsletter_figures(session: Session, *, partner_id: UUID, store_id: UUID, now: datetime) -> Figures:
    """Count a store's subscribers."""
    keys = {"partner_id": partner_id, "store_id": store_id}
    counted = session.execute(_FIGURES, keys).one()
    today = now.astimezone(UTC).date()
    this_week = today - timedelta(days=today.weekday())
    begins = [this_week - timedelta(weeks=back) for back in reversed(range(WEEKS))]
    since = datetime.combine(begins[0], time(), UTC)
    found = {row.begins: (row.joined, row.gone) for row in session.execute(_WEEKS, {**keys, "since": since})}
    weeks = tuple(Week(begin, *found.get(begin, (0, 0))) for begin in begins)
    return Figures(counted.confirmed, counted.asked, weeks)


def list_subscribers(
    session: Session,
    *,
    partner_id: UUID,
    store_id: UUID,
    fields: frozenset[str],
    limit: int | None = 50,
    offset: int = 0,
) -> list[SubscriberView]:
    """Those who confirmed and have not left, the newest first. ``fields`` are what the reader was granted."""
    rows = session.execute(
        _LISTS["email" in fields],
        {"partner_id": partner_id, "store_id": store_id, "limit": limit, "offset": offset},
    )
    return [SubscriberView(*row) for row in rows]


def read_addressee(session: Session, *, partner_id: UUID, subscriber_id: UUID) -> Addressee:
    """Whom a mail goes to. Raises NotFound for somebody who was forgotten meanwhile."""
    keys = {"partner_id": partner_id, "subscriber_id": subscriber_id}
    row = session.execute(_ADDRESSEE, keys).one_or_none()
    if row is None:
        raise NotFound("Nobody asked for the news with this.")
    return Addressee(*row)
