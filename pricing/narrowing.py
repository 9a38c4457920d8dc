"""Narrowing a list by what its products come in: which remain, and what each further choice would leave."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from catalog.words import fold
from pricing.shelves import ShelfItem, ShelfVariant

_MOST_VALUES = 40
_NONE: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a shopper asks of a list: of each option, by its key, any of some values; and stock."""

    options: Mapping[str, frozenset[str]] = field(default_factory=dict)
    in_stock: bool = False


@dataclass(frozen=True, slots=True)
class Choice:
    """One value of an option. ``count`` is how many products choosing it would show."""

    key: str
    value: str
    swatch: str
    count: int
    chosen: bool


@dataclass(frozen=True, slots=True)
class Facet:
    """An option that a list's products come in, with its values in the order in which they first stand."""

    key: str
    name: str
    choices: tuple[Choice, ...]

    @property
    def coloured(self) -> bool:
        return any(choice.swatch for choice in self.choices)


@dataclass(frozen=True, slots=True)
class Narrowed:
    """What remains of a list. ``in_stock`` counts what could be bought, ``sold_out`` says whether anything
    of the whole list could not."""

    items: tuple[ShelfItem, ...]
    facets: tuple[Facet, ...]
    in_stock: int
    sold_out: bool


@lru_cache(maxsize=4096)
def key_of(text: str) -> str:
    """An option's name or value as addresses have it."""
    return re.sub(r"[\W_]+", "-", fold(text)).strip("-")[:60]


def values_of(items: tuple[ShelfItem, ...]) -> dict[str, frozenset[str]]:
    """What a list's products come in: the keys of its options, each with those of its values."""
    there: dict[str, set[str]] = {}
    combinations = {(item.option_names, variant.options) for item in items for variant in item.variants}
    for names, options in combinations:
        for name, value in zip(names, options, strict=False):
            there.setdefault(key_of(name), set()).add(key_of(value))
    return {key: frozenset(values) for key, values in there.items()}


def known(wanted: Wanted, there: Mapping[str, frozenset[str]]) -> Wanted:
    """What was asked, without what no product of the list has."""
    options = {
        key: found for key, values in wanted.options.items() if (found := values & there.get(key, _NONE))
    }
    return Wanted(options, wanted.in_stock)


def narrow(items: tuple[ShelfItem, ...], wanted: Wanted) -> Narrowed:
    """Keep the products of which one variant has all that is wanted.

    A choice is counted as if it were made now: what else is chosen of the same option does not count
    against it, because values of one option add up.
    """
    kept = []
    in_stock = 0
    names: dict[str, str] = {}
    values: dict[tuple[str, str], str] = {}
    swatches: dict[tuple[str, str], str] = {}
    counts: dict[tuple[str, str], int] = {}
    # Few combinations of options stand for many variants, so each is looked at once.
    seen: dict[tuple[tuple[str, ...], tuple[str, ...]], _Combination] = {}
    for item in items:
        fits = stocked = False
        would: set[tuple[str, str]] = set()
        for variant in item.variants:
            combination = seen.get((item.option_names, variant.options))
            if combination is None:
                combination = seen[item.option_names, variant.options] = _combine(item, variant, wanted)
                for (group, _), name in zip(combination.pairs, item.option_names, strict=False):
                    names.setdefault(group, name)
                for pair, value in zip(combination.pairs, variant.options, strict=False):
                    values.setdefault(pair, value)
            missed = combination.missed
            if not missed:
                stocked = stocked or variant.free
            if wanted.in_stock and not variant.free:
                # Whatever else were chosen, this one stays out.
                continue
            if not missed:
                fits = True
                would.update(combination.pairs)
            elif len(missed) == 1:
                would.update(pair for pair in combination.pairs if pair[0] in missed)
        for value, colour in item.swatches.items():
            for group in item.option_names:
                swatches.setdefault((key_of(group), key_of(value)), colour)
        if fits:
            kept.append(item)
        in_stock += stocked
        for pair in would:
            counts[pair] = counts.get(pair, 0) + 1
    facets = []
    for group, name in names.items():
        chosen = wanted.options.get(group, frozenset())
        choices = [
            Choice(each, value, swatches.get((of, each), ""), counts.get((of, each), 0), each in chosen)
            for (of, each), value in values.items()
            if of == group and each
        ]
        if len(choices) > _MOST_VALUES:
            shown = sorted(choices, key=lambda choice: (not choice.chosen, -choice.count))[:_MOST_VALUES]
            choices = [choice for choice in choices if choice in shown]
        if group and (len(choices) > 1 or chosen):
            facets.append(Facet(group, name, tuple(choices)))
    return Narrowed(tuple(kept), tuple(facets), in_stock, any(not item.free for item in items))


@dataclass(frozen=True, slots=True)
class _Combination:
    """Options of a variant by their keys, and those of them that are not what is wanted."""

    pairs: tuple[tuple[str, str], ...]
    missed: frozenset[str]


def _combine(item: ShelfItem, variant: ShelfVariant, wanted: Wanted) -> _Combination:
    pairs = tuple(
        (key_of(name), key_of(value)) for name, value in zip(item.option_names, variant.options, strict=False)
    )
    options = dict(pairs)
    missed = (group for group, values in wanted.options.items() if options.get(group) not in values)
    return _Combination(pairs, frozenset(missed))
