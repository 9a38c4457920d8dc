"""Narrowing a list: what remains, and what each further choice is said to leave, counted one by one."""

from __future__ import annotations

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from pricing.narrowing import Wanted, key_of, known, narrow, values_of
from pricing.shelves import ShelfItem, ShelfVariant

COLOURS, SIZES = ("Oat", "Tide", "Môss"), ("S", "M")
VARIANTS = st.lists(
    st.builds(ShelfVariant, st.tuples(st.sampled_from(COLOURS), st.sampled_from(SIZES)), st.booleans()),
    min_size=1,
    max_size=5,
)
LISTS = st.lists(VARIANTS, max_size=8).map(
    lambda made: tuple(
        ShelfItem(UUID(int=number), str(number), ("Colour", "Size"), {"Oat": "#eee"}, tuple(variants))
        for number, variants in enumerate(made)
    )
)
WANTED = st.builds(
    Wanted,
    st.dictionaries(
        st.sampled_from(["colour", "size", "depth"]),
        st.frozensets(st.sampled_from(["oat", "tide", "moss", "s", "m", "xxl"]), min_size=1),
    ),
    st.booleans(),
)


def fitting(items: tuple[ShelfItem, ...], options: dict[str, frozenset[str]], in_stock: bool) -> int:
    """How many products have a variant with all of that: the slow and plain way."""

    def fits(variant: ShelfVariant) -> bool:
        colour, size = map(key_of, variant.options)
        return (
            colour in options.get("colour", {colour})
            and size in options.get("size", {size})
            and "depth" not in options
            and (variant.free or not in_stock)
        )

    return sum(any(map(fits, item.variants)) for item in items)


@given(LISTS, WANTED)
def test_each_count_is_what_choosing_it_would_show(items: tuple[ShelfItem, ...], wanted: Wanted) -> None:
    narrowed = narrow(items, wanted)
    options = dict(wanted.options)
    assert len(narrowed.items) == fitting(items, options, wanted.in_stock)
    assert narrowed.in_stock == fitting(items, options, True)
    assert narrowed.sold_out == any(not item.free for item in items)
    for facet in narrowed.facets:
        for choice in facet.choices:
            would = options | {facet.key: frozenset({choice.key})}
            assert choice.count == fitting(items, would, wanted.in_stock), (facet.key, choice)
            assert choice.chosen == (choice.key in options.get(facet.key, ()))


@given(LISTS, WANTED)
def test_only_what_is_there_can_be_asked_for(items: tuple[ShelfItem, ...], wanted: Wanted) -> None:
    found = known(wanted, values_of(items))
    there = {key_of(value) for item in items for variant in item.variants for value in variant.options}
    assert set(found.options) <= {"colour", "size"}
    assert all(values and values <= there & wanted.options[key] for key, values in found.options.items())
    assert known(found, values_of(items)) == found


def test_an_option_with_one_value_is_no_choice() -> None:
    only = ShelfItem(UUID(int=1), "x", ("Colour",), {}, (ShelfVariant(("Oat",), True),))
    assert narrow((only,), Wanted()).facets == ()
    assert len(narrow((only,), Wanted({"colour": frozenset({"oat"})})).facets) == 1
    many = tuple(ShelfVariant((f"Colour {n}",), True) for n in range(100))
    (facet,) = narrow((ShelfItem(UUID(int=1), "x", ("Colour",), {}, many),), Wanted()).facets
    assert len(facet.choices) == 40
