"""Who is exposed to a change of wholesale: the stores of a currency, and the listings that differ in them.

Most listings follow the rule of their store, so nothing is read of them one by one. What is read is each
store with that rule, and in one statement for all stores each: the listings that a more specific rule
prices, those that are hidden, and those that sold. Variants and stores are named by their places in the
lists asked for, because there may be hundreds of thousands of such listings.

Only as the company's role, because it looks into every store.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from pricing.floor import FloorPolicy
from pricing.rules import Rule, Terms
from pricing.wholesale import NewWholesale, wholesale_at


@dataclass(frozen=True, slots=True)
class Seller:
    """A store that is not closed. ``rule`` prices what has no more specific one; None where it has none."""

    partner_id: UUID
    store_id: UUID
    name: str
    price_list_id: UUID
    price_list: str
    terms: Terms
    rule: Rule | None


_SELLERS = text("""
WITH taxes AS (
  SELECT coalesce(max(t.rate_bps), 0) AS bps FROM tax_rates t
   WHERE t.country IN (SELECT unnest(d.countries) FROM delivery_rates d WHERE d.currency = :currency)
)
SELECT s.partner_id, s.store_id, s.name, s.tax_inclusive, s.on_wholesale_rise, l.price_list_id,
       l.name AS price_list, coalesce((c.smallest_margin_minor ->> s.currency)::bigint, 1) AS margin_minor,
       c.smallest_margin_bps AS margin_bps, taxes.bps AS tax_bps,
       r.scope, r.method, r.value, r.rounding, r.judged_wholesale
  FROM stores s
  JOIN partners o ON o.partner_id = s.partner_id
  JOIN price_lists l ON l.price_list_id = o.price_list_id
 CROSS JOIN company c CROSS JOIN taxes
  LEFT JOIN LATERAL (
    SELECT e.* FROM retail_rules e
     WHERE e.partner_id = s.partner_id AND e.store_id = s.store_id AND e.scope = 'store'
       AND e.valid @> CAST(:at AS timestamptz) AND e.withdrawn_at IS NULL
     ORDER BY e.layer, e.rule_id LIMIT 1
  ) r ON true
 WHERE s.currency = :currency AND s.state <> 'closed'
 ORDER BY s.partner_id, s.store_id
""")


def sellers(session: Session, *, currency: str, at: datetime) -> list[Seller]:
    """The stores that sell in a currency, with the rule that each will have at a moment."""
    terms: dict[tuple[bool, str], Terms] = {}
    rules: dict[tuple[object, ...], Rule] = {}
    found = []
    for row in session.execute(_SELLERS, {"currency": currency, "at": at}):
        kind = (row.tax_inclusive, row.on_wholesale_rise)
        if kind not in terms:
            terms[kind] = Terms(
                currency=currency,
                floor=FloorPolicy(row.margin_minor, row.margin_bps),
                tax_inclusive=row.tax_inclusive,
                highest_tax_bps=row.tax_bps if row.tax_inclusive else 0,
                on_rise=row.on_wholesale_rise,
            )
        rule = None
        if row.method is not None:
            fields = (row.scope, row.method, row.value, row.rounding, row.judged_wholesale)
            rule = rules.setdefault(fields, Rule(*fields))
        found.append(
            Seller(
                row.partner_id,
                row.store_id,
                row.name,
                row.price_list_id,
                row.price_list,
                terms[kind],
                rule,
            )
        )
    return found


_ACTIVE = text("""
SELECT v.variant_id, p.product_id, t.amount AS ceiling,
       (SELECT jsonb_agg(jsonb_build_array(k.collection_id, k.position))
          FROM collection_products m JOIN collections k ON k.collection_id = m.collection_id
         WHERE m.product_id = p.product_id) AS collections
  FROM variants v
  JOIN products p ON p.product_id = v.product_id AND p.state = 'active'
  LEFT JOIN price_ceilings t ON t.variant_id = v.variant_id AND t.currency = :currency
 WHERE v.variant_id = ANY(CAST(:variants AS uuid[]))
 ORDER BY v.variant_id
