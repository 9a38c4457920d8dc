"""Taking back what was saved last: own prices as they were before, where nobody has changed them since."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from kit.errors import Refusal
from kit.money import Money
from pricing.reading import read_terms
from pricing.retail import clear_prices, set_prices


@dataclass(frozen=True, slots=True)
class Undone:
    """How many prices are as they were: ``restored`` have the own price of before, ``cleared``
    follow the store's rules again."""

    restored: int
    cleared: int


# What a save began carries its moment; what it ended without putting something in its place, ended then.
_SAVED = text("""
    SELECT r.scope_id AS variant_id, (
             SELECT b.value FROM retail_rules b
              WHERE b.partner_id = :partner_id AND b.store_id = :store_id AND b.scope = 'variant'
                AND b.scope_id = r.scope_id AND upper(b.valid) = lower(r.valid) AND b.withdrawn_at IS NULL
              ORDER BY b.layer LIMIT 1) AS before
      FROM retail_rules r
     WHERE r.partner_id = :partner_id AND r.store_id = :store_id AND r.scope = 'variant'
       AND r.created_at = :saved_at AND r.layer = 'standing' AND upper_inf(r.valid)
    UNION ALL
    SELECT e.scope_id, (array_agg(e.value ORDER BY e.layer))[1]
      FROM retail_rules e
     WHERE e.partner_id = :partner_id AND e.store_id = :store_id AND e.scope = 'variant'
       AND upper(e.valid) = :saved_at AND e.withdrawn_at IS NULL
       AND NOT EXISTS (SELECT 1 FROM retail_rules n
                        WHERE n.partner_id = :partner_id AND n.store_id = :store_id
                          AND n.scope = 'variant' AND n.scope_id = e.scope_id AND n.layer = 'standing'
                          AND lower(n.valid) >= :saved_at)
     GROUP BY e.scope_id
""")


def undo_prices(
    session: Session, *, partner_id: UUID, store_id: UUID, saved_at: datetime, actor: str, now: datetime
) -> Undone:
    """Give the variants that were priced or cleared at ``saved_at`` back what they had before.

    What was changed since stays as it is. Raises Refusal when nothing is left to take back, and
    PricesRefused when wholesale has meanwhile overtaken a price of before; then nothing changes.
    """
    rows = session.execute(
        _SAVED, {"partner_id": partner_id, "store_id": store_id, "saved_at": saved_at}
    ).all()
    if not rows:
        raise Refusal("There is nothing to undo: these prices were changed again since.")
    currency = read_terms(session, partner_id=partner_id, store_id=store_id, now=now).currency
    restored = {row.variant_id: Money(row.before, currency) for row in rows if row.before is not None}
    cleared = [row.variant_id for row in rows if row.before is None]
    if restored:
        set_prices(session, partner_id=partner_id, store_id=store_id, prices=restored, actor=actor, now=now)
    if cleared:
        clear_prices(
            session, partner_id=partner_id, store_id=store_id, variant_ids=cleared, actor=actor, now=now
        )
    return Undone(len(restored), len(cleared))
