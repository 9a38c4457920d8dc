"""What was sold and who got what of it, read from the ledger. Only as the company's role."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from kit.money import Money

# A checkout is settled minutes after it ends; one that is open for longer was missed.
_GRACE = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Sales:
    """What orders brought in one currency: ``take`` is the company's wholesale, ``margin`` the
    partners', ``promotions`` what the company paid of both instead of shoppers. Tax and delivery are
    none of them."""

    currency: str
    orders: int
    take: Money
    margin: Money
    delivery: Money
    tax: Money
    promotions: Money

    @property
    def goods(self) -> Money:
        """What shoppers paid for goods, without tax."""
        return self.take + self.margin - self.promotions


@dataclass(frozen=True, slots=True)
class PartnerSales:
    partner_id: UUID
    partner: str
    sales: Sales


@dataclass(frozen=True, slots=True)
class OrderEntry:
    """One line of the ledger about an order. ``what`` is the fact that it belongs to."""

    posted_at: datetime
    what: str
    debit: str
    credit: str
    amount: Money
    title: str


# An entry about an order counts for its account: credits bring, debits take away.
_SUMS = """
       count(DISTINCT e.order_id) FILTER (WHERE e.source LIKE 'sale:%') AS orders,
       {accounts}
  FROM ledger_entries e
"""
_ACCOUNTS = ",\n".join(
    f"coalesce(sum(CASE WHEN e.credit = '{account}' THEN e.amount WHEN e.debit = '{account}' THEN -e.amount"
    f" ELSE 0 END), 0) AS {name}"
    for name, account in (
        ("take", "wholesale_revenue"),
        ("margin", "partner_payable"),
        ("delivery", "delivery_revenue"),
        ("tax", "tax_payable"),
        ("given", "promotions"),
    )
)
_WHEN = "WHERE e.order_id IS NOT NULL AND e.posted_at >= :since AND e.posted_at < :until"
_TOTAL = text(
    f"SELECT e.currency, {_SUMS.format(accounts=_ACCOUNTS)} {_WHEN} GROUP BY e.currency ORDER BY e.currency"
)
_BY_PARTNER = text(
    f"SELECT e.currency, e.partner_id, p.name AS partner, {_SUMS.format(accounts=_ACCOUNTS)}"
    f" JOIN partners p ON p.partner_id = e.partner_id {_WHEN}"
    " GROUP BY e.currency, e.partner_id, p.name ORDER BY e.currency, margin DESC"
)
_ENTRIES = text("""
    SELECT e.posted_at, split_part(e.source, ':', 1) AS what, e.debit, e.credit, e.amount, e.currency,
           concat_ws(', ', l.product_title, nullif(l.variant_title, '')) AS title
      FROM ledger_entries e
      LEFT JOIN order_lines l ON l.partner_id = e.partner_id AND l.line_id = e.line_id
     WHERE e.partner_id = :partner_id AND e.order_id = :order_id
     ORDER BY e.posted_at, e.source, e.position
""")
_OVERDUE = text("""
    SELECT count(*) FROM payment_attempts a WHERE a.state IN ('opening', 'open') AND a.expires_at < :before
""")
_BY_DAY = text("""
    SELECT e.currency, CAST(e.posted_at AT TIME ZONE 'UTC' AS date) AS day,
           sum(CASE WHEN e.credit = 'wholesale_revenue' THEN e.amount ELSE -e.amount END) AS amount
      FROM ledger_entries e
     WHERE 'wholesale_revenue' IN (e.debit, e.credit) AND e.posted_at >= :since AND e.posted_at < :until
     GROUP BY e.currency, day ORDER BY day
""")


def sales(session: Session, *, since: datetime, until: datetime) -> list[Sales]:
    """What was sold from ``since`` to before ``until``, one record for each currency."""
    return [_sales(row) for row in session.execute(_TOTAL, {"since": since, "until": until})]


def sales_by_partner(session: Session, *, since: datetime, until: datetime) -> list[PartnerSales]:
    """The same by partner, in each currency those who earned most first."""
    rows = session.execute(_BY_PARTNER, {"since": since, "until": until})
    return [PartnerSales(row.partner_id, row.partner, _sales(row)) for row in rows]


def take_by_day(session: Session, *, since: datetime, until: datetime) -> dict[str, dict[Any, int]]:
    """What the company took on each UTC day, by currency, in minor units."""
    found: dict[str, dict[Any, int]] = {}
    for row in session.execute(_BY_DAY, {"since": since, "until": until}):
        found.setdefault(row.currency, {})[row.day] = int(row.amount)
    return found


def entries_of_order(session: Session, *, partner_id: UUID, order_id: UUID) -> list[OrderEntry]:
    """Every entry of the ledger about an order, as it was posted."""
    rows = session.execute(_ENTRIES, {"partner_id": partner_id, "order_id": order_id})
    return [
        OrderEntry(r.posted_at, r.what, r.debit, r.credit, Money(r.amount, r.currency), r.title) for r in rows
    ]


def overdue_checkouts(session: Session, *, now: datetime) -> int:
    """How many checkouts should have ended and were not settled: a webhook or the sweep was missed."""
    return int(session.execute(_OVERDUE, {"before": now - _GRACE}).scalar_one())


def _sales(row: Row[Any]) -> Sales:
    return Sales(
        currency=row.currency,
        orders=row.orders,
        take=Money(int(row.take), row.currency),
        margin=Money(int(row.margin), row.currency),
        delivery=Money(int(row.delivery), row.currency),
        tax=Money(int(row.tax), row.currency),
        # A cost is a debit, which the sums count as taken away.
        promotions=Money(-int(row.given), row.currency),
    )
