"""What every coupon and promotion has to be: a code that can be typed, a value, a period, limits."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from kit.errors import Refusals
from kit.ids import NIL
from kit.money import Money

_CODE = re.compile(r"[A-Z0-9-]{3,40}")
_MOST = 1_000_000
LARGEST_MINOR = 10**12


@dataclass(frozen=True, slots=True)
class NewDiscount:
    """What a coupon and a promotion have in common.

    ``value`` is basis points of a percentage, or minor units of an amount. ``scope`` is everything (store
    or all), collection or product. ``ends`` is exclusive; None for no end.
    """

    kind: str
    value: int
    scope: str
    scope_id: UUID
    begins: datetime
    ends: datetime | None
    most: int | None = None
    most_per_customer: int | None = None


def clean_code(typed: str) -> str:
    """A code as it is kept: capitals, without the space around it."""
    return "".join(typed.split()).upper()[:60]


def check_code(code: str) -> str:
    """Why this is no code; empty when it is one."""
    if _CODE.fullmatch(code):
        return ""
    return "A code has 3 to 40 letters, digits and hyphens, such as SUMMER-10."


def check_terms(new: NewDiscount, *, currency: str, scopes: tuple[str, ...], now: datetime) -> dict[str, str]:
    """What is wrong, as sentences by field; empty when nothing is. ``currency`` is that of an amount."""
    errors = {}
    if new.kind not in ("percent", "amount"):
        errors["kind"] = "Choose a percentage or an amount."
    elif new.kind == "percent" and not 0 < new.value <= 10_000:
        errors["value"] = "A percentage is more than 0 and at most 100."
    elif new.kind == "amount" and not 0 < new.value <= LARGEST_MINOR:
        errors["value"] = (
            f"The amount is at least {Money(1, currency)}, and at most {Money(LARGEST_MINOR, currency)}."
        )
    if new.scope not in scopes:
        errors["scope"] = "Choose what it is for."
    if new.ends is not None and new.ends <= new.begins:
        errors["ends"] = "It ends after it begins."
    elif new.ends is not None and new.ends <= now:
        errors["ends"] = "This has passed. It ends later than now, or has no end."
    for field, most in (("most", new.most), ("most_per_customer", new.most_per_customer)):
        if most is not None and not 1 <= most <= _MOST:
            errors[field] = f"A limit is a whole number from 1 to {_MOST:,}. Leave it empty for none."
    return errors


_KNOWN = {
    "product": text("SELECT 1 FROM products WHERE product_id = :id AND state = 'active'"),
    "collection": text("SELECT 1 FROM collections WHERE collection_id = :id"),
}


def known_scope(session: Session, new: NewDiscount) -> dict[str, str]:
    """A refusal where the product or collection is not there."""
    if new.scope not in _KNOWN:
        return {} if new.scope_id == NIL else {"scope_id": "It is for everything, or for one thing."}
    if session.execute(_KNOWN[new.scope], {"id": new.scope_id}).scalar() is None:
        return {"scope_id": f"Choose a {new.scope} that is sold."}
    return {}


def refuse(errors: dict[str, str]) -> None:
    """Raise Refusals when there is something to say."""
    if errors:
        raise Refusals(errors)
