"""What partners do to prices."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import (
    precondition,
    rule,
)
from sqlalchemy import text

from kit.errors import NotFound, Refusal
from kit.ids import NIL
from kit.money import Money
from pricing.events import choose
from pricing.judging import PricesRefused
from pricing.plans import plan_prices, planned_prices, withdraw_plans
from pricing.retail import clear_prices, set_prices, set_rule
from pricing.rule_plans import clear_rule, plan_rule
from pricing.store_sales import end_sale, plan_sale
from storage.database import transaction
from tests.story.book import Choice, Goods, RuleEntry, Sale, Span
from tests.story.life import (
    Life,
    amounts,
    cuts,
    hours_ahead,
    lengths,
    percents,
    roundings,
    shops,
    which,
)
from tests.story.reckoning import Asked, Cut
from tests.world import Shop


class Partners(Life):
    """Own prices, plans, rules, choices, sales and coupons."""

    @rule(shop=shops, choice=st.sampled_from(["keep_percentage", "keep_amount", "lift", "pause"]))
    def choose_for_rises(self, shop: str, choice: str) -> None:
        self.tick()
        chosen = self.shops[shop]
        with transaction(self.world.services.console) as session:
            session.execute(
                text("UPDATE stores SET on_wholesale_rise = :choice WHERE store_id = :store"),
                {"choice": choice, "store": chosen.store_id},
            )
        self.book.terms[chosen.store_id].on_rise = choice

    @rule(shop=shops, goods=which, amount=amounts)
    def price_a_variant(self, shop: str, goods: int, amount: int) -> None:
        now, chosen, variant = self.tick(), self.shops[shop], self.book.goods[goods]
        running = [
            entry
            for entry in self.rules_for(chosen, "variant", variant.variant)
            if entry.planned and entry.span.holds(now) and entry.span.ends
        ]
        wrong = bool(running) or self.refused(chosen, variant, amount, now)
        try:
            with chosen.transaction() as session:
                set_prices(
                    session, **chosen.keys, prices={variant.variant: Money(amount, chosen.currency)},
                    actor="story", now=now,
                )  # fmt: skip
        except PricesRefused:
            assert wrong
            self.saw["refused under the floor"] += 1
            return
        assert not wrong
        judged = self.book.wholesale_of(chosen, variant, now) or 0
        self.replace_rule(chosen, "variant", variant.variant, Asked("fixed", amount, judged=judged), now)

    def refused(self, shop: Shop, goods: Goods, amount: int, at: datetime) -> bool:
        """Whether a price lies under its floor at a moment, or over the company's ceiling."""
        wholesale = self.book.wholesale_of(shop, goods, at)
        assert wholesale is not None
        lowest = self.book.terms[shop.store_id].shown.lowest(wholesale)
        ceiling = self.book.ceilings.get((goods.variant, shop.currency))
        return amount < lowest or (ceiling is not None and amount > max(ceiling, lowest))

    def rules_for(self, shop: Shop, scope: str, target: UUID) -> list[RuleEntry]:
        return [
            entry
            for entry in self.book.rules
            if (entry.store, entry.scope, entry.target) == (shop.store_id, scope, target)
            and not entry.span.gone
        ]

    def replace_rule(self, shop: Shop, scope: str, target: UUID, asked: Asked | None, now: datetime) -> None:
        """What holds without an end ends now, and another takes its place, or none."""
        for entry in self.rules_for(shop, scope, target):
            if entry.span.ends is None and (not entry.planned or entry.span.begins <= now):
                entry.span.ends = max(now, entry.span.begins + timedelta(microseconds=1))
        if asked is not None:
            self.book.rules.append(RuleEntry(shop.store_id, scope, target, asked, Span(now), planned=False))

    @rule(shop=shops, goods=which)
    def follow_the_rules_again(self, shop: str, goods: int) -> None:
        now, chosen, variant = self.tick(), self.shops[shop], self.book.goods[goods].variant
        with chosen.transaction() as session:
            clear_prices(session, **chosen.keys, variant_ids=[variant], actor="story", now=now)
        self.replace_rule(chosen, "variant", variant, None, now)

    @rule(shop=shops, goods=which, amount=amounts, hours=hours_ahead, length=lengths)
    def plan_a_price(self, shop: str, goods: int, amount: int, hours: int, length: int | None) -> None:
        now, chosen, variant = self.tick(), self.shops[shop], self.book.goods[goods]
        span = self.span(hours, length)
        overlapping = self.plans_meet(chosen, "variant", variant.variant, span, now)
        wrong = hours == 0 or overlapping or self.refused(chosen, variant, amount, span.begins)
        try:
            with chosen.transaction() as session:
                plan_prices(
                    session, **chosen.keys, prices={variant.variant: Money(amount, chosen.currency)},
                    begins=span.begins, ends=span.ends, actor="story", now=now,
                )  # fmt: skip
        except Refusal:
            assert wrong
            return
        assert not wrong
        self.settle(chosen, "variant", variant.variant, now)
        judged = self.book.wholesale_of(chosen, variant, span.begins) or 0
        asked = Asked("fixed", amount, judged=judged)
        with chosen.transaction() as session:
            made = [
                plan.rule_id
                for plan in planned_prices(session, **chosen.keys, now=now)
                if (plan.variant_id, plan.begins) == (variant.variant, span.begins)
            ]
        self.book.rules.append(
            RuleEntry(chosen.store_id, "variant", variant.variant, asked, span, planned=True, rule_id=made[0])
        )

    def plans(self) -> list[RuleEntry]:
        """Those that can be taken back: ahead, or running towards an end."""
        now = self.world.now + timedelta(seconds=1)
        return [
            entry
            for entry in self.book.rules
            if entry.planned
            and not entry.span.gone
            and (entry.span.begins > now or (entry.span.ends is not None and entry.span.ends > now))
        ]

    @precondition(lambda self: self.plans())
    @rule(number=which)
    def take_a_plan_back(self, number: int) -> None:
        plans = self.plans()
        now, entry = self.tick(), plans[number % len(plans)]
        shop = self.shop_of(entry.store)
        assert entry.rule_id
        with shop.transaction() as session:
            withdraw_plans(session, **shop.keys, rule_ids=[entry.rule_id], actor="story", now=now)
        self.close(entry.span, now)

    @rule(shop=shops, scope=which, method=st.sampled_from(["markup", "margin", "fixed"]),
          value=st.integers(0, 9000), rounding=roundings)  # fmt: skip
    def set_a_rule(self, shop: str, scope: int, method: str, value: int, rounding: str) -> None:
        now, chosen = self.tick(), self.shops[shop]
        named, target = self.rule_target(scope, value)
        covered = [
            self.book.wholesale_of(chosen, goods, now) or 0 for goods in self.book.covered(named, target)
        ]
        shown = self.book.terms[chosen.store_id].shown
        wrong = method == "fixed" and value < max(map(shown.lowest, covered))
        if named == "store" and method == "fixed":
            return  # It would have to cover the goods of every other test.
        try:
            with chosen.transaction() as session:
                set_rule(
                    session, **chosen.keys, scope=named, scope_id=target, method=method, value=value,
                    rounding=rounding, actor="story", now=now,
                )  # fmt: skip
        except Refusal:
            assert wrong
            return
        assert not wrong
        asked = Asked(method, value, rounding, max(covered) if method == "fixed" else 0)
        self.replace_rule(chosen, named, target, asked, now)

    @rule(shop=shops, scope=which, method=st.sampled_from(["markup", "margin", "fixed"]),
          value=st.integers(0, 9000), rounding=roundings, hours=hours_ahead, length=lengths)  # fmt: skip
    def plan_a_rule(
        self, shop: str, scope: int, method: str, value: int, rounding: str, hours: int, length: int | None
    ) -> None:
        now, chosen, span = self.tick(), self.shops[shop], self.span(hours, length)
        named, target = self.rule_target(scope, value)
        if named == "store" and method == "fixed":
            return
        covered = [
            self.book.wholesale_of(chosen, goods, span.begins) or 0
            for goods in self.book.covered(named, target)
        ]
        shown = self.book.terms[chosen.store_id].shown
        wrong = method == "fixed" and value < max(map(shown.lowest, covered))
        wrong |= self.plans_meet(chosen, named, target, span, now)
        try:
            with chosen.transaction() as session:
                rule_id = plan_rule(
                    session, **chosen.keys, scope=named, scope_id=target, method=method, value=value,
                    rounding=rounding, begins=span.begins, ends=span.ends, actor="story", now=now,
                )  # fmt: skip
        except Refusal:
            assert wrong
            return
        assert not wrong
        if named != "collection":
            self.settle(chosen, named, target, now)
        asked = Asked(method, value, rounding, max(covered) if method == "fixed" else 0)
        self.book.rules.append(
            RuleEntry(chosen.store_id, named, target, asked, span, planned=True, rule_id=rule_id)
        )

    def plans_meet(self, shop: Shop, scope: str, target: UUID, span: Span, now: datetime) -> bool:
        """Whether another plan overlaps. One without an end that has begun stands by now, except in a
        collection, where that would change its place among the rules of others."""
        return any(
            entry.planned
            and entry.span.meets(span.begins, span.ends)
            and (scope == "collection" or entry.span.ends is not None or entry.span.begins >= now)
            for entry in self.rules_for(shop, scope, target)
        )

    def settle(self, shop: Shop, scope: str, target: UUID, now: datetime) -> None:
        """Let what was planned for good, and has begun, stand in the place of what stood beneath it."""
        entries = self.rules_for(shop, scope, target)
        begun = [e for e in entries if e.planned and e.span.ends is None and e.span.begins < now]
        if not begun:
            return
        for entry in entries:
            if entry.span.ends is None and entry.span.begins < now:
                entry.span.ends = now
        (plan,) = begun
        self.book.rules.append(RuleEntry(shop.store_id, scope, target, plan.asked, Span(now), planned=False))

    @rule(shop=shops, scope=st.sampled_from([1, 2]), number=st.integers(0, 1))
    def remove_a_rule(self, shop: str, scope: int, number: int) -> None:
        now, chosen = self.tick(), self.shops[shop]
        named, target = self.rule_target(scope, number)
        there = any(
            entry.span.ends is None and entry.span.begins <= now
            for entry in self.rules_for(chosen, named, target)
        )
        try:
            with chosen.transaction() as session:
                clear_rule(session, **chosen.keys, scope=named, scope_id=target, actor="story", now=now)
        except NotFound:
            assert not there
            return
        assert there
        self.replace_rule(chosen, named, target, None, now)

    def rule_target(self, scope: int, value: int) -> tuple[str, UUID]:
        return [("store", NIL), ("product", self.products[value % 2]),
                ("collection", self.collections[value % 2])][scope]  # fmt: skip

    @rule(shop=shops, number=st.none() | which, joined=st.booleans(), pass_on=percents)
    def choose_an_event(self, shop: str, number: int | None, joined: bool, pass_on: int) -> None:
        now, chosen = self.tick(), self.shops[shop]
        event = None if number is None else self.pick(self.open(self.book.events), number)
        if number is not None and event is None:
            return
        price_list = self.book.terms[chosen.store_id].price_list
        known = event is None or (event.visible <= now and (not event.lists or price_list in event.lists))
        key = event.event_id if event else None
        try:
            with chosen.transaction() as session:
                choose(
                    session, **chosen.keys, event_id=key, joined=joined, pass_on_bps=pass_on, actor="story", now=now
                )  # fmt: skip
        except Refusal:
            assert not known
            return
        assert known
        self.book.choices.append(Choice(chosen.store_id, key, joined, pass_on, now))

    @rule(shop=shops, scope=which, cut=cuts, hours=hours_ahead, length=lengths)
    def plan_a_sale(self, shop: str, scope: int, cut: int, hours: int, length: int | None) -> None:
        now, chosen, span = self.tick(), self.shops[shop], self.span(hours, length)
        named, target = self.rule_target(scope, cut)
        overlapping = any(
            sale.span.meets(span.begins, span.ends)
            for sale in self.book.sales
            if (sale.store, sale.scope, sale.target) == (chosen.store_id, named, target)
        )
        priced = any(
            self.book.price(chosen, goods, span.begins, now) for goods in self.book.covered(named, target)
        )
        try:
            with chosen.transaction() as session:
                sale_id = plan_sale(
                    session, **chosen.keys, scope=named, scope_id=target, off_bps=cut, begins=span.begins,
                    ends=span.ends, actor="story", now=now,
                )  # fmt: skip
        except Refusal:
            assert overlapping or not priced
            return
        assert not overlapping
        self.book.sales.append(Sale(sale_id, chosen.store_id, named, target, cut, span))

    @precondition(lambda self: self.open(self.book.sales))
    @rule(number=which)
    def end_a_sale(self, number: int) -> None:
        now, sale = self.tick(), self.pick(self.open(self.book.sales), number)
        if sale is None:
            return
        shop = self.shop_of(sale.store)
        with shop.transaction() as session:
            end_sale(session, **shop.keys, sale_id=sale.sale_id, actor="story", now=now)
        self.close(sale.span, now)

    @rule(shop=shops, kind=st.sampled_from(["percent", "amount"]), value=cuts, scope=which, hours=hours_ahead,
          length=lengths, most=st.sampled_from([None, 1, 2]), mine=st.sampled_from([None, 1]),
          smallest=st.sampled_from([0, 0, 3000]))  # fmt: skip
    def make_a_coupon(
        self, shop: str, kind: str, value: int, scope: int, hours: int, length: int | None, most: int | None,
        mine: int | None, smallest: int,
    ) -> None:  # fmt: skip
        self.tick()
        chosen, span = self.shops[shop], self.span(hours, length)
        named, target = self.discount_target(scope)
        cut = Cut(NIL, kind, value, named, target)
        self.new_coupon(chosen, cut, span, most=most, mine=mine, smallest=smallest)
