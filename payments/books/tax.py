"""Tax of a period by country and rate: of what was sold, and of what was given back.

All of it is read from entries, so that it is the ledger's own movement of tax, to the unit. An entry about a
line has the line's frozen rate. Delivery has no line: it was taxed at the rate of its order, which is the
highest of the order's lines, because one place has one rate and goods that are not taxed have none.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session

from kit.money import Money
from payments.books.periods import Period


@dataclass(frozen=True, slots=True)
class TaxRow:
    """What was sold and given back at one rate in one country. Amounts given back are positive.

    ``region`` is empty unless the company's tables have a tax of the region's own; ``country`` is empty for
    what belongs to no order. ``of`` is goods or delivery.
    """

    country: str
    region: str
    rate_bps: int
    of: str
    sold_net: Money
    sold_tax: Money
    back_net: Money
    back_tax: Money

    @property
    def net(self) -> Money:
        return self.sold_net - self.back_net

    @property
    def tax(self) -> Money:
        return self.sold_tax - self.back_tax


@dataclass(frozen=True, slots=True)
class TaxReport:
    """The rows of one currency, and what ``tax_payable`` moved in the ledger meanwhile."""

    currency: str
    rows: tuple[TaxRow, ...]
    ledger: Money

    @property
    def net(self) -> Money:
        return Money(sum(row.net.minor for row in self.rows), self.currency)

    @property
    def tax(self) -> Money:
        return Money(sum(row.tax.minor for row in self.rows), self.currency)

    @property
    def agrees(self) -> bool:
        return self.tax == self.ledger


# What a shopper paid for a line, or got back, is what moved between the company's clearing (or, where a bank
# took it, its losses by disputes) and any other account. What a promotion paid is no part of it.
_ROWS = text("""
    WITH moved AS (
      SELECT e.currency, e.source LIKE 'sale:%' AS sold,
             CASE WHEN e.line_id IS NULL THEN 'delivery' ELSE 'goods' END AS of,
             coalesce(o.address ->> 'country', '') AS country,
             CASE WHEN EXISTS (SELECT 1 FROM tax_rates t WHERE t.country = o.address ->> 'country'
                                  AND t.region = o.address ->> 'region')
                  THEN o.address ->> 'region' ELSE '' END AS region,
             CASE WHEN e.line_id IS NOT NULL THEN l.tax_bps
                  WHEN o.delivery_tax > 0
                  THEN (SELECT max(x.tax_bps) FROM order_lines x
                         WHERE x.partner_id = o.partner_id AND x.order_id = o.order_id)
                  ELSE 0 END AS rate_bps,
             CASE 'tax_payable' WHEN e.credit THEN e.amount WHEN e.debit THEN -e.amount ELSE 0 END AS tax,
             CASE WHEN 'tax_payable' IN (e.debit, e.credit) THEN 0
                  WHEN e.line_id IS NULL THEN
                    CASE 'delivery_revenue' WHEN e.credit THEN e.amount WHEN e.debit THEN -e.amount ELSE 0 END
                  WHEN e.debit IN ('stripe_clearing', 'dispute_losses') THEN e.amount
                  WHEN e.credit IN ('stripe_clearing', 'dispute_losses') THEN -e.amount
                  ELSE 0 END AS net
        FROM ledger_entries e
        LEFT JOIN orders o ON o.partner_id = e.partner_id AND o.order_id = e.order_id
        LEFT JOIN order_lines l ON l.partner_id = e.partner_id AND l.line_id = e.line_id
       WHERE e.posted_at >= :since AND e.posted_at < :until
         AND (e.line_id IS NOT NULL OR e.debit IN ('tax_payable', 'delivery_revenue')
              OR e.credit IN ('tax_payable', 'delivery_revenue'))
    )
    SELECT m.currency, m.country, m.region, coalesce(m.rate_bps, 0) AS rate_bps, m.of,
           coalesce(sum(m.net) FILTER (WHERE m.sold), 0) AS sold_net,
           coalesce(sum(m.tax) FILTER (WHERE m.sold), 0) AS sold_tax,
           -coalesce(sum(m.net) FILTER (WHERE NOT m.sold), 0) AS back_net,
           -coalesce(sum(m.tax) FILTER (WHERE NOT m.sold), 0) AS back_tax
      FROM moved m GROUP BY m.currency, m.country, m.region, coalesce(m.rate_bps, 0), m.of
     ORDER BY m.currency, m.country, m.region, rate_bps DESC, m.of DESC
""")
_LEDGER = text("""
    SELECT e.currency, sum(CASE WHEN e.credit = 'tax_payable' THEN e.amount ELSE -e.amount END) AS amount
      FROM ledger_entries e
     WHERE 'tax_payable' IN (e.debit, e.credit) AND e.posted_at >= :since AND e.posted_at < :until
     GROUP BY e.currency
""")


def tax_reports(session: Session, *, period: Period) -> list[TaxReport]:
    """The tax of a period, one report for each currency in which something was sold or given back. Only as
    the company's role."""
    keys = {"since": period.since, "until": period.until}
    moved = {row.currency: int(row.amount) for row in session.execute(_LEDGER, keys)}
    found: dict[str, list[TaxRow]] = {currency: [] for currency in moved}
    for row in session.execute(_ROWS, keys):
        found.setdefault(row.currency, []).append(
            TaxRow(
                row.country,
                row.region,
                row.rate_bps,
                row.of,
                *(Money(int(amount), row.currency) for amount in row[5:]),
            )
        )
    return [
        TaxReport(currency, tuple(rows), Money(moved.get(currency, 0), currency))
        for currency, rows in sorted(found.items())
    ]
