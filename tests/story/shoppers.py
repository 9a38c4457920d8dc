"""What shoppers do, and their orders worked out again."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import (
    precondition,
    rule,
)
from sqlalchemy import text

from kit.ids import NIL
from orders.cart import CodeRefused, confirm_prices, read_cart, use_code
from orders.placing import CartChanged
from payments.checkout import resume
from storage.database import transaction
from tests.story.book import Span
from tests.story.life import Bag, Discount, Life, shops, which
from tests.story.reckoning import LEAST, SMALLEST_MARGIN, Cut, Line, Price, taken_off
from tests.world import CONTACT, GERMAN, PAID, Shop

ORDER = text("""
    SELECT o.placed_at, o.goods, o.delivery, o.tax, o.total, o.tax_inclusive,
           (SELECT jsonb_agg(to_jsonb(l) ORDER BY l.position) FROM order_lines l
             WHERE l.partner_id = o.partner_id AND l.order_id = o.order_id) AS lines,
           (SELECT jsonb_object_agg(d.discount_id, d.amount) FROM order_discounts d
             WHERE d.partner_id = o.partner_id AND d.order_id = o.order_id) AS discounts
      FROM orders o WHERE o.partner_id = :partner_id AND o.order_id = :order_id
""")
_USES = text("""
    SELECT count(*) AS uses, count(*) FILTER (WHERE o.email = :email) AS mine
      FROM order_discounts d JOIN orders o ON o.partner_id = d.partner_id AND o.order_id = d.order_id
     WHERE d.partner_id = :partner_id AND d.discount_id = :key
