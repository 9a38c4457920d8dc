"""Replaces ids by the objects that they name, where a caller asked with ``expand``."""

from __future__ import annotations

from collections.abc import Callable

from payments.sandbox.errors import Json, invalid
from payments.sandbox.state import State

DEEPEST = 4  # Stripe expands four levels and refuses a fifth.

# Fields that an object carries only when they are asked for, with what finds them.
Included = dict[tuple[str, str], Callable[[State, Json], Json]]


def expand(state: State, answer: Json, paths: list[str], included: Included) -> Json:
    """Return the answer with each dotted path expanded. Raises StripeError for one that cannot be."""
    for path in paths:
        steps = path.split(".")
        if len(steps) > DEEPEST:
            raise invalid(
                f"You cannot expand more than {DEEPEST} levels of a property. Property: {path}",
                param="expand",
            )
        _follow(state, answer, steps, path, included)
    return answer


def _follow(state: State, owner: Json, steps: list[str], path: str, included: Included) -> None:
    name, rest = steps[0], steps[1:]
    find = included.get((owner.get("object", ""), name))
    if find is not None and owner.get(name) is None:
        owner[name] = find(state, owner)
    if name not in owner:
        raise invalid(
            f"This property cannot be expanded ({path}). You may want to try expanding a field that is "
            "part of the object.",
            param="expand",
        )
    value = owner[name] = _resolve(state, owner[name], is_last=not rest, path=path)
    for branch in value if isinstance(value, list) else [value]:
        if rest and isinstance(branch, dict):
            _follow(state, branch, rest, path, included)


def _resolve(state: State, value: object, *, is_last: bool, path: str) -> object:
    if isinstance(value, str):
        found = state.find(value)
        if found is None:
            raise invalid(f"This property cannot be expanded ({path}).", param="expand")
        return found
    if isinstance(value, list):
        return [_resolve(state, each, is_last=is_last, path=path) for each in value]
    if value is None or isinstance(value, dict):
        return value
    raise invalid(f"This property cannot be expanded ({path}).", param="expand")
