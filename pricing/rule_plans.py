"""Rules for a while, and rules that go: what is broader prices what they no longer do."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from kit.errors import NotFound, Refusal
from kit.ids import NIL
from pricing.judging import well_formed
from pricing.plans import FURTHEST, settle_begun
from pricing.retail import end_rules, write_rule
from pricing.rule_targets import Target, judge_fixed, target_named
from storage import audit
from storage.revisions import store_changed


def plan_rule(
    session: Session,
    *,
    partner_id: UUID,
    store_id: UUID,
    scope: str,
    scope_id: UUID = NIL,
    method: str,
    value: int,
    rounding: str = "none",
    begins: datetime,
    ends: datetime | None,
    actor: str,
    now: datetime,
) -> UUID:
    """Plan a rule for a product, a collection or the whole store from ``begins``, which is now or later,
    until ``ends`` (exclusive; None: for good), and return its key.

    It lies over the standing rule of its target, which comes back when it ends; more specific rules go
    before it. ``value`` is as for ``set_rule``; a fixed price is judged by the wholesale prices that will
    hold when it begins. Raises Refusal with the field and what is allowed, also where another plan for
    the same target overlaps.
    """
    well_formed(scope, method, value, rounding)
    if scope == "variant":
        raise Refusal(
            "A rule is planned for the whole store, a collection or a product; a variant has a price.",
            field="scope",
        )
    if begins < now:
        raise Refusal("A planned rule begins now or later.", field="begins")
    if begins > now + FURTHEST:
        raise Refusal("A rule can be planned for the next two years.", field="begins")
    if ends is not None and ends <= begins:
        raise Refusal("A planned rule ends after it begins.", field="ends")
    name = target_named(session, scope=scope, scope_id=scope_id)
    store_changed(session, store_id=store_id)
    target = Target(partner_id=partner_id, store_id=store_id, scope=scope, scope_id=scope_id)
    if scope != "collection":
        # Of a collection's rules the planned ones go before those of other collections that stand, so
        # letting one stand could change prices.
        settle_begun(
            session, partner_id=partner_id, store_id=store_id, scope=scope, targets=[scope_id], now=now
        )
    other = session.execute(_OVERLAPPING, {**target, "begins": begins, "ends": ends}).first()
    if other is not None:
        raise Refusal(_overlaps(name, other, now), field="begins")
    judged = judge_fixed(session, **target, value=value, at=begins) if method == "fixed" else (None, None)
    return write_rule(
        session,
        target,
        method=method,
        value=value,
        rounding=rounding,
        judged=judged,
        begins=begins,
        ends=ends,
        layer="planned",
        actor=actor,
        now=now,
    )


def _overlaps(name: str, other: Row[Any], now: datetime) -> str:
    since = f"{other.begins:%d %b %Y %H:%M}"
    if other.ends is None and other.begins <= now:
        return (
            f"The rule of {name} was planned from {since} UTC on. Save it anew, so that it stands, or remove"
            " it first; then there is room for a plan."
        )
    until = f" until {other.ends:%d %b %Y %H:%M}" if other.ends else " on"
    return (
        f"Another rule is planned for {name} from {since}{until} UTC."
        " End that plan first, or choose a period that does not touch it."
    )


_OVERLAPPING = text("""
    SELECT lower(r.valid) AS begins, upper(r.valid) AS ends FROM retail_rules r
     WHERE r.partner_id = :partner_id AND r.store_id = :store_id AND r.scope = :scope
       AND r.scope_id = :scope_id AND r.layer = 'planned' AND r.withdrawn_at IS NULL
       AND r.valid && tstzrange(:begins, :ends)
     ORDER BY lower(r.valid) LIMIT 1
""")
_STANDING = text("""
    SELECT r.method, r.value, r.rounding FROM retail_rules r
     WHERE r.partner_id = :partner_id AND r.store_id = :store_id AND r.scope = :scope
       AND r.scope_id = :scope_id AND r.withdrawn_at IS NULL AND upper_inf(r.valid) AND lower(r.valid) <= :now
     ORDER BY r.layer LIMIT 1
""")


def clear_rule(
    session: Session,
    *,
    partner_id: UUID,
    store_id: UUID,
    scope: str,
    scope_id: UUID,
    actor: str,
    now: datetime,
) -> None:
    """End the standing rule of a product or a collection: its listings follow the next broader one.

    What is planned for it stays. Raises Refusal for the store's rule, which can be changed alone, and
    NotFound when there is no such rule.
    """
    if scope not in ("product", "collection"):
        raise Refusal(
            "The store's rule can be changed and not removed: what has no other rule would have no price.",
            field="scope",
        )
    store_changed(session, store_id=store_id)
    target = Target(partner_id=partner_id, store_id=store_id, scope=scope, scope_id=scope_id)
    before = session.execute(_STANDING, {**target, "now": now}).mappings().first()
    if before is None:
        raise NotFound("This rule was removed already.")
    end_rules(session, partner_id=partner_id, store_id=store_id, scope=scope, scope_ids=[scope_id], now=now)
    audit.record(
        session,
        actor=actor,
        action="retail.rule_cleared",
        subject=f"store:{store_id}",
        partner_id=partner_id,
        now=now,
        before={"scope": scope, "scope_id": str(scope_id), **before},
    )
