"""Prices that begin later, and end by themselves: planned, listed, taken back. So are rules taken back.

A planned price lies over the standing one of its variant. No job has to run for it: every price is
read for the moment at which it is asked, so the first request after that moment has the right one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, insert, text
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from kit.errors import NotFound, Refusal
from kit.ids import new_id
from kit.money import Money
from pricing.judging import Judged, PricesRefused, judge_prices
from pricing.models import RetailRule
from pricing.reading import read_terms
from pricing.retail import write_own_prices
from storage import audit
from storage.revisions import store_changed

FURTHEST = timedelta(days=731)


@dataclass(frozen=True, slots=True)
class PlannedPrice:
    """A price that is planned, or runs. ``earn`` is the margin on a unit, judged when it was planned.

    ``ends`` is exclusive; None for one that stays.
    """

    rule_id: UUID
    variant_id: UUID
    sku: str
    product: str
    options: tuple[str, ...]
    price: Money
    earn: Money
    begins: datetime
    ends: datetime | None
    running: bool


def plan_prices(
    session: Session,
    *,
    partner_id: UUID,
    store_id: UUID,
    prices: Mapping[UUID, Money],
    begins: datetime,
    ends: datetime | None,
    actor: str,
    now: datetime,
) -> list[Judged]:
    """Plan variants' prices from ``begins`` until ``ends`` (exclusive; None: for good), all or none.

    They are judged by the wholesale prices that will hold when they begin; where wholesale rises while
    they run, the store's standing choice applies. Raises Refusal for a period that cannot be, and
    PricesRefused when a price is under its floor then or another plan of its variant overlaps.
    """
    if begins <= now:
        raise Refusal("A planned price begins later than now. To change it now, save it.", field="begins")
    if begins > now + FURTHEST:
        raise Refusal("A price can be planned for the next two years.", field="begins")
    if ends is not None and ends <= begins:
        raise Refusal("A planned price ends after it begins.", field="ends")
    store_changed(session, store_id=store_id)
    keys = {"partner_id": partner_id, "store_id": store_id}
    settle_begun(session, **keys, scope="variant", targets=list(prices), now=now)
    taken = {
        row.scope_id: row
        for row in session.execute(
            _OVERLAPPING, {**keys, "variants": list(prices), "begins": begins, "ends": ends}
        )
    }
    judged = [
        replace(row, refusal=row.refusal or _taken(taken.get(row.variant_id)))
        for row in judge_prices(session, **keys, prices=prices, now=begins)
    ]
    if any(row.refusal for row in judged):
        raise PricesRefused(judged)
    if not judged:
        return []
    write_own_prices(
        session, judged, **keys, valid=Range(begins, ends), layer="planned", actor=actor, now=now
    )
    audit.record(
        session,
        actor=actor,
        action="retail.planned",
        subject=f"store:{store_id}",
        partner_id=partner_id,
        now=now,
        after={
            "begins": begins.isoformat(),
            "ends": ends.isoformat() if ends else None,
            "prices": {row.sku: row.after.minor for row in judged[:200]},
        },
    )
    return judged


_SETTLED = text("""
    UPDATE retail_rules e SET valid = tstzrange(lower(e.valid), :now)
     WHERE e.partner_id = :partner_id AND e.store_id = :store_id AND e.scope = :scope
       AND e.scope_id = ANY(CAST(:targets AS uuid[])) AND e.withdrawn_at IS NULL
       AND upper_inf(e.valid) AND lower(e.valid) < :now
       AND (e.layer = 'planned' OR EXISTS (
             SELECT 1 FROM retail_rules o
              WHERE o.partner_id = :partner_id AND o.store_id = :store_id AND o.scope = :scope
                AND o.scope_id = e.scope_id AND o.layer = 'planned' AND o.withdrawn_at IS NULL
                AND upper_inf(o.valid) AND lower(o.valid) < :now))
    RETURNING e.layer, e.scope_id, e.method, e.value, e.rounding, e.judged_wholesale, e.judged_floor,
              e.actor, e.created_at
