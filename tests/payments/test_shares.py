"""Parts of a line make the whole of it, however it is divided."""

from __future__ import annotations

from dataclasses import astuple
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from payments.ledger.shares import Share, SoldLine


@st.composite
def sold_lines(draw: st.DrawFn) -> SoldLine:
    """Lines as orders freeze them: nothing is paid below zero, and the company pays no tax."""
    quantity = draw(st.integers(1, 99))
    wholesale = draw(st.integers(1, 5000)) * quantity
    margin = draw(st.integers(0, 9000))
    promotion = draw(st.integers(0, wholesale + margin))
    tax = draw(st.integers(0, wholesale + margin - promotion))
    return SoldLine(UUID(int=1), quantity, wholesale, margin, tax, promotion)


@given(sold_lines())
def test_all_units_are_the_line(line: SoldLine) -> None:
    whole = line.share(line.quantity)
    assert whole.wholesale + whole.promoted_wholesale == line.wholesale
    assert whole.margin + whole.promoted_margin == line.margin
    assert whole.tax == line.tax
    assert whole.promoted_wholesale + whole.promoted_margin == line.promotion
    assert line.share(0) == Share()


@given(sold_lines())
def test_a_part_is_never_more_than_the_line(line: SoldLine) -> None:
    whole = astuple(line.share(line.quantity))
    for units in range(line.quantity + 1):
        part = line.share(units)
        assert all(0 <= some <= most for some, most in zip(astuple(part), whole, strict=True))
        # Never more than a minor unit from the exact part, for the shopper and for each account.
        assert abs(part.paid * line.quantity - line.share(line.quantity).paid * units) < line.quantity
        exact = [amount * units for amount in (line.wholesale, line.margin, line.tax)]
        found = [part.wholesale + part.promoted_wholesale, part.margin + part.promoted_margin, part.tax]
        assert all(abs(f * line.quantity - e) < line.quantity for f, e in zip(found, exact, strict=True))


@given(sold_lines(), st.data())
def test_parts_one_after_the_other_add_up_to_the_line(line: SoldLine, data: st.DataObject) -> None:
    back, units = Share(), 0
    while units < line.quantity:
        more = data.draw(st.integers(1, line.quantity - units))
        back += line.share(units + more) - line.share(units)
        units += more
    assert back == line.share(line.quantity)


def test_a_unit_brings_back_what_it_cost() -> None:
    """Three at 23.90 with 19 % inside: the tax of one is no whole number, and its price is."""
    line = SoldLine(UUID(int=1), 3, 3 * 1000, 7170 - 1145 - 3000, 1145)
    assert [(line.share(n + 1) - line.share(n)).paid for n in range(3)] == [2390, 2390, 2390]
