"""Setting what shoppers see. Every price is judged against the floor before anything is written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import insert, text
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from kit.ids import NIL, new_id, new_ids
from kit.money import Money
from pricing.bases import array_of, plan_for_many
from pricing.judging import Judged, PricesRefused, judge_prices, well_formed
from pricing.models import RetailRule
from pricing.rule_targets import Target, judge_fixed, target_named
from storage import audit
from storage.revisions import store_changed


def set_prices(
    session: Session,
    *,
    partner_id: UUID,
    store_id: UUID,
    prices: Mapping[UUID, Money],
    actor: str,
    now: datetime,
) -> list[Judged]:
    """Give variants prices of their own, all or none, and return the verdict on each.

    Raises PricesRefused when any is under its floor. What a variant had before stays as history.
    """
    # Taking the store's revision first makes changes to one store follow one another.
    store_changed(session, store_id=store_id)
    judged = judge_prices(session, partner_id=partner_id, store_id=store_id, prices=prices, now=now)
    if any(row.refusal for row in judged):
        raise PricesRefused(judged)
    set_judged(session, judged, partner_id=partner_id, store_id=store_id, actor=actor, now=now)
    return judged


def set_judged(
    session: Session,
    judged: Sequence[Judged],
    *,
    partner_id: UUID,
    store_id: UUID,
    actor: str,
    now: datetime,
) -> None:
    """Give variants the prices that they were judged by in this transaction, none of them refused.

    Whoever calls has taken the store's revision before they were judged.
    """
    if not judged:
        return
    ids = [row.variant_id for row in judged]
    begins = end_rules(
        session, partner_id=partner_id, store_id=store_id, scope="variant", scope_ids=ids, now=now
    )
    write_own_prices(
        session,
        judged,
        partner_id=partner_id,
        store_id=store_id,
        valid=Range(begins, None),
        layer="standing",
        actor=actor,
        now=now,
    )
    audit.record(
        session,
        actor=actor,
        action="retail.set",
        subject=f"store:{store_id}",
        partner_id=partner_id,
        now=now,
        before={row.sku: row.before_minor for row in judged[:200]},
        after={row.sku: row.after_minor for row in judged[:200]} | _more(len(judged)),
    )


def _more(count: int) -> dict[str, int]:
    """What an entry of the log says where there were more than it lists; all are in the rules' history."""
    return {"and more": count - 200} if count > 200 else {}


def write_own_prices(
    session: Session,
    judged: Iterable[Judged],
    *,
    partner_id: UUID,
    store_id: UUID,
    valid: Range[datetime],
    layer: str,
    actor: str,
    now: datetime,
) -> None:
    """Write fixed prices of variants that were judged and not refused."""
    rows = list(judged)
    session.execute(
        _WRITE,
        {
            "partner_id": partner_id,
            "store_id": store_id,
            "rules": array_of(new_ids(len(rows))),
            "variants": array_of(row.variant_id for row in rows),
            "amounts": array_of(row.after_minor for row in rows),
            "costs": array_of(row.wholesale_minor for row in rows),
            "floors": array_of(row.lowest_minor for row in rows),
            "begins": valid.lower,
            "ends": valid.upper,
            "layer": layer,
            "actor": actor,
            "now": now,
        },
    )


# The rows come as a few arrays: as one parameter each, a hundred thousand of them would be millions.
_WRITE = text("""
    INSERT INTO retail_rules (partner_id, rule_id, store_id, scope, scope_id, method, value, rounding,
                              judged_wholesale, judged_floor, valid, layer, actor, created_at)
    SELECT :partner_id, n.rule_id, :store_id, 'variant', n.variant_id, 'fixed', n.amount, 'none', n.cost,
           n.floor, tstzrange(:begins, :ends), :layer, :actor, :now
      FROM unnest(CAST(:rules AS uuid[]), CAST(:variants AS uuid[]), CAST(:amounts AS bigint[]),
                  CAST(:costs AS bigint[]), CAST(:floors AS bigint[]))
           AS n (rule_id, variant_id, amount, cost, floor)
""")


def clear_prices(
    session: Session,
    *,
    partner_id: UUID,
    store_id: UUID,
    variant_ids: Sequence[UUID],
    actor: str,
    now: datetime,
) -> None:
    """Let variants follow the store's rules again instead of prices of their own."""
    store_changed(session, store_id=store_id)
    end_rules(
        session, partner_id=partner_id, store_id=store_id, scope="variant", scope_ids=variant_ids, now=now
    )
    audit.record(
        session,
        actor=actor,
        action="retail.cleared",
        subject=f"store:{store_id}",
        partner_id=partner_id,
        now=now,
        before={"variants": [str(variant_id) for variant_id in variant_ids[:200]]},
    )


