"""What a change of wholesale prices would do to the stores, worked out before anything is saved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from kit.money import Money
from pricing.floor import FloorPolicy
from pricing.reading import RULE_IN_FORCE
from pricing.rules import Rule, Terms, retail_price
from pricing.wholesale import NewWholesale

CHOICES = ("keep_percentage", "keep_amount", "lift", "pause")
_PERIOD = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Touched:
    """One listing that the change touches. ``distance`` is its price now less its new floor, in minor
    units. Only a fixed price can be ``under`` it; prices by rule follow. ``after`` is None when the
    partner chose to pause. ``units`` were sold in the last 30 days."""

    store_id: UUID
    variant_id: UUID
    sku: str
    before: int
    after: int | None
    distance: int
    under: bool
    units: int


@dataclass(frozen=True, slots=True)
class ChoiceEffect:
    """What becomes of the listings under the floor whose partners made one choice. ``rise`` is the
    average rise of their prices; None when they pause."""

    choice: str
    listings: int
    stores: int
    rise: Money | None


@dataclass(frozen=True, slots=True)
class StoreEffect:
    """A store with listings under the floor: its lowest such price, and what that becomes."""

    partner_id: UUID
    store_id: UUID
    name: str
    price_list: str
    choice: str
    under: int
    lowest: Money
    becomes: Money | None


@dataclass(frozen=True, slots=True)
class Impact:
    """What a change of wholesale would do, in one currency. ``take``, ``earn`` and ``pay`` are what
    the company, partners and shoppers would have had more or less at the last 30 days' sales, where a
    paused listing counts as no sale."""

    currency: str
    listings: tuple[Touched, ...]
    stores: int
    choices: tuple[ChoiceEffect, ...]
    affected: tuple[StoreEffect, ...]
    units: int
    take: Money
    earn: Money
    pay: Money

    @property
    def under(self) -> int:
        return sum(item.under for item in self.listings)

    @property
    def rising(self) -> int:
        return sum(item.after is not None and item.after > item.before for item in self.listings)

    @property
    def pausing(self) -> int:
        return sum(item.after is None for item in self.listings)


_TOUCHED = text(
    """
WITH changed AS (
  SELECT * FROM unnest(CAST(:variants AS uuid[]), CAST(:lists AS uuid[]), CAST(:amounts AS bigint[]))
         AS n (variant_id, price_list_id, amount)
), standard AS (SELECT price_list_id FROM price_lists WHERE is_default),
taxes AS (
  SELECT coalesce(max(t.rate_bps), 0) AS bps FROM tax_rates t
   WHERE t.country IN (SELECT unnest(d.countries) FROM delivery_rates d WHERE d.currency = :currency)
), sold AS (
  SELECT o.partner_id, o.store_id, l.variant_id, sum(l.quantity) AS units
    FROM orders o JOIN order_lines l ON l.partner_id = o.partner_id AND l.order_id = o.order_id
   WHERE o.paid_at >= :since AND l.variant_id = ANY(CAST(:variants AS uuid[]))
   GROUP BY o.partner_id, o.store_id, l.variant_id
)
SELECT s.partner_id, s.store_id, s.name AS store, s.currency, s.tax_inclusive, s.on_wholesale_rise,
       l.name AS price_list, v.variant_id, v.sku,
       coalesce(own.amount, standing.amount) AS wholesale,
       coalesce(new_own.amount, own.amount, new_standing.amount, standing.amount) AS new_wholesale,
       coalesce((c.smallest_margin_minor ->> s.currency)::bigint, 1) AS margin_minor,
       c.smallest_margin_bps AS margin_bps, taxes.bps AS tax_bps, coalesce(sold.units, 0) AS units,
       r.scope, r.method, r.value, r.rounding, r.judged_wholesale
  FROM (SELECT DISTINCT variant_id FROM changed) n
  JOIN variants v ON v.variant_id = n.variant_id
  JOIN products p ON p.product_id = v.product_id AND p.state = 'active'
 CROSS JOIN company c CROSS JOIN taxes CROSS JOIN standard
  JOIN stores s ON s.currency = :currency AND s.state <> 'closed'
  JOIN partners o ON o.partner_id = s.partner_id
  JOIN price_lists l ON l.price_list_id = o.price_list_id
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
  JOIN LATERAL (
{rule}  ) r ON true
 WHERE NOT EXISTS (SELECT 1 FROM hidden_products h
                    WHERE h.partner_id = s.partner_id AND h.store_id = s.store_id
                      AND h.product_id = p.product_id)
   AND coalesce(own.amount, standing.amount) IS NOT NULL
   AND coalesce(own.amount, standing.amount)
       <> coalesce(new_own.amount, own.amount, new_standing.amount, standing.amount)
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


