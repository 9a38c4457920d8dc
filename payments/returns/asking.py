"""What a shopper asks for: to send something back, to withdraw from the contract, to keep it after all."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from kit.errors import NotFound, Refusal, Refusals
from kit.ids import new_id
from orders.timeline import note as write_note
from payments.refunds.asking import RefundAsked, ask_refund
from payments.remainder import read_remainder
from payments.returns.models import REASONS, Return, ReturnLine
from payments.returns.units import NotReturnable, check_units, read_returnable
from storage import audit
from storage.database import insert_rows
from storage.jobs import Job, enqueue

SHOPPER = "shopper"
LONGEST_NOTE = 1000
_ORDER_OF = text("""
    SELECT o.order_id FROM orders o
      JOIN returns t ON t.partner_id = o.partner_id AND t.order_id = o.order_id
     WHERE o.partner_id = :partner_id AND t.partner_id = :partner_id AND t.return_id = :return_id
     FOR UPDATE OF o
""")
_STATE = text("""
    SELECT t.order_id, t.kind, t.state FROM returns t
     WHERE t.partner_id = :partner_id AND t.return_id = :return_id FOR UPDATE
""")


def ask_return(
    session: Session,
    *,
    partner_id: UUID,
    order_id: UUID,
    units: Mapping[UUID, int],
    reasons: Mapping[UUID, str],
    note: str,
    now: datetime,
) -> UUID:
    """Ask to send units back, each line with one of ``REASONS``. The company decides.

    The order is locked, so of two requests at once the second sees what the first has taken. Raises
    NotFound, and NotReturnable or Refusals, naming the fields, for units that were not sent, come back
    already, or came too late to be asked for.
    """
    found = read_returnable(session, partner_id=partner_id, order_id=order_id, now=now, lock=True)
    found.refuse()
    if found.unsent:
        raise NotReturnable("This order has not been sent yet. You can withdraw from it.", field="units")
    wanted = check_units(units, found)
    missing = {f"reason-{key}": "Choose why." for key in wanted if reasons.get(key) not in REASONS}
    if missing:
        raise Refusals(missing)
    return_id = _write(session, partner_id, order_id, "return", "requested", wanted, reasons, note, now)
    write_note(session, partner_id=partner_id, order_id=order_id, kind="return_requested", now=now)
    return return_id


def withdraw(
    session: Session,
    *,
    partner_id: UUID,
    order_id: UUID,
    units: Mapping[UUID, int],
    note: str,
    now: datetime,
) -> UUID:
    """Withdraw from the contract about units, without a reason. It needs nobody's consent.

    An order that was not sent is cancelled, and all of its payment is given back at once; ``units`` do
    not matter then. Raises as ``ask_return`` does.
    """
    found = read_returnable(session, partner_id=partner_id, order_id=order_id, now=now, lock=True)
    found.refuse()
    keys = {"partner_id": partner_id, "order_id": order_id}
    write_note(session, **keys, kind="withdrawn", now=now)
    if not found.unsent:
        wanted = check_units(units, found)
        return _write(session, partner_id, order_id, "withdrawal", "accepted", wanted, {}, note, now)
    known = read_remainder(session, **keys, lock=True)
    wanted = {line_id: count for line_id, count in known.units_left.items() if count}
    asked = RefundAsked(
        units=wanted, delivery=known.delivery_left, restock=True, reason="Withdrawn before it was sent"
    )
    refund_id = ask_refund(session, **keys, asked=asked, actor=SHOPPER, now=now)
    return _write(
        session, partner_id, order_id, "withdrawal", "refunded", wanted, {}, note, now, refund_id=refund_id
    )


def cancel_return(
    session: Session, *, partner_id: UUID, order_id: UUID, return_id: UUID, now: datetime
) -> None:
    """Let a shopper keep its goods after all. Raises NotFound, and Refusal once they have arrived."""
    order_of, kind, state = lock_return(session, partner_id=partner_id, return_id=return_id)
    if order_of != order_id:
        raise NotFound("There is no such return.")
    if state not in ("requested", "accepted"):
        raise Refusal("This can no longer be taken back.", field="return")
    session.execute(
        text(
            "UPDATE returns SET state = 'cancelled', closed_at = :now"
            " WHERE partner_id = :partner_id AND return_id = :return_id"
        ),
        {"partner_id": partner_id, "return_id": return_id, "now": now},
    )
    write_note(session, partner_id=partner_id, order_id=order_id, kind="return_cancelled", now=now)
    record(session, f"{kind}.cancelled", partner_id, order_id, return_id, SHOPPER, now)


def lock_return(session: Session, *, partner_id: UUID, return_id: UUID) -> tuple[UUID, str, str]:
    """Keep a return and its order to this transaction; returns order, kind and state. Raises NotFound."""
    keys = {"partner_id": partner_id, "return_id": return_id}
    # Everybody locks the order first, so that nobody waits for somebody who waits.
    if session.execute(_ORDER_OF, keys).one_or_none() is None:
        raise NotFound("There is no such return.")
    row = session.execute(_STATE, keys).one()
    return row.order_id, row.kind, row.state


def record(
    session: Session,
    action: str,
    partner_id: UUID,
    order_id: UUID,
    return_id: UUID,
    actor: str,
    now: datetime,
    reason: str = "",
    mail: str = "",
) -> None:
    """Write a step of a return to the audit log, and have the shopper told by the mail of that name."""
    audit.record(
        session,
        actor=actor,
        action=action,
        subject=f"order:{order_id}",
        partner_id=partner_id,
        now=now,
        after={"return_id": str(return_id)},
        reason=reason,
    )
    if mail:
        about = {"partner_id": str(partner_id), "order_id": str(order_id), "return_id": str(return_id)}
        enqueue(session, Job("order.return", {**about, "step": mail}))


def _write(
    session: Session,
    partner_id: UUID,
    order_id: UUID,
    kind: str,
    state: str,
    units: Mapping[UUID, int],
    reasons: Mapping[UUID, str],
    note: str,
    now: datetime,
    refund_id: UUID | None = None,
) -> UUID:
    return_id = new_id()
    made = {
        "partner_id": partner_id,
        "return_id": return_id,
        "order_id": order_id,
        "kind": kind,
        "state": state,
        "note": note.strip()[:LONGEST_NOTE],
        "asked_at": now,
        "refund_id": refund_id,
        "closed_at": now if state == "refunded" else None,
    }
    insert_rows(session, Return, [made])
    insert_rows(
        session,
        ReturnLine,
        [
            {
                "partner_id": partner_id,
                "return_id": return_id,
                "line_id": line_id,
                "quantity": count,
                "reason": reasons.get(line_id, ""),
            }
            for line_id, count in units.items()
        ],
    )
    record(session, f"{kind}.asked", partner_id, order_id, return_id, SHOPPER, now, mail="asked")
    return return_id
