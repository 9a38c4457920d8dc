"""Reading what staff typed: amounts, percentages, moments, keys. Each refusal names its field."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime
from uuid import UUID

from babel import Locale
from flask import abort, request

from app.discount_forms import Typed
from kit.errors import Refusal, Refusals
from kit.money import Money, NotAnAmount, basis_points


def text(name: str, longest: int = 300) -> str:
    """A field's text, without the space around it and cut at ``longest`` characters."""
    return request.form.get(name, "").strip()[:longest]


def query(name: str, longest: int = 200) -> str:
    """A parameter of the address, treated the same."""
    return request.args.get(name, "").strip()[:longest]


def page_number() -> int:
    """Which page of a list was asked for, from 1."""
    return min(max(request.args.get("page", 1, int), 1), 10_000)


def key(value: str) -> UUID:
    """A key from a form or an address. 404 for what is none: nobody types them by hand."""
    try:
        return UUID(value)
    except ValueError:
        abort(404)


def optional_key(value: str) -> UUID | None:
    return key(value) if value else None


def _quoted(value: str) -> str:
    """How a refusal begins: with what was typed, or by asking for it."""
    return f"“{value[:30]}” is not" if value else "Enter"


def read_money(value: str, currency: str, *, field: str) -> Money:
    """An amount with a point for decimals; commas between thousands are allowed. Raises Refusal."""
    plain = value.replace(" ", "")
    head, point, tail = plain.partition(".")
    if "," in head and (point or len(head.rsplit(",", 1)[1]) == 3):
        plain = head.replace(",", "") + point + tail
    try:
        return Money.parse(plain, currency)
    except NotAnAmount:
        example = "1200" if Money.parse("1", currency).minor == 1 else "9.70"
        raise Refusal(f"{_quoted(value)} an amount in {currency}, such as {example}.", field=field) from None


def read_percent(value: str, *, field: str) -> int:
    """A percentage as basis points. Raises Refusal."""
    try:
        return basis_points(value.replace(",", "."))
    except NotAnAmount:
        raise Refusal(f"{_quoted(value)} a percentage, such as 19 or 7.25.", field=field) from None


def read_whole(value: str, *, field: str) -> int:
    """A whole number. Raises Refusal."""
    plain = value.replace(",", "").strip()
    if not plain.isascii() or not plain.isdecimal() or len(plain) > 12:
        raise Refusal(f"{_quoted(value)} a whole number, such as 14.", field=field)
    return int(plain)


def read_moment(day: str, time: str, *, field: str) -> datetime | None:
    """A moment from a day and a time of day, in UTC as everywhere in the console; None when both are empty.

    Raises Refusal.
    """
    if not day:
        if time:
            raise Refusal("Choose the day too.", field=field)
        return None
    try:
        hour, minute = (int(part) for part in (time or "00:00").split(":")[:2])
        found = date.fromisoformat(day)
        return datetime(found.year, found.month, found.day, hour, minute, tzinfo=UTC)
    except ValueError:
        raise Refusal("This is not a moment. Choose a day and a time.", field=field) from None


def typed_moment(typed: Typed, name: str) -> datetime | None:
    """A moment of a discount's form, read likewise; what is wrong with it stands in ``typed`` then."""
    try:
        return read_moment(typed.form[f"{name}_day"], typed.form[f"{name}_time"], field=name)
    except Refusal as refusal:
        typed.refuse(refusal)
        return None


def check_countries(codes: Iterable[str], *, field: str) -> None:
    """Raise Refusal for a code of two letters that is no country's."""
    unknown = [code for code in codes if len(code) == 2 and code not in Locale("en").territories]
    if unknown:
        raise Refusal(f"There is no country {', '.join(unknown[:5])}.", field=field)


def errors_of(refusal: Refusal) -> dict[str, str]:
    """A refusal as sentences by field; the empty name stands for the form as a whole."""
    if isinstance(refusal, Refusals):
        return refusal.errors
    return {refusal.field: refusal.message}


def gather(errors: dict[str, str], refusal: Refusal) -> None:
    """Add a refusal to others, so that a person sees all that is wrong at once."""
    for field, message in errors_of(refusal).items():
        errors.setdefault(field, message)
