"""What setting, planning or removing a rule would do to prices, with nothing changed.

The listings are read as they would be without what the rule replaces, and the rule is then put where it
would stand among the rules that are left.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from kit.errors import Refusal
from kit.memory import making_many
from kit.money import Money
from pricing.bases import Basis, Pricer, read_bases
from pricing.judging import well_formed
from pricing.models import SCOPES
from pricing.rule_targets import Target, covered_variants, target_named
from pricing.rules import Rule, Steps, Terms, price_steps
from pricing.store_rules import rules_at


@dataclass(frozen=True, slots=True)
class Effect:
    """What would become of one price. ``after`` is None where nothing would price it any more, ``before``
    where nothing does. ``earn`` is the margin on a unit afterwards."""

    variant_id: UUID
    before: Money | None
    after: Money | None
    earn: Money | None


@dataclass(frozen=True, slots=True)
class TooLow:
    """A listing for which a fixed price is under the ``lowest`` one allowed."""

    variant_id: UUID
    lowest: Money


@dataclass(frozen=True, slots=True)
class RuleEffects:
    """What a rule would do at the moment from which it holds.

    Of the ``covered`` listings it would price ``prices``; more specific rules and own prices have the
    others. ``changed`` are those that shoppers would see another price of, in the catalogue's order.
    ``lifted`` of what it prices would be raised to the floor, and ``capped`` lowered to the company's
    maximum. With ``refused`` there, a fixed price cannot be saved; ``lowest`` is what fits all of them.
    """

    covered: int
    prices: int
    changed: tuple[Effect, ...]
    lifted: int
    capped: int
    refused: tuple[TooLow, ...]
    lowest: Money | None


def rule_effects(
    session: Session,
    *,
    partner_id: UUID,
    store_id: UUID,
    scope: str,
    scope_id: UUID,
    method: str,
    value: int,
    rounding: str,
    at: datetime | None,
    now: datetime,
) -> RuleEffects:
    """Work out what a rule would do: set now, or planned from ``at`` on.

    Raises Refusal for a rule that cannot be, whatever it covers.
    """
    well_formed(scope, method, value, rounding)
    target_named(session, scope=scope, scope_id=scope_id)
    target = Target(partner_id=partner_id, store_id=store_id, scope=scope, scope_id=scope_id)
    moment = now if at is None else at
    before, _ = _read(session, target, moment)
    after, terms = _read(session, target, moment, without=_replaced(session, target, now))
    rule = Rule(scope, method, value, rounding)
    rank = (SCOPES.index(scope), "standing" if at is None else "planned", _place(session, target))
    others = rules_at(session, partner_id=partner_id, store_id=store_id, now=moment)
    pricer, changed, prices, lifted, capped = Pricer(terms), [], 0, 0, 0
    # Of thousands of listings many cost the same, and come out alike.
    alike: dict[tuple[int, int | None], Steps] = {}
    with making_many():
        for was, basis in zip(before, after, strict=True):
            beneath = others.get(basis.beneath_id) if basis.beneath_id else None
            if basis.own is not None:
                continue
            if beneath is not None and beneath.rank <= rank:
                # What the rule replaces may have gone before this one, and it itself does not.
                changed += _effect(pricer, was, basis, basis.beneath, terms)
                continue
            prices += 1
            key = (basis.wholesale, basis.ceiling)
            if key not in alike:
                alike[key] = price_steps(rule, wholesale=basis.wholesale, terms=terms, ceiling=basis.ceiling)
            steps = alike[key]
            lifted += method != "fixed" and steps.target < steps.floor
            capped += steps.price != steps.rounded
            changed += _effect(pricer, was, basis, rule, terms)
    refused = _refused(after, value, terms) if method == "fixed" else ()
    lowest = max((row.lowest for row in refused), default=None)
    return RuleEffects(len(after), prices, tuple(changed), lifted, capped, refused, lowest)


def clearing_effects(
    session: Session, *, partner_id: UUID, store_id: UUID, scope: str, scope_id: UUID, now: datetime
) -> RuleEffects:
    """Work out what removing the standing rule of a product or a collection would do."""
    target = Target(partner_id=partner_id, store_id=store_id, scope=scope, scope_id=scope_id)
    before, _ = _read(session, target, now)
    after, terms = _read(session, target, now, without=_replaced(session, target, now))
    pricer = Pricer(terms)
    changed = [
        effect
        for was, basis in zip(before, after, strict=True)
        if basis.own is None
        for effect in _effect(pricer, was, basis, basis.beneath, terms)
    ]
    return RuleEffects(len(after), 0, tuple(changed), 0, 0, (), None)


def _read(
    session: Session, target: Target, at: datetime, without: Sequence[UUID] = ()
) -> tuple[list[Basis], Terms]:
    return read_bases(
        session,
        partner_id=target["partner_id"],
        store_id=target["store_id"],
        variant_ids=covered_variants(session, **target),
        now=at,
        without=without,
    )


def _effect(pricer: Pricer, was: Basis, basis: Basis, rule: Rule | None, terms: Terms) -> list[Effect]:
    before, after = pricer.price(was, was.own or was.beneath), pricer.price(basis, rule)
    if before == after:
        return []
    return [
        Effect(
            basis.variant_id,
            None if before is None else Money(before, terms.currency),
            None if after is None else Money(after, terms.currency),
            None if after is None else Money(terms.net(after) - basis.wholesale, terms.currency),
        )
    ]


def _refused(bases: Sequence[Basis], value: int, terms: Terms) -> tuple[TooLow, ...]:
    # Also where a more specific rule goes before it: when that one is gone, this price would count.
    floors = ((basis.variant_id, terms.lowest(basis.wholesale)) for basis in bases)
    return tuple(TooLow(key, Money(floor, terms.currency)) for key, floor in floors if value < floor)


# What setting or removing a rule ends, and a plan lies over: the standing one, and a plan that has begun and
# has no end, which stands as well.
_REPLACED = text("""
    SELECT r.rule_id FROM retail_rules r
     WHERE r.partner_id = :partner_id AND r.store_id = :store_id AND r.scope = :scope
       AND r.scope_id = :scope_id AND r.withdrawn_at IS NULL AND upper_inf(r.valid) AND lower(r.valid) <= :now
""")
_PLACE = text("SELECT c.position FROM collections c WHERE c.collection_id = :scope_id")


def _replaced(session: Session, target: Target, now: datetime) -> list[UUID]:
    return list(session.execute(_REPLACED, {**target, "now": now}).scalars())


def _place(session: Session, target: Target) -> int:
    if target["scope"] != "collection":
        return 0
    place = session.execute(_PLACE, {"scope_id": target["scope_id"]}).scalar()
    if place is None:
        raise Refusal("There is no such collection. Choose one of the catalogue.", field="scope")
    return int(place)
