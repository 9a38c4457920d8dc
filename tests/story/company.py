"""What the company does to prices."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import (
    precondition,
    rule,
)

from kit.errors import Refusal
from kit.money import Money
from pricing.ceilings import NewCeiling, set_ceilings
from pricing.coupons import withdraw_coupon
from pricing.events import announce_event, end_event
from pricing.promotions import create_promotion, end_promotion
from pricing.wholesale import NewWholesale, ScheduleTaken, set_wholesale
from storage.database import transaction
from tenants.terms import set_price_list
from tests.story.book import Event, Wholesale
from tests.story.life import Discount, Life, amounts, cuts, hours_ahead, lengths, percents, shops, which
from tests.story.reckoning import Cut, Shown


class Company(Life):
    """Wholesale, lists, sale events and promotions."""

    @rule(
        goods=which,
        price_list=which,
        currency=st.sampled_from(["USD", "EUR"]),
        amount=amounts,
        hours=hours_ahead,
    )
    def set_wholesale(self, goods: int, price_list: int, currency: str, amount: int, hours: int) -> None:
        self.tick()
        begins, variant = self.moment(hours), self.book.goods[goods].variant
        mine = [
            entry
            for entry in self.book.wholesale
            if (entry.variant, entry.price_list, entry.currency)
            == (variant, self.lists[price_list], currency)
        ]
        current = max((e for e in mine if e.begins <= begins), key=lambda e: e.begins, default=None)
        taken = any(entry.begins >= begins for entry in mine)
        new = NewWholesale(variant, self.lists[price_list], Money(amount, currency))
        try:
            changed = self.save_wholesale(new, begins)
        except ScheduleTaken:
            assert taken
            return
        assert changed == (current is None or current.amount != amount)
        assert not (changed and taken)
        if changed:
            self.book.wholesale.append(Wholesale(variant, self.lists[price_list], currency, amount, begins))

    def save_wholesale(self, new: NewWholesale, begins: datetime) -> bool:
        with transaction(self.world.services.console) as session:
            return bool(
                set_wholesale(session, prices=[new], begins=begins, actor="story", now=self.world.now)
            )

    @rule(goods=which, currency=st.sampled_from(["USD", "EUR"]), amount=st.none() | amounts)
    def set_a_ceiling(self, goods: int, currency: str, amount: int | None) -> None:
        now, variant = self.tick(), self.book.goods[goods].variant
        new = NewCeiling(variant, currency, None if amount is None else Money(amount, currency))
        tax_bps = 1900 if currency == "EUR" else 0
        dearest = max(
            entry.amount
            for price_list in self.lists
            for entry in (
                *self.book.prices_on(self.book.goods[goods], price_list, currency, until=now)[-1:],
                *self.coming(variant, price_list, currency, now),
            )
        )
        wrong = amount is not None and amount < Shown(tax_bps, "lift").lowest(dearest)
        wrong &= amount != self.book.ceilings.get((variant, currency))
        try:
            with transaction(self.world.services.console) as session:
                set_ceilings(session, ceilings=[new], actor="story", now=now)
        except Refusal:
            assert wrong
            return
        assert not wrong
        self.book.ceilings.pop((variant, currency), None)
        if amount is not None:
            self.saw["ceiling set"] += 1
            self.book.ceilings[variant, currency] = amount

    def coming(self, variant: UUID, price_list: UUID, currency: str, now: datetime) -> list[Wholesale]:
        return [
            entry
            for entry in self.book.wholesale
            if (entry.variant, entry.price_list, entry.currency) == (variant, price_list, currency)
            and entry.begins > now
        ]

    @rule(shop=shops, price_list=which)
    def move_to_another_list(self, shop: str, price_list: int) -> None:
        self.tick()
        chosen = self.shops[shop]
        with transaction(self.world.services.console) as session:
            set_price_list(
                session, partner_id=chosen.partner_id, price_list_id=self.lists[price_list], actor="story",
                now=self.world.now,
            )  # fmt: skip
        self.book.terms[chosen.store_id].price_list = self.lists[price_list]

    @rule(mug=cuts, tote=st.none() | cuts, hours=hours_ahead, length=st.sampled_from([1, 24, 100]),
          private=st.booleans(), embargo=st.booleans())  # fmt: skip
    def announce(
        self, mug: int, tote: int | None, hours: int, length: int, private: bool, embargo: bool
    ) -> None:
        now, span = self.tick(), self.span(hours, length)
        assert span.ends
        chosen = {self.products[0]: mug} | ({} if tote is None else {self.products[1]: tote})
        lists = self.lists[:1] if private else []
        visible = span.begins if embargo else now
        with transaction(self.world.services.console) as session:
            event_id = announce_event(
                session, name="Event", note="", visible_from=visible, begins=span.begins, ends=span.ends,
                products=chosen, price_lists=lists, actor="story", now=now,
            )  # fmt: skip
        self.book.events.append(Event(event_id, chosen, lists, visible, span))

    @precondition(lambda self: self.open(self.book.events))
    @rule(number=which)
    def end_an_event(self, number: int) -> None:
        now, event = self.tick(), self.pick(self.open(self.book.events), number)
        if event is None:
            return
        with transaction(self.world.services.console) as session:
            done = end_event(session, event_id=event.event_id, actor="story", now=now)
        assert done == ("withdrawn" if event.span.begins > now else "stopped")
        self.close(event.span, now)

    @rule(kind=st.sampled_from(["percent", "amount"]), value=cuts, scope=which, limit=percents, hours=hours_ahead,
          length=lengths, named=st.booleans(), currency=st.sampled_from(["USD", "EUR"]),
          most=st.sampled_from([None, None, 1]))  # fmt: skip
    def promote(
        self, kind: str, value: int, scope: int, limit: int, hours: int, length: int | None, named: bool,
        currency: str, most: int | None,
    ) -> None:  # fmt: skip
        now, span = self.tick(), self.span(hours, length)
        if sum(not discount.span.gone for discount in self.promotions()) >= 3:
            return
        code = f"P-{self.world.number}-{len(self.discounts)}" if named else ""
        named_scope, target = self.discount_target(scope)
        with transaction(self.world.services.console) as session:
            key = create_promotion(
                session, name="Promotion", code=code, kind=kind, value=value,
                currency=currency if kind == "amount" else None, scope=named_scope, scope_id=target,
                # Other tests share the company, and must not find this.
                price_lists=self.lists[:2], begins=span.begins, ends=span.ends, limit_bps=limit,
                most_per_store=most, actor="story", now=now,
            )  # fmt: skip
        self.discounts.append(
            Discount(None, Cut(key, kind, value, named_scope, target, limit), code,
                     currency if kind == "amount" else None, span, most, None, 0)
        )  # fmt: skip

    def promotions(self) -> list[Discount]:
        return [discount for discount in self.discounts if discount.store is None]

    @precondition(lambda self: self.open(self.discounts))
    @rule(number=which)
    def end_a_discount(self, number: int) -> None:
        now, found = self.tick(), self.pick(self.open(self.discounts), number)
        if found is None:
            return
        key = found.cut.key
        if found.store is None:
            with transaction(self.world.services.console) as session:
                end_promotion(session, promotion_id=key, actor="story", now=now)
        else:
            shop = self.shop_of(found.store)
            with shop.transaction() as session:
                withdraw_coupon(session, **shop.keys, coupon_id=key, actor="story", now=now)
        found.span.ends = now
        # Carts still know of one that was withdrawn, but it never applies again.
        found.span.gone = found.span.begins > now
