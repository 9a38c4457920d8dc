"""Working out the bands of what partners ask: anew each time, so that nothing of whoever left stays.

Only as the company's role, because it looks into every store. What it writes names no partner.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, insert, text
from sqlalchemy.orm import Session

from pricing.bands import FEWEST, PriceBand, quartiles
from pricing.exposure import Exposed, Goods, Seller, goods_on_sale, sellers
from pricing.rules import Rule, Terms, retail_price
from pricing.wholesale import default_list, wholesale_at

_AT_ONCE = 500
_CURRENCIES = text("SELECT DISTINCT s.currency FROM stores s WHERE s.state = 'live' ORDER BY s.currency")
_OPEN = text("""
    SELECT s.store_id FROM stores s JOIN partners p ON p.partner_id = s.partner_id AND p.state = 'active'
     WHERE s.state = 'live' AND s.currency = :currency
""")
_VARIANTS = text("""
    SELECT v.variant_id FROM variants v
      JOIN products g ON g.product_id = v.product_id AND g.state = 'active' ORDER BY v.variant_id
""")


def fill_bands(session: Session, *, now: datetime) -> int:
    """Work out every band from the regular prices of live stores, and return how many there are now.

    Several stores of one partner count once, by the middle of their prices.
    """
    variants = session.scalars(_VARIANTS).all()
    made = 0
    session.execute(delete(PriceBand))
    for currency in session.scalars(_CURRENCIES).all():
        open_stores = set(session.scalars(_OPEN, {"currency": currency}))
        stores = [
            seller for seller in sellers(session, currency=currency, at=now) if seller.store_id in open_stores
        ]
        if len({seller.partner_id for seller in stores}) < FEWEST:
            continue
        for first in range(0, len(variants), _AT_ONCE):
            rows = list(_bands(session, stores, variants[first : first + _AT_ONCE], currency, now))
            if rows:
                session.execute(insert(PriceBand), rows)
            made += len(rows)
    return made


def _bands(
    session: Session, stores: Sequence[Seller], variant_ids: Sequence[UUID], currency: str, now: datetime
) -> Iterator[dict[str, object]]:
    goods = goods_on_sale(session, variant_ids=variant_ids, currency=currency)
    exposed = Exposed(session, stores=stores, goods=goods)
    particular, hidden = exposed.particular(at=now), exposed.hidden()
    costs = wholesale_at(session, variant_ids=variant_ids, at=now)
    default = default_list(session).price_list_id
    lists = {store.price_list_id for store in stores}
    for place, item in enumerate(goods):
        fallback = costs.get((item.variant_id, default, currency))
        cost_of = {key: costs.get((item.variant_id, key, currency), fallback) for key in lists}
        pricer = _Pricer(item)
        asked: dict[bool, dict[UUID, list[int]]] = {False: {}, True: {}}
        for number, store in enumerate(stores):
            listing = (number, place)
            if listing in hidden:
                continue
            rule = particular.get(listing, store.rule)
            price = pricer.price(rule, cost_of[store.price_list_id], store.terms)
            if price is not None:
                asked[store.terms.tax_inclusive].setdefault(store.partner_id, []).append(price)
        for tax_inclusive, by_partner in asked.items():
            if len(by_partner) >= FEWEST:
                low, median, high = quartiles(
                    prices[0] if len(prices) == 1 else quartiles(prices)[1] for prices in by_partner.values()
                )
                yield {
                    "variant_id": item.variant_id,
                    "currency": currency,
                    "tax_inclusive": tax_inclusive,
                    "partners": len(by_partner),
                    "low": low,
                    "median": median,
                    "high": high,
                    "computed_at": now,
                }


class _Pricer:
    """Prices of one variant. Stores with the same rule and terms come out alike: each is worked out once."""

    def __init__(self, item: Goods) -> None:
        self._ceiling = item.ceiling
        self._found: dict[tuple[int, int, int], int | None] = {}

    def price(self, rule: Rule | None, cost: int | None, terms: Terms) -> int | None:
        """The price in minor units; None where there is none."""
        if rule is None or cost is None:
            return None
        # Stores that have the same rule or terms share the object, and what they are takes long to compare.
        key = (id(rule), cost, id(terms))
        if key not in self._found:
            self._found[key] = retail_price(rule, wholesale=cost, terms=terms, ceiling=self._ceiling)
        return self._found[key]
