"""Everything that is kept of a shopper in one file, and the same for people to read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from orders.keepers import Keeper, Whose


def give_all(
    session: Session, *, keepers: Sequence[Keeper], whose: Whose, store: str, company: str, now: datetime
) -> dict[str, Any]:
    """What each room keeps, under its name; where its value is a list alone, that list."""
    given: dict[str, Any] = {
        "store": store,
        "company": company,
        "made": now.isoformat(timespec="seconds"),
    }
    for keeper in keepers:
        found = keeper.give(session, whose)
        given[keeper.name] = found[keeper.name] if set(found) == {keeper.name} else found
    return given


def anything_kept(session: Session, *, keepers: Sequence[Keeper], whose: Whose) -> bool:
    """Whether any room keeps something of an address."""
    return any(any(keeper.give(session, whose).values()) for keeper in keepers)


def as_text(given: dict[str, Any]) -> str:
    """The same as plain text, a line for each value."""
    return "\n".join(_lines(given, 0)) + "\n"


def _lines(value: dict[str, Any], depth: int) -> Iterator[str]:
    space = "  " * depth
    for name, each in value.items():
        label = name.replace("_", " ")
        if isinstance(each, dict) and set(each) == {"amount", "currency"}:
            yield f"{space}{label}: {each['amount']} {each['currency']}"
        elif isinstance(each, dict):
            if each:
                yield f"{space}{label}:"
                yield from _lines(each, depth + 1)
        elif isinstance(each, list):
            for item in each:
                yield f"{space}{label}:"
                yield from _lines(item if isinstance(item, dict) else {"": item}, depth + 1)
        elif each not in (None, ""):
            yield f"{space}{label}: {each}"
