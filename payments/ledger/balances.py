"""What a partner is owed: read from the entries, never stored."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from kit.money import Money


@dataclass(frozen=True, slots=True)
class Balance:
    """What a partner is owed in one currency: ``available`` now, ``pending`` until its hold ends."""

    available: Money
    pending: Money

    @property
    def total(self) -> Money:
        return self.available + self.pending


@dataclass(frozen=True, slots=True)
class Pending:
    """An amount that becomes available on ``on``; None while that waits for a parcel to leave."""

    on: date | None
    amount: Money
    orders: int


@dataclass(frozen=True, slots=True)
class Earning:
    """One entry of the partner's account, with what it came from. ``amount`` is negative when it
    takes away. ``fact`` is sale, refund or refund_failed."""

    posted_at: datetime
    fact: str
    order_id: UUID | None
    order_number: int | None
    title: str
    amount: Money
    available_on: datetime | None


# An entry says itself when it becomes available, or, where that depends on delivery, its order does.
_MINE = """
    FROM ledger_entries e
    LEFT JOIN orders o ON o.partner_id = e.partner_id AND o.order_id = e.order_id
    LEFT JOIN order_lines l ON l.partner_id = e.partner_id AND l.line_id = e.line_id
   WHERE e.partner_id = :partner_id AND 'partner_payable' IN (e.debit, e.credit)
"""
_SIGNED = "CASE WHEN e.credit = 'partner_payable' THEN e.amount ELSE -e.amount END"
_ON = "coalesce(e.available_on, o.available_on)"

_BALANCES = text(f"""
    SELECT e.currency, coalesce(sum({_SIGNED}) FILTER (WHERE {_ON} <= :now), 0) AS available,
           coalesce(sum({_SIGNED}) FILTER (WHERE {_ON} > :now OR {_ON} IS NULL), 0) AS pending
    {_MINE} GROUP BY e.currency ORDER BY e.currency
""")
_PENDING = text(f"""
    SELECT e.currency, CAST({_ON} AS date) AS on, sum({_SIGNED}) AS amount,
           count(DISTINCT e.order_id) AS orders
    {_MINE} AND ({_ON} > :now OR {_ON} IS NULL)
    GROUP BY e.currency, CAST({_ON} AS date) ORDER BY CAST({_ON} AS date) NULLS LAST
""")
_EARNINGS = text(f"""
    SELECT e.posted_at, split_part(e.source, ':', 1) AS fact, e.order_id, o.number, e.currency,
           {_SIGNED} AS amount, {_ON} AS available_on,
           concat_ws(', ', l.product_title, nullif(l.variant_title, '')) AS title
    {_MINE} ORDER BY e.posted_at DESC, e.entry_id DESC LIMIT :limit OFFSET :offset
""")
_EARNED = text(f"""
    SELECT e.currency, CAST(e.posted_at AT TIME ZONE 'UTC' AS date) AS day, sum({_SIGNED}) AS amount
    {_MINE} AND e.posted_at >= :since AND e.posted_at < :until
      AND (CAST(:store_id AS uuid) IS NULL OR o.store_id = :store_id)
    GROUP BY e.currency, CAST(e.posted_at AT TIME ZONE 'UTC' AS date)
""")


def balances(session: Session, *, partner_id: UUID, now: datetime) -> list[Balance]:
    """Return the partner's balance in each currency that it has entries in."""
    rows = session.execute(_BALANCES, {"partner_id": partner_id, "now": now})
    return [Balance(Money(int(r.available), r.currency), Money(int(r.pending), r.currency)) for r in rows]


def pending_by_date(session: Session, *, partner_id: UUID, now: datetime) -> list[Pending]:
    """Return what becomes available on which day, soonest first."""
    rows = session.execute(_PENDING, {"partner_id": partner_id, "now": now})
    return [Pending(r.on, Money(int(r.amount), r.currency), r.orders) for r in rows]


def earnings(session: Session, *, partner_id: UUID, limit: int = 50, offset: int = 0) -> list[Earning]:
    """Return the entries of the partner's account, newest first."""
    rows = session.execute(_EARNINGS, {"partner_id": partner_id, "limit": limit, "offset": offset})
    return [
        Earning(
            r.posted_at,
            r.fact,
            r.order_id,
            r.number,
            r.title,
            Money(int(r.amount), r.currency),
            r.available_on,
        )
        for r in rows
    ]


def earned_by_day(
    session: Session,
    *,
    partner_id: UUID,
    store_id: UUID | None,
    since: datetime,
    until: datetime,
) -> dict[tuple[str, date], int]:
    """What was earned on each UTC day from ``since`` to before ``until``, by currency, in minor units."""
    rows = session.execute(
        _EARNED, {"partner_id": partner_id, "store_id": store_id, "since": since, "until": until}
    )
    return {(r.currency, r.day): int(r.amount) for r in rows}
