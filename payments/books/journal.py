"""The entries of a period, one after the other, with what a bookkeeper needs to know of each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from kit.money import Money
from payments.books.periods import Period

_AT_ONCE = 2000


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which entries: of all accounts, currencies and partners, or of one of each."""

    period: Period
    account: str = ""
    currency: str = ""
    partner_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """One entry. ``rate_bps`` and ``country`` are those of the tax that it is, or is without; None and empty
    where no tax is due on it. ``region`` is the one of the order's address."""

    posted_at: datetime
    source: str
    partner_id: UUID
    partner: str
    order_id: UUID | None
    order_number: int | None
    store: str
    title: str
    debit: str
    credit: str
    amount: Money
    rate_bps: int | None
    country: str
    region: str


_FOUND = """
      FROM ledger_entries e
      JOIN partners p ON p.partner_id = e.partner_id
      LEFT JOIN orders o ON o.partner_id = e.partner_id AND o.order_id = e.order_id
      LEFT JOIN stores s ON s.partner_id = o.partner_id AND s.store_id = o.store_id
      LEFT JOIN order_lines l ON l.partner_id = e.partner_id AND l.line_id = e.line_id
     WHERE e.posted_at >= :since AND e.posted_at < :until
       AND (:account = '' OR :account IN (e.debit, e.credit))
       AND (:currency = '' OR e.currency = :currency)
       AND (CAST(:partner_id AS uuid) IS NULL OR e.partner_id = :partner_id)
"""
_READ = """
    SELECT e.posted_at, e.source, e.partner_id, p.name AS partner, e.order_id, o.number, s.slug AS store,
           concat_ws(', ', l.product_title, nullif(l.variant_title, '')) AS title,
           e.debit, e.credit, e.amount, e.currency,
           CASE WHEN e.line_id IS NOT NULL THEN l.tax_bps
                WHEN e.debit IN ('tax_payable', 'delivery_revenue')
                  OR e.credit IN ('tax_payable', 'delivery_revenue')
                THEN CASE WHEN o.delivery_tax > 0
                          THEN (SELECT max(x.tax_bps) FROM order_lines x
                                 WHERE x.partner_id = e.partner_id AND x.order_id = e.order_id) ELSE 0 END
           END AS rate_bps,
           o.address ->> 'country' AS country, o.address ->> 'region' AS region
"""
# The millisecond that an entry's key begins with.
_WRITTEN = "left(CAST(e.entry_id AS text), 13)"
_ENTRIES = f"{_READ} {_FOUND} ORDER BY e.posted_at, {_WRITTEN}, e.source, e.position"
_PAGE = text(f"{_ENTRIES} LIMIT :limit OFFSET :offset")
_ALL = text(_ENTRIES)


def journal_page(session: Session, *, wanted: Wanted, limit: int, offset: int = 0) -> list[JournalEntry]:
    """Some entries, oldest first. Only as the company's role, as all of this file."""
    rows = session.execute(_PAGE, {**_keys(wanted), "limit": limit, "offset": offset})
    return [_entry(row) for row in rows]


def journal(session: Session, *, wanted: Wanted) -> Iterator[JournalEntry]:
    """Every entry, oldest first, read from the database a few thousand at a time."""
    for row in session.execute(_ALL.execution_options(yield_per=_AT_ONCE), _keys(wanted)):
        yield _entry(row)


def _keys(wanted: Wanted) -> dict[str, Any]:
    return {
        "since": wanted.period.since,
        "until": wanted.period.until,
        "account": wanted.account,
        "currency": wanted.currency,
        "partner_id": wanted.partner_id,
    }


def _entry(row: Row[Any]) -> JournalEntry:
    taxed = row.rate_bps is not None
    return JournalEntry(
        posted_at=row.posted_at.astimezone(UTC),
        source=row.source,
        partner_id=row.partner_id,
        partner=row.partner,
        order_id=row.order_id,
        order_number=row.number,
        store=row.store or "",
        title=row.title,
        debit=row.debit,
        credit=row.credit,
        amount=Money(row.amount, row.currency),
        rate_bps=row.rate_bps,
        country=(row.country or "") if taxed else "",
        region=(row.region or "") if taxed else "",
    )
