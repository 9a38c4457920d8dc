"""The price grid: every variant that a store can sell, with what it costs, asks and earns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from catalog.pictures import PictureRef, picture_ref
from kit.money import Money
from pricing.bases import MANY, Basis, Pricer, array_of, plan_for_many, read_bases
from pricing.reading import rule_of
from pricing.rules import Rule, Terms
from pricing.store_rules import StoreRule, rules_at


@dataclass(frozen=True, slots=True)
class PricedBy:
    """What prices a row: a rule's scope (variant: its own price) with the name of its product or collection,
    empty otherwise. ``until`` is set where it is planned and will end."""

    scope: str
    name: str
    until: datetime | None


@dataclass(frozen=True, slots=True)
class GridRow:
    """One variant in one store. ``price`` is None while it is paused there.

    ``by`` is what prices it, None where nothing does. ``own`` says that it has a price of its own, and
    ``lifted`` that wholesale has overtaken that price, so that ``price`` is higher than what was asked.
    ``earn`` is the margin on a unit without tax; ``markup_bps`` that margin as a rate of wholesale.
    """

    variant_id: UUID
    product_id: UUID
    sku: str
    product: str
    variant: str
    picture: PictureRef | None
    wholesale: Money
    lowest: Money
    price: Money | None
    earn: Money | None
    markup_bps: int | None
    own: bool
    lifted: bool
    by: PricedBy | None


@dataclass(frozen=True, slots=True)
class GridIndex:
    """Which variants a store can price, in the catalogue's order, and which have an own price."""

    variant_ids: tuple[UUID, ...]
    own: frozenset[UUID]


# Sets joined with one another: asked of each variant by itself, it grows with the store's own prices.
_INDEX = text("""
    WITH mine AS (
      SELECT s.currency, p.price_list_id
        FROM stores s JOIN partners p ON p.partner_id = s.partner_id
       WHERE s.partner_id = :partner_id AND p.partner_id = :partner_id AND s.store_id = :store_id
    ), own AS (
      SELECT DISTINCT r.scope_id FROM retail_rules r
       WHERE r.partner_id = :partner_id AND r.store_id = :store_id AND r.scope = 'variant'
         AND r.valid @> CAST(:now AS timestamptz) AND r.withdrawn_at IS NULL
    ), priced AS (
      SELECT DISTINCT w.variant_id FROM wholesale_prices w JOIN mine ON w.currency = mine.currency
       WHERE w.valid @> CAST(:now AS timestamptz)
         AND w.price_list_id IN (mine.price_list_id,
                                 (SELECT d.price_list_id FROM price_lists d WHERE d.is_default))
    )
    SELECT v.variant_id, own.scope_id IS NOT NULL AS own
      FROM products g
      JOIN variants v ON v.product_id = g.product_id
      JOIN priced ON priced.variant_id = v.variant_id
      LEFT JOIN own ON own.scope_id = v.variant_id
      LEFT JOIN hidden_products h
        ON h.partner_id = :partner_id AND h.store_id = :store_id AND h.product_id = g.product_id
     WHERE g.state = 'active' AND h.product_id IS NULL
       AND (:search = '' OR g.title ILIKE :search OR v.sku ILIKE :search
            OR g.title || ' ' || array_to_string(v.options, ' ') ILIKE :search)
     ORDER BY g.position, g.product_id, v.position
""")


def grid_index(
    session: Session, *, partner_id: UUID, store_id: UUID, now: datetime, search: str = ""
) -> GridIndex:
    """Return which variants there are to price. ``search`` looks into product, options and SKU."""
    plan_for_many(session, MANY)
    escaped = search.strip().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    rows = session.execute(
        _INDEX,
        {
            "partner_id": partner_id,
            "store_id": store_id,
            "now": now,
            "search": f"%{'%'.join(escaped.split())}%" if escaped else "",
        },
    ).all()
    return GridIndex(
        tuple(row.variant_id for row in rows), frozenset(row.variant_id for row in rows if row.own)
    )


def grid_rows(
    session: Session, *, partner_id: UUID, store_id: UUID, variant_ids: Sequence[UUID], now: datetime
) -> tuple[list[GridRow], Terms | None]:
    """Return rows of the grid in the order of ``variant_ids``, and the terms that they are judged by.

    A variant without a wholesale price has no row. The terms are None when there is no row at all.
    """
    if not variant_ids:
        return [], None
    bases, terms = read_bases(
        session, partner_id=partner_id, store_id=store_id, variant_ids=variant_ids, now=now
    )
    if not bases:
        return [], None
    shown = {
        row.variant_id: row for row in session.execute(_SHOWN, {"variants": array_of(variant_ids)}).all()
    }
    rules = rules_at(session, partner_id=partner_id, store_id=store_id, now=now)
    return [_grid_row(basis, shown[basis.variant_id], terms, rules) for basis in bases], terms


