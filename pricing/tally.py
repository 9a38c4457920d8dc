"""Counting what becomes of the listings that a change of wholesale touches.

Stores whose listings come out alike are one group: those on one price list, with prices shown alike, and
with the same rule. What becomes of a price is worked out once for a group and a change, and counted as
often as there are such listings; only what ``pricing.exposure`` reads one by one is worked out one by one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple
from uuid import UUID

from pricing.exposure import Change, Place, Seller
from pricing.rules import Rule, Terms, retail_price


class Outcome(NamedTuple):
    """What becomes of a listing, in minor units; ``distance`` is its price less its new floor. It is
    ``capped`` where a new ceiling makes the price lower than it would be without."""

    before: int
    after: int | None
    distance: int
    under: bool
    capped: bool = False


def _outcome(rule: Rule, terms: Terms, change: Change, floor: int) -> Outcome | None:
    """What becomes of a price by this rule, whose new floor is given; None where there is none now."""
    wholesale, new, ceiling, new_ceiling = change
    before = retail_price(rule, wholesale=wholesale, terms=terms, ceiling=ceiling)
    if before is None:
        return None
    after = retail_price(rule, wholesale=new, terms=terms, ceiling=new_ceiling)
    capped = False
    if new_ceiling is not None and new_ceiling != ceiling and after is not None:
        without = retail_price(rule, wholesale=new, terms=terms, ceiling=ceiling)
        capped = without is not None and after < without
    return Outcome(before, after, before - floor, before < floor and rule.method == "fixed", capped)


@dataclass(slots=True)
class StoreTally:
    """Of one store: how many listings are touched, and of those under the floor how many, by how much
    they rise together, how many of them stay, and the lowest with what it becomes."""

    touched: int = 0
    under: int = 0
    rise: int = 0
    staying: int = 0
    lowest: tuple[int, int | None] | None = None

    def add_under(self, outcome: Outcome) -> None:
        self.under += 1
        if outcome.after is not None:
            self.rise += outcome.after - outcome.before
            self.staying += 1
        # Of two that are as low, the one that becomes less: one that pauses is less than any.
        found = (outcome.before, outcome.after)
        if self.lowest is None or (found[0], found[1] or 0) < (self.lowest[0], self.lowest[1] or 0):
            self.lowest = found


@dataclass
class Tally:
    """Counts listings by what becomes of them. ``changes`` are, for each store, those of each variant's
    wholesale; stores on one price list share theirs."""

    stores: Sequence[Seller]
    changes: Sequence[list[Change | None]]
    distances: Counter[tuple[int, bool]] = field(default_factory=Counter)
    by_store: dict[int, StoreTally] = field(default_factory=dict)
    floors: dict[tuple[bool, int], int] = field(default_factory=dict)
    rising: int = 0
    pausing: int = 0
    capped: int = 0
    capped_own: int = 0
    units: int = 0
    earned: int = 0
    take: int = 0
    earn: int = 0
    pay: int = 0

    def add(self, particular: dict[Place, Rule], *, hidden: set[Place], sold: Mapping[Place, int]) -> None:
        """Count everything: first what differs from its store's rule, then what is left of each group."""
        groups = _groups(self.stores)
        group_of = {store: number for number, group in enumerate(groups) for store in group.stores}
        for store, seller in enumerate(self.stores):
            if seller.rule is not None and store not in group_of:
                # Of a store where all have one fixed price, each has a floor of its own that it may miss.
                for variant in range(len(self.changes[store])):
                    particular.setdefault((store, variant), seller.rule)
        apart: dict[int, int] = {}
        for place in particular.keys() | hidden:
            store, variant = place
            change = self.changes[store][variant]
            if change is None:
                continue
            if (number := group_of.get(store)) is not None:
                groups[number].gone[change] += 1
                apart[store] = apart.get(store, 0) + 1
            if place not in hidden:
                self._add_one(store, particular[place], change, sold.get(place, 0))
        for place, units in sold.items():
            store, variant = place
            change = self.changes[store][variant]
            if change and store in group_of and place not in particular and place not in hidden:
                groups[group_of[store]].sold[change] += units
        for group in groups:
            self._add_group(group, apart)

    def _add_one(self, store: int, rule: Rule, change: Change, units: int) -> None:
        terms = self.stores[store].terms
        floor = self._floor(terms, change.after)
        outcome: Outcome | None
        price = rule.value
        if (
            rule.method == "fixed"
            and change.ceiling is None
            and change.new_ceiling is None
            and price >= self._floor(terms, change.before)
        ):
            # Most own prices are these: nothing has moved them yet, and few rises will.
            under = price < floor
            after = retail_price(rule, wholesale=change.after, terms=terms) if under else price
            outcome = Outcome(price, after, price - floor, under)
        else:
            outcome = _outcome(rule, terms, change, floor)
        if outcome is None:
            return
        self._count(outcome, 1)
        self.capped_own += outcome.capped and rule.method == "fixed"
        if units:
            self._count_sales(outcome, terms, change, units)
        tally = self._of_store(store)
        tally.touched += 1
        if outcome.under:
            tally.add_under(outcome)

    def _add_group(self, group: _Group, apart: Mapping[int, int]) -> None:
        """Count the listings of a group: those of each of its stores, less what was counted apart."""
        total = Counter(change for change in self.changes[group.stores[0]] if change is not None)
        for change, variants in total.items():
            outcome = _outcome(group.rule, group.terms, change, self._floor(group.terms, change.after))
            if outcome is not None:
                self._count(outcome, variants * len(group.stores) - group.gone[change])
                self._count_sales(outcome, group.terms, change, group.sold[change])
        for store in group.stores:
            self._of_store(store).touched += total.total() - apart.get(store, 0)

    def _of_store(self, place: int) -> StoreTally:
        found = self.by_store.get(place)
        if found is None:
            found = self.by_store[place] = StoreTally()
        return found

    def _floor(self, terms: Terms, wholesale: int) -> int:
        key = (terms.tax_inclusive, wholesale)
        found = self.floors.get(key)
        if found is None:
            found = self.floors[key] = terms.lowest(wholesale)
        return found

    def _count(self, outcome: Outcome, listings: int) -> None:
        before, after, distance, under, capped = outcome
        if listings:
            self.distances[distance, under] += listings
            self.capped += listings if capped else 0
            if after is None:
                self.pausing += listings
            elif after > before:
                self.rising += listings

    def _count_sales(self, outcome: Outcome, terms: Terms, change: Change, units: int) -> None:
        """Count what as many units as were sold bring now, and how much more or less they would."""
        wholesale, new, *_ = change
        before, after, *_ = outcome
        earned = terms.net(before) - wholesale
        self.units += units
        self.earned += units * earned
        if after is None:
            self.take -= units * wholesale
            self.earn -= units * earned
            self.pay -= units * before
        else:
            self.take += units * (new - wholesale)
            self.earn += units * (terms.net(after) - new - earned)
            self.pay += units * (after - before)


@dataclass(frozen=True, slots=True)
class _Group:
    """Stores whose listings come out alike, by their places; what is counted apart in them and what was
    sold of the others, by change. Their rule follows wholesale, so it has a price for any."""

    rule: Rule
    terms: Terms
    stores: list[int] = field(default_factory=list)
    gone: Counter[Change] = field(default_factory=Counter)
    sold: Counter[Change] = field(default_factory=Counter)


def _groups(stores: Sequence[Seller]) -> list[_Group]:
    """The stores that have a rule which follows wholesale, by price list, rule, and how prices are shown."""
    found: dict[tuple[UUID, Rule, bool], _Group] = {}
    for place, seller in enumerate(stores):
        if seller.rule is not None and seller.rule.method != "fixed":
            key = (seller.price_list_id, seller.rule, seller.terms.tax_inclusive)
            if key not in found:
                found[key] = _Group(seller.rule, seller.terms)
            found[key].stores.append(place)
    return list(found.values())
