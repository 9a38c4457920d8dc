"""What a change of wholesale does, worked out listing by listing: what the grouped way is held against.

It asks the database for the rule of every single listing, by the text that every other reading of prices
asks by, so it is slow, and plain.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from kit.money import Money
from pricing.ceilings import NewCeiling
from pricing.floor import FloorPolicy
from pricing.impact import CHOICES, ChoiceEffect, StoreEffect
from pricing.precedence import RULE_IN_FORCE
from pricing.rules import Rule, Terms, retail_price
from pricing.wholesale import NewWholesale

_TOUCHED = text(
    """
WITH changed AS (
  SELECT * FROM unnest(CAST(:variants AS uuid[]), CAST(:lists AS uuid[]), CAST(:amounts AS bigint[]))
         AS n (variant_id, price_list_id, amount)
), capped AS (
  SELECT * FROM unnest(CAST(:capped AS uuid[]), CAST(:caps AS bigint[])) AS n (variant_id, amount)
), standard AS (SELECT price_list_id FROM price_lists WHERE is_default),
taxes AS (
  SELECT coalesce(max(t.rate_bps), 0) AS bps FROM tax_rates t
   WHERE t.country IN (SELECT unnest(d.countries) FROM delivery_rates d WHERE d.currency = :currency)
), sold AS (
  SELECT o.partner_id, o.store_id, l.variant_id, sum(l.quantity) AS units
    FROM orders o JOIN order_lines l ON l.partner_id = o.partner_id AND l.order_id = o.order_id
   WHERE o.paid_at >= :since GROUP BY o.partner_id, o.store_id, l.variant_id
)
SELECT s.partner_id, s.store_id, s.name AS store, s.currency, s.tax_inclusive, s.on_wholesale_rise,
       l.name AS price_list, coalesce(own.amount, standing.amount) AS wholesale, t.amount AS ceiling,
       CASE WHEN cap.variant_id IS NULL THEN t.amount ELSE cap.amount END AS new_ceiling,
       coalesce(new_own.amount, own.amount, new_standing.amount, standing.amount) AS new_wholesale,
       coalesce((c.smallest_margin_minor ->> s.currency)::bigint, 1) AS margin_minor,
       c.smallest_margin_bps AS margin_bps, taxes.bps AS tax_bps, coalesce(sold.units, 0) AS units,
       r.scope, r.method, r.value, r.rounding, r.judged_wholesale
  FROM (SELECT variant_id FROM changed UNION SELECT variant_id FROM capped) n
  JOIN variants v ON v.variant_id = n.variant_id
  JOIN products p ON p.product_id = v.product_id AND p.state = 'active'
 CROSS JOIN company c CROSS JOIN taxes CROSS JOIN standard
  JOIN stores s ON s.currency = :currency AND s.state <> 'closed'
  JOIN partners o ON o.partner_id = s.partner_id
  JOIN price_lists l ON l.price_list_id = o.price_list_id
  LEFT JOIN price_ceilings t ON t.variant_id = v.variant_id AND t.currency = :currency
  LEFT JOIN capped cap ON cap.variant_id = v.variant_id
  LEFT JOIN changed new_own ON new_own.variant_id = v.variant_id AND new_own.price_list_id = o.price_list_id
  LEFT JOIN changed new_standing
    ON new_standing.variant_id = v.variant_id AND new_standing.price_list_id = standard.price_list_id
  LEFT JOIN wholesale_prices own
    ON own.variant_id = v.variant_id AND own.currency = :currency AND own.price_list_id = o.price_list_id
   AND own.valid @> CAST(:begins AS timestamptz)
  LEFT JOIN wholesale_prices standing
    ON standing.variant_id = v.variant_id AND standing.currency = :currency
   AND standing.price_list_id = standard.price_list_id AND standing.valid @> CAST(:begins AS timestamptz)
  LEFT JOIN sold
    ON sold.partner_id = s.partner_id AND sold.store_id = s.store_id AND sold.variant_id = v.variant_id
  JOIN LATERAL ({rule}) r ON true
 WHERE NOT EXISTS (SELECT 1 FROM hidden_products h
                    WHERE h.partner_id = s.partner_id AND h.store_id = s.store_id
                      AND h.product_id = p.product_id)
   AND coalesce(own.amount, standing.amount) IS NOT NULL
   AND (coalesce(own.amount, standing.amount)
        <> coalesce(new_own.amount, own.amount, new_standing.amount, standing.amount)
        OR t.amount IS DISTINCT FROM CASE WHEN cap.variant_id IS NULL THEN t.amount ELSE cap.amount END)