""")


def settle_begun(
    session: Session, *, partner_id: UUID, store_id: UUID, scope: str, targets: Sequence[UUID], now: datetime
) -> None:
    """Let plans that have begun and have no end stand from now on, in the place of what stood beneath them.

    Only then is there room to plan something over them. No price of any moment changes by it. Whoever
    calls has taken the store's revision.
    """
    keys = {"partner_id": partner_id, "store_id": store_id, "scope": scope}
    ended = session.execute(_SETTLED, {**keys, "targets": list(targets), "now": now}).mappings()
    standing = [
        {**keys, **row, "rule_id": new_id(), "valid": Range(now, None), "layer": "standing"}
        for row in ended
        if row["layer"] == "planned"
    ]
    if standing:
        session.execute(insert(RetailRule), standing)


def _taken(other: Row[Any] | None) -> str:
    if other is None:
        return ""
    period = f"{other.begins:%d %b %Y %H:%M}" + (f" until {other.ends:%d %b %Y %H:%M}" if other.ends else "")
    return f"Another price is planned here from {period} UTC. End that plan first."


_OVERLAPPING = text("""
    SELECT r.scope_id, lower(r.valid) AS begins, upper(r.valid) AS ends FROM retail_rules r
     WHERE r.partner_id = :partner_id AND r.store_id = :store_id AND r.scope = 'variant'
       AND r.layer = 'planned' AND r.withdrawn_at IS NULL AND r.scope_id = ANY(CAST(:variants AS uuid[]))
       AND r.valid && tstzrange(:begins, :ends)
     ORDER BY lower(r.valid) DESC
""")
# A plan without an end that has begun is an ordinary price by now.
_PLANNED = text("""
    SELECT r.rule_id, r.value, r.judged_wholesale, lower(r.valid) AS begins, upper(r.valid) AS ends,
           v.variant_id, v.sku, v.options, g.title
      FROM retail_rules r
      JOIN variants v ON v.variant_id = r.scope_id
      JOIN products g ON g.product_id = v.product_id
     WHERE r.partner_id = :partner_id AND r.store_id = :store_id AND r.scope = 'variant'
       AND r.layer = 'planned' AND r.withdrawn_at IS NULL
       AND (lower(r.valid) > :now OR upper(r.valid) > :now)
     ORDER BY lower(r.valid), g.position, g.product_id, v.position
""")


def planned_prices(
    session: Session, *, partner_id: UUID, store_id: UUID, now: datetime
) -> list[PlannedPrice]:
    """Return the plans that lie ahead, and those that run and will end; the earliest first."""
    rows = session.execute(_PLANNED, {"partner_id": partner_id, "store_id": store_id, "now": now}).all()
    if not rows:
        return []
    terms = read_terms(session, partner_id=partner_id, store_id=store_id, now=now)
    return [
        PlannedPrice(
            rule_id=row.rule_id,
            variant_id=row.variant_id,
            sku=row.sku,
            product=row.title,
            options=tuple(row.options),
            price=Money(row.value, terms.currency),
            earn=Money(terms.net(row.value) - row.judged_wholesale, terms.currency),
            begins=row.begins,
            ends=row.ends,
            running=row.begins <= now,
        )
        for row in rows
    ]


# One that has not begun never holds; one that runs holds until now.
_WITHDRAW = text("""
    UPDATE retail_rules r
       SET withdrawn_at = CASE WHEN lower(r.valid) > :now THEN CAST(:now AS timestamptz) END,
           valid = CASE WHEN lower(r.valid) > :now THEN r.valid
                        ELSE tstzrange(lower(r.valid),
                                       greatest(:now, lower(r.valid) + interval '1 microsecond')) END
     WHERE r.partner_id = :partner_id AND r.store_id = :store_id
       AND r.rule_id = ANY(CAST(:rules AS uuid[]))
       AND r.layer = 'planned' AND r.withdrawn_at IS NULL AND (lower(r.valid) > :now OR upper(r.valid) > :now)
    RETURNING r.scope, r.scope_id, r.method, r.value, r.rounding, lower(r.valid) AS begins
""")


def withdraw_plans(
    session: Session, *, partner_id: UUID, store_id: UUID, rule_ids: Sequence[UUID], actor: str, now: datetime
) -> int:
    """Take plans of prices or of rules back: those ahead never hold, those that run end now. Return how many.

    Raises NotFound when none of them is there to take back.
    """
    store_changed(session, store_id=store_id)
    rows = session.execute(
        _WITHDRAW, {"partner_id": partner_id, "store_id": store_id, "rules": list(rule_ids), "now": now}
    ).all()
    if not rows:
        raise NotFound("These plans have ended or were taken back already.")
    audit.record(
        session,
        actor=actor,
        action="retail.plan_withdrawn",
        subject=f"store:{store_id}",
        partner_id=partner_id,
        now=now,
        before={str(row.scope_id): _withdrawn(row) for row in rows[:200]},
    )
    return len(rows)


def _withdrawn(row: Row[Any]) -> dict[str, Any]:
    begins = {"begins": row.begins.isoformat()}
    if row.scope == "variant":
        return {"price": row.value, **begins}
    return {
        "scope": row.scope,
        "method": row.method,
        "value": row.value,
        "rounding": row.rounding,
        **begins,
    }
