"""What prices of many variants are judged by, read for all of them at once.

Judging a price asks for less than showing it does: no texts, no pictures, no stock, nothing that lowers a
price for a while. So for thousands of variants it is read by joins over the whole store instead of by one
search for each of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from kit.memory import making_many
from pricing.reading import read_terms
from pricing.rules import Rule, Terms, retail_price

# From so many values on, a statement is planned for the ones at hand, which then costs less than it saves.
MANY = 50


@dataclass(frozen=True, slots=True)
class Basis:
    """What one variant's price is judged by. Amounts are minor units.

    ``own`` is its own price, ``beneath`` the rule that would price it without one, known by
    ``beneath_id``. ``planned_until`` is set where the own price is a planned one that will end. ``ceiling``
    is the highest price allowed, as shown.
    """

    variant_id: UUID
    sku: str
    wholesale: int
    ceiling: int | None
    own: Rule | None
    beneath: Rule | None
    planned_until: datetime | None
    beneath_id: UUID | None = None


class Pricer:
    """Works out what rules make of bases. Variants with the same wholesale price come out alike by the same
    rule, and of thousands many are, so each is worked out once."""

    def __init__(self, terms: Terms) -> None:
        self._terms = terms
        self._found: dict[tuple[Rule, int, int | None], int | None] = {}

    def price(self, basis: Basis, rule: Rule | None) -> int | None:
        """The price in minor units; None where no rule gives one."""
        if rule is None:
            return None
        key = (rule, basis.wholesale, basis.ceiling)
        if key not in self._found:
            self._found[key] = retail_price(
                rule, wholesale=basis.wholesale, terms=self._terms, ceiling=basis.ceiling
            )
        return self._found[key]


# Rules go before one another as in ``RULE_IN_FORCE``; a test holds the two against each other.
_IN_FORCE = """e.partner_id = :partner_id AND e.store_id = :store_id
       AND e.valid @> CAST(:now AS timestamptz) AND e.withdrawn_at IS NULL
       AND e.rule_id <> ALL(CAST(:without AS uuid[]))"""
_MINE = """mine AS (
  SELECT s.currency, p.price_list_id
    FROM stores s JOIN partners p ON p.partner_id = s.partner_id
   WHERE s.partner_id = :partner_id AND p.partner_id = :partner_id AND s.store_id = :store_id
)"""
# What prices each of the variants that are ``wanted``, and what they cost.
_RULED = f"""costs AS (
  SELECT DISTINCT ON (w.variant_id) w.variant_id, w.amount
    FROM wholesale_prices w JOIN mine ON w.currency = mine.currency
   WHERE w.valid @> CAST(:now AS timestamptz)
     AND w.variant_id IN (SELECT variant_id FROM wanted)
     AND w.price_list_id IN (mine.price_list_id,
                             (SELECT d.price_list_id FROM price_lists d WHERE d.is_default))
   ORDER BY w.variant_id, w.price_list_id = mine.price_list_id DESC
), own AS (
  SELECT DISTINCT ON (e.scope_id) e.scope_id, e.layer, upper(e.valid) AS ends, e.method, e.value, e.rounding,
         e.judged_wholesale
    FROM retail_rules e
   WHERE {_IN_FORCE} AND e.scope = 'variant' AND e.scope_id IN (SELECT variant_id FROM wanted)
   ORDER BY e.scope_id, e.layer, e.rule_id
), of_product AS (
  SELECT DISTINCT ON (e.scope_id) e.scope_id AS product_id, e.rule_id
    FROM retail_rules e WHERE {_IN_FORCE} AND e.scope = 'product'
   ORDER BY e.scope_id, e.layer, e.rule_id
), of_collection AS (
  SELECT DISTINCT ON (m.product_id) m.product_id, e.rule_id
    FROM retail_rules e
    JOIN collection_products m ON m.collection_id = e.scope_id
    JOIN collections k ON k.collection_id = e.scope_id
   WHERE {_IN_FORCE} AND e.scope = 'collection'
   ORDER BY m.product_id, e.layer, k.position, e.rule_id
), of_store AS (
  SELECT e.rule_id FROM retail_rules e WHERE {_IN_FORCE} AND e.scope = 'store'
   ORDER BY e.layer, e.rule_id LIMIT 1
)"""  # noqa: S608 - constant text
_BASES = text(f"""
WITH {_MINE}, wanted AS (
  SELECT n.place, v.variant_id, v.product_id, v.sku
    FROM unnest(CAST(:variants AS uuid[])) WITH ORDINALITY AS n (variant_id, place)
    JOIN variants v ON v.variant_id = n.variant_id
), {_RULED}
SELECT w.variant_id, w.sku, c.amount, t.amount AS ceiling,
       o.method, o.value, o.rounding, o.judged_wholesale,
       CASE WHEN o.layer = 'planned' THEN o.ends END AS planned_until,
       coalesce(p.rule_id, l.rule_id, s.rule_id) AS beneath
  FROM wanted w
 CROSS JOIN mine
  JOIN costs c ON c.variant_id = w.variant_id
  LEFT JOIN price_ceilings t ON t.variant_id = w.variant_id AND t.currency = mine.currency
  LEFT JOIN own o ON o.scope_id = w.variant_id
  LEFT JOIN of_product p ON p.product_id = w.product_id
  LEFT JOIN of_collection l ON l.product_id = w.product_id
  LEFT JOIN of_store s ON true
 ORDER BY w.place
