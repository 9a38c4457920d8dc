"""What a parameter may be: small readers that check a value and return it typed.

A reader takes the raw value and the parameter's name, and raises StripeError with the code that Stripe
gives for the same mistake. Form bodies bring text, v2 bodies bring JSON; the readers take both.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from payments.sandbox.errors import Json, invalid

Reader = Callable[[object, str], Any]


def text(longest: int = 5000, *, blank: bool = False) -> Reader:
    """Read text of at most ``longest`` characters; empty only when ``blank``."""

    def read(value: object, name: str) -> str:
        if not isinstance(value, str):
            raise invalid(f"Invalid string: {value}", param=name)
        if not value and not blank:
            raise invalid(
                f"You passed an empty string for '{name}'. We assume empty values are an attempt to unset "
                f"a parameter; however '{name}' cannot be unset. You should remove '{name}' from your "
                "request or supply a non-empty value.",
                param=name,
                code="parameter_invalid_empty",
            )
        if len(value) > longest:
            raise invalid(f"Invalid string: {name} must be at most {longest} characters.", param=name)
        return value

    return read


def integer(low: int | None = None, high: int | None = None) -> Reader:
    """Read a whole number between the bounds, both included."""

    def read(value: object, name: str) -> int:
        if isinstance(value, bool) or not isinstance(value, int | str):
            raise invalid(f"Invalid integer: {value}", param=name, code="parameter_invalid_integer")
        digits = str(value)
        if not digits.lstrip("-").isdecimal() or not digits.isascii() or len(digits) > 18:
            raise invalid(f"Invalid integer: {value}", param=name, code="parameter_invalid_integer")
        number = int(digits)
        if low is not None and number < low:
            raise invalid(
                f"Invalid integer: {name} must be at least {low}.",
                param=name,
                code="parameter_invalid_integer",
            )
        if high is not None and number > high:
            raise invalid(
                f"Invalid integer: {name} must be at most {high}.",
                param=name,
                code="parameter_invalid_integer",
            )
        return number

    return read


def boolean() -> Reader:
    def read(value: object, name: str) -> bool:
        if value in (True, "true"):
            return True
        if value in (False, "false"):
            return False
        raise invalid(f"Invalid boolean: {value}", param=name)

    return read


def choice(*allowed: str) -> Reader:
    def read(value: object, name: str) -> str:
        if not isinstance(value, str) or value not in allowed:
            *most, last = allowed
            named = f"{', '.join(most)}, or {last}" if most else last
            raise invalid(f"Invalid {name}: must be one of {named}", param=name)
        return value

    return read


def currency() -> Reader:
    """Read a three-letter currency code; Stripe keeps it in small letters."""

    def read(value: object, name: str) -> str:
        if not isinstance(value, str) or len(value) != 3 or not value.isascii() or not value.isalpha():
            raise invalid(f"Invalid currency: {value}", param=name)
        return value.lower()

    return read


def address() -> Reader:
    """Read a postal address; every line of it is optional."""
    line = text(blank=True)
    return fields(dict.fromkeys(("city", "country", "line1", "line2", "postal_code", "state"), line))


def web_address() -> Reader:
    """Read an absolute http or https address."""
    read_text = text()

    def read(value: object, name: str) -> str:
        url: str = read_text(value, name)
        if not url.startswith(("http://", "https://")):
            raise invalid(
                "Not a valid URL, which must include an explicit scheme such as https.",
                param=name,
                code="url_invalid",
            )
        return url

    return read


def mapping() -> Reader:
    """Read metadata: at most 50 keys of 40 characters, values of 500. Empty text clears it."""

    def read(value: object, name: str) -> dict[str, str]:
        if value == "":
            return {}
        if not isinstance(value, dict):
            raise invalid(f"Invalid object: {name} must be a set of keys and values.", param=name)
        if len(value) > 50:
            raise invalid("Metadata can have at most 50 keys.", param=name)
        for key, entry in value.items():
            if len(key) > 40 or not isinstance(entry, str) or len(entry) > 500:
                raise invalid(
                    "Metadata keys have at most 40 characters and values are text of at most 500.",
                    param=f"{name}[{key}]",
                )
        return dict(value)

    return read


def many(reader: Reader, most: int = 100) -> Reader:
    """Read a list, each element by ``reader``."""

    def read(value: object, name: str) -> list[Any]:
        if value == "":
            return []
        if isinstance(value, dict) and all(key.isdecimal() for key in value):
            value = [value[key] for key in sorted(value, key=int)]
        if not isinstance(value, list):
            raise invalid(f"Invalid array: {name}", param=name)
        if len(value) > most:
            raise invalid(f"Array {name} exceeded maximum {most} allowed elements.", param=name)
        return [reader(element, f"{name}[{index}]") for index, element in enumerate(value)]

    return read


def fields(readers: Mapping[str, Reader], *, required: Sequence[str] = ()) -> Reader:
    """Read a mapping of known parameters; refuses unknown names and the absence of required ones."""

    def read(value: object, name: str) -> Json:
        if not isinstance(value, dict):
            raise invalid(f"Invalid object: {name}", param=name)

        def inner(key: str) -> str:
            return f"{name}[{key}]" if name else key

        for key in value:
            if key not in readers:
                raise invalid(
                    f"Received unknown parameter: {inner(key)}", param=inner(key), code="parameter_unknown"
                )
        for key in required:
            if key not in value:
                raise invalid(
                    f"Missing required param: {inner(key)}.", param=inner(key), code="parameter_missing"
                )
        return {key: readers[key](entry, inner(key)) for key, entry in value.items() if entry is not None}

    return read


def moments() -> Reader:
    """Read a range of moments: one exact second, or bounds named gt, gte, lt and lte."""
    second = integer(0)
    bounds = fields(dict.fromkeys(("gt", "gte", "lt", "lte"), second))

    def read(value: object, name: str) -> dict[str, int]:
        if isinstance(value, dict):
            limits: dict[str, int] = bounds(value, name)
            return limits
        exact: int = second(value, name)
        return {"gte": exact, "lte": exact}

    return read


EXPAND: Reader = many(text(), 20)


def request(readers: Mapping[str, Reader] | None = None, *, required: Sequence[str] = ()) -> Reader:
    """Read all parameters of one endpoint; ``expand`` is understood everywhere."""
    return fields({**(readers or {}), "expand": EXPAND}, required=required)


def listing(readers: Mapping[str, Reader] | None = None) -> Reader:
    """Read the parameters of a list: its own filters, and those that page through it."""
    paging: dict[str, Reader] = {
        "limit": integer(1, 100),
        "starting_after": text(),
        "ending_before": text(),
        "created": moments(),
    }
    return request({**(readers or {}), **paging})