""")

emails = st.sampled_from(["a@example.com", "b@example.com"])


class Shoppers(Life):
    """Bags, codes and orders."""

    @rule(shop=shops, first=which, quantity=st.integers(1, 4), more=st.booleans())
    def fill_a_bag(self, shop: str, first: int, quantity: int, more: bool) -> None:
        bag = self.put_into_a_bag(self.shops[shop], first, quantity, more)
        if bag is not None:
            self.bags.append(bag)

    @rule(shop=shops, first=which, quantity=st.integers(1, 4), more=st.booleans(), email=emails, pays=st.booleans(),
          percent=st.sampled_from([None, 500, 3000, 9000]))  # fmt: skip
    def buy_at_once(
        self, shop: str, first: int, quantity: int, more: bool, email: str, pays: bool, percent: int | None
    ) -> None:
        """With a coupon of so many basis points, or the newest code that there is."""
        bag = self.put_into_a_bag(self.shops[shop], first, quantity, more)
        if bag is None:
            return
        if percent is not None:
            self.new_coupon(bag.shop, Cut(NIL, "percent", percent, "all", NIL), Span(self.world.now))
        codes = [found for found in self.discounts if found.code and found.store in (None, bag.shop.store_id)]
        if codes:
            self.try_code(bag, codes[-1].code)
        self.order(bag, email, pays)

    def put_into_a_bag(self, shop: Shop, first: int, quantity: int, more: bool) -> Bag | None:
        self.tick()
        wanted = {self.book.goods[first].variant: quantity}
        if more:
            wanted[self.book.goods[(first + 1) % 3].variant] = 1
        prices = {key: self.price(shop, key) for key in wanted}
        if not all(prices.values()):
            return None
        skus = {goods.variant: goods.sku for goods in self.book.goods}
        cart_id = shop.fill_cart(*((skus[key], many) for key, many in wanted.items()))
        return Bag(shop, cart_id, wanted, {key: price.price for key, price in prices.items() if price})

    def price(self, shop: Shop, variant: UUID) -> Price | None:
        goods = next(goods for goods in self.book.goods if goods.variant == variant)
        return self.book.price(shop, goods, self.world.now, self.world.now)

    @precondition(lambda self: self.bags and self.discounts)
    @rule(bag=which, number=st.integers(0, 5))
    def use_a_code(self, bag: int, number: int) -> None:
        self.tick()
        self.try_code(self.pick(self.bags, bag), self.pick(self.discounts, number).code or "NONE")

    def try_code(self, bag: Bag, code: str) -> None:
        try:
            with bag.shop.transaction() as session:
                use_code(session, **bag.shop.keys, cart_id=bag.cart_id, code=code, now=self.world.now)
        except CodeRefused:
            self.saw["code refused"] += 1
            return
        bag.code = code

    @precondition(lambda self: self.bags)
    @rule(number=which, email=emails, pays=st.booleans())
    def check_out(self, number: int, email: str, pays: bool) -> None:
        self.tick()
        self.order(self.bags.pop(number % len(self.bags)), email, pays)

    def order(self, bag: Bag, email: str, pays: bool) -> None:
        contact = replace(CONTACT if bag.shop.currency == "USD" else GERMAN, email=email)
        prices = {key: self.price(bag.shop, key) for key in bag.items}
        changed = any(price is None or price.price != bag.seen[key] for key, price in prices.items())
        expected = self.expected_discounts(bag, email)
        try:
            order_id = bag.shop.start(bag.cart_id, contact=contact).order_id
        except CartChanged:
            assert changed
            self.saw["price changed in the bag"] += 1
            if not all(prices.values()):
                return
            self.confirm(bag, email)
            order_id = bag.shop.start(bag.cart_id, contact=contact).order_id
        else:
            assert not changed
        found = self.check_order(bag, order_id)
        assert {UUID(key): amount for key, amount in (found.discounts or {}).items()} == expected
        self.saw["order"] += 1
        for discount in self.discounts:
            if discount.cut.key in expected:
                self.saw["order with a coupon" if discount.store else "order with a promotion"] += 1
        if pays:
            assert bag.shop.pay(order_id) == PAID
            assert resume(
                bag.shop.tenant, gateway=self.world.services.gateway, order_id=order_id, now=self.world.now
            ) == "paid"  # fmt: skip

    def confirm(self, bag: Bag, email: str) -> None:
        """Look at the bag again, and take today's prices."""
        with bag.shop.transaction() as session:
            keys = {**bag.shop.keys, "cart_id": bag.cart_id}
            cart = read_cart(session, **keys, now=self.world.now, currency=bag.shop.currency, email=email)
            confirm_prices(session, partner_id=bag.shop.partner_id, cart=cart)

    def check_order(self, bag: Bag, order_id: UUID) -> Any:
        """Work each line of an order out again, from the prices of its own moment."""
        with transaction(self.world.services.console) as session:
            keys = {"partner_id": bag.shop.partner_id, "order_id": order_id}
            order = session.execute(ORDER, keys).one()
        assert {UUID(line["variant_id"]): line["quantity"] for line in order.lines} == bag.items
        for line in order.lines:
            goods = next(goods for goods in self.book.goods if goods.sku == line["sku"])
            price = self.book.price(bag.shop, goods, order.placed_at, order.placed_at)
            assert price is not None
            many = line["quantity"]
            assert (line["unit_retail"], line["unit_wholesale"]) == (price.price, price.cost)
            assert line["unit_floor"] == price.cost + SMALLEST_MARGIN
            listed = price.price * many
            off = line["partner_discount"] + line["company_discount"]
            if order.tax_inclusive:
                taxed = line["net"] + line["tax"]
                assert taxed <= listed
                assert abs(line["net"] * 119 - taxed * 100) <= 60
                assert abs((line["net"] + off) * 119 - listed * 100) <= 60
            else:
                assert line["net"] + off == listed
            assert line["net"] + line["company_discount"] >= line["unit_floor"] * many
            assert line["margin"] == line["net"] + line["company_discount"] - price.cost * many
            self.saw["line under its floor by the company"] += line["net"] < line["unit_floor"] * many
            assert line["company_discount"] or line["net"] >= line["unit_floor"] * many
        assert order.total == order.goods + order.delivery + order.tax
        assert order.goods == sum(line["net"] for line in order.lines)
        return order

    def expected_discounts(self, bag: Bag, email: str) -> dict[UUID, int]:
        """What comes off an order of this bag now: at most a coupon, and the promotion that gives most."""
        shown = self.book.terms[bag.shop.store_id].shown
        in_order = sorted(bag.items, key=lambda key: next(g.sku for g in self.book.goods if g.variant == key))
        lines = []
        for key in in_order:
            price, many = self.price(bag.shop, key), bag.items[key]
            goods = next(goods for goods in self.book.goods if goods.variant == key)
            if price is None:
                return {}
            lines.append(
                Line(goods.product, tuple(goods.collections), price.price * many, shown.lowest(price.cost) * many,
                     price.cost * many)
            )  # fmt: skip
        usable = [d for d in self.discounts if self.usable(d, bag, lines, email)]
        coupon = next((d for d in usable if d.store and d.code == bag.code), None)
        parts, found = [0] * len(lines), {}
        if coupon is not None:
            parts = taken_off(coupon.cut, lines, parts, shown, LEAST)
            found[coupon.cut.key] = sum(parts)
        offers = [d for d in usable if d.store is None and d.code in ("", bag.code)]
        # The one that was named is taken where another gives the same.
        offers.sort(key=lambda d: (not d.code, d.cut.key))
        given = [(d.cut.key, sum(taken_off(d.cut, lines, parts, shown, LEAST))) for d in offers]
        best = max(given, key=lambda item: item[1], default=None)
        if best is not None:
            found[best[0]] = best[1]
        return {key: amount for key, amount in found.items() if amount}

    def usable(self, discount: Discount, bag: Bag, lines: list[Line], email: str) -> bool:
        shop = bag.shop
        if discount.store not in (None, shop.store_id) or not discount.span.holds(self.world.now):
            return False
        if discount.store is None and (
            discount.currency not in (None, shop.currency)
            or self.book.terms[shop.store_id].price_list not in self.lists[:2]
        ):
            return False
        with transaction(self.world.services.console) as session:
            keys = {"partner_id": shop.partner_id, "key": discount.cut.key, "email": email}
            uses, mine = session.execute(_USES, keys).one()
        if discount.most is not None and uses >= discount.most:
            return False
        if discount.most_per_customer is not None and mine >= discount.most_per_customer:
            return False
        return (
            any(discount.cut.covers(line) for line in lines)
            and sum(line.amount for line in lines) >= discount.smallest
        )
