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
# A new price may begin a few microseconds later, where the one before it was as young as that.
_TOUCHED = text("""
    SELECT r.scope_id, r.layer, r.value, r.created_at = :saved_at AS begun, lower(r.valid) AS since,
           upper(r.valid) AS until
      FROM retail_rules r
     WHERE r.partner_id = :partner_id AND r.store_id = :store_id AND r.scope = 'variant'
       AND r.withdrawn_at IS NULL
       AND (lower(r.valid) >= :saved_at
            OR upper(r.valid) BETWEEN :saved_at AND CAST(:saved_at AS timestamptz) + interval '1 second')
""")


def undo_prices(
    session: Session, *, partner_id: UUID, store_id: UUID, saved_at: datetime, actor: str, now: datetime
) -> Undone:
    """Give the variants that were priced or cleared at ``saved_at`` back what they had before.

    What was changed since stays as it is. Raises Refusal when nothing is left to take back, and
    PricesRefused when wholesale has meanwhile overtaken a price of before; then nothing changes.
    """
    before = _before(session, partner_id, store_id, saved_at)
    if not before:
        raise Refusal("There is nothing to undo: these prices were changed again since.")
    currency = read_terms(session, partner_id=partner_id, store_id=store_id, now=now).currency
    restored = {key: Money(value, currency) for key, value in before.items() if value is not None}
    cleared = [key for key, value in before.items() if value is None]
    if restored:
        set_prices(session, partner_id=partner_id, store_id=store_id, prices=restored, actor=actor, now=now)
    if cleared:
        clear_prices(
            session, partner_id=partner_id, store_id=store_id, variant_ids=cleared, actor=actor, now=now
        )
    return Undone(len(restored), len(cleared))


def _before(session: Session, partner_id: UUID, store_id: UUID, saved_at: datetime) -> dict[UUID, int | None]:
    """What each variant's own price was before a save that still holds; None where it had none."""
    keys = {"partner_id": partner_id, "store_id": store_id, "saved_at": saved_at}
    rows = session.execute(_TOUCHED, keys).all()
    # A planned price goes before the standing one, by the order of their names.
    ended = sorted((row for row in rows if row.until is not None), key=lambda row: row.layer, reverse=True)
    prices = {(row.scope_id, row.until): row.value for row in ended}
    standing = [row for row in rows if row.layer == "standing" and row.since >= saved_at]
    found: dict[UUID, int | None] = {
        row.scope_id: prices.get((row.scope_id, row.since))
        for row in standing
        if row.begun and row.until is None
    }
    newer = {row.scope_id for row in standing}
    for (key, until), value in prices.items():
        if until == saved_at and key not in newer:
            found[key] = value
    return found
