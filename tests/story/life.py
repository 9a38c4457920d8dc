"""The stage: two stores with their goods and lists, the calendar, and the book that is kept of it all."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
)
from sqlalchemy import text

from catalog.collections import add_product, create_collection
from kit.ids import NIL
from payments.verify import verify
from pricing.coupons import create_coupon
from pricing.events import choose
from pricing.lists import create_price_list
from storage.database import transaction
from tenants.terms import set_price_list
from tests.story.book import Book, Choice, Goods, RuleEntry, Span, Terms, Wholesale
from tests.story.reckoning import Asked, Cut
from tests.world import Installation, Shop, World

shops = st.sampled_from(["ada", "ben"])
which = st.integers(0, 2)  # One of three variants, lists or targets.
hours_ahead = st.sampled_from([0, 0, 1, 6, 30, 100])  # Hours.
lengths = st.sampled_from([None, 1, 12, 72])  # Hours; None for no end.
amounts = st.one_of(st.integers(1100, 4500), st.integers(1, 10_000))
cuts = st.one_of(st.integers(100, 4000), st.sampled_from([1, 9000]))
roundings = st.sampled_from(["none", "99", "95", "90", "00", "nearest_5", "nearest_10"])
percents = st.sampled_from([0, 3333, 5000, 10_000])


@dataclass
class Discount:
    """A coupon of a store, or a promotion of the company, which has none."""

    store: UUID | None
    cut: Cut
    code: str
    currency: str | None
    span: Span
    most: int | None
    most_per_customer: int | None
    smallest: int


@dataclass
class Bag:
    """A cart: what was put in, what a unit cost then, and its code."""

    shop: Shop
    cart_id: UUID
    items: dict[UUID, int]
    seen: dict[UUID, int]
    code: str = ""


class Life(RuleBasedStateMachine):
    """Two stores, what can be bought in them, and time that passes."""

    installation: Installation
    saw: Counter[str]

    @initialize()
    def begin(self) -> None:
        self.world = World(self.installation)
        self.shops = {"ada": self.world.ada, "ben": self.world.ben}
        self.discounts: list[Discount] = []
        self.bags: list[Bag] = []
        self.steps = 0
        mug, tote = self.world.product(f"mug-{self.world.number}"), self.world.product(self.world.tote)
        number, now = self.world.number, self.world.now
        with transaction(self.world.services.console) as session:
            self.lists = [
                create_price_list(
                    session, name=f"{name} {number}", customer_fields=[], actor="story", now=now
                )
                for name in ("Silver", "Gold")
            ]
            self.collections = [
                create_collection(session, title=f"{title} {number}", actor="story", now=now)
                for title in ("All", "Mugs")
            ]
            for collection, product in ((0, mug), (0, tote), (1, mug)):
                add_product(
                    session, collection_id=self.collections[collection], product_id=product, actor="story", now=now
                )  # fmt: skip
            for shop in self.shops.values():
                set_price_list(
                    session, partner_id=shop.partner_id, price_list_id=self.lists[0], actor="story", now=now
                )
            session.execute(
                text("UPDATE stock_levels SET oversell = true WHERE variant_id = ANY(:all)"),
                {"all": [self.world.variant(sku) for sku in self.skus]},
            )
        standard = self.installation.price_list_id
        self.book = Book(
            standard,
            [
                Goods(
                    self.world.variant(sku),
                    sku,
                    tote if sku == self.world.tote else mug,
                    self.collections[:1] if sku == self.world.tote else self.collections,
                )
                for sku in self.skus
            ],
            {
                shop.store_id: Terms(self.lists[0], "lift", 1900 if shop.currency == "EUR" else 0)
                for shop in self.shops.values()
            },
        )
        self.lists.append(standard)
        self.products = [mug, tote]
        for goods, amount in zip(self.book.goods, (1200, 1200, 1000), strict=True):
            for currency in ("USD", "EUR"):
                self.book.wholesale.append(Wholesale(goods.variant, standard, currency, amount, now))
        for shop in self.shops.values():
            markup = Asked("markup", 8000)
            self.book.rules.append(RuleEntry(shop.store_id, "store", NIL, markup, Span(now), planned=False))
            # One takes part in events unless it says otherwise, and passes half of the saving on.
            if shop is self.shops["ben"]:
                with shop.transaction() as session:
                    choose(
                        session, **shop.keys, event_id=None, joined=True, pass_on_bps=5000, actor="story", now=now
                    )  # fmt: skip
                self.book.choices.append(Choice(shop.store_id, None, True, 5000, now))

    @property
    def skus(self) -> tuple[str, str, str]:
        return self.world.mug, self.world.scarce_mug, self.world.tote

    def tick(self) -> datetime:
        """Each act has a moment of its own."""
        return self.world.later(seconds=1)

    def moment(self, hours: int) -> datetime:
        return self.world.now + timedelta(hours=hours)

    def span(self, hours: int, length: int | None) -> Span:
        begins = self.moment(hours)
        return Span(begins, None if length is None else begins + timedelta(hours=length))

    # The calendar.

    @rule(hours=st.sampled_from([1, 7, 30, 73]))
    def wait(self, hours: int) -> None:
        self.world.later(hours=hours)

    @precondition(lambda self: self.what_comes_next())
    @rule(before=st.booleans())
    def wait_for_what_comes_next(self, before: bool) -> None:
        """To the very moment at which something begins or ends, or the last one before it."""
        self.world.installation.clock.moment = min(self.what_comes_next()) - timedelta(microseconds=before)

    def what_comes_next(self) -> list[datetime]:
        entries: list[Any] = [*self.book.rules, *self.book.events, *self.book.sales]
        spans = [entry.span for entry in entries]
        found = [at for span in spans if not span.gone for at in (span.begins, span.ends)]
        found += [entry.begins for entry in self.book.wholesale]
        return [at for at in found if at is not None and at > self.world.now + timedelta(seconds=2)]

    def teardown(self) -> None:
        if not hasattr(self, "discounts"):
            return
        with transaction(self.world.services.console) as session:
            assert not list(verify(session))

    def new_coupon(
        self,
        shop: Shop,
        cut: Cut,
        span: Span,
        *,
        most: int | None = None,
        mine: int | None = None,
        smallest: int = 0,
    ) -> Discount:
        """Make a coupon with a code that nobody has."""
        code = f"C-{len(self.discounts)}"
        with shop.transaction() as session:
            key = create_coupon(
                session, partner_id=shop.partner_id, store_id=shop.store_id, code=code, kind=cut.kind,
                value=cut.value, scope="store" if cut.scope == "all" else cut.scope, scope_id=cut.target,
                smallest_order=smallest or None, begins=span.begins, ends=span.ends, most_uses=most,
                most_per_customer=mine, actor="story", now=self.world.now,
            )  # fmt: skip
        made = Discount(shop.store_id, replace(cut, key=key), code, None, span, most, mine, smallest)
        self.discounts.append(made)
        return made

    def discount_target(self, scope: int) -> tuple[str, UUID]:
        return [("all", NIL), ("product", self.products[0]), ("collection", self.collections[1])][scope]

    def shop_of(self, store_id: UUID) -> Shop:
        return next(shop for shop in self.shops.values() if shop.store_id == store_id)

    def open(self, entries: list[Any]) -> list[Any]:
        """Those that are not over, and will not be in a second."""
        now = self.world.now + timedelta(seconds=1)
        return [e for e in entries if not e.span.gone and (e.span.ends is None or e.span.ends > now)]

    def pick(self, entries: list[Any], number: int) -> Any:
        return entries[number % len(entries)] if entries else None

    def close(self, span: Span, now: datetime) -> None:
        """Take back what has not begun, and end what has."""
        if span.begins > now:
            span.gone = True
        else:
            span.ends = max(now, span.begins + timedelta(microseconds=1))
