"""Points from which a balance is counted, so that years of entries need not be added up each time."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session

# Entries carry the moment at which their transaction began, and none lasts for a day; so no entry joins
# those from before such a moment.
SETTLED_AFTER = timedelta(days=1)

_MOVED = text("""
    INSERT INTO balance_points (partner_id, currency, until, total)
    SELECT e.partner_id, e.currency, :until,
           sum(CASE WHEN e.credit = 'partner_payable' THEN e.amount ELSE -e.amount END)
      FROM ledger_entries e
     WHERE 'partner_payable' IN (e.debit, e.credit) AND e.posted_at < :until
     GROUP BY e.partner_id, e.currency
    ON CONFLICT (partner_id, currency) DO UPDATE SET until = excluded.until, total = excluded.total
""")


def move_points(session: Session, *, now: datetime) -> None:
    """Bring the points of all partners to a day before ``now``, as the company's role. Safe to repeat."""
    session.execute(_MOVED, {"until": now - SETTLED_AFTER})
