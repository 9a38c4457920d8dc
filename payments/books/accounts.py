"""What each account of the ledger had, got and gave in a period. Only as the company's role."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from kit.money import Money
from payments.books.periods import Period
from payments.models import ACCOUNTS


@dataclass(frozen=True, slots=True)
class AccountSums:
    """One account in one currency. ``opening`` and ``closing`` are what was debited less what was credited
    until then: above zero is a debit balance, below it a credit balance."""

    account: str
    opening: Money
    debit: Money
    credit: Money

    @property
    def change(self) -> Money:
        return self.debit - self.credit

    @property
    def closing(self) -> Money:
        return self.opening + self.change


@dataclass(frozen=True, slots=True)
class PartnerSums:
    """What one partner was owed in one currency: ``sums`` of its own part of partner_payable."""

    partner_id: UUID
    partner: str
    sums: AccountSums


_SUMS = """
       coalesce(sum(a.debit - a.credit) FILTER (WHERE e.posted_at < :since), 0) AS opening,
       coalesce(sum(a.debit) FILTER (WHERE e.posted_at >= :since), 0) AS debit,
       coalesce(sum(a.credit) FILTER (WHERE e.posted_at >= :since), 0) AS credit
  FROM ledger_entries e
 CROSS JOIN LATERAL (VALUES (e.debit, e.amount, 0), (e.credit, 0, e.amount)) a (account, debit, credit)
"""
_BY_ACCOUNT = text(f"""
    SELECT e.currency, a.account, {_SUMS} WHERE e.posted_at < :until GROUP BY e.currency, a.account
""")
_BY_PARTNER = text(f"""
    SELECT e.currency, e.partner_id, p.name AS partner, {_SUMS}
      JOIN partners p ON p.partner_id = e.partner_id
     WHERE e.posted_at < :until AND a.account = 'partner_payable' AND e.currency = :currency
     GROUP BY e.currency, e.partner_id, p.name ORDER BY p.name, e.partner_id LIMIT :limit OFFSET :offset
""")


def sums_by_account(session: Session, *, period: Period) -> dict[str, list[AccountSums]]:
    """The accounts of each currency that anything was ever posted in, each account in its usual place."""
    found: dict[str, list[AccountSums]] = {}
    rows = session.execute(_BY_ACCOUNT, {"since": period.since, "until": period.until}).all()
    for row in sorted(rows, key=lambda row: (row.currency, ACCOUNTS.index(row.account))):
        found.setdefault(row.currency, []).append(
            AccountSums(
                row.account,
                Money(int(row.opening), row.currency),
                Money(int(row.debit), row.currency),
                Money(int(row.credit), row.currency),
            )
        )
    return found


def sums_by_partner(
    session: Session, *, period: Period, currency: str, limit: int, offset: int = 0
) -> list[PartnerSums]:
    """What is owed to each partner that ever earned in a currency, by name."""
    keys = {
        "since": period.since,
        "until": period.until,
        "currency": currency,
        "limit": limit,
        "offset": offset,
    }
    return [
        PartnerSums(
            row.partner_id,
            row.partner,
            AccountSums(
                "partner_payable",
                Money(int(row.opening), currency),
                Money(int(row.debit), currency),
                Money(int(row.credit), currency),
            ),
        )
        for row in session.execute(_BY_PARTNER, keys)
    ]
