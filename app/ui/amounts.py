"""Reading what a person typed: leniently where it is clear, and refused where it could mean two things."""

from __future__ import annotations

import re

from babel import Locale
from babel.numbers import get_currency_symbol

from kit.errors import Refusal
from kit.money import Money, NotAnAmount, basis_points, decimals

_MARKS = {".", ",", "'", "’"}
_MINUS = "-\u2212"


class UnclearAmount(Refusal):
    """What was typed is no amount of the currency, or could be two different ones."""


def read_amount(text: str, currency: str, locale: str = "en", *, field: str = "price") -> Money:
    """Read an amount such as ``25.99``, ``25,99``, ``1.234,50``, ``€ 12`` or ``USD 1 200``.

    The last mark is the decimal one when it is followed by as many digits as the currency has
    decimals, or by fewer. One mark followed by three digits could be either; it is taken as the
    locale writes thousands when it is the locale's mark for them, and refused otherwise. Raises
    UnclearAmount with what to write instead.
    """
    typed = text.strip()
    example = str(Money(129_900 if decimals(currency) == 2 else 1299, currency).decimal)
    plain = _without_currency(typed, currency, locale)
    digits = plain.lstrip(_MINUS)
    if not digits:
        raise UnclearAmount(f"Write an amount in {currency}, such as {example}.", field=field)
    if plain != digits or not re.fullmatch(r"[0-9.,'’]+", digits) or not digits[-1].isdigit():
        raise UnclearAmount(
            f"“{typed[:30]}” is not an amount in {currency}. Write it like {example}.", field=field
        )
    whole, fraction = _divide(digits, typed, currency, locale, field)
    try:
        return Money.parse(f"{whole or '0'}.{fraction}" if fraction else whole, currency)
    except NotAnAmount:
        places = decimals(currency)
        allowed = f"at most {places} decimals" if places else "no decimals"
        raise UnclearAmount(f"“{typed[:30]}”: {currency} has {allowed}.", field=field) from None


def _without_currency(typed: str, currency: str, locale: str) -> str:
    plain = re.sub(r"\s", "", typed)
    for sign in (currency, get_currency_symbol(currency, locale=locale), get_currency_symbol(currency, "en")):
        if plain.upper().startswith(sign.upper()):
            return plain[len(sign) :]
        if plain.upper().endswith(sign.upper()):
            return plain[: -len(sign)]
    return plain


def _divide(digits: str, typed: str, currency: str, locale: str, field: str) -> tuple[str, str]:
    """Split into whole part and decimals, without grouping marks."""
    marks = [char for char in digits if char in _MARKS]
    if not marks:
        return digits, ""
    last = marks[-1]
    head, tail = digits.rsplit(last, 1)
    kinds = set(marks)
    if len(kinds) > 2 or (len(kinds) == 2 and marks.count(last) > 1):
        raise _unclear(typed, currency, field)
    if len(kinds) == 2:
        # Both marks are there: the last one is the decimal mark, the other groups thousands.
        return _ungrouped(head, typed, currency, field), tail
    if len(marks) > 1:
        return _ungrouped(digits, typed, currency, field), ""
    if len(tail) != 3 or decimals(currency) == 3 or head in ("", "0"):
        if last in "'’":
            raise _unclear(typed, currency, field)
        return head, tail
    group = str(Locale.parse(locale).number_symbols["latn"]["group"])
    if last == group or last in "'’":
        return head + tail, ""
    raise _unclear(typed, currency, field)


def _ungrouped(text: str, typed: str, currency: str, field: str) -> str:
    parts = re.split(r"[.,'’]", text)
    if len(parts[0]) not in (1, 2, 3) or any(len(part) != 3 for part in parts[1:]):
        raise _unclear(typed, currency, field)
    return "".join(parts)


def _unclear(typed: str, currency: str, field: str) -> UnclearAmount:
    return UnclearAmount(
        f"“{typed[:30]}” can be read in two ways. Write it in {currency} without marks between thousands,"
        f" such as {Money(129_900 if decimals(currency) == 2 else 1299, currency).decimal}.",
        field=field,
    )


def read_count(text: str, locale: str = "en", *, field: str) -> int:
    """Read a whole number such as ``1200``, or ``1,200`` where the locale parts thousands so.

    Raises UnclearAmount with what to write instead.
    """
    plain = re.sub(r"\s", "", text)
    group = str(Locale.parse(locale).number_symbols["latn"]["group"])
    if group in plain and re.fullmatch(rf"[0-9]{{1,3}}(?:{re.escape(group)}[0-9]{{3}})+", plain):
        plain = plain.replace(group, "")
    if not plain.isascii() or not plain.isdecimal() or len(plain) > 12:
        raise UnclearAmount(f"“{text.strip()[:30]}” is not a whole number. Write it like 100.", field=field)
    return int(plain)


def read_percent(text: str, *, field: str = "percent") -> int:
    """Read a percentage such as ``98``, ``98,5`` or ``98.5 %`` as basis points. Raises UnclearAmount."""
    try:
        # Three figures behind a mark could be thousands.
        if re.search(r"\d[.,'’]\d{3}", text):
            raise NotAnAmount(text)
        found = basis_points(text.replace(",", "."))
    except NotAnAmount:
        raise UnclearAmount(
            f"“{text.strip()[:30]}” is not a percentage. Write it like 98 or 98.5.", field=field
        ) from None
    if found < 0:
        raise UnclearAmount("A percentage is not negative here. Write it like 98.", field=field)
    return found