""")


@dataclass(frozen=True, slots=True)
class Goods:
    """A variant on sale. ``ceiling`` is the highest price allowed, as shown, in minor units; ``collections``
    are those it stands in, with their positions."""

    variant_id: UUID
    product_id: UUID
    ceiling: int | None
    collections: tuple[tuple[UUID, int], ...]


def goods_on_sale(session: Session, *, variant_ids: Iterable[UUID], currency: str) -> list[Goods]:
    """Those of some variants whose products are on sale."""
    rows = session.execute(_ACTIVE, {"variants": list(set(variant_ids)), "currency": currency})
    return [
        Goods(
            row.variant_id,
            row.product_id,
            row.ceiling,
            tuple((UUID(key), position) for key, position in row.collections or ()),
        )
        for row in rows
    ]


_EVENTS = text("""
SELECT count(*) FROM sale_events e
 WHERE e.withdrawn_at IS NULL AND e.ends > :at
   AND EXISTS (SELECT 1 FROM sale_event_products p
                WHERE p.event_id = e.event_id AND p.product_id IN (SELECT unnest(CAST(:products AS uuid[]))))
""")


def events_ahead(session: Session, *, goods: Sequence[Goods], at: datetime) -> int:
    """How many sale events that are not over at a moment include some of these goods."""
    products = list({item.product_id for item in goods})
    return int(session.execute(_EVENTS, {"at": at, "products": products}).scalar_one())


_DEFAULT = text("SELECT d.price_list_id FROM price_lists d WHERE d.is_default")


class Change(NamedTuple):
    """What a unit of a variant costs a list's partners before and after, in minor units, and the highest
    price allowed for it before and after. Listings with the same four come out alike."""

    before: int
    after: int
    ceiling: int | None
    new_ceiling: int | None


def changes_by_list(
    session: Session,
    *,
    goods: Sequence[Goods],
    prices: Sequence[NewWholesale],
    ceilings: Mapping[UUID, int | None],
    currency: str,
    lists: Iterable[UUID],
    begins: datetime,
) -> dict[UUID, list[Change | None]]:
    """What new prices of one currency change for the partners on each list, in the order of ``goods``: None
    where their wholesale stays as it is, and the ceiling too. ``ceilings`` are the new ones, in minor units,
    None for one that goes.

    A list without a price of its own takes the default list's, and so it follows that one's change.
    """
    asked = {(price.variant_id, price.price_list_id): price.amount.minor for price in prices}
    standing = wholesale_at(session, variant_ids=[item.variant_id for item in goods], at=begins)
    default = session.execute(_DEFAULT).scalar_one()

    def change(item: Goods, list_id: UUID) -> Change | None:
        own = standing.get((item.variant_id, list_id, currency))
        fallback = standing.get((item.variant_id, default, currency))
        before = fallback if own is None else own
        after = asked.get((item.variant_id, list_id), own)
        if after is None:
            after = asked.get((item.variant_id, default), fallback)
        ceiling = ceilings.get(item.variant_id, item.ceiling)
        if before is None or after is None or (before, item.ceiling) == (after, ceiling):
            return None
        return Change(before, after, item.ceiling, ceiling)

    return {list_id: [change(item, list_id) for item in goods] for list_id in lists}


# Each part is a plain search for one kind of target: joins would tempt the planner, which under row-level
# security knows little of how many rows a period leaves, into loops over everything.
_RULED = """
SELECT CAST(e.store_id AS text), e.scope, e.layer, e.method, e.rounding,
       array_agg(CAST(e.scope_id AS text)), array_agg({key}), array_agg(e.value),
       array_agg(e.judged_wholesale)
  FROM retail_rules e
 WHERE e.scope = '{scope}' AND e.scope_id IN (SELECT unnest(CAST(:{scope}s AS uuid[])))
   AND e.store_id IN (SELECT unnest(CAST(:stores AS uuid[])))
   AND e.valid @> CAST(:at AS timestamptz) AND e.withdrawn_at IS NULL
 GROUP BY e.store_id, e.scope, e.layer, e.method, e.rounding
