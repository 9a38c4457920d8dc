"""A rule as a form: what it is for, how it prices, from when until when, and what it would do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.discount_forms import FIELDS, Typed
from app.edge import db, now
from app.portal.here import here
from app.portal.price_form import read_rule_value
from kit.errors import Refusal
from kit.money import Money
from pricing.grid import GridRow, grid_rows
from pricing.rule_effects import RuleEffects, rule_effects
from pricing.rules import Rule
from pricing.store_rules import StoreRule

_SHOWN = 25
_EMPTY = dict.fromkeys(FIELDS, "") | {"scope": "all", "method": "markup", "rounding": "none"}


@dataclass(frozen=True, slots=True)
class Difference:
    """What a rule would do to one row. ``after`` and ``earn`` are None where nothing would price it."""

    row: GridRow
    before: Money | None
    after: Money | None
    earn: Money | None


@dataclass(frozen=True, slots=True)
class Refused:
    """A row for which a fixed price is too low."""

    row: GridRow
    lowest: Money


@dataclass(frozen=True, slots=True)
class Shown:
    """What a page tells of a rule's effects: all in numbers, and the first rows."""

    effects: RuleEffects
    differences: list[Difference]
    refused: list[Refused]


@dataclass(frozen=True, slots=True)
class AskedRule:
    """A rule that was read whole. Without ``begins`` and ``ends`` it stands from now on."""

    scope: str
    scope_id: UUID
    method: str
    value: int
    rounding: str
    begins: datetime | None
    ends: datetime | None

    @property
    def planned(self) -> bool:
        return self.begins is not None or self.ends is not None

    @property
    def from_now(self) -> datetime:
        """When it begins: one with an end and no beginning runs from now on."""
        return self.begins or now()

    @property
    def first_moment(self) -> datetime:
        """The moment that it is judged by. What begins in the past is refused when it is saved."""
        return max(self.from_now, now())


def typed_rule(sent: Mapping[str, str]) -> Typed:
    """What the form sent, with what goes without saying where nothing was."""
    typed = Typed.of(sent)
    for name in ("method", "rounding"):
        typed.form[name] = sent.get(name, _EMPTY[name]).strip()[:40]
    typed.form["scope"] = typed.form["scope"] or "all"
    return typed


def empty_form() -> dict[str, str]:
    return dict(_EMPTY)


def form_of(found: StoreRule) -> dict[str, str]:
    """A rule as it would be typed."""
    form = empty_form() | {
        "scope": "all" if found.scope == "store" else found.scope,
        "method": found.rule.method,
        "value": _written(found.rule),
        "rounding": found.rule.rounding,
    }
    if found.scope != "store":
        form[found.scope] = found.handle
    return form


def _written(rule: Rule) -> str:
    if rule.method == "markup":
        return f"{rule.value / 100:g}"
    return str(Money(rule.value, here().store.currency).decimal)


def read_rule(typed: Typed) -> AskedRule | None:
    """Read the form; None where something is wrong, which ``typed.errors`` then says."""
    scope, scope_id = typed.scope(db())
    begins, ends = typed.moment("begins"), typed.moment("ends")
    try:
        value = read_rule_value(typed.form["method"], typed.form["value"], here().store.currency)
    except Refusal as refusal:
        typed.refuse(refusal)
        return None
    if typed.errors:
        return None
    scope = "store" if scope == "all" else scope
    return AskedRule(scope, scope_id, typed.form["method"], value, typed.form["rounding"], begins, ends)


def effects_of(asked: AskedRule) -> RuleEffects:
    """What a rule would do from its first moment on. Raises Refusal for one that cannot be."""
    return rule_effects(
        db(),
        **here().keys,
        scope=asked.scope,
        scope_id=asked.scope_id,
        method=asked.method,
        value=asked.value,
        rounding=asked.rounding,
        at=asked.first_moment if asked.planned else None,
        now=now(),
    )


def shown_of(effects: RuleEffects, at: datetime) -> Shown:
    """The first rows of what a rule would do, as they are at the moment from which it holds."""
    changed = effects.changed[:_SHOWN]
    refused = effects.refused[:_SHOWN]
    rows = _rows([row.variant_id for row in changed] + [row.variant_id for row in refused], at)
    return Shown(
        effects,
        [
            Difference(rows[row.variant_id], row.before, row.after, row.earn)
            for row in changed
            if row.variant_id in rows
        ],
        [Refused(rows[row.variant_id], row.lowest) for row in refused if row.variant_id in rows],
    )


def _rows(variant_ids: Sequence[UUID], at: datetime) -> dict[UUID, GridRow]:
    found, _ = grid_rows(db(), **here().keys, variant_ids=list(dict.fromkeys(variant_ids)), now=at)
    return {row.variant_id: row for row in found}
