"""What a change of wholesale prices would do to the stores, worked out before anything is saved.

Stores whose listings come out alike are one group: those on one price list, with prices shown alike, and
with the same rule. What becomes of a price is worked out once for a group and a pair of wholesale prices,
and counted as often as there are such listings; only what ``pricing.exposure`` reads one by one is worked
out one by one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy.orm import Session

from kit.money import Money
from pricing.exposure import Exposed, Particular, Seller, differences, sellers
from pricing.rules import Rule, Terms, retail_price
from pricing.spread import Spread, spread_of
from pricing.wholesale import NewWholesale

CHOICES = ("keep_percentage", "keep_amount", "lift", "pause")
_PERIOD = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class ChoiceEffect:
    """What becomes of the listings under the floor whose partners made one choice. ``rise`` is the
    average rise of their prices; None when they pause."""

    choice: str
    listings: int
    stores: int
    rise: Money | None


@dataclass(frozen=True, slots=True)
class StoreEffect:
    """A store with listings under the floor: its lowest such price, and what that becomes."""

    partner_id: UUID
    store_id: UUID
    name: str
    price_list: str
    choice: str
    under: int
    lowest: Money
    becomes: Money | None


@dataclass(frozen=True, slots=True)
class Impact:
    """What a change of wholesale would do, in one currency, to the listings whose wholesale it touches.

    Only a fixed price can be ``under`` its new floor; prices by rule follow. ``rising`` and ``pausing``
    count the prices that go up, and that leave the store until their partner acts. ``spread`` is how far
    prices now lie from their new floors.

    ``units`` were sold of these listings in the last 30 days, at which partners earned ``earned``.
    ``take``, ``earn`` and ``pay`` are what the company, partners and shoppers would have had more or less
    at the same sales, where a paused listing counts as no sale.
    """

    currency: str
    listings: int
    under: int
    rising: int
    pausing: int
    stores: int
    partners: int
    choices: tuple[ChoiceEffect, ...]
    affected: tuple[StoreEffect, ...]
    spread: Spread
    units: int
    earned: Money
    take: Money
    earn: Money
    pay: Money


def wholesale_impact(
    session: Session, *, prices: Sequence[NewWholesale], begins: datetime, now: datetime
) -> Impact:
    """Work out what new prices would do from ``begins`` on. Nothing is changed.

    All prices are in one currency. Only as the company's role, because it looks into every store.
    """
    currency = prices[0].amount.currency
    stores = sellers(session, currency=currency, at=begins)
    lists = {store.price_list_id for store in stores}
    variants, pairs = differences(session, prices=prices, lists=lists, begins=begins)
    exposed = Exposed(session, stores=stores, variants=variants)
    found = _Tally(stores, [pairs[store.price_list_id] for store in stores])
    found.add(exposed.particular(at=begins), hidden=exposed.hidden(), sold=exposed.sold(since=now - _PERIOD))
    return found.impact(currency)


class _Outcome(NamedTuple):
    """What becomes of a listing. Amounts are minor units; ``distance`` is its price less its new floor,
    the last four are what each unit sold brings."""

    before: int
    after: int | None
    distance: int
    under: bool
    earned: int
    take: int
    earn: int
    pay: int


def _outcome(rule: Rule, terms: Terms, wholesale: int, new: int) -> _Outcome | None:
    """What becomes of a price by this rule; None where there is none now."""
    before = retail_price(rule, wholesale=wholesale, terms=terms)
    if before is None:
        return None
    after = retail_price(rule, wholesale=new, terms=terms)
    floor = terms.lowest(new)
    earned = terms.net(before) - wholesale
    return _Outcome(
        before=before,
        after=after,
        distance=before - floor,
        under=rule.method == "fixed" and before < floor,
        earned=earned,
        take=(0 if after is None else new) - wholesale,
        earn=(0 if after is None else terms.net(after) - new) - earned,
        pay=(after or 0) - before,
    )


_Pair = tuple[int, int]
_Group = tuple[Rule, Terms]


@dataclass(slots=True)
class _StoreTally:
    """Of one store: how many listings are touched, and of those under the floor how many, by how much
    they rise together, how many of them stay, and the lowest with what it becomes."""

    touched: int = 0
    under: int = 0
    rise: int = 0
    staying: int = 0
    lowest: tuple[int, int | None] | None = None


@dataclass
class _Tally:
    """Counts listings by what becomes of them. ``pairs`` are, for each store, the wholesale prices of each
    variant before and after; stores of one price list share theirs."""

    stores: Sequence[Seller]
    pairs: Sequence[list[_Pair | None]]
    outcomes: dict[tuple[Rule, Terms, _Pair], _Outcome | None] = field(default_factory=dict)
    distances: Counter[tuple[int, bool]] = field(default_factory=Counter)
    by_store: dict[int, _StoreTally] = field(default_factory=dict)
    rising: int = 0
    pausing: int = 0
    units: int = 0
    earned: int = 0
    take: int = 0
    earn: int = 0
    pay: int = 0

    def add(
        self,
        particular: Sequence[Particular],
        *,
        hidden: set[tuple[int, int]],
        sold: dict[tuple[int, int], int],
    ) -> None:
        """Count everything: first what differs from its store's rule, then what is left of each group."""
        apart: dict[int, Counter[_Pair]] = {}
        for store, variant in hidden:
            self._set_apart(apart, store, variant)
            sold.pop((store, variant), None)
        for item in particular:
            for variant in item.variants:
                pair = self.pairs[item.store][variant]
                if pair is None or (item.store, variant) in hidden:
                    continue
                self._set_apart(apart, item.store, variant)
                self._count(
                    self._of(item.rule, self.stores[item.store].terms, pair),
                    1,
                    sold.pop((item.store, variant), 0),
                    (item.store,),
                )
        self._add_groups(apart, sold)

    def _set_apart(self, apart: dict[int, Counter[_Pair]], store: int, variant: int) -> None:
        pair = self.pairs[store][variant]
        if pair is not None:
            apart.setdefault(store, Counter())[pair] += 1

    def _add_groups(self, apart: dict[int, Counter[_Pair]], sold: dict[tuple[int, int], int]) -> None:
        """Count what is left: as many listings of each group as its stores have, less those set apart."""
        groups: dict[tuple[_Group, int], list[int]] = {}
        for place, store in enumerate(self.stores):
            if store.rule is not None:
                key = ((store.rule, _regardless(store.rule, store.terms)), id(self.pairs[place]))
                groups.setdefault(key, []).append(place)
        bought: dict[int, Counter[_Pair]] = {}
        for (place, variant), units in sold.items():
            pair = self.pairs[place][variant]
            if pair is not None:
                bought.setdefault(place, Counter())[pair] += units
        totals: dict[int, Counter[_Pair]] = {}
        for ((rule, terms), listed), places in groups.items():
            if listed not in totals:
                totals[listed] = Counter(pair for pair in self.pairs[places[0]] if pair is not None)
            self._add_group(rule, terms, totals[listed], places, apart, bought)

    def _add_group(
        self,
        rule: Rule,
        terms: Terms,
        total: Counter[_Pair],
        places: list[int],
        apart: dict[int, Counter[_Pair]],
        bought: dict[int, Counter[_Pair]],
    ) -> None:
        gone: Counter[_Pair] = Counter()
        units: Counter[_Pair] = Counter()
        for place in places:
            gone.update(apart.get(place, {}))
            units.update(bought.get(place, {}))
        listed = 0
        for pair, variants in total.items():
            outcome = self._of(rule, terms, pair)
            if outcome is None:
                # Such a price is not on sale, so what is set apart of it is no less of what is touched.
                for place in places:
                    apart.get(place, Counter()).pop(pair, None)
                continue
            listed += variants
            left = variants * len(places) - gone[pair]
            if outcome.under:
                # Whose lowest it is has to be known store by store; rules of a whole store are seldom fixed.
                for place in places:
                    own = variants - apart.get(place, Counter())[pair]
                    self._under(place, outcome, own)
            self._count(outcome, left, units[pair], ())
        for place in places:
            self._of_store(place).touched += listed - apart.get(place, Counter()).total()

    def _of(self, rule: Rule, terms: Terms, pair: _Pair) -> _Outcome | None:
        key = (rule, terms, pair)
        if key not in self.outcomes:
            self.outcomes[key] = _outcome(rule, terms, *pair)
        return self.outcomes[key]

    def _of_store(self, place: int) -> _StoreTally:
        return self.by_store.setdefault(place, _StoreTally())

    def _count(self, outcome: _Outcome | None, listings: int, units: int, stores: Sequence[int]) -> None:
        if outcome is None or not listings:
            return
        self.distances[outcome.distance, outcome.under] += listings
        self.rising += listings * (outcome.after is not None and outcome.after > outcome.before)
        self.pausing += listings * (outcome.after is None)
        self.units += units
        self.earned += units * outcome.earned
        self.take += units * outcome.take
        self.earn += units * outcome.earn
        self.pay += units * outcome.pay
        for store in stores:
            self._of_store(store).touched += listings
            if outcome.under:
                self._under(store, outcome, listings)

    def _under(self, place: int, outcome: _Outcome, listings: int) -> None:
        if not listings:
            return
        store = self._of_store(place)
        store.under += listings
        if outcome.after is not None:
            store.rise += listings * (outcome.after - outcome.before)
            store.staying += listings
        if store.lowest is None or outcome.before < store.lowest[0]:
            store.lowest = (outcome.before, outcome.after)

    def impact(self, currency: str) -> Impact:
        touched = {place: tally for place, tally in self.by_store.items() if tally.touched}
        affected = [
            _store_effect(self.stores[place], tally, currency)
            for place, tally in touched.items()
            if tally.under
        ]
        return Impact(
            currency=currency,
            listings=self.distances.total(),
            under=sum(number for (_, under), number in self.distances.items() if under),
            rising=self.rising,
            pausing=self.pausing,
            stores=len(touched),
            partners=len({self.stores[place].partner_id for place in touched}),
            choices=self._choices(touched, currency),
            affected=tuple(sorted(affected, key=lambda store: (-store.under, store.name))),
            spread=spread_of(self.distances),
            units=self.units,
            earned=Money(self.earned, currency),
            take=Money(self.take, currency),
            earn=Money(self.earn, currency),
            pay=Money(self.pay, currency),
        )

    def _choices(self, touched: dict[int, _StoreTally], currency: str) -> tuple[ChoiceEffect, ...]:
        effects = []
        for choice in CHOICES:
            chosen = [
                tally
                for place, tally in touched.items()
                if tally.under and self.stores[place].terms.on_rise == choice
            ]
            if chosen:
                staying = sum(tally.staying for tally in chosen)
                rise = sum(tally.rise for tally in chosen)
                effects.append(
                    ChoiceEffect(
                        choice=choice,
                        listings=sum(tally.under for tally in chosen),
                        stores=len(chosen),
                        rise=Money(rise // staying, currency) if staying else None,
                    )
                )
        return tuple(effects)


def _regardless(rule: Rule, terms: Terms) -> Terms:
    """The terms by which stores are told apart: only a fixed price asks for its partner's choice."""
    return terms if rule.method == "fixed" else replace(terms, on_rise="lift")


def _store_effect(store: Seller, tally: _StoreTally, currency: str) -> StoreEffect:
    before, after = tally.lowest or (0, None)
    return StoreEffect(
        partner_id=store.partner_id,
        store_id=store.store_id,
        name=store.name,
        price_list=store.price_list,
        choice=store.terms.on_rise,
        under=tally.under,
        lowest=Money(before, currency),
        becomes=None if after is None else Money(after, currency),
    )