# A variant's own picture, or the first of its product's.
_SHOWN = text("""
    SELECT v.variant_id, g.product_id, g.title, v.options,
           (SELECT jsonb_build_array(i.key, i.width, i.height, i.alt, i.sizes) FROM pictures i
             WHERE i.product_id = g.product_id AND i.key IS NOT NULL
             ORDER BY i.picture_id = v.picture_id DESC NULLS LAST, i.position LIMIT 1) AS picture
      FROM variants v JOIN products g ON g.product_id = v.product_id
     WHERE v.variant_id IN (SELECT unnest(CAST(:variants AS uuid[])))
""")


def _priced_by(basis: Basis, rules: Mapping[UUID, StoreRule]) -> PricedBy | None:
    if basis.own is not None:
        return PricedBy("variant", "", basis.planned_until)
    found = rules.get(basis.beneath_id) if basis.beneath_id else None
    return None if found is None else PricedBy(found.scope, found.name, found.ends if found.planned else None)


def _grid_row(basis: Basis, shown: Row[Any], terms: Terms, rules: Mapping[UUID, StoreRule]) -> GridRow:
    price, currency = Pricer(terms).price(basis, basis.own or basis.beneath), terms.currency
    earn = None if price is None else terms.net(price) - basis.wholesale
    own = basis.own
    return GridRow(
        variant_id=basis.variant_id,
        product_id=shown.product_id,
        sku=basis.sku,
        product=shown.title,
        variant=", ".join(shown.options),
        picture=picture_ref(shown.picture) if shown.picture else None,
        wholesale=Money(basis.wholesale, currency),
        lowest=Money(terms.lowest(basis.wholesale), currency),
        price=None if price is None else Money(price, currency),
        earn=None if earn is None else Money(earn, currency),
        markup_bps=None if earn is None else earn * 10_000 // basis.wholesale,
        own=own is not None,
        lifted=own is not None and price is not None and price > own.value,
        by=_priced_by(basis, rules),
    )


_NAMES = text("""
    SELECT v.variant_id, g.title, v.options FROM variants v JOIN products g ON g.product_id = v.product_id
     WHERE v.variant_id IN (SELECT unnest(CAST(:variants AS uuid[])))
""")


def grid_names(session: Session, *, variant_ids: Sequence[UUID]) -> dict[UUID, tuple[str, str]]:
    """What variants are called: product, and option values in words."""
    rows = session.execute(_NAMES, {"variants": array_of(variant_ids)}).all()
    return {row.variant_id: (row.title, ", ".join(row.options)) for row in rows}


_PLANNED = text("""
    SELECT count(*) FROM retail_rules r
     WHERE r.partner_id = :partner_id AND r.store_id = :store_id
       AND r.layer = 'planned' AND r.withdrawn_at IS NULL
       AND (lower(r.valid) > :now OR upper(r.valid) > :now)
""")


def count_planned(session: Session, *, partner_id: UUID, store_id: UUID, now: datetime) -> int:
    """How many prices and rules are planned, or run and will end."""
    keys = {"partner_id": partner_id, "store_id": store_id, "now": now}
    return int(session.execute(_PLANNED, keys).scalar_one())


_RULES = text("""
    SELECT count(DISTINCT r.scope_id) FROM retail_rules r
     WHERE r.partner_id = :partner_id AND r.store_id = :store_id
       AND r.scope IN ('product', 'collection', 'store')
       AND r.valid @> CAST(:now AS timestamptz) AND r.withdrawn_at IS NULL
""")


def count_rules(session: Session, *, partner_id: UUID, store_id: UUID, now: datetime) -> int:
    """How many products and collections have a rule now, with the whole store."""
    keys = {"partner_id": partner_id, "store_id": store_id, "now": now}
    return int(session.execute(_RULES, keys).scalar_one())


_STORE_RULE = text("""
    SELECT r.scope, r.method, r.value, r.rounding, r.judged_wholesale FROM retail_rules r
     WHERE r.partner_id = :partner_id AND r.store_id = :store_id AND r.scope = 'store'
       AND r.valid @> CAST(:now AS timestamptz) AND r.withdrawn_at IS NULL
     ORDER BY r.layer LIMIT 1
""")


def store_rule(session: Session, *, partner_id: UUID, store_id: UUID, now: datetime) -> Rule | None:
    """Return the rule that prices whatever has no more specific one; None where there is none yet."""
    row = session.execute(
        _STORE_RULE, {"partner_id": partner_id, "store_id": store_id, "now": now}
    ).one_or_none()
    return None if row is None else rule_of(row)


_BY_SKU = text("""
    SELECT v.sku, v.variant_id FROM variants v
      JOIN products g ON g.product_id = v.product_id AND g.state = 'active'
     WHERE v.sku IN (SELECT unnest(CAST(:skus AS text[])))
       AND NOT EXISTS (SELECT 1 FROM hidden_products h
                        WHERE h.partner_id = :partner_id AND h.store_id = :store_id
                          AND h.product_id = g.product_id)
""")


def variants_by_sku(
    session: Session, *, partner_id: UUID, store_id: UUID, skus: Iterable[str]
) -> dict[str, UUID]:
    """Return the store's variants among these SKUs; an unknown one is absent."""
    asked = list(skus)
    plan_for_many(session, len(asked))
    rows = session.execute(_BY_SKU, {"partner_id": partner_id, "store_id": store_id, "skus": asked}).all()
    return {row.sku: row.variant_id for row in rows}
