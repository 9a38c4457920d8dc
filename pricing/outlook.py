"""What a partner should know of its prices: its own changes, and what announced wholesale will do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from pricing.reading import read_terms


@dataclass(frozen=True, slots=True)
class PriceChange:
    """Prices that were set at one moment. ``scope`` is variant, product, collection or store;
    ``title`` names the product when there was one price only."""

    at: datetime
    scope: str
    count: int
    title: str


_CHANGES = text("""
    SELECT r.created_at, r.scope, count(*) AS changed,
           CASE WHEN count(*) = 1 THEN max((
             SELECT g.title FROM variants v JOIN products g ON g.product_id = v.product_id
              WHERE v.variant_id = r.scope_id)) END AS title
      FROM retail_rules r
     WHERE r.partner_id = :partner_id AND r.store_id = :store_id AND r.created_at >= :since
     GROUP BY r.created_at, r.scope ORDER BY r.created_at
""")


def price_changes(
    session: Session, *, partner_id: UUID, store_id: UUID, since: datetime
) -> list[PriceChange]:
    """Return when a store's prices were changed by its partner, oldest first."""
    rows = session.execute(_CHANGES, {"partner_id": partner_id, "store_id": store_id, "since": since})
    return [PriceChange(row.created_at, row.scope, row.changed, row.title or "") for row in rows]


@dataclass(frozen=True, slots=True)
class Announced:
    """The next announced change of wholesale that touches own prices. ``under`` are how many of them
    it puts under the floor; ``skus`` name some of these."""

    begins: datetime
    under: int
    skus: tuple[str, ...]


_ANNOUNCED = text("""
    SELECT lower(w.valid) AS begins, w.amount, r.value, v.sku
      FROM retail_rules r
      JOIN stores s ON s.partner_id = r.partner_id AND s.store_id = r.store_id
      JOIN partners p ON p.partner_id = s.partner_id
      JOIN variants v ON v.variant_id = r.scope_id
      JOIN products g ON g.product_id = v.product_id AND g.state = 'active'
      JOIN wholesale_prices w ON w.variant_id = v.variant_id AND w.currency = s.currency
       AND lower(w.valid) > :now AND w.price_list_id = coalesce(
             (SELECT m.price_list_id FROM wholesale_prices m
               WHERE m.variant_id = v.variant_id AND m.currency = s.currency
                 AND m.price_list_id = p.price_list_id LIMIT 1),
             (SELECT d.price_list_id FROM price_lists d WHERE d.is_default))
     WHERE r.partner_id = :partner_id AND s.partner_id = :partner_id AND p.partner_id = :partner_id
       AND r.store_id = :store_id AND r.scope = 'variant' AND r.method = 'fixed'
       AND r.valid @> CAST(:now AS timestamptz)
       AND NOT EXISTS (SELECT 1 FROM hidden_products h
                        WHERE h.partner_id = :partner_id AND h.store_id = :store_id
                          AND h.product_id = g.product_id)
     ORDER BY lower(w.valid), v.sku
""")


def announced_wholesale(
    session: Session, *, partner_id: UUID, store_id: UUID, now: datetime
) -> Announced | None:
    """Return the first announced change that puts own prices under the floor; None when none does."""
    rows = session.execute(_ANNOUNCED, {"partner_id": partner_id, "store_id": store_id, "now": now}).all()
    if not rows:
        return None
    terms = read_terms(session, partner_id=partner_id, store_id=store_id, now=now)
    under = [row for row in rows if row.value < terms.lowest(row.amount)]
    if not under:
        return None
    first = under[0].begins
    skus = [row.sku for row in under if row.begins == first]
    return Announced(first, len(skus), tuple(skus[:5]))
