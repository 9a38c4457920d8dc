"""What holds after every step."""

from __future__ import annotations

from datetime import timedelta

from hypothesis.stateful import (
    invariant,
)

from app.price_words import lines as words_of
from pricing.explaining import Explanation, explain
from pricing.listing import listings
from pricing.reading import PRODUCTS
from tests.story.life import Life
from tests.story.reckoning import Asked, price_of
from tests.world import Shop


class Promises(Life):
    """Shops, explanations and kept pages agree with the book."""

    @invariant()
    def shops_ask_what_the_book_says(self) -> None:
        now = self.world.now
        for shop in self.shops.values():
            with shop.transaction() as session:
                found = listings(
                    session, partner_id=shop.partner_id, store_id=shop.store_id, now=now, selection=PRODUCTS,
                    choice=self.products,
                )  # fmt: skip
            asked = {v.variant_id: v for product in found.products for v in product.variants}
            for goods in self.book.goods:
                price = self.book.price(shop, goods, now, now)
                listed = asked.get(goods.variant)
                if listed is None or listed.price is None:
                    assert price is None, goods.sku
                    self.saw["paused"] += 1
                    continue
                assert price is not None, goods.sku
                assert listed.price.minor == price.price, goods.sku
                reduced = listed.compare_at
                self.saw["reduced price"] += reduced is not None
                assert (reduced.minor if reduced else price.price) == price.regular
                assert price.price >= self.book.terms[shop.store_id].shown.lowest(price.cost)
                if found.good_until is not None:
                    # A page that was kept until just before its end still tells the truth.
                    last = found.good_until - timedelta(microseconds=1)
                    assert self.book.price(shop, goods, last, last) == price

    @invariant()
    def a_price_explains_itself(self) -> None:
        self.steps += 1
        self.saw["step"] += 1
        now, shop = self.world.now, list(self.shops.values())[self.steps % 2]
        goods = self.book.goods[self.steps % 3]
        at = now + timedelta(hours=(0, -1, 7, 30, -40)[self.steps % 5])
        with shop.transaction() as session:
            found = explain(session, **shop.keys, variant_id=goods.variant, at=at, now=now)
        price = self.book.price(shop, goods, at, now)
        assert (found.price.minor if found.price else None) == (price.price if price else None)
        if price is None or found.price is None or found.cost is None:
            return
        assert found.cost.minor == price.cost
        self.saw["event price"] += found.event is not None
        self.recomputes(shop, found)
        said = words_of(found, say=str, when=str, earns="Earn")
        results = {line.label: line.amount for line in said if line.result}
        assert results["Price"] == found.price
        tax = next((line.amount for line in said if line.label == "Tax in it"), None)
        net = found.price if tax is None else found.price + tax
        self.saw["price explained"] += 1
        assert results["Earn"] == net - found.cost == found.earn

    def recomputes(self, shop: Shop, found: Explanation) -> None:
        """The price follows from the parts that the explanation itself names."""
        assert found.rule
        assert found.wholesale
        rule, event = found.rule.rule, found.event
        again = price_of(
            Asked(rule.method, rule.value, rule.rounding, rule.judged_wholesale or 0),
            wholesale=found.wholesale.amount.minor,
            shown=self.book.terms[shop.store_id].shown,
            ceiling=found.ceiling.minor if found.ceiling else None,
            event=(event.off_bps, event.pass_on_bps) if event else (0, 0),
            sale=found.sale.off_bps if found.sale else 0,
        )
        assert again
        assert found.price
        assert again.price == found.price.minor
