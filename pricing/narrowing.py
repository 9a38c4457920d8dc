"""Narrowing a list by what its products come in: which remain, and what each further choice would leave."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from catalog.words import fold
from pricing.shelves import ShelfItem, ShelfVariant

_MOST_VALUES = 40


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


def key_of(text: str) -> str:
    """An option's name or value as addresses have it."""
    return re.sub(r"[\W_]+", "-", fold(text)).strip("-")[:60]


def known(wanted: Wanted, items: tuple[ShelfItem, ...]) -> Wanted:
    """What was asked, without what no product of the list has."""
    there: dict[str, set[str]] = {}
    for item in items:
        keys = [key_of(name) for name in item.option_names]
        for variant in item.variants:
            for key, value in zip(keys, variant.options, strict=False):
                there.setdefault(key, set()).add(value)
    options = {}
    for key, values in wanted.options.items():
        if found := values & {key_of(value) for value in there.get(key, ())}:
            options[key] = frozenset(found)
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
    keys: dict[str, str] = {}

    def key(text: str) -> str:
        found = keys.get(text)
        if found is None:
            found = keys[text] = key_of(text)
        return found

    for item in items:
        fits = stocked = False
        would: set[tuple[str, str]] = set()
        for name in item.option_names:
            names.setdefault(key(name), name)
        for variant in item.variants:
            pairs = [(key(n), key(v)) for n, v in zip(item.option_names, variant.options, strict=False)]
            for pair, value in zip(pairs, variant.options, strict=False):
                values.setdefault(pair, value)
                if value in item.swatches:
                    swatches.setdefault(pair, item.swatches[value])
            missed = _missed(variant, dict(pairs), wanted)
            if not missed:
                fits = True
                would.update(pairs)
            elif len(missed) == 1:
                would.update(pair for pair in pairs if pair[0] in missed)
            if variant.free and missed <= {""}:
                stocked = True
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


def _missed(variant: ShelfVariant, options: Mapping[str, str], wanted: Wanted) -> set[str]:
    """What of the wanted things a variant lacks, by option; stock stands under the empty name."""
    missed = {group for group, values in wanted.options.items() if options.get(group) not in values}
    if wanted.in_stock and not variant.free:
        missed.add("")
    return missed
