"""What a partner should know of its prices: its own changes, and what announced wholesale will do."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from kit.money import Money, decimals
from pricing.precedence import RULE_IN_FORCE, WHOLESALE_IN_FORCE
from pricing.reading import read_terms
from pricing.rules import Rule, Terms, retail_price
from tenants.store_settings import RISE_CHOICES


@dataclass(frozen=True, slots=True)
class PriceChange:
    """Prices that were set at one moment. ``scope`` is variant, product, collection or store;
    ``title`` names the product when there was one price only."""

    at: datetime
    scope: str
    count: int
    title: str


_CHANGES = text("""
    WITH saved AS (
      SELECT r.created_at, r.scope, count(*) AS changed, (array_agg(r.scope_id))[1] AS one
        FROM retail_rules r
       WHERE r.partner_id = :partner_id AND r.store_id = :store_id AND r.created_at >= :since
       GROUP BY r.created_at, r.scope
    )
    SELECT c.created_at, c.scope, c.changed, g.title
      FROM saved c
      LEFT JOIN variants v ON v.variant_id = c.one AND c.changed = 1
      LEFT JOIN products g ON g.product_id = v.product_id
     ORDER BY c.created_at
""")


def price_changes(
    session: Session, *, partner_id: UUID, store_id: UUID, since: datetime
) -> list[PriceChange]:
    """Return when a store's prices were changed by its partner, oldest first."""
    rows = session.execute(_CHANGES, {"partner_id": partner_id, "store_id": store_id, "since": since})
    return [PriceChange(row.created_at, row.scope, row.changed, row.title or "") for row in rows]


@dataclass(frozen=True, slots=True)
class Overtaken:
    """A fixed price that a change of wholesale puts under the floor. ``wholesale`` is what it was until
    ``begins`` and ``new_wholesale`` what it is from then on; ``price`` what shoppers pay until then.

    ``lowest`` is the lowest price allowed from then on. ``after`` is what the store's standing choice
    makes of the price, and ``earn`` its margin on a unit; both are None where it pauses the product.
    """

    variant_id: UUID
    sku: str
    product: str
    variant: str
    begins: datetime
    wholesale: Money
    new_wholesale: Money
    price: Money
    earned: Money
    lowest: Money
    after: Money | None
    earn: Money | None


_WHOLESALE = WHOLESALE_IN_FORCE.format(
    variant="v.variant_id",
    currency="mine.currency",
    own_list="mine.price_list_id",
    default_list="mine.default_list_id",
    at="{at}",
)
# Each price is read at the moment at which the change bites, or now where it has begun: by then another
# rule may be in force, and a partner's own list may hold a price that the default list's does not touch.
# Of what has begun, changes that raise nothing are left out early: a new catalogue is one of them.
_OVERTAKEN = text(
    """
WITH mine AS (
  SELECT s.currency, p.price_list_id,
         (SELECT d.price_list_id FROM price_lists d WHERE d.is_default) AS default_list_id
    FROM stores s JOIN partners p ON p.partner_id = s.partner_id
   WHERE s.partner_id = :partner_id AND p.partner_id = :partner_id AND s.store_id = :store_id
), moments AS (
  SELECT DISTINCT w.variant_id, lower(w.valid) AS begins,
         greatest(lower(w.valid), CAST(:now AS timestamptz)) AS bites
    FROM mine JOIN wholesale_prices w ON w.currency = mine.currency
     AND w.price_list_id IN (mine.price_list_id, mine.default_list_id)
   WHERE lower(w.valid) > :since AND (upper_inf(w.valid) OR upper(w.valid) > :now)
     AND (CAST(:change_id AS uuid) IS NULL OR w.change_id = :change_id)
     AND (lower(w.valid) > :now
          OR EXISTS (SELECT 1 FROM wholesale_changes c WHERE c.change_id = w.change_id AND c.raises))
)
SELECT v.variant_id, v.sku, v.options, g.title, n.begins, old.amount AS wholesale,
       new.amount AS new_wholesale, r.scope, r.method, r.value, r.rounding, r.judged_wholesale
  FROM moments n
 CROSS JOIN mine
  JOIN variants v ON v.variant_id = n.variant_id
  JOIN products g ON g.product_id = v.product_id AND g.state = 'active'
  JOIN LATERAL ({wholesale}) new ON lower(new.valid) = n.begins
  JOIN LATERAL ({wholesale_before}) old ON old.amount < new.amount
  JOIN LATERAL (
{rule}  ) r ON r.method = 'fixed'
 WHERE NOT EXISTS (SELECT 1 FROM hidden_products h
                    WHERE h.partner_id = :partner_id AND h.store_id = :store_id
                      AND h.product_id = g.product_id)
 ORDER BY n.begins, g.position, g.product_id, v.position
""".replace(
        "{rule}",
        RULE_IN_FORCE.format(
            partner=":partner_id",
            store=":store_id",
            at="n.bites",
            variant="v.variant_id",
            product="g.product_id",
        ),
    )
    .replace("{wholesale}", _WHOLESALE.replace("{at}", "n.bites"))
    .replace("{wholesale_before}", _WHOLESALE.replace("{at}", "(n.begins - interval '1 microsecond')"))
)
_RECENTLY = timedelta(days=30)
_EVER = datetime(1970, 1, 1, tzinfo=UTC)


