"""Units of an order that will not be sent: back to what is for sale, or written off."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from kit.ids import new_id
from orders import stock
from orders.models import CancelledUnits
from storage.database import insert_rows


@dataclass(frozen=True, slots=True)
class Unsent:
    """What of a line is still to be sent, in units."""

    line_id: UUID
    variant_id: UUID
    quantity: int


_UNSENT = text("""
    SELECT l.line_id, l.variant_id, l.quantity - coalesce((
             SELECT sum(c.quantity) FROM cancelled_units c
              WHERE c.partner_id = :partner_id AND c.line_id = l.line_id), 0) AS quantity
      FROM order_lines l WHERE l.partner_id = :partner_id AND l.order_id = :order_id ORDER BY l.position
""")


def unsent_units(session: Session, *, partner_id: UUID, order_id: UUID) -> list[Unsent]:
    """What of each line was not cancelled; of an order that was not sent, what is to go into the parcel."""
    rows = session.execute(_UNSENT, {"partner_id": partner_id, "order_id": order_id})
    return [Unsent(row.line_id, row.variant_id, int(row.quantity)) for row in rows]


def cancel_units(
    session: Session,
    *,
    partner_id: UUID,
    order_id: UUID,
    units: Mapping[UUID, int],
    restock: bool,
    actor: str,
    now: datetime,
) -> None:
    """Take units off an order that holds its stock. Where none is left, the order is cancelled, and what is
    left of its margin waits for no parcel any more.

    ``units`` are by line, and the caller has locked the order and seen that so many are left. With
    ``restock`` they are for sale again at once; otherwise they leave the stock as lost.
    """
    left = unsent_units(session, partner_id=partner_id, order_id=order_id)
    quantities: dict[UUID, int] = {}
    for line in left:
        if count := units.get(line.line_id, 0):
            quantities[line.variant_id] = quantities.get(line.variant_id, 0) + count
    if not quantities:
        return
    (stock.release if restock else stock.take)(session, quantities=quantities)
    insert_rows(
        session,
        CancelledUnits,
        [
            {
                "partner_id": partner_id,
                "cancel_id": new_id(),
                "order_id": order_id,
                "line_id": line_id,
                "quantity": count,
                "restocked": restock,
                "actor": actor,
                "cancelled_at": now,
            }
            for line_id, count in units.items()
            if count
        ],
    )
    if all(line.quantity == units.get(line.line_id, 0) for line in left):
        session.execute(
            text(
                "UPDATE orders SET fulfilment = 'cancelled', stock = 'released',"
                " available_on = coalesce(available_on, :now)"
                " WHERE partner_id = :partner_id AND order_id = :order_id"
            ),
            {"partner_id": partner_id, "order_id": order_id, "now": now},
        )
