"""Lines of SKU and price: what is understood, and why what is not is refused."""

from __future__ import annotations

from uuid import uuid4

import pytest

from app.portal.price_lines import Line, packed, pasted_lines, resolved, table_lines, unpacked
from app.tables import Formula, Number, Table
from kit.errors import Refusal
from kit.money import Money


def read(text: str, currency: str = "USD", locale: str = "en") -> list[Line]:
    return pasted_lines(text, currency=currency, locale=locale)


@pytest.mark.parametrize(
    ("text", "locale", "minor"),
    [
        ("mug\t25.99", "en", 2599),
        ("mug; 25,99", "de", 2599),
        ("mug 25.99", "en", 2599),
        ("mug\t$1,299.50", "en", 129_950),
        ("mug\t1.299,50", "de", 129_950),
        ("mug\t1,299", "en", 129_900),
        ("mug\t1.299", "de", 129_900),
        ("mug\t0.05", "en", 5),
    ],
)
def test_a_line_is_read_as_people_write_it(text: str, locale: str, minor: int) -> None:
    (line,) = read(text, locale=locale)
    assert (line.sku, line.amount, line.reason) == ("mug", Money(minor, "USD"), "")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("mug\tmany", "is not an amount in USD"),
        ("mug\t-3", "cannot be negative"),
        ("mug\t€ 12", "sells in USD, not in EUR"),
        ("mug\t12 GBP", "sells in USD, not in GBP"),
        ("mug\t1.299", "can be read in two ways"),
        ("mug\t12.345", "can be read in two ways"),
        ("mug\t1.2345", "at most 2 decimals"),
        ("mug\t99999999999999999999", "too large"),
        ("mug", "no price beside"),
    ],
)
def test_what_a_line_cannot_be_is_said(text: str, says: str) -> None:
    (line,) = read(text)
    assert line.amount is None
    assert says in line.reason


def test_a_number_of_a_sheet_is_clear_in_any_locale_and_a_formula_is_none() -> None:
    rows = [
        (2, ["a", Number("1.5")]), (3, ["b", Number("1.234")]), (4, ["c", Formula("3")]), (5, ["d", ""]), (6, ["e", "5", "EUR"]),
    ]  # fmt: skip
    found = table_lines(Table(("SKU", "Price", "Currency"), rows), currency="USD", locale="de")
    assert [line.line for line in found] == [2, 3, 4, 6]
    assert found[0].amount == Money(150, "USD")
    assert "at most 2 decimals" in found[1].reason
    assert found[2].reason == "This cell holds a formula. Paste it as a value."
    assert found[3].reason == "This store sells in USD, not in EUR."
    with pytest.raises(Refusal, match="columns sku and price"):
        table_lines(Table(("name", "amount"), rows), currency="USD", locale="en")


def test_lines_survive_the_way_from_page_to_page() -> None:
    lines = read("sku\tprice\nmug\t1,299.00\nbad\tmany\t\nlate\t5")
    assert [line.line for line in lines] == [2, 3, 4]
    again = unpacked(packed(lines), currency="USD", locale="de")
    assert again == lines
    with pytest.raises(Refusal, match="cannot be read any more"):
        unpacked("x\ty\tz", currency="USD", locale="en")
    with pytest.raises(Refusal, match="no line"):
        read("\n\n")
    with pytest.raises(Refusal, match="more lines than"):
        packed([Line(n, "s" * 80, "1.00", None, "r" * 200) for n in range(20_000)])


def test_each_sku_is_taken_once_and_only_when_it_is_known() -> None:
    key = uuid4()
    found = resolved(read("mug\t5\nnobody\t6\nmug\t7\nmug\t8"), {"mug": key})
    assert found.prices == {key: Money(500, "USD")}
    assert [(line.line, line.reason) for line in found.refused] == [
        (2, "Your store has no such SKU."),
        (3, "This SKU stands in line 1 already."),
        (4, "This SKU stands in line 1 already."),
    ]