def overtaken_prices(
    session: Session,
    *,
    partner_id: UUID,
    store_id: UUID,
    now: datetime,
    change_id: UUID | None = None,
    begun: bool = True,
) -> list[Overtaken]:
    """Own prices that changes of wholesale put under the floor, by when the changes begin.

    These are all that was announced, and what began within 30 days and has not been answered by a new
    price yet, unless ``begun`` is false; with ``change_id`` what this one change does, whenever it began.
    """
    rows = session.execute(
        _OVERTAKEN,
        {
            "partner_id": partner_id,
            "store_id": store_id,
            "now": now,
            "since": _EVER if change_id else now - _RECENTLY if begun else now,
            "change_id": change_id,
        },
    ).all()
    if not rows:
        return []
    terms = read_terms(session, partner_id=partner_id, store_id=store_id, now=now)
    return [found for row in rows if (found := _overtaken(row, terms)) is not None]


def _overtaken(row: Row[Any], terms: Terms) -> Overtaken | None:
    rule = Rule(row.scope, row.method, row.value, row.rounding, row.judged_wholesale)
    before = retail_price(rule, wholesale=row.wholesale, terms=terms)
    lowest = terms.lowest(row.new_wholesale)
    if before is None or before >= lowest:
        return None
    after = retail_price(rule, wholesale=row.new_wholesale, terms=terms)

    def money(minor: int) -> Money:
        return Money(minor, terms.currency)

    return Overtaken(
        variant_id=row.variant_id,
        sku=row.sku,
        product=row.title,
        variant=", ".join(row.options),
        begins=row.begins,
        wholesale=money(row.wholesale),
        new_wholesale=money(row.new_wholesale),
        price=money(before),
        earned=money(terms.net(before) - row.wholesale),
        lowest=money(lowest),
        after=None if after is None else money(after),
        earn=None if after is None else money(terms.net(after) - row.new_wholesale),
    )


@dataclass(frozen=True, slots=True)
class Announced:
    """The next announced change of wholesale that touches own prices. ``under`` are how many of them
    it puts under the floor; ``skus`` name some of these."""

    begins: datetime
    under: int
    skus: tuple[str, ...]


def announced_wholesale(
    session: Session, *, partner_id: UUID, store_id: UUID, now: datetime
) -> Announced | None:
    """Return the first announced change that puts own prices under the floor; None when none does."""
    ahead = overtaken_prices(session, partner_id=partner_id, store_id=store_id, now=now, begun=False)
    if not ahead:
        return None
    first = ahead[0].begins
    skus = [row.sku for row in ahead if row.begins == first]
    return Announced(first, len(skus), tuple(skus[:5]))


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a standing choice makes of the example's price; both are None where it pauses the product."""

    choice: str
    price: Money | None
    earn: Money | None


@dataclass(frozen=True, slots=True)
class RiseExample:
    """A rise of wholesale that overtakes a fixed price, and what each standing choice makes of it."""

    wholesale: Money
    new_wholesale: Money
    price: Money
    earned: Money
    outcomes: tuple[Outcome, ...]


def rise_example(terms: Terms) -> RiseExample:
    """Work through a rise by half on a store's own terms: its currency, its tax, its smallest margin."""
    currency = terms.currency
    before = 10 ** (decimals(currency) + 1) if decimals(currency) else 1000
    after = before * 3 // 2
    price = max(terms.shown(before * 7 // 5), terms.lowest(before))
    rule = Rule("variant", "fixed", price, judged_wholesale=before)
    outcomes = []
    for choice in RISE_CHOICES:
        made = retail_price(rule, wholesale=after, terms=replace(terms, on_rise=choice))
        earn = None if made is None else Money(terms.net(made) - after, currency)
        outcomes.append(Outcome(choice, None if made is None else Money(made, currency), earn))
    return RiseExample(
        wholesale=Money(before, currency),
        new_wholesale=Money(after, currency),
        price=Money(price, currency),
        earned=Money(terms.net(price) - before, currency),
        outcomes=tuple(outcomes),
    )
