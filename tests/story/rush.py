"""Everything at once: four shoppers, the company and the partner, in one instant."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from uuid import UUID

from hypothesis.stateful import (
    rule,
)
from sqlalchemy import text

from kit.ids import NIL
from kit.money import Money
from orders.cart import CodeRefused, use_code
from orders.placing import CartChanged, DiscountChanged
from pricing.judging import PricesRefused
from pricing.retail import set_prices
from pricing.wholesale import NewWholesale, ScheduleTaken
from storage.database import transaction
from tests.story.book import Goods, Span, Wholesale
from tests.story.company import Company
from tests.story.life import amounts, shops, which
from tests.story.partners import Partners
from tests.story.reckoning import SMALLEST_MARGIN, Asked, Cut
from tests.story.shoppers import ORDER, Shoppers
from tests.world import CONTACT, GERMAN, Shop


class Rush(Company, Partners, Shoppers):
    """What nobody can say the order of."""

    @rule(shop=shops, goods=which, wholesale=amounts, retail=amounts)
    def everything_at_once(self, shop: str, goods: int, wholesale: int, retail: int) -> None:
        """Four shoppers want the last use of a coupon while both prices change, all in one instant."""
        now, chosen, variant = self.tick(), self.shops[shop], self.book.goods[goods]
        before = self.price(chosen, variant.variant)
        if before is None:
            return
        last = self.new_coupon(chosen, Cut(NIL, "percent", 1000, "all", NIL), Span(now), most=1)
        carts = [chosen.fill_cart((variant.sku, 2)) for _ in range(4)]
        for cart_id in carts:
            with chosen.transaction() as session:
                try:
                    use_code(session, **chosen.keys, cart_id=cart_id, code=last.code, now=now)
                except CodeRefused:
                    return  # The price is at its floor already.
        price_list = self.book.terms[chosen.store_id].price_list
        new = NewWholesale(variant.variant, price_list, Money(wholesale, chosen.currency))
        rule_before = len(self.book.rules)

        def buy(cart_id: UUID) -> UUID | None:
            try:
                return chosen.start(cart_id, contact=CONTACT if chosen.currency == "USD" else GERMAN).order_id
            except (CartChanged, DiscountChanged):
                return None

        def rise() -> bool:
            try:
                return self.save_wholesale(new, now)
            except ScheduleTaken:
                return False

        with ThreadPoolExecutor(6) as pool:
            orders = [pool.submit(buy, cart_id) for cart_id in carts]
            risen = pool.submit(rise)
            priced = pool.submit(self.price_a_variant_now, chosen, variant, retail, now)
            bought = [order.result() for order in orders]
        self.note_what_came_of_it(chosen, variant, new, risen.result(), priced.result())
        assert len(self.book.rules) - rule_before <= 1
        used = 0
        for order_id in bought:
            if order_id is None:
                continue
            with transaction(self.world.services.console) as session:
                keys = {"partner_id": chosen.partner_id, "order_id": order_id}
                order = session.execute(ORDER, keys).one()
            self.saw["order in a rush"] += 1
            used += str(last.cut.key) in (order.discounts or {})
            (line,) = order.lines
            after = self.book.price(chosen, variant, order.placed_at, order.placed_at)
            assert after is not None
            # Wholesale is the one of the order's own moment; of two prices of one instant, either.
            assert line["unit_wholesale"] == after.cost
            assert line["unit_retail"] in (before.price, after.price)
            assert line["net"] + line["company_discount"] >= (after.cost + SMALLEST_MARGIN) * 2
            assert line["margin"] == line["net"] + line["company_discount"] - after.cost * 2
        assert used <= 1

    def price_a_variant_now(self, shop: Shop, goods: Goods, amount: int, now: datetime) -> bool:
        try:
            with shop.transaction() as session:
                set_prices(
                    session, **shop.keys, prices={goods.variant: Money(amount, shop.currency)}, actor="story", now=now
                )  # fmt: skip
        except PricesRefused:
            return False
        return True

    def note_what_came_of_it(
        self, shop: Shop, goods: Goods, new: NewWholesale, risen: bool, priced: bool
    ) -> None:
        """Who came first is known to the database alone: the book takes the moments from there."""
        now = self.world.now
        with transaction(self.world.services.console) as session:
            begun, judged = session.execute(
                text("""
                    SELECT (SELECT max(lower(w.valid)) FROM wholesale_prices w
                             WHERE w.variant_id = :variant AND w.price_list_id = :list AND w.currency = :currency),
                           (SELECT jsonb_build_array(r.value, r.judged_wholesale) FROM retail_rules r
                             WHERE r.partner_id = :partner AND r.store_id = :store AND r.scope_id = :variant
                               AND r.withdrawn_at IS NULL AND lower(r.valid) = :now AND r.layer = 'standing')
                """),
                {
                    "variant": goods.variant, "list": new.price_list_id, "currency": shop.currency,
                    "partner": shop.partner_id, "store": shop.store_id, "now": now,
                },
            ).one()  # fmt: skip
        if risen:
            assert now <= begun < now + timedelta(milliseconds=1)
            self.book.wholesale.append(
                Wholesale(goods.variant, new.price_list_id, shop.currency, new.amount.minor, begun)
            )
        if priced:
            asked = Asked("fixed", judged[0], judged=judged[1])
            self.replace_rule(shop, "variant", goods.variant, asked, now)
