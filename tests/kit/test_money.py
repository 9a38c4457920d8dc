"""Money keeps every unit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.money import MixedCurrencies, Money, NotAnAmount, basis_points, decimals, round_half_up

amounts = st.integers(-(10**12), 10**12)
weights = st.lists(st.integers(0, 10**6), min_size=1, max_size=30).filter(any)


@given(amounts, weights)
def test_parts_sum_to_the_whole(minor: int, shares: list[int]) -> None:
    parts = Money(minor, "USD").split(shares)
    assert sum(part.minor for part in parts) == minor


@given(st.integers(0, 10**9), weights)
def test_no_part_is_a_unit_away_from_its_exact_share(minor: int, shares: list[int]) -> None:
    for part, weight in zip(Money(minor, "USD").split(shares), shares, strict=True):
        assert abs(part.minor * sum(shares) - minor * weight) < sum(shares)


@given(amounts)
def test_an_amount_survives_being_written_and_read(minor: int) -> None:
    for currency in ("JPY", "USD", "KWD"):
        amount = Money(minor, currency)
        assert Money.parse(str(amount.decimal), currency) == amount


@given(st.integers(-(10**9), 10**9), st.integers(1, 10**6))
def test_half_rounds_away_from_zero(numerator: int, denominator: int) -> None:
    rounded = round_half_up(numerator, denominator)
    assert abs(2 * (rounded * denominator - numerator)) <= denominator
    assert round_half_up(-numerator, denominator) == -rounded


def test_currencies_do_not_mix() -> None:
    with pytest.raises(MixedCurrencies):
        Money(1, "USD") + Money(1, "EUR")
    with pytest.raises(MixedCurrencies):
        _ = Money(1, "USD") < Money(1, "EUR")


@pytest.mark.parametrize("text", ["", "abc", "1.234", "NaN", "Infinity", "1e20", "12,50"])
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(NotAnAmount):
        Money.parse(text, "USD")


def test_floats_are_refused() -> None:
    with pytest.raises(TypeError):
        Money(1.5, "USD")  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        Money(1, "USD") * 1.5  # type: ignore[operator]


def test_currencies_have_their_own_decimals() -> None:
    assert [decimals(code) for code in ("JPY", "EUR", "KWD")] == [0, 2, 3]
    with pytest.raises(ValueError, match="ISO 4217"):
        decimals("usd")


def test_percentages() -> None:
    assert basis_points("106.5 %") == 10650
    with pytest.raises(NotAnAmount):
        basis_points("1.234")