""".replace(
        "{rule}",
        RULE_IN_FORCE.format(
            partner="s.partner_id",
            store="s.store_id",
            at="CAST(:begins AS timestamptz)",
            variant="v.variant_id",
            product="p.product_id",
        ),
    )
)


def impact_one_by_one(
    session: Session,
    *,
    prices: Sequence[NewWholesale],
    begins: datetime,
    now: datetime,
    ceilings: Sequence[NewCeiling] = (),
) -> dict[str, Any]:
    """The fields of ``pricing.impact.Impact``, but for its spread; ``distances`` lists those instead."""
    currency = prices[0].amount.currency
    rows = session.execute(
        _TOUCHED,
        {
            "variants": [price.variant_id for price in prices],
            "lists": [price.price_list_id for price in prices],
            "amounts": [price.amount.minor for price in prices],
            "capped": [new.variant_id for new in ceilings],
            "caps": [new.amount.minor if new.amount else None for new in ceilings],
            "currency": currency,
            "begins": begins,
            "since": now - timedelta(days=30),
        },
    ).all()
    listings = [listing for row in rows if (listing := _listing(row)) is not None]
    under = [item for item in listings if item["under"]]
    stores: dict[Any, list[dict[str, Any]]] = {}
    for item in under:
        stores.setdefault(item["row"].store_id, []).append(item)
    affected = [_store(items) for items in stores.values()]
    return {
        "currency": currency,
        "listings": len(listings),
        "under": len(under),
        "rising": sum(item["after"] is not None and item["after"] > item["before"] for item in listings),
        "pausing": sum(item["after"] is None for item in listings),
        "events": 0,
        "capped": sum(item["capped"] for item in listings),
        "capped_own": sum(item["capped"] and item["row"].method == "fixed" for item in listings),
        "stores": len({item["row"].store_id for item in listings}),
        "partners": len({item["row"].partner_id for item in listings}),
        "choices": tuple(effect for choice in CHOICES if (effect := _choice(choice, under)) is not None),
        "affected": tuple(sorted(affected, key=lambda store: (-store.under, store.name))),
        "distances": sorted(item["distance"] for item in listings),
        "units": sum(item["row"].units for item in listings),
        **{
            name: Money(int(sum(item[name] for item in listings)), currency)
            for name in ("earned", "take", "earn", "pay")
        },
    }


def _listing(row: Row[Any]) -> dict[str, Any] | None:
    terms = Terms(
        currency=row.currency,
        floor=FloorPolicy(row.margin_minor, row.margin_bps),
        tax_inclusive=row.tax_inclusive,
        highest_tax_bps=row.tax_bps if row.tax_inclusive else 0,
        on_rise=row.on_wholesale_rise,
    )
    rule = Rule(row.scope, row.method, row.value, row.rounding, row.judged_wholesale)
    before = retail_price(rule, wholesale=row.wholesale, terms=terms, ceiling=row.ceiling)
    if before is None:
        return None
    after = retail_price(rule, wholesale=row.new_wholesale, terms=terms, ceiling=row.new_ceiling)
    without = retail_price(rule, wholesale=row.new_wholesale, terms=terms, ceiling=row.ceiling)
    new_cap = row.new_ceiling is not None and row.new_ceiling != row.ceiling
    units, floor = row.units, terms.lowest(row.new_wholesale)
    earned = terms.net(before) - row.wholesale
    then = 0 if after is None else terms.net(after) - row.new_wholesale
    return {
        "row": row,
        "before": before,
        "after": after,
        "distance": before - floor,
        "capped": new_cap and after is not None and without is not None and after < without,
        "under": row.method == "fixed" and before < floor,
        "earned": units * earned,
        "take": units * ((0 if after is None else row.new_wholesale) - row.wholesale),
        "earn": units * (then - earned),
        "pay": units * ((after or 0) - before),
    }


def _store(items: list[dict[str, Any]]) -> StoreEffect:
    lowest = min(items, key=lambda item: (item["before"], item["after"] or 0))
    row = lowest["row"]
    return StoreEffect(
        partner_id=row.partner_id,
        store_id=row.store_id,
        name=row.store,
        price_list=row.price_list,
        choice=row.on_wholesale_rise,
        under=len(items),
        lowest=Money(lowest["before"], row.currency),
        becomes=None if lowest["after"] is None else Money(lowest["after"], row.currency),
    )


def _choice(choice: str, under: list[dict[str, Any]]) -> ChoiceEffect | None:
    chosen = [item for item in under if item["row"].on_wholesale_rise == choice]
    if not chosen:
        return None
    rises = [item["after"] - item["before"] for item in chosen if item["after"] is not None]
    return ChoiceEffect(
        choice=choice,
        listings=len(chosen),
        stores=len({item["row"].store_id for item in chosen}),
        rise=Money(sum(rises) // len(rises), chosen[0]["row"].currency) if rises else None,
    )