def wholesale_impact(
    session: Session, *, prices: Sequence[NewWholesale], begins: datetime, now: datetime
) -> Impact:
    """Work out what new prices would do from ``begins`` on. Nothing is changed.

    All prices are in one currency. Only as the company's role, because it looks into every store.
    """
    currency = prices[0].amount.currency
    rows = session.execute(
        _TOUCHED,
        {
            "variants": [price.variant_id for price in prices],
            "lists": [price.price_list_id for price in prices],
            "amounts": [price.amount.minor for price in prices],
            "currency": currency,
            "begins": begins,
            "since": now - _PERIOD,
        },
    ).all()
    touched: list[Touched] = []
    by_store: dict[UUID, tuple[Row[Any], list[Touched]]] = {}
    take = earn = pay = 0
    for row in rows:
        terms = _terms(row)
        item = _judge(row, terms)
        if item is None:
            continue
        touched.append(item)
        by_store.setdefault(row.store_id, (row, []))[1].append(item)
        units = int(row.units)
        after_net = 0 if item.after is None else terms.net(item.after) - row.new_wholesale
        take += units * ((0 if item.after is None else row.new_wholesale) - row.wholesale)
        earn += units * (after_net - (terms.net(item.before) - row.wholesale))
        pay += units * ((item.after or 0) - item.before)
    affected = [
        _store(row, [item for item in items if item.under])
        for row, items in by_store.values()
        if any(item.under for item in items)
    ]
    return Impact(
        currency=currency,
        listings=tuple(touched),
        stores=len(by_store),
        choices=_choices(by_store, currency),
        affected=tuple(sorted(affected, key=lambda store: (-store.under, store.name))),
        units=sum(item.units for item in touched),
        take=Money(take, currency),
        earn=Money(earn, currency),
        pay=Money(pay, currency),
    )


def _terms(row: Row[Any]) -> Terms:
    return Terms(
        currency=row.currency,
        floor=FloorPolicy(row.margin_minor, row.margin_bps),
        tax_inclusive=row.tax_inclusive,
        highest_tax_bps=row.tax_bps if row.tax_inclusive else 0,
        on_rise=row.on_wholesale_rise,
    )


def _judge(row: Row[Any], terms: Terms) -> Touched | None:
    rule = Rule(row.scope, row.method, row.value, row.rounding, row.judged_wholesale)
    before = retail_price(rule, wholesale=row.wholesale, terms=terms)
    if before is None:
        return None
    floor = terms.lowest(row.new_wholesale)
    return Touched(
        store_id=row.store_id,
        variant_id=row.variant_id,
        sku=row.sku,
        before=before,
        after=retail_price(rule, wholesale=row.new_wholesale, terms=terms),
        distance=before - floor,
        under=row.method == "fixed" and before < floor,
        units=int(row.units),
    )


def _store(row: Row[Any], items: list[Touched]) -> StoreEffect:
    lowest = min(items, key=lambda item: item.before)
    return StoreEffect(
        partner_id=row.partner_id,
        store_id=row.store_id,
        name=row.store,
        price_list=row.price_list,
        choice=row.on_wholesale_rise,
        under=len(items),
        lowest=Money(lowest.before, row.currency),
        becomes=None if lowest.after is None else Money(lowest.after, row.currency),
    )


def _choices(by_store: dict[UUID, tuple[Row[Any], list[Touched]]], currency: str) -> tuple[ChoiceEffect, ...]:
    effects = []
    for choice in CHOICES:
        chosen = [
            [item for item in items if item.under]
            for row, items in by_store.values()
            if row.on_wholesale_rise == choice
        ]
        under = [item for items in chosen for item in items]
        if not under:
            continue
        rises = [item.after - item.before for item in under if item.after is not None]
        effects.append(
            ChoiceEffect(
                choice=choice,
                listings=len(under),
                stores=sum(bool(items) for items in chosen),
                rise=Money(sum(rises) // len(rises), currency) if rises else None,
            )
        )
    return tuple(effects)
