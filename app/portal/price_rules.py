"""The rules of a store, the most specific first: seen before they are saved, planned, removed, taken back."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from app.discount_forms import Typed, product_titles, shelves
from app.edge import db, now
from app.portal.here import by, here, page
from app.portal.rule_form import (
    AskedRule,
    Shown,
    effects_of,
    empty_form,
    form_of,
    read_rule,
    shown_of,
    typed_rule,
)
from app.portal.words import METHODS, ROUNDINGS
from app.ui.formats import money, number, when
from app.ui.toasts import say
from kit.errors import NotFound, Refusal
from kit.ids import NIL
from kit.money import Money
from pricing.grid import grid_index
from pricing.plans import withdraw_plans
from pricing.retail import set_rule
from pricing.rule_effects import RuleEffects, clearing_effects
from pricing.rule_plans import clear_rule, plan_rule
from pricing.rule_targets import target_named
from pricing.rules import Rule
from pricing.store_rules import StoreRule, store_rules

price_rules = Blueprint("price_rules", __name__)


@price_rules.get("/prices/rule")
def index() -> Response:
    wanted = request.args.get("rule", "")
    rules = store_rules(db(), **here().keys, now=now())
    if wanted:
        return _page(Typed(form_of(_one(rules, wanted))), rules=rules)
    return _page(Typed(empty_form()), rules=rules)


@price_rules.post("/prices/rule")
def change() -> Response:
    """Show what the rule of the form would do, save it, or bring the form back."""
    typed = typed_rule(request.form)
    if request.form.get("act") == "edit":
        return _page(typed)
    asked = read_rule(typed)
    if asked is None:
        return _page(typed, status=422)
    try:
        previewed = request.form.get("act") == "preview"
        # What follows wholesale is never refused, so saving it does not wait for thousands of prices.
        if previewed or asked.method == "fixed":
            effects = effects_of(asked)
            if effects.refused:
                return _too_low(typed, asked, effects)
            if previewed:
                return _seen(shown_of(effects, asked.first_moment), typed=typed, asked=asked)
        return _plan(asked) if asked.planned else _set(asked)
    except Refusal as refusal:
        # The domain says scope of what the form has a field for each of.
        typed.refuse(refusal, scope="scope" if asked.scope == "store" else asked.scope)
        return _page(typed, status=422)


def _too_low(typed: Typed, asked: AskedRule, effects: RuleEffects) -> Response:
    """Say for which rows a fixed price is too low: it cannot be for all that the rule covers."""
    currency = here().store.currency
    price, lowest = Money(asked.value, currency), effects.lowest or Money(0, currency)
    under = f"{number(len(effects.refused))} of {number(effects.covered)}"
    typed.errors["value"] = (
        f"{money(price)} is under the minimum for {under}."
        f" The lowest price for all of these is {money(lowest)}."
    )
    return _page(typed, refused=shown_of(effects, asked.first_moment), status=422)


def _set(asked: AskedRule) -> Response:
    before = _standing(asked.scope, asked.scope_id)
    set_rule(
        db(),
        **here().keys,
        scope=asked.scope,
        scope_id=asked.scope_id,
        method=asked.method,
        value=asked.value,
        rounding=asked.rounding,
        **by(),
    )
    what = _restoring(before) if before else f"clear:0:none:{asked.scope}:{asked.scope_id}"
    # A first rule for the whole store is not taken back: there has to be one.
    undo = url_for("price_rules.undo") if before or asked.scope != "store" else ""
    say("The rule is saved. Shoppers see its prices now.", undo=undo, what=what if undo else "")
    return redirect(url_for("price_rules.index"), 303)


def _plan(asked: AskedRule) -> Response:
    key = plan_rule(
        db(),
        **here().keys,
        scope=asked.scope,
        scope_id=asked.scope_id,
        method=asked.method,
        value=asked.value,
        rounding=asked.rounding,
        begins=asked.from_now,
        ends=asked.ends,
        **by(),
    )
    until = f" until {when(asked.ends)}" if asked.ends else ""
    since = f"from {when(asked.begins)}" if asked.begins else "from now"
    say(
        f"The rule is planned: {since}{until}. Nobody has to be here for it.",
        undo=url_for("price_rules.undo"),
        what=f"plan:{key}",
    )
    return redirect(url_for("price_rules.index"), 303)


@price_rules.post("/prices/rule/remove")
def remove() -> Response:
    """Show what removing a rule would do, or remove it."""
    place = here()
    found = _one(store_rules(db(), **place.keys, now=now()), request.form.get("rule", ""))
    if request.form.get("act") != "save" and found.scope != "store":
        effects = clearing_effects(db(), **place.keys, scope=found.scope, scope_id=found.scope_id, now=now())
        return _seen(shown_of(effects, now()), removing=found)
    clear_rule(db(), **place.keys, scope=found.scope, scope_id=found.scope_id, **by())
    say(
        f"The rule of {found.name} is removed. Its prices follow the next rule now.",
        undo=url_for("price_rules.undo"),
        what=_restoring(found),
    )
    return redirect(url_for("price_rules.index"), 303)


@price_rules.post("/prices/rule/undo")
def undo() -> Response:
    """Take back what was just done: bring the rule of before back, or take the new one away."""
    method, value, rounding, scope, scope_id = _undone(request.form.get("what", ""))
    if method == "plan":
        withdraw_plans(db(), **here().keys, rule_ids=[scope_id], **by())
    elif method == "clear":
        clear_rule(db(), **here().keys, scope=scope, scope_id=scope_id, **by())
    else:
        set_rule(
            db(),
            **here().keys,
            scope=scope,
            scope_id=scope_id,
            method=method,
            value=value,
            rounding=rounding,
            **by(),
        )
    say("The rules are as before.")
    return redirect(url_for("price_rules.index"), 303)


def _restoring(rule: StoreRule) -> str:
    """What has to be known to bring a rule back."""
    told = f"{rule.rule.method}:{rule.rule.value}:{rule.rule.rounding}"
    return told if rule.scope == "store" else f"{told}:{rule.scope}:{rule.scope_id}"


def _undone(what: str) -> tuple[str, int, str, str, UUID]:
    """Read what ``_restoring`` wrote. Raises Refusal for anything else."""
    parts = what.split(":")
    try:
        if parts[0] == "plan":
            _, key = parts
            return "plan", 0, "none", "", UUID(key)
        if len(parts) == 3:
            parts += ["store", str(NIL)]
        method, value, rounding, scope, key = parts
        if not value.isdecimal() or len(value) > 12:
            raise ValueError(value)
        return method, int(value), rounding, scope, UUID(key)
    except ValueError:
        raise Refusal("It is not known what is to be taken back.") from None


def _standing(scope: str, scope_id: UUID) -> StoreRule | None:
    """What stands for a target now, without what is planned over it."""
    found = store_rules(db(), **here().keys, now=now())
    return next(
        (rule for rule in found if not rule.planned and rule.scope == scope and rule.scope_id == scope_id),
        None,
    )


def _one(rules: list[StoreRule], key: str) -> StoreRule:
    """A standing rule by its key. Raises NotFound."""
    for rule in rules:
        if str(rule.rule_id) == key and not rule.planned:
            return rule
    raise NotFound("There is no such rule any more.")


def _seen(
    shown: Shown,
    *,
    typed: Typed | None = None,
    asked: AskedRule | None = None,
    removing: StoreRule | None = None,
) -> Response:
    """What would be done, with the form that does exactly that."""
    name = removing.name if removing else ""
    if asked is not None and asked.scope != "store":
        name = target_named(db(), scope=asked.scope, scope_id=asked.scope_id)
    return page(
        "portal/price_rule_preview.html",
        shown=shown,
        effects=shown.effects,
        fields=typed.form if typed else {},
        asked=asked,
        rule=Rule(asked.scope, asked.method, asked.value, asked.rounding) if asked else None,
        name=name,
        removing=removing,
    )


def _page(
    typed: Typed,
    *,
    rules: list[StoreRule] | None = None,
    refused: Shown | None = None,
    status: int = 200,
) -> Response:
    place, moment = here(), now()
    return page(
        "portal/price_rules.html",
        status=status,
        form=typed.form,
        errors=typed.errors,
        rules=store_rules(db(), **place.keys, now=moment) if rules is None else rules,
        own=len(grid_index(db(), **place.keys, now=moment).own),
        collections=shelves(db()),
        titles=product_titles(db()),
        methods=METHODS,
        roundings=ROUNDINGS,
        refused=refused,
    )
