"""Money, dates and numbers as a reader's language and zone write them.

The pages speak English; which English decides how dates and figures look. The zone comes from a
cookie that the page's script sets, and is UTC until it has.
"""

from __future__ import annotations

from datetime import date, datetime, tzinfo
from functools import lru_cache
from typing import cast
from urllib.parse import unquote
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_datetime, format_time
from babel.numbers import (
    format_currency,
    format_decimal,
    format_percent,
    get_currency_name,
    get_currency_symbol,
)
from flask import g, has_request_context, request

from app.edge import now
from kit.money import Money

ZONE_COOKIE = "awning-zone"
_SPOKEN = ("en", "en_US", "en_GB", "en_CA", "en_AU", "en_NZ", "en_IE", "en_IN", "en_ZA")


def reader_locale() -> str:
    """The reader's kind of English, by what the browser asks for."""
    if not has_request_context():
        return "en"
    if "reader_locale" not in g:
        asked = [code.replace("-", "_") for code in request.accept_languages.values()]
        g.reader_locale = next((code for code in asked if code in _SPOKEN), "en")
    return cast(str, g.reader_locale)


def reader_zone() -> tzinfo:
    """The reader's time zone; UTC when the browser has not said it, or said something unknown."""
    if not has_request_context():
        return _zone("UTC")
    return _zone(unquote(request.cookies.get(ZONE_COOKIE, "UTC"))[:64])


@lru_cache(maxsize=256)
def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return ZoneInfo("UTC")


def money(amount: Money, *, sign: bool = False) -> str:
    """An amount with its currency's sign, such as $1,904.30; with ``sign``, + or − stands before it."""
    return _signed(amount.minor, _money(abs(amount.minor), amount.currency, reader_locale()), sign)


def plain_money(amount: Money, *, sign: bool = False) -> str:
    """An amount without its currency, for columns whose head states it."""
    return _signed(amount.minor, _plain(abs(amount.minor), amount.currency, reader_locale()), sign)


def iso_money(amount: Money, *, sign: bool = False) -> str:
    """An amount with its currency's code, such as USD 9.70: the console's way."""
    written = f"{amount.currency}\u00a0{_plain(abs(amount.minor), amount.currency, reader_locale())}"
    return _signed(amount.minor, written, sign)


def money_parts(amount: Money) -> tuple[str, str, str]:
    """An amount as what stands before its figures, the figures, and what stands after them."""
    written = money(amount)
    digits = [at for at, char in enumerate(written) if char.isdigit()]
    first, last = digits[0], digits[-1] + 1
    return written[:first].strip(), written[first:last], written[last:].strip()


def _signed(minor: int, written: str, sign: bool) -> str:
    before = "\u2212" if minor < 0 else "+" if sign and minor > 0 else ""
    return f"{before}{written}"


@lru_cache(maxsize=8192)
def _money(minor: int, currency: str, locale: str) -> str:
    return str(format_currency(Money(minor, currency).decimal, currency, locale=locale))


@lru_cache(maxsize=8192)
def _plain(minor: int, currency: str, locale: str) -> str:
    amount = Money(minor, currency).decimal
    places = -cast(int, amount.as_tuple().exponent)
    pattern = "#,##0" + ("." + "0" * places if places else "")
    return str(format_decimal(amount, format=pattern, locale=locale))


def currency_sign(currency: str) -> str:
    """A currency's sign, such as $; its code where it has none."""
    return str(get_currency_symbol(currency, locale=reader_locale()))


def currency_name(currency: str) -> str:
    """A currency in words, such as US dollars."""
    return str(get_currency_name(currency, count=2, locale=reader_locale()))


def country_name(code: str) -> str:
    """A country in words; its code where the reader's language has no name for it."""
    return str(Locale.parse(reader_locale()).territories.get(code, code))


def number(value: int) -> str:
    """A whole number with its thousands apart."""
    return str(format_decimal(value, locale=reader_locale()))


def percent(basis_points: int, places: int = 1) -> str:
    """A rate in basis points as a percentage, such as 14.5%."""
    pattern = "#,##0" + ("." + "0" * places if places else "") + "%"
    return str(format_percent(basis_points / 10_000, format=pattern, locale=reader_locale()))


def local(moment: datetime) -> datetime:
    """A moment in the reader's zone."""
    return moment.astimezone(reader_zone())


def day(value: datetime | date, form: str = "d MMM y") -> str:
    """A day. ``form`` is a CLDR pattern, or one of short, medium, long, full."""
    whole = local(value).date() if isinstance(value, datetime) else value
    return str(format_date(whole, format=form, locale=reader_locale()))


def clock_time(moment: datetime) -> str:
    """A time of day, such as 10:42."""
    return str(format_time(local(moment), format="HH:mm", locale=reader_locale()))


def day_and_time(moment: datetime) -> str:
    """A day with its time of day, such as 24 Nov 2026, 10:42."""
    return str(format_datetime(local(moment), format="d MMM y, HH:mm", locale=reader_locale()))


def when(moment: datetime) -> str:
    """A moment as people speak of it: Just now, 10:42, Yesterday, 21 Nov, 3 Mar 2025."""
    present, then = local(now()), local(moment)
    days = (present.date() - then.date()).days
    if 0 <= (present - then).total_seconds() < 90:
        return "Just now"
    if days == 0:
        return clock_time(moment)
    if days == 1:
        return "Yesterday"
    return day(then, "d MMM" if present.year == then.year else "d MMM y")
