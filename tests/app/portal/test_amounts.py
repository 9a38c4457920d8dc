"""What people type as amounts: read where it is clear, refused where it could be two things."""

from __future__ import annotations

import pytest

from app.ui.amounts import UnclearAmount, read_amount, read_percent


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        ("25.99", "USD", 2599),
        ("25,99", "EUR", 2599),
        ("1.234,50", "EUR", 123450),
        ("1,234.50", "USD", 123450),
        ("1'234.50", "CHF", 123450),
        ("€ 12", "EUR", 1200),
        ("12 €", "EUR", 1200),
        ("USD 1 200", "USD", 120000),
        ("$12", "USD", 1200),
        (" 12. ".replace(".", ""), "USD", 1200),
        ("1,200", "USD", 120000),
        ("1.234.567", "EUR", 123456700),
        ("0,5", "EUR", 50),
        (".5", "EUR", 50),
        ("1200", "JPY", 1200),
        ("12.345", "KWD", 12345),
    ],
)
def test_clear_amounts_are_read(text: str, currency: str, minor: int) -> None:
    assert read_amount(text, currency).minor == minor


@pytest.mark.parametrize(
    ("text", "currency"),
    [
        ("", "USD"),
        ("abc", "USD"),
        ("-5", "USD"),
        ("1.234", "USD"),
        ("25.999,9.9", "EUR"),
        ("12.345", "EUR"),
        ("25.9999", "EUR"),
        ("12.50", "JPY"),
        ("1,23,456", "USD"),
        ("12.", "USD"),
        ("12 USD EUR", "USD"),
        ("1e5", "USD"),
        ("NaN", "USD"),
        ("٣٤", "USD"),
    ],
)
def test_unclear_amounts_are_refused_with_what_to_write(text: str, currency: str) -> None:
    with pytest.raises(UnclearAmount) as refused:
        read_amount(text, currency)
    assert currency in refused.value.message


def test_percentages() -> None:
    assert read_percent("98") == 9800
    assert read_percent("98,5 %") == 9850
    for text in ("", "lots", "-3", "1.234"):
        with pytest.raises(UnclearAmount):
            read_percent(text)
