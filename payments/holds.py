"""Keeping the margin of an order from being paid out until somebody has decided."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from kit.errors import NotFound, Refusal
from kit.ids import new_id
from orders.timeline import note
from payments.models import Hold
from storage import audit
from storage.database import insert_rows

PROGRAM = "awning"
LONGEST_REASON = 300


@dataclass(frozen=True, slots=True)
class HoldView:
    """A hold: see ``payments.models.Hold``."""

    hold_id: UUID
    kind: str
    reason: str
    placed_by: str
    placed_at: datetime
    released_at: datetime | None
    released_by: str | None
    released_for: str | None

    @property
    def releasable(self) -> bool:
        """Whether a person may end it. One of a dispute ends with the bank's decision."""
        return self.released_at is None and self.kind != "dispute"


@dataclass(frozen=True, slots=True)
class Found:
    """An order whose margin the program holds until somebody has looked at it."""

    partner_id: UUID
    order_id: UUID
    number: int
    store: str
    kind: str
    reason: str
    placed_at: datetime


_OF_ORDER = text("""
    SELECT h.hold_id, h.kind, h.reason, h.placed_by, h.placed_at, h.released_at, h.released_by, h.released_for
      FROM holds h WHERE h.partner_id = :partner_id AND h.order_id = :order_id ORDER BY h.placed_at, h.hold_id
""")
# Somebody put the others there by hand, and knows of them.
_TO_RELEASE = text("""
    SELECT h.partner_id, h.order_id, o.number, s.name AS store, h.kind, h.reason, h.placed_at
      FROM holds h
      JOIN orders o ON o.partner_id = h.partner_id AND o.order_id = h.order_id
      JOIN stores s ON s.partner_id = o.partner_id AND s.store_id = o.store_id
     WHERE h.released_at IS NULL AND h.kind IN ('own_purchase', 'risk') ORDER BY h.placed_at LIMIT :limit
""")
_RELEASE = """
    UPDATE holds SET released_at = :now, released_by = :actor, released_for = :reason
     WHERE partner_id = :partner_id AND released_at IS NULL
"""
_RELEASE_ONE = text(f"{_RELEASE} AND hold_id = :hold_id AND kind <> 'dispute' RETURNING order_id, kind")
_RELEASE_DISPUTE = text(f"{_RELEASE} AND order_id = :order_id AND kind = 'dispute'")


def place_hold(
    session: Session, *, partner_id: UUID, order_id: UUID, kind: str, reason: str, actor: str, now: datetime
) -> None:
    """Keep an order's margin from being paid out. Nothing happens where a hold of this kind is in force.

    Raises Refusal without a reason.
    """
    reason = _reason(reason)
    placed = insert_rows(
        session,
        Hold,
        [
            {
                "partner_id": partner_id,
                "hold_id": new_id(),
                "order_id": order_id,
                "kind": kind,
                "reason": reason,
                "placed_by": actor,
                "placed_at": now,
            }
        ],
        unless_there=True,
    )
    if placed:
        keys = {"partner_id": partner_id, "order_id": order_id}
        note(session, **keys, kind="held", now=now, reason=reason)
        _record(session, "hold.placed", partner_id, order_id, actor, now, {"kind": kind, "reason": reason})


def release_hold(
    session: Session, *, partner_id: UUID, hold_id: UUID, reason: str, actor: str, now: datetime
) -> UUID:
    """End a hold that a person may end, and return its order.

    Raises NotFound where none of the kind is in force, and Refusal without a reason.
    """
    reason = _reason(reason)
    row = session.execute(
        _RELEASE_ONE,
        {"partner_id": partner_id, "hold_id": hold_id, "reason": reason, "actor": actor, "now": now},
    ).one_or_none()
    if row is None:
        raise NotFound("This hold is not in force any more, or ends with the bank's decision.")
    note(session, partner_id=partner_id, order_id=row.order_id, kind="released", now=now, reason=reason)
    after = {"kind": row.kind, "reason": reason}
    _record(session, "hold.released", partner_id, row.order_id, actor, now, after)
    return row.order_id  # type: ignore[no-any-return]


def release_dispute(
    session: Session, *, partner_id: UUID, order_id: UUID, reason: str, now: datetime
) -> None:
    """End the hold of a dispute that the bank has decided."""
    keys = {"partner_id": partner_id, "order_id": order_id}
    session.execute(_RELEASE_DISPUTE, {**keys, "reason": reason, "actor": PROGRAM, "now": now})


def holds_of_order(session: Session, *, partner_id: UUID, order_id: UUID) -> list[HoldView]:
    """Every hold that an order has or had, oldest first."""
    rows = session.execute(_OF_ORDER, {"partner_id": partner_id, "order_id": order_id})
    return [HoldView(*row) for row in rows]


def holds_to_release(session: Session, *, limit: int = 50) -> list[Found]:
    """Orders that the program found and nobody has judged, oldest first. Only as the company's role."""
    return [Found(*row) for row in session.execute(_TO_RELEASE, {"limit": limit})]


def _reason(typed: str) -> str:
    reason = typed.strip()
    if not 1 <= len(reason) <= LONGEST_REASON:
        raise Refusal(f"Say why, in at most {LONGEST_REASON} characters.", field="reason")
    return reason


def _record(
    session: Session,
    action: str,
    partner_id: UUID,
    order_id: UUID,
    actor: str,
    now: datetime,
    after: dict[str, str],
) -> None:
    subject = f"order:{order_id}"
    audit.record(
        session, actor=actor, action=action, subject=subject, partner_id=partner_id, now=now, after=after
    )
