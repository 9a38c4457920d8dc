"""Reading an amount from a cell of somebody's table: leniently where it is clear, refused where it is not."""

from __future__ import annotations

import re

from app.tables.cells import Formula, Number
from app.ui.amounts import UnclearAmount, read_amount
from kit.errors import Refusal
from kit.money import Money, NotAnAmount, decimals

_MOST_DIGITS = 12
_SIGNS = {"€": "EUR", "£": "GBP", "¥": "JPY", "₹": "INR", "₩": "KRW", "₽": "RUB", "₺": "TRY", "$": "USD"}


def cell_amount(text: str, currency: str, locale: str, *, whose: str = "This store sells") -> Money:
    """The amount in a cell. ``whose`` says what is in this currency. Raises Refusal with why it cannot be."""
    places = decimals(currency)
    if isinstance(text, Formula):
        raise Refusal("This cell holds a formula. Paste it as a value.")
    if text.startswith(("-", "−")):
        raise Refusal("A price cannot be negative.")
    if sum(char.isdigit() for char in text) > _MOST_DIGITS:
        raise Refusal("This price is too large.")
    # With as many decimals as the currency has, or as a number of the file's own, it is clear in any locale.
    if isinstance(text, Number) or re.fullmatch(rf"\d+\.\d{{{places}}}" if places else r"\d+", text):
        try:
            return Money.parse(text, currency)
        except NotAnAmount:
            allowed = f"at most {places} decimals" if places else "no decimals"
            raise Refusal(f"“{text[:30]}”: {currency} has {allowed}.") from None
    try:
        return read_amount(text, currency, locale)
    except UnclearAmount:
        other = _other_currency(text, currency)
        if other:
            raise Refusal(f"{whose} in {currency}, not in {other}.") from None
        raise


def _other_currency(text: str, currency: str) -> str:
    found = re.search(r"(?<![A-Z])[A-Z]{3}(?![A-Z])", text)
    code = found[0] if found else next((code for sign, code in _SIGNS.items() if sign in text), "")
    return "" if code == currency else code


def flat(text: str) -> str:
    """A text that fits into one cell of a pasted table."""
    return " ".join(text.replace("\0", " ").split())
