"""What a listing cost over time: its price, its wholesale price and its floor, change by change.

Nothing is kept for this. Rules and wholesale prices have periods, so each moment at which one begins
or ends is asked for its price like any other; where the answer differs from the one before, something
changed. That takes one statement for each such moment of one listing, and no second way to price.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from kit.money import Money
from pricing.explaining import Explanation, UsedEvent, UsedRule, UsedSale, explain

_MOST = 40
_INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class PriceMoved:
    """One change of a listing. Each figure is a pair of before and after; None is no price, or none yet.

    ``rule`` prices it from now on when that is another one than before, and ``actor`` is who set that
    one, as recorded; it is empty where a rule only ended and an older one priced the listing again.
    ``new_rule`` tells the two apart. ``wholesale_reason`` is None unless a wholesale price began or
    ended. ``event`` and ``sale`` are pairs of before and after, too. ``ahead`` marks what is scheduled
    and has not happened.
    """

    at: datetime
    price: tuple[Money | None, Money | None]
    wholesale: tuple[Money | None, Money | None]
    floor: tuple[Money | None, Money | None]
    rule: UsedRule | None
    new_rule: bool
    ruled: bool
    actor: str
    wholesale_reason: str | None
    event: tuple[UsedEvent | None, UsedEvent | None]
    sale: tuple[UsedSale | None, UsedSale | None]
    ahead: bool


@dataclass(frozen=True, slots=True)
class PriceHistory:
    """Changes of a listing, the oldest first. ``whole`` is false where older ones were left out."""

    changes: tuple[PriceMoved, ...]
    whole: bool


# Both lists count, also while the partner's own goes before: the reading at each moment decides.
_MOMENTS = text("""
    SELECT DISTINCT m.at FROM (
      SELECT unnest(ARRAY[lower(w.valid), upper(w.valid)]) AS at
        FROM stores s
        JOIN partners p ON p.partner_id = s.partner_id
        JOIN wholesale_prices w ON w.variant_id = :variant_id AND w.currency = s.currency
         AND w.price_list_id IN (p.price_list_id,
                                 (SELECT d.price_list_id FROM price_lists d WHERE d.is_default))
       WHERE s.partner_id = :partner_id AND p.partner_id = :partner_id AND s.store_id = :store_id
      UNION ALL
      SELECT unnest(ARRAY[lower(r.valid), upper(r.valid)])
        FROM retail_rules r
       WHERE r.partner_id = :partner_id AND r.store_id = :store_id
         AND ((r.scope = 'variant' AND r.scope_id = :variant_id)
           OR (r.scope = 'product' AND r.scope_id = :product_id)
           OR (r.scope = 'collection' AND r.scope_id IN (
                 SELECT c.collection_id FROM collection_products c WHERE c.product_id = :product_id))
           OR r.scope = 'store')
      UNION ALL
      SELECT unnest(ARRAY[e.begins, e.ends])
        FROM sale_events e JOIN sale_event_products g ON g.event_id = e.event_id
       WHERE g.product_id = :product_id
      UNION ALL
      SELECT c.since FROM sale_event_choices c
       WHERE c.partner_id = :partner_id AND c.store_id = :store_id
      UNION ALL
      SELECT unnest(ARRAY[lower(q.valid), upper(q.valid)])
        FROM store_sales q
       WHERE q.partner_id = :partner_id AND q.store_id = :store_id
    ) m WHERE m.at IS NOT NULL ORDER BY m.at DESC LIMIT :most
""")


def price_history(
    session: Session, *, partner_id: UUID, store_id: UUID, variant_id: UUID, now: datetime, most: int = _MOST
) -> PriceHistory:
    """Return how a listing's price, wholesale and floor changed, and what is scheduled for it.

    Of the moments at which something began or ended, the ``most`` last ones count. Floors are judged
    by today's settings, also those of the past. Raises NotFound as ``explain`` does.
    """
    keys = {"partner_id": partner_id, "store_id": store_id, "variant_id": variant_id}

    def asked(at: datetime) -> Explanation:
        return explain(session, **keys, at=at, now=now)

    product_id = asked(now).product_id
    rows = session.execute(_MOMENTS, {**keys, "product_id": product_id, "most": most + 1})
    found = sorted(rows.scalars())
    whole = len(found) <= most
    moments = found if whole else found[1:]
    changes: list[PriceMoved] = []
    before = None if whole or not moments else asked(moments[0] - _INSTANT)
    for moment in moments:
        after = asked(moment)
        moved = _moved(before, after, ahead=moment > now)
        if moved is not None:
            changes.append(moved)
        before = after
    return PriceHistory(tuple(changes), whole)


def _moved(before: Explanation | None, after: Explanation, *, ahead: bool) -> PriceMoved | None:
    """The change between two neighbouring moments; None where all figures stayed the same."""
    price = (before.price if before else None, after.price)
    wholesale = (before.cost if before else None, after.cost)
    floor = (before.floor if before else None, after.floor)
    if all(first == last for first, last in (price, wholesale, floor)):
        return None
    rule_before, rule = before.rule if before else None, after.rule
    ruled = (rule_before and rule_before.rule_id) != (rule and rule.rule_id)
    new_rule = ruled and rule is not None and rule.since == after.at
    reason = None
    if _listed(before) != _listed(after):
        reason = after.wholesale.reason if after.wholesale and after.wholesale.since == after.at else ""
    return PriceMoved(
        at=after.at,
        price=price,
        wholesale=wholesale,
        floor=floor,
        rule=rule,
        new_rule=new_rule,
        ruled=ruled,
        actor=rule.actor if rule is not None and new_rule else "",
        wholesale_reason=reason,
        event=(before.event if before else None, after.event),
        sale=(before.sale if before else None, after.sale),
        ahead=ahead,
    )


def _listed(found: Explanation | None) -> Money | None:
    """What the price list says, which an event does not change."""
    return found.wholesale.amount if found is not None and found.wholesale is not None else None
