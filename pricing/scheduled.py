"""Changes of wholesale that have not begun: what they are, and taking one back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from kit.errors import NotFound, Refusal
from kit.money import Money
from pricing.models import WholesaleChange
from storage import audit
from storage.jobs import Job, enqueue
from storage.revisions import every_store_changed


@dataclass(frozen=True, slots=True)
class Scheduled:
    """A change ahead. ``low`` and ``high`` are its lowest and highest new price, ``lists`` the price lists
    that it is for, ``product`` one of its ``products``; ``told`` counts the partners that know of it."""

    change_id: UUID
    begins: datetime
    lists: tuple[str, ...]
    product: str
    products: int
    variants: int
    low: Money
    high: Money
    told: int
    actor: str
    reason: str


_SCHEDULED = text("""
    SELECT c.change_id, c.begins, c.actor, c.reason, w.currency, min(w.amount) AS low, max(w.amount) AS high,
           array_agg(DISTINCT l.name ORDER BY l.name) AS lists, min(p.title) AS product,
           count(DISTINCT p.product_id) AS products, count(DISTINCT w.variant_id) AS variants,
           (SELECT count(DISTINCT n.partner_id) FROM wholesale_notices n
             WHERE n.change_id = c.change_id AND n.kind = 'announced') AS told
      FROM wholesale_changes c
      JOIN wholesale_prices w ON w.change_id = c.change_id
      JOIN price_lists l ON l.price_list_id = w.price_list_id
      JOIN variants v ON v.variant_id = w.variant_id
      JOIN products p ON p.product_id = v.product_id
     WHERE c.begins > :now AND c.withdrawn_at IS NULL
     GROUP BY c.change_id, w.currency ORDER BY c.begins, c.created_at, c.change_id
""")


def scheduled_changes(session: Session, *, now: datetime) -> list[Scheduled]:
    """All changes that have not begun, the next one first. Only as the company's role."""
    return [
        Scheduled(
            change_id=row.change_id,
            begins=row.begins,
            lists=tuple(row.lists),
            product=row.product,
            products=row.products,
            variants=row.variants,
            low=Money(row.low, row.currency),
            high=Money(row.high, row.currency),
            told=row.told,
            actor=row.actor,
            reason=row.reason,
        )
        for row in session.execute(_SCHEDULED, {"now": now})
    ]


_TAKE_OUT = text("""
    DELETE FROM wholesale_prices w WHERE w.change_id = :change_id AND lower(w.valid) > :now
    RETURNING w.variant_id, w.currency, w.price_list_id, w.amount, lower(w.valid) AS begins,
              upper(w.valid) AS until
""")
# What would have ended at the change goes on until the price that comes after it, if one does.
_GO_ON = text("""
    UPDATE wholesale_prices w SET valid = tstzrange(lower(w.valid), n.until)
      FROM unnest(CAST(:variants AS uuid[]), CAST(:currencies AS text[]), CAST(:lists AS uuid[]),
                  CAST(:begins AS timestamptz[]), CAST(:until AS timestamptz[]))
           AS n (variant_id, currency, price_list_id, begins, until)
     WHERE w.variant_id = n.variant_id AND w.currency = n.currency AND w.price_list_id = n.price_list_id
       AND upper(w.valid) = n.begins
""")


def withdraw_change(session: Session, *, change_id: UUID, actor: str, now: datetime) -> datetime:
    """Take back a change that has not begun, and return when it would have begun.

    The prices of before go on, and whoever was told of the change is told that it does not happen.
    Raises NotFound for no such change, and Refusal for one that has begun or was withdrawn.
    """
    every_store_changed(session)
    # The lock waits for a partner that is being noted as told just now: it hears of the withdrawal too.
    change = session.scalar(
        select(WholesaleChange).where(WholesaleChange.change_id == change_id).with_for_update()
    )
    if change is None:
        raise NotFound("There is no such change of wholesale.")
    if change.withdrawn_at is not None:
        raise Refusal("This change was withdrawn already.")
    if change.begins <= now:
        raise Refusal(
            f"This change has been in force since {change.begins:%d %B %Y, %H:%M} UTC, so it cannot be"
            " withdrawn. Set a new price instead."
        )
    taken = session.execute(_TAKE_OUT, {"change_id": change_id, "now": now}).all()
    session.execute(
        _GO_ON,
        {
            "variants": [row.variant_id for row in taken],
            "currencies": [row.currency for row in taken],
            "lists": [row.price_list_id for row in taken],
            "begins": [row.begins for row in taken],
            "until": [row.until for row in taken],
        },
    )
    session.execute(
        update(WholesaleChange).where(WholesaleChange.change_id == change_id).values(withdrawn_at=now)
    )
    audit.record(
        session,
        actor=actor,
        action="wholesale.withdrawn",
        subject=f"wholesale_change:{change_id}",
        now=now,
        before={
            "begins": change.begins.isoformat(),
            "prices": {str(row.variant_id): f"{Money(row.amount, row.currency)}" for row in taken[:200]},
        },
    )
    enqueue(session, Job("wholesale.changed", {"change_id": str(change_id), "kind": "withdrawn"}))
    return change.begins
