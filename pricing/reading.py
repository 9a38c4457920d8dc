"""The one statement that reads everything a price depends on, for many variants at once.

Terms of the store, wholesale with its fall-back to the default list, the most specific retail rule,
and stock come in one snapshot, so that a price is never pieced together from two moments.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import Row, TextClause, text
from sqlalchemy.orm import Session

from pricing.floor import FloorPolicy
from pricing.past import ASK_LOWEST, PRICES_BEFORE, REDUCED_SINCE
from pricing.precedence import EVENT_IN_FORCE, RULE_IN_FORCE, SALE_IN_FORCE, WHOLESALE_IN_FORCE
from pricing.rules import Rule, Terms


@dataclass(frozen=True, slots=True)
class Selection:
    """Which products, and which of their variants, a reading is about.

    ``found`` is a SELECT of product_id and place that may use the parameters ``:choice``,
    ``:partner_id`` and ``:store_id``. ``only`` narrows the variants, ``join`` and ``columns`` bring
    more to each row; ``freed`` is a term added to the units that are free. With ``keep_hidden``
    products that the partner hides stay in, marked as hidden.
    """

    found: str
    only: str = ""
    join: str = ""
    columns: str = ""
    freed: str = ""
    keep_hidden: bool = False


_ACTIVE = "SELECT p.product_id, p.position AS place FROM products p WHERE p.state = 'active'"
_OF_COLLECTION = (
    "SELECT p.product_id, cp.position AS place FROM collection_products cp"
    " JOIN products p ON p.product_id = cp.product_id AND p.state = 'active'"
    " JOIN collections c ON c.collection_id = cp.collection_id"
)
EVERYTHING = Selection(f"{_ACTIVE} AND CAST(:choice AS text) IS NOT NULL")
BY_HANDLE = Selection(f"{_ACTIVE} AND p.handle = :choice")
PRODUCTS = Selection(
    "SELECT p.product_id, array_position(CAST(:choice AS uuid[]), p.product_id) AS place"
    " FROM products p WHERE p.product_id = ANY(CAST(:choice AS uuid[])) AND p.state = 'active'"
)
COLLECTION = Selection(f"{_OF_COLLECTION} WHERE c.handle = :choice")
COLLECTION_ID = Selection(f"{_OF_COLLECTION} WHERE c.collection_id = CAST(:choice AS uuid)")
# A product, and some that stand in a collection with it.
WITH_RELATED = Selection(
    "SELECT p.product_id, 0 AS place FROM products p WHERE p.state = 'active' AND p.handle = :choice"
    " UNION ALL"
    " SELECT * FROM (SELECT DISTINCT p.product_id, 1 + p.position AS place FROM products t"
    " JOIN collection_products a ON a.product_id = t.product_id"
    " JOIN collection_products b ON b.collection_id = a.collection_id AND b.product_id <> t.product_id"
    " JOIN products p ON p.product_id = b.product_id AND p.state = 'active'"
    " WHERE t.handle = :choice AND t.state = 'active' ORDER BY place LIMIT 8) others"
)
VARIANTS = Selection(
    "SELECT DISTINCT product_id, 0 AS place FROM variants WHERE variant_id = ANY(CAST(:choice AS uuid[]))",
    only="AND v.variant_id = ANY(CAST(:choice AS uuid[]))",
    keep_hidden=True,
)

_TERMS = """
terms AS MATERIALIZED (
  SELECT s.partner_id, s.store_id, s.currency, s.tax_inclusive, s.on_wholesale_rise, p.price_list_id,
         s.country IN ({countries}) AS asks_lowest,
         (SELECT d.price_list_id FROM price_lists d WHERE d.is_default) AS default_list_id,
         coalesce((c.smallest_margin_minor ->> s.currency)::bigint, 1) AS margin_minor,
         c.smallest_margin_bps AS margin_bps,
         CASE WHEN s.tax_inclusive THEN coalesce((
           SELECT max(t.rate_bps) FROM tax_rates t
            WHERE t.country IN (SELECT unnest(d.countries) FROM delivery_rates d
                                 WHERE d.currency = s.currency)), 0)
         ELSE 0 END AS highest_tax_bps,
         least(
           (SELECT min(lower(f.valid)) FROM wholesale_prices f WHERE lower(f.valid) > :now),
           (SELECT min(f.begins) FROM retail_rules f
             WHERE f.partner_id = :partner_id AND f.store_id = :store_id AND f.begins > :now
               AND f.withdrawn_at IS NULL),
           (SELECT min(CASE WHEN f.begins > :now THEN f.begins ELSE f.ends END) FROM sale_events f
             WHERE f.ends > :now AND f.withdrawn_at IS NULL),
           (SELECT min(CASE WHEN lower(f.valid) > :now THEN lower(f.valid) ELSE upper(f.valid) END)
              FROM store_sales f
             WHERE f.partner_id = :partner_id AND f.store_id = :store_id
               AND (upper_inf(f.valid) OR upper(f.valid) > :now) AND f.withdrawn_at IS NULL)
         ) AS next_change
    FROM stores s
    JOIN partners p ON p.partner_id = s.partner_id
   CROSS JOIN company c
   WHERE s.partner_id = :partner_id AND p.partner_id = :partner_id AND s.store_id = :store_id
)""".replace("{countries}", ", ".join(f"'{country}'" for country in ASK_LOWEST))

_READ = """
WITH {terms},
found AS ({found}),
shown AS (
  SELECT f.product_id, f.place, h.product_id IS NOT NULL AS hidden, count(*) OVER () AS total
    FROM found f
    LEFT JOIN hidden_products h
      ON h.partner_id = :partner_id AND h.store_id = :store_id AND h.product_id = f.product_id
   WHERE h.product_id IS NULL OR :keep_hidden
   ORDER BY {order} LIMIT :limit OFFSET :offset
)
SELECT pr.product_id, pr.handle, pr.title, pr.summary, pr.vendor, pr.kind, pr.option_names, pr.swatches,
       pr.state, shown.hidden, shown.total, {description} AS description,
       (SELECT jsonb_agg(jsonb_build_array(i.picture_id, i.key, i.width, i.height, i.alt, i.sizes)
                         ORDER BY i.position)
          FROM pictures i WHERE i.product_id = pr.product_id AND i.key IS NOT NULL) AS pictures,
       v.variant_id, v.sku, v.options, v.picture_id, v.taxable,
       k.on_hand - k.held {freed} AS free, k.counted, k.oversell,
       w.amount AS wholesale, g.amount AS suggested, t.amount AS ceiling,
       e.event_id, e.name AS event, e.off_bps AS event_off_bps, e.pass_on_bps, e.ends AS event_ends,
       s.off_bps AS sale_off_bps, s.ends AS sale_ends, {past_column} AS past,
       r.scope, r.method, r.value, r.rounding, r.judged_wholesale, r.rule_id, r.layer,
       upper(r.valid) AS rule_ends,
       least(upper(w.valid), upper(r.valid)) AS ends,
       terms.* {columns}
  FROM shown
  JOIN products pr ON pr.product_id = shown.product_id
 CROSS JOIN terms
  LEFT JOIN LATERAL ({event}) e ON true
  LEFT JOIN LATERAL ({sale}) s ON true {lowered}
  JOIN variants v ON v.product_id = pr.product_id {only} {join}
  LEFT JOIN stock_levels k ON k.variant_id = v.variant_id
  LEFT JOIN suggested_prices g ON g.variant_id = v.variant_id AND g.currency = terms.currency
  LEFT JOIN price_ceilings t ON t.variant_id = v.variant_id AND t.currency = terms.currency
  LEFT JOIN LATERAL ({wholesale}) w ON true
  LEFT JOIN LATERAL ({rule}) r ON true {past}
 ORDER BY {order_out}, v.position
