"""Cells of a price table travel through a form's field and come back as they were."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.console.wholesale_cells import MOST_CHARACTERS, Cell, matched, packed, read_cells, unpacked
from app.tables import Formula, Number, Table
from kit.errors import Refusal
from kit.ids import new_id
from pricing.lists import ListEntry
from pricing.price_sheet import Named

STANDARD = ListEntry(new_id(), "Standard", True, (), 0, 0)
GOLD = ListEntry(new_id(), "Gold & Co", False, (), 0, 0)
LISTS = [STANDARD, GOLD]

typed = st.one_of(
    st.text(max_size=60),
    st.decimals(0, 10**13, places=2).map(str),
    st.text(max_size=12).map(Formula),
    st.decimals(0, 10**6, places=3).map(lambda value: Number(str(value))),
    st.sampled_from(["none", "NONE", "€ 5", "1,299.00", "12.5", "-1", "", "1.299"]),
)
heads = st.sampled_from(["Standard", "gold & co", "CEILING", "Silver"])


@given(
    st.lists(heads, min_size=1, max_size=4, unique=True),
    st.lists(st.tuples(st.text(max_size=90), st.lists(typed, min_size=4, max_size=4)), max_size=5),
)
def test_cells_come_back_as_they_were(columns: list[str], rows: list[tuple[str, list[str]]]) -> None:
    table = Table(
        ("sku", *columns),
        [(line, [sku, *cells[: len(columns)]]) for line, (sku, cells) in enumerate(rows, 2)],
    )
    if not any(cell for _, cells in table.rows for cell in cells[1:]):
        with pytest.raises(Refusal, match="no line with a SKU"):
            read_cells(table, lists=LISTS, currency="USD")
        return
    found = read_cells(table, lists=LISTS, currency="USD")
    assert unpacked(packed(found), lists=LISTS, currency="USD") == found
    for cell in found:
        assert (
            cell.reason or cell.minor is not None or (cell.column, cell.text.lower()) == ("Ceiling", "none")
        )


def test_lists_are_known_by_their_names_whatever_their_letters() -> None:
    table = Table(("SKU", "STANDARD", "gold & co", "Ceiling"), [(2, ["a", "1", "2.5", "None"])])
    assert read_cells(table, lists=LISTS, currency="USD") == [
        Cell(2, "a", "Standard", "1.00", STANDARD.price_list_id, 100),
        Cell(2, "a", "Gold & Co", "2.50", GOLD.price_list_id, 250),
        Cell(2, "a", "Ceiling", "None"),
    ]


def test_more_than_a_field_holds_is_refused() -> None:
    cells = [Cell(line, "s" * 80, "Standard", "1.00") for line in range(MOST_CHARACTERS // 90)]
    with pytest.raises(Refusal, match="Split them"):
        packed(cells)


def test_a_row_may_fill_several_columns_and_its_sku_stands_once() -> None:
    named = Named(new_id(), "a", "A", "")
    table = Table(("sku", "Standard", "Gold & Co"), [(2, ["a", "1", "2"]), (3, ["a", "3"]), (4, ["b", "1"])])
    found = matched(read_cells(table, lists=LISTS, currency="USD"), {"a": named})
    assert [(asked.price_list_id, asked.minor) for asked in found.asked] == [
        (STANDARD.price_list_id, 100),
        (GOLD.price_list_id, 200),
    ]
    assert [cell.reason for cell in found.refused] == [
        "This SKU stands in line 2 already.",
        "There is no such SKU.",
    ]
