"""Setting what the company takes for a unit, now or from a moment ahead."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select, text, update
from sqlalchemy.dialects.postgresql import insert as insert_unless_there
from sqlalchemy.orm import Session

from kit.errors import Refusal
from kit.ids import new_id
from kit.money import Money
from pricing.models import PriceList, WholesaleChange, WholesalePrice
from pricing.standstill import after_orders, keep_orders_out
from storage import audit
from storage.jobs import Job, enqueue
from storage.revisions import every_store_changed


@dataclass(frozen=True, slots=True)
class NewWholesale:
    """A wholesale price to set for a variant in one list."""

    variant_id: UUID
    price_list_id: UUID
    amount: Money


class ScheduleTaken(Refusal):
    """A change is scheduled already at or after the moment asked for."""


def default_list(session: Session) -> PriceList:
    """The list that others fall back to. Raises NoResultFound before an installation is set up."""
    return session.execute(select(PriceList).where(PriceList.is_default)).scalar_one()


# By their keys: asked by variant, list and period, of thousands each is searched for by the slow index that
# keeps periods apart.
_END = text("""
    UPDATE wholesale_prices w SET valid = tstzrange(lower(w.valid), :begins)
     WHERE w.wholesale_id IN (SELECT unnest(CAST(:ended AS uuid[]))) AND lower(w.valid) < :begins
""")
# As arrays: there may be tens of thousands of them.
_BEGIN = text("""
    INSERT INTO wholesale_prices (wholesale_id, variant_id, currency, price_list_id, amount, valid, actor,
                                  reason, created_at, change_id)
    SELECT n.wholesale_id, n.variant_id, n.currency, n.price_list_id, n.amount, tstzrange(:begins, NULL),
           :actor, :reason, :now, :change_id
      FROM unnest(CAST(:ids AS uuid[]), CAST(:variants AS uuid[]), CAST(:currencies AS text[]),
                  CAST(:lists AS uuid[]), CAST(:amounts AS bigint[]))
           AS n (wholesale_id, variant_id, currency, price_list_id, amount)
""")
_SCHEDULED = text("""
    SELECT min(lower(w.valid)) FROM wholesale_prices w
      JOIN unnest(CAST(:variants AS uuid[]), CAST(:currencies AS text[]), CAST(:lists AS uuid[]))
           AS n (variant_id, currency, price_list_id)
        ON w.variant_id = n.variant_id AND w.currency = n.currency AND w.price_list_id = n.price_list_id
     WHERE lower(w.valid) >= :begins
""")


def set_wholesale(
    session: Session,
    *,
    prices: Sequence[NewWholesale],
    begins: datetime,
    actor: str,
    now: datetime,
    reason: str = "",
    change_id: UUID | None = None,
) -> set[UUID]:
    """Set wholesale prices from ``begins`` on, and return the variants whose price is new or different.

    The price in force until then ends at that moment and stays as history. Where goods are ordered
    meanwhile, the moment is the first one behind those orders. Partners whose prices go
    under the floor by it are told after the transaction; calls with one ``change_id`` and moment are one
    change, of which they hear once. Raises ScheduleTaken
    when a later change of the same price exists, and Refusal for an amount that is not above zero
    or a moment in the past.
    """
    if any(price.amount.minor <= 0 for price in prices):
        raise Refusal("A wholesale price must be above zero.", field="amount")
    if begins < now:
        raise Refusal("A wholesale price can begin now or later, not in the past.", field="begins")
    variants = [price.variant_id for price in prices]
    keep_orders_out(session)
    begins = after_orders(session, moment=begins, variant_ids=variants)
    standing = _standing(session, variants, begins)
    current = {key: amount for key, (_, amount) in standing.items()}
    changed = [
        price
        for price in prices
        if current.get((price.variant_id, price.price_list_id, price.amount.currency)) != price.amount.minor
    ]
    if not changed:
        return set()
    every_store_changed(session)
    keys = {
        "begins": begins,
        "variants": [price.variant_id for price in changed],
        "currencies": [price.amount.currency for price in changed],
        "lists": [price.price_list_id for price in changed],
    }
    scheduled = session.execute(_SCHEDULED, keys).scalar()
    if scheduled is not None:
        raise ScheduleTaken(
            f"A change is scheduled already for {scheduled:%d %B %Y, %H:%M} UTC. Choose an earlier moment"
            " that lies before it, or change that one.",
            field="begins",
        )
    ended = [
        key
        for price in changed
        if (key := (price.variant_id, price.price_list_id, price.amount.currency)) in standing
    ]
    session.execute(_END, {"begins": begins, "ended": [standing[key][0] for key in ended]})
    change_id = change_id or new_id()
    session.execute(
        insert_unless_there(WholesaleChange)
        .values(change_id=change_id, begins=begins, actor=actor, reason=reason, created_at=now)
        .on_conflict_do_nothing()
    )
    session.execute(
        _BEGIN,
        {
            **keys,
            "ids": [new_id() for _ in changed],
            "amounts": [price.amount.minor for price in changed],
            "change_id": change_id,
            "actor": actor,
            "reason": reason,
            "now": now,
        },
    )
    audit.record(
        session,
        actor=actor,
        action="wholesale.set",
        subject=f"variants:{len(changed)}",
        now=now,
        before={str(key[0]): current[key] for key in ended[:200]},
        after={str(price.variant_id): price.amount.minor for price in changed[:200]},
        reason=reason,
    )
    if any(_rises(price, current) for price in changed):
        _tell(session, change_id)
    return {price.variant_id for price in changed}


def _rises(price: NewWholesale, current: dict[tuple[UUID, UUID, str], int]) -> bool:
    """Whether a price may be higher than before for somebody: a list's first own price is held against
    what any list took, because it replaces what its partners took from the default list."""
    variant_id, currency = price.variant_id, price.amount.currency
    before = current.get((variant_id, price.price_list_id, currency))
    if before is None:
        others = [amount for key, amount in current.items() if key[0] == variant_id and key[2] == currency]
        before = min(others, default=price.amount.minor)
    return price.amount.minor > before


def _tell(session: Session, change_id: UUID) -> None:
    """Have partners told of a change, once however many calls made it."""
    first = session.execute(
        update(WholesaleChange)
        .where(WholesaleChange.change_id == change_id, ~WholesaleChange.raises)
        .values(raises=True)
        .returning(WholesaleChange.change_id)
    ).scalar()
    if first is not None:
        enqueue(session, Job("wholesale.changed", {"change_id": str(change_id), "kind": "announced"}))


def wholesale_at(
    session: Session, *, variant_ids: Sequence[UUID], at: datetime
) -> dict[tuple[UUID, UUID, str], int]:
    """What each variant costs at a moment, by variant, price list and currency, in minor units."""
    return {key: amount for key, (_, amount) in _standing(session, variant_ids, at).items()}


def _standing(
    session: Session, variant_ids: Sequence[UUID], at: datetime
) -> dict[tuple[UUID, UUID, str], tuple[UUID, int]]:
    """The rows in force at a moment, by variant, list and currency: their keys and amounts."""
    rows = session.execute(
        select(
            WholesalePrice.variant_id,
            WholesalePrice.price_list_id,
            WholesalePrice.currency,
            WholesalePrice.wholesale_id,
            WholesalePrice.amount,
        ).where(
            WholesalePrice.variant_id == func.any(list(set(variant_ids))),
            WholesalePrice.valid.contains(at),
        )
    )
    return {(row.variant_id, row.price_list_id, row.currency): (row.wholesale_id, row.amount) for row in rows}
