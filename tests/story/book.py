"""What was agreed, kept as a person would keep it: lists of what began when, read by looking through them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from tests.story.reckoning import Asked, Price, Shown, price_of
from tests.world import Shop

SCOPES = ("variant", "product", "collection", "store")


@dataclass
class Span:
    """From ``begins`` until before ``ends``; what was taken back before it began never holds."""

    begins: datetime
    ends: datetime | None = None
    gone: bool = False

    def holds(self, at: datetime) -> bool:
        return not self.gone and self.begins <= at and (self.ends is None or at < self.ends)

    def meets(self, begins: datetime, ends: datetime | None) -> bool:
        return (
            not self.gone
            and (ends is None or self.begins < ends)
            and (self.ends is None or begins < self.ends)
        )


@dataclass
class Wholesale:
    variant: UUID
    price_list: UUID
    currency: str
    amount: int
    begins: datetime


@dataclass
class RuleEntry:
    store: UUID
    scope: str
    target: UUID
    asked: Asked
    span: Span
    planned: bool
    rule_id: UUID | None = None


@dataclass
class Event:
    event_id: UUID
    cuts: dict[UUID, int]
    lists: list[UUID]
    visible: datetime
    span: Span


@dataclass
class Choice:
    store: UUID
    event: UUID | None
    joined: bool
    pass_on: int
    since: datetime


@dataclass
class Sale:
    sale_id: UUID
    store: UUID
    scope: str
    target: UUID
    cut: int
    span: Span


@dataclass
class Goods:
    """A variant, with where it belongs. ``collections`` stand in the company's order."""

    variant: UUID
    sku: str
    product: UUID
    collections: list[UUID]

    def within(self, scope: str, target: UUID) -> bool:
        match scope:
            case "variant":
                return target == self.variant
            case "product":
                return target == self.product
            case "collection":
                return target in self.collections
        return True


@dataclass
class Terms:
    """A store's side of it, as of today: none of this has a history."""

    price_list: UUID
    on_rise: str
    tax_bps: int

    @property
    def shown(self) -> Shown:
        return Shown(self.tax_bps, self.on_rise)


@dataclass
class Book:
    """Everything that prices follow from."""

    default_list: UUID
    goods: list[Goods]
    terms: dict[UUID, Terms]
    wholesale: list[Wholesale] = field(default_factory=list)
    rules: list[RuleEntry] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    choices: list[Choice] = field(default_factory=list)
    sales: list[Sale] = field(default_factory=list)
    ceilings: dict[tuple[UUID, str], int] = field(default_factory=dict)

    def price(self, shop: Shop, goods: Goods, at: datetime, asked: datetime) -> Price | None:
        """What a unit costs at a moment, by what may be known at the moment of asking."""
        rule, wholesale = self.rule(shop, goods, at), self.wholesale_of(shop, goods, at)
        if rule is None or wholesale is None:
            return None
        return price_of(
            rule.asked,
            wholesale=wholesale,
            shown=self.terms[shop.store_id].shown,
            ceiling=self.ceilings.get((goods.variant, shop.currency)),
            event=self.event(shop, goods, at, asked),
            sale=self.sale(shop, goods, at),
        )

    def wholesale_of(self, shop: Shop, goods: Goods, at: datetime) -> int | None:
        """The partner's own list's price, or else the default list's."""
        for price_list in (self.terms[shop.store_id].price_list, self.default_list):
            begun = self.prices_on(goods, price_list, shop.currency, until=at)
            if begun:
                return begun[-1].amount
        return None

    def prices_on(self, goods: Goods, price_list: UUID, currency: str, *, until: datetime) -> list[Wholesale]:
        """The prices of a list that have begun by a moment, the newest last."""
        found = [
            entry
            for entry in self.wholesale
            if (entry.variant, entry.price_list, entry.currency) == (goods.variant, price_list, currency)
            and entry.begins <= until
        ]
        return sorted(found, key=lambda entry: entry.begins)

    def rule(self, shop: Shop, goods: Goods, at: datetime) -> RuleEntry | None:
        """The most specific, of that the planned before the standing, of that the first collection's."""
        for scope in SCOPES:
            found = [
                entry
                for entry in self.rules
                if entry.store == shop.store_id
                and entry.scope == scope
                and entry.span.holds(at)
                and goods.within(scope, entry.target)
            ]
            for planned in (True, False):
                layer = [entry for entry in found if entry.planned is planned]
                if layer and scope == "collection":
                    return min(layer, key=lambda entry: goods.collections.index(entry.target))
                if layer:
                    assert len(layer) == 1
                    return layer[0]
        return None

    def event(self, shop: Shop, goods: Goods, at: datetime, asked: datetime) -> tuple[int, int]:
        """The largest cut among the events that the store takes part in, with the share passed on."""
        price_list = self.terms[shop.store_id].price_list
        best = (0, 0)
        for event in sorted(self.events, key=lambda event: (event.span.begins, event.event_id)):
            cut = event.cuts.get(goods.product, 0)
            if (
                not event.span.holds(at)
                or event.visible > asked
                or (event.lists and price_list not in event.lists)
            ):
                continue
            choice = self.choice(shop, event, at)
            if choice is not None and choice.joined and cut > best[0]:
                best = (cut, choice.pass_on)
        return best

    def choice(self, shop: Shop, event: Event, at: datetime) -> Choice | None:
        """The newest choice for an event, or else the newest standing one."""
        made = [entry for entry in self.choices if entry.store == shop.store_id and entry.since <= at]
        for key in (event.event_id, None):
            found = [entry for entry in made if entry.event == key]
            if found:
                return max(reversed(found), key=lambda entry: entry.since)
        return None

    def sale(self, shop: Shop, goods: Goods, at: datetime) -> int:
        return max(
            (
                sale.cut
                for sale in self.sales
                if sale.store == shop.store_id
                and sale.span.holds(at)
                and goods.within(sale.scope, sale.target)
            ),
            default=0,
        )

    def covered(self, scope: str, target: UUID) -> Iterable[Goods]:
        return (goods for goods in self.goods if goods.within(scope, target))
