"""Reads Stripe's request encoding: ``a[b][0][c]=x`` as nested mappings."""

from __future__ import annotations

import json
from urllib.parse import parse_qsl

from payments.sandbox.errors import Json, invalid

_DEEPEST = 20  # Stripe's own parameters nest no deeper than seven levels.


def decode_form(encoded: str) -> Json:
    """Return the nested mapping that a form body or a query string stands for.

    Lists stay mappings from their index, as only the reader of a parameter knows whether it is a list
    or a free mapping whose keys happen to be digits. Raises StripeError for a name that is no path.
    """
    result: Json = {}
    for name, value in parse_qsl(encoded, keep_blank_values=True):
        _place(result, _path(name), name, value)
    return result


def decode_json(body: bytes) -> Json:
    """Return the JSON object that a v2 request carries. Raises StripeError when it is not one."""
    if not body:
        return {}
    try:
        value = json.loads(body)
    except ValueError:
        raise invalid("The request body is not valid JSON.") from None
    if not isinstance(value, dict):
        raise invalid("The request body must be a JSON object.")
    return value


def _path(name: str) -> list[str]:
    head, bracket, rest = name.partition("[")
    if not bracket:
        return [name]
    if not head or not rest.endswith("]"):
        raise invalid(f"Invalid parameter name: {name}")
    steps = [head, *rest[:-1].split("][")]
    if len(steps) > _DEEPEST:
        raise invalid(f"Invalid parameter name: {name}")
    return steps


def _place(target: Json, steps: list[str], name: str, value: str) -> None:
    for step in steps[:-1]:
        branch = target.setdefault(step or str(len(target)), {})
        if not isinstance(branch, dict):
            raise invalid(f"Invalid parameter name: {name}", param=name)
        target = branch
    last = steps[-1] or str(len(target))
    if isinstance(target.get(last), dict):
        raise invalid(f"Invalid parameter name: {name}", param=name)
    target[last] = value