"""

_ORDERS = {
    "place": ("f.place, f.product_id", "shown.place, pr.product_id"),
    "newest": ("f.product_id DESC", "pr.product_id DESC"),
}


def read_prices(
    session: Session,
    *,
    partner_id: UUID,
    store_id: UUID,
    now: datetime,
    selection: Selection,
    choice: str | UUID | Sequence[UUID],
    order: str = "place",
    limit: int = 100_000,
    offset: int = 0,
    with_description: bool = False,
    with_past: bool = False,
    asked: datetime | None = None,
) -> Sequence[Row[Any]]:
    """Return one row a variant, with everything that its price in this store depends on at ``now``.

    Selections by variant keep what the company withdrew and what the partner hides; the rows'
    ``state`` and ``hidden`` tell. ``total`` counts the products before ``limit`` and ``offset``. The
    description comes only when asked for, and only for products in place 0: it is long. With ``with_past``
    a reduced price brings those of the 30 days before, where the store's country asks for the lowest. Sale
    events count where the partner may know of them at ``asked``, which is ``now`` unless given.
    """
    return session.execute(
        _statement(selection, order, with_description, with_past),
        {
            "partner_id": partner_id,
            "store_id": store_id,
            "now": now,
            "asked": asked or now,
            "choice": choice if isinstance(choice, str | UUID) else list(choice),
            "keep_hidden": selection.keep_hidden,
            "limit": limit,
            "offset": offset,
        },
    ).all()


@lru_cache(maxsize=64)
def _statement(selection: Selection, order: str, with_description: bool, with_past: bool) -> TextClause:
    inner, outer = _ORDERS[order]
    return text(
        _READ.format(
            terms=_TERMS,
            found=selection.found,
            only=selection.only,
            join=selection.join,
            columns=selection.columns,
            freed=selection.freed,
            order=inner,
            order_out=outer,
            description="CASE WHEN shown.place = 0 THEN pr.description ELSE '' END"
            if with_description
            else "''",
            lowered=REDUCED_SINCE if with_past else "",
            past=PRICES_BEFORE.format(**_in_force("m.at")) if with_past else "",
            past_column="past.past" if with_past else "NULL",
            **_in_force("CAST(:now AS timestamptz)"),
        )
    )


def _in_force(at: str) -> dict[str, str]:
    """What holds for the row of the reading at a moment, as texts of SQL."""
    names = {
        "partner": ":partner_id",
        "store": ":store_id",
        "variant": "v.variant_id",
        "product": "pr.product_id",
        "currency": "terms.currency",
        "own_list": "terms.price_list_id",
        "default_list": "terms.default_list_id",
        "asked": "CAST(:asked AS timestamptz)",
        "at": at,
    }
    return {
        "wholesale": WHOLESALE_IN_FORCE.format(**names),
        "rule": RULE_IN_FORCE.format(**names),
        "event": EVENT_IN_FORCE.format(**names),
        "sale": SALE_IN_FORCE.format(**names),
    }


def read_terms(session: Session, *, partner_id: UUID, store_id: UUID, now: datetime) -> Terms:
    """Return what the store's prices are judged by."""
    statement = text(f"WITH {_TERMS} SELECT * FROM terms")  # noqa: S608 - constant text
    row = session.execute(statement, {"partner_id": partner_id, "store_id": store_id, "now": now}).one()
    return terms_of(row)


def terms_of(row: Row[Any]) -> Terms:
    return Terms(
        currency=row.currency,
        floor=FloorPolicy(row.margin_minor, row.margin_bps),
        tax_inclusive=row.tax_inclusive,
        highest_tax_bps=row.highest_tax_bps,
        on_rise=row.on_wholesale_rise,
    )


def rule_of(row: Row[Any]) -> Rule | None:
    """The rule that a row is priced by; None when the store has none for it."""
    if row.method is None:
        return None
    return Rule(row.scope, row.method, row.value, row.rounding, row.judged_wholesale)