def set_rule(
    session: Session,
    *,
    partner_id: UUID,
    store_id: UUID,
    scope: str,
    scope_id: UUID = NIL,
    method: str,
    value: int,
    rounding: str = "none",
    actor: str,
    now: datetime,
) -> None:
    """Price a product, a collection or the whole store by a rule.

    ``value`` is minor units for a fixed price or a margin, basis points for a markup. A fixed price
    is judged against the highest floor among the variants that it covers. A markup or a margin follows
    wholesale, and where it comes to less than the floor, the floor is the price. Raises Refusal with what
    is allowed.
    """
    well_formed(scope, method, value, rounding)
    target_named(session, scope=scope, scope_id=scope_id)
    store_changed(session, store_id=store_id)
    target = Target(partner_id=partner_id, store_id=store_id, scope=scope, scope_id=scope_id)
    # What follows wholesale is right for any of it, so nothing of a catalogue of thousands has to be read.
    judged = judge_fixed(session, **target, value=value, at=now) if method == "fixed" else (None, None)
    begins = end_rules(
        session, partner_id=partner_id, store_id=store_id, scope=scope, scope_ids=[scope_id], now=now
    )
    write_rule(
        session,
        target,
        method=method,
        value=value,
        rounding=rounding,
        judged=judged,
        begins=begins,
        ends=None,
        layer="standing",
        actor=actor,
        now=now,
    )


def write_rule(
    session: Session,
    target: Target,
    *,
    method: str,
    value: int,
    rounding: str,
    judged: tuple[int | None, int | None],
    begins: datetime,
    ends: datetime | None,
    layer: str,
    actor: str,
    now: datetime,
) -> UUID:
    """Write a rule that was judged, and the log's entry of it, and return its key.

    ``judged`` are the wholesale price and the floor that a fixed price was judged by. ``layer`` is
    ``standing`` or ``planned``.
    """
    rule_id = new_id()
    asked = {"method": method, "value": value, "rounding": rounding}
    session.execute(
        insert(RetailRule).values(
            **target,
            **asked,
            rule_id=rule_id,
            judged_wholesale=judged[0],
            judged_floor=judged[1],
            valid=Range(begins, ends),
            layer=layer,
            actor=actor,
            created_at=now,
        )
    )
    after = {"scope": target["scope"], "scope_id": str(target["scope_id"]), **asked}
    if layer == "planned":
        after |= {"begins": begins.isoformat(), "ends": ends.isoformat() if ends else None}
    audit.record(
        session,
        actor=actor,
        action="retail.rule_planned" if layer == "planned" else "retail.rule_set",
        subject=f"store:{target['store_id']}",
        partner_id=target["partner_id"],
        now=now,
        after=after,
    )
    return rule_id


def end_rules(
    session: Session,
    *,
    partner_id: UUID,
    store_id: UUID,
    scope: str,
    scope_ids: Sequence[UUID],
    now: datetime,
) -> datetime:
    """End the rules in force, and return the moment from which new ones may begin.

    A plan that has begun and has no end is in force like any other; plans ahead stay. A rule lasts at
    least a microsecond, so that two changes in one instant keep their order.
    """
    plan_for_many(session, len(scope_ids))
    ended = session.execute(
        _END,
        {
            "partner_id": partner_id,
            "store_id": store_id,
            "scope": scope,
            "targets": array_of(scope_ids),
            "now": now,
        },
    ).scalar_one()
    return ended or now


_END = text("""
    WITH ended AS (
      UPDATE retail_rules e
         SET valid = tstzrange(lower(e.valid),
                               greatest(CAST(:now AS timestamptz), lower(e.valid) + interval '1 microsecond'))
        FROM unnest(CAST(:targets AS uuid[])) AS n (scope_id)
       WHERE e.partner_id = :partner_id AND e.store_id = :store_id AND e.scope = :scope
         AND e.scope_id = n.scope_id AND e.withdrawn_at IS NULL AND upper_inf(e.valid)
         AND (e.layer = 'standing' OR lower(e.valid) <= :now)
      RETURNING upper(e.valid) AS at)
    SELECT max(at) FROM ended
""")