""")  # noqa: S608 - constant text
# The rules beneath own prices are few, so each row names its own, and they are read once.
_BENEATH = text(f"""
SELECT e.rule_id, e.scope, e.method, e.value, e.rounding, e.judged_wholesale
  FROM retail_rules e WHERE {_IN_FORCE} AND e.scope <> 'variant'
""")  # noqa: S608 - constant text
# The listings of a store: what the company offers at a price, and the partner does not hide.
_FOLLOWED = text(f"""
WITH {_MINE}, wanted AS (
  SELECT v.variant_id, v.product_id
    FROM products g
    JOIN variants v ON v.product_id = g.product_id
   WHERE g.state = 'active'
     AND NOT EXISTS (SELECT 1 FROM hidden_products h
                      WHERE h.partner_id = :partner_id AND h.store_id = :store_id
                        AND h.product_id = g.product_id)
), {_RULED}
SELECT coalesce(p.rule_id, l.rule_id, s.rule_id) AS rule_id, count(*) AS listings
  FROM wanted w
  JOIN costs c ON c.variant_id = w.variant_id
  LEFT JOIN own o ON o.scope_id = w.variant_id
  LEFT JOIN of_product p ON p.product_id = w.product_id
  LEFT JOIN of_collection l ON l.product_id = w.product_id
  LEFT JOIN of_store s ON true
 WHERE o.scope_id IS NULL
 GROUP BY 1
""")  # noqa: S608 - constant text


def count_followers(session: Session, *, partner_id: UUID, store_id: UUID, now: datetime) -> dict[UUID, int]:
    """How many listings each rule of a store prices at a moment; one that prices none is absent."""
    plan_for_many(session, MANY)
    keys = {"partner_id": partner_id, "store_id": store_id, "now": now, "without": array_of(())}
    return {row.rule_id: row.listings for row in session.execute(_FOLLOWED, keys) if row.rule_id is not None}


def read_bases(
    session: Session,
    *,
    partner_id: UUID,
    store_id: UUID,
    variant_ids: Sequence[UUID],
    now: datetime,
    without: Iterable[UUID] = (),
) -> tuple[list[Basis], Terms]:
    """What variants' prices are judged by at a moment, in the order of ``variant_ids``, and the terms.

    A variant without a wholesale price then has no basis; one that is hidden or withdrawn has. The rules
    ``without`` are read past, as if the store had them no longer.
    """
    plan_for_many(session, len(variant_ids))
    terms = read_terms(session, partner_id=partner_id, store_id=store_id, now=now)
    keys = {"partner_id": partner_id, "store_id": store_id, "now": now, "without": array_of(without)}
    beneath = {rule_id: Rule(*fields) for rule_id, *fields in map(tuple, session.execute(_BENEATH, keys))}
    with making_many():
        rows = session.execute(_BASES, {**keys, "variants": array_of(variant_ids)}).all()
        return [_basis(tuple(row), beneath) for row in rows], terms


def _basis(row: tuple[Any, ...], beneath: Mapping[UUID, Rule]) -> Basis:
    variant_id, sku, wholesale, ceiling, method, value, rounding, judged, planned_until, rule_id = row
    own = None if method is None else Rule("variant", method, value, rounding, judged)
    return Basis(variant_id, sku, wholesale, ceiling, own, beneath.get(rule_id), planned_until, rule_id)


def array_of(values: Iterable[UUID | int]) -> str:
    """Keys or whole numbers as the text of an array, for statements that cast it to one.

    The driver looks at each value of a list for what would have to be quoted; of these, none has.
    """
    return f"{{{','.join(map(str, values))}}}"


def plan_for_many(session: Session, values: int) -> None:
    """Let the rest of the transaction's statements be planned for their values, where there are many.

    A face's statements otherwise run by a plan made for a few rows, which loops where many want a join.
    """
    if values >= MANY:
        session.execute(text("SET LOCAL plan_cache_mode = force_custom_plan"))