"""
_SCOPES = ("variant", "product", "collection")
# Only of collections several can hold for one listing, so that only there a key has to decide.
_KEYS = {
    "variant": "CAST('' AS text)",
    "product": "CAST('' AS text)",
    "collection": "CAST(e.rule_id AS text)",
}
_PARTICULAR = text(" UNION ALL ".join(_RULED.format(scope=scope, key=_KEYS[scope]) for scope in _SCOPES))
_HIDDEN = text("""
SELECT CAST(h.store_id AS text), CAST(h.product_id AS text) FROM hidden_products h
 WHERE h.product_id IN (SELECT unnest(CAST(:products AS uuid[])))
   AND h.store_id IN (SELECT unnest(CAST(:stores AS uuid[])))
""")
_SOLD = text("""
SELECT CAST(o.store_id AS text), CAST(l.variant_id AS text), sum(l.quantity)
  FROM orders o
  JOIN order_lines l ON l.partner_id = o.partner_id AND l.order_id = o.order_id
 WHERE o.paid_at >= :since AND l.variant_id IN (SELECT unnest(CAST(:variants AS uuid[])))
   AND o.store_id IN (SELECT unnest(CAST(:stores AS uuid[])))
 GROUP BY o.store_id, l.variant_id
""")

Place = tuple[int, int]


# The fields of a Rule, and what says how it goes before others: layer, position, and its key.
_Ruled = tuple[str, str, int, str, int | None, str, int, str]


def _rank(rule: _Ruled) -> tuple[int, str, int, str]:
    return _SCOPES.index(rule[0]), rule[5], rule[6], rule[7]


class Exposed:
    """The listings of some goods in some stores that are not just as their store's rule has them.

    A listing is named by its place: that of its store and that of its variant among those given.
    """

    def __init__(self, session: Session, *, stores: Sequence[Seller], goods: Sequence[Goods]) -> None:
        self._session = session
        self._stores = {str(store.store_id): place for place, store in enumerate(stores)}
        # What a rule can be for, and the listings that it is for: with the position of its collection.
        self._targets: dict[str, dict[str, list[tuple[int, int]]]] = {scope: {} for scope in _SCOPES}
        for place, item in enumerate(goods):
            self._targets["variant"][str(item.variant_id)] = [(place, 0)]
            self._targets["product"].setdefault(str(item.product_id), []).append((place, 0))
            for collection_id, position in item.collections:
                self._targets["collection"].setdefault(str(collection_id), []).append((place, position))
        self._keys: dict[str, object] = {
            "stores": list(self._stores),
            **{f"{scope}s": list(targets) for scope, targets in self._targets.items()},
        }

    def particular(self, *, at: datetime) -> dict[Place, Rule]:
        """Listings that at a moment a rule of their variant, product or collection prices, and which.

        Rules go before one another as in ``RULE_IN_FORCE``; a test holds the two against each other.
        """
        first: dict[Place, _Ruled] = {}
        for store, scope, layer, method, rounding, *columns in self._session.execute(
            _PARTICULAR, {**self._keys, "at": at}
        ).all():
            row, listings = self._stores[store], self._targets[scope]
            for target, rule_id, value, judged in zip(*columns, strict=True):
                for variant, position in listings[target]:
                    rule = (scope, method, value, rounding, judged, layer, position, rule_id)
                    other = first.setdefault((row, variant), rule)
                    if other is not rule and _rank(rule) < _rank(other):
                        first[row, variant] = rule
        return {place: Rule(*rule[:5]) for place, rule in first.items()}

    def hidden(self) -> set[Place]:
        """Listings of products that their partner keeps out of the store."""
        rows = self._session.execute(_HIDDEN, self._keys).all()
        return {
            (self._stores[store], variant)
            for store, product in rows
            for variant, _ in self._targets["product"][product]
        }

    def sold(self, *, since: datetime) -> dict[Place, int]:
        """Units sold of each listing from a moment on."""
        rows = self._session.execute(_SOLD, {**self._keys, "since": since}).all()
        return {
            (self._stores[store], self._targets["variant"][variant][0][0]): int(units)
            for store, variant, units in rows
        }
