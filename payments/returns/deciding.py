"""What the company makes of a return: it accepts or declines it, receives the goods, and gives back money."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from kit.errors import Refusal, Refusals
from orders import stock
from orders.timeline import note
from payments.refunds.asking import RefundAsked
from payments.remainder import Remainder, read_remainder
from payments.returns.asking import lock_return, record
from payments.returns.units import read_returnable
from pricing.delivery import read_tables


@dataclass(frozen=True, slots=True)
class Receipt:
    """What of a line arrived: its units, and whether they can be sold again."""

    units: int
    restock: bool


_LINES = text("""
    SELECT y.line_id, y.quantity, y.received, l.variant_id FROM return_lines y
      JOIN order_lines l ON l.partner_id = y.partner_id AND l.line_id = y.line_id
     WHERE y.partner_id = :partner_id AND l.partner_id = :partner_id AND y.return_id = :return_id
     ORDER BY l.position
""")
_IN_STOCK = text("""
    SELECT EXISTS (SELECT 1 FROM return_lines y
                    WHERE y.partner_id = :partner_id AND y.return_id = :return_id AND y.restocked)
""")
# The newest refund of these goods that no other return has led to.
_EARLIER = text("""
    SELECT f.refund_id FROM refunds f
     WHERE f.partner_id = :partner_id AND f.order_id = :order_id
       AND f.state IN ('asked', 'pending', 'succeeded')
       AND EXISTS (SELECT 1 FROM refund_lines x
                     JOIN return_lines y ON y.partner_id = x.partner_id AND y.line_id = x.line_id
                    WHERE x.partner_id = :partner_id AND y.partner_id = :partner_id
                      AND x.refund_id = f.refund_id AND y.return_id = :return_id AND y.received > 0)
       AND NOT EXISTS (SELECT 1 FROM returns t
                        WHERE t.partner_id = :partner_id AND t.refund_id = f.refund_id)
     ORDER BY f.created_at DESC LIMIT 1
""")
# Goods whose return is declined after they came go back to the shopper.
_NOT_RETURNED = text("""
    UPDATE orders SET fulfilment = CASE WHEN delivered_at IS NULL THEN 'shipped' ELSE 'delivered' END
     WHERE partner_id = :partner_id AND order_id = :order_id AND fulfilment = 'returned'
""")


def accept_return(session: Session, *, partner_id: UUID, return_id: UUID, actor: str, now: datetime) -> None:
    """Let a shopper send back what it asked for. Raises NotFound, and Refusal unless it waits for that."""
    order_id, _, state = lock_return(session, partner_id=partner_id, return_id=return_id)
    if state != "requested":
        raise Refusal("Only a return that waits for a decision can be accepted.", field="return")
    _set(session, partner_id, return_id, state="accepted", decided_at=now, decided_by=actor)
    note(session, partner_id=partner_id, order_id=order_id, kind="return_accepted", now=now)
    record(session, "return.accepted", partner_id, order_id, return_id, actor, now, mail="accepted")


def decline_return(
    session: Session, *, partner_id: UUID, return_id: UUID, reason: str, actor: str, now: datetime
) -> None:
    """Decline a return, or close one whose goods never came. Its units can be asked for again.

    The shopper reads the reason. A withdrawal is a right and cannot be declined as such; it can be closed
    where nothing came. Raises Refusal for that, without a reason, and where it is over already.
    """
    order_id, kind, state = lock_return(session, partner_id=partner_id, return_id=return_id)
    if state not in ("requested", "accepted", "received"):
        raise Refusal("This return is over.", field="return")
    if kind == "withdrawal" and state == "received":
        raise Refusal("The goods of a withdrawal came back, so their money goes back.", field="return")
    keys = {"partner_id": partner_id, "return_id": return_id}
    if session.execute(_IN_STOCK, keys).scalar_one():
        raise Refusal("What came back is for sale again, so its money goes back.", field="return")
    reason = reason.strip()
    if not reason:
        raise Refusal("Say why. The shopper reads it.", field="reason")
    _set(
        session,
        partner_id,
        return_id,
        state="declined",
        declined_for=reason,
        decided_at=now,
        decided_by=actor,
        closed_at=now,
    )
    if state == "received":
        session.execute(_NOT_RETURNED, {"partner_id": partner_id, "order_id": order_id})
    note(session, partner_id=partner_id, order_id=order_id, kind="return_declined", now=now, reason=reason)
    record(session, f"{kind}.declined", partner_id, order_id, return_id, actor, now, reason, mail="declined")


def receive_return(
    session: Session,
    *,
    partner_id: UUID,
    return_id: UUID,
    receipts: Mapping[UUID, Receipt],
    actor: str,
    now: datetime,
) -> None:
    """Write down what arrived, by line, and put what can be sold again into stock.

    Units that did not come can be asked for again. Where all that was sent has come back, the order is
    returned. Raises Refusals, naming the fields, for more units than were announced, and Refusal where
    nothing arrived or the return is not under way.
    """
    order_id, kind, state = lock_return(session, partner_id=partner_id, return_id=return_id)
    if state not in ("requested", "accepted"):
        raise Refusal("Only a return that is under way can be received.", field="return")
    keys = {"partner_id": partner_id, "return_id": return_id}
    lines = session.execute(_LINES, keys).all()
    found = {line.line_id: receipts.get(line.line_id, Receipt(0, restock=False)) for line in lines}
    errors = {
        f"received-{line.line_id}": f"0 to {line.quantity} can have arrived."
        for line in lines
        if not 0 <= found[line.line_id].units <= line.quantity
    }
    if errors:
        raise Refusals(errors)
    if not any(receipt.units for receipt in found.values()):
        raise Refusal("Say what arrived. Where nothing came, decline it instead.", field="received")
    back: dict[UUID, int] = {}
    for line in lines:
        receipt = found[line.line_id]
        restocked = receipt.restock and receipt.units > 0
        if restocked:
            back[line.variant_id] = back.get(line.variant_id, 0) + receipt.units
        session.execute(
            text(
                "UPDATE return_lines SET received = :received, restocked = :restocked"
                " WHERE partner_id = :partner_id AND return_id = :return_id AND line_id = :line_id"
            ),
            {**keys, "line_id": line.line_id, "received": receipt.units, "restocked": restocked},
        )
    if back:
        stock.put_back(session, quantities=back)
    _set(session, partner_id, return_id, state="received", received_at=now, received_by=actor)
    _returned(session, partner_id, order_id, now)
    note(session, partner_id=partner_id, order_id=order_id, kind="return_received", now=now)
    record(session, f"{kind}.received", partner_id, order_id, return_id, actor, now, mail="received")


def refund_of_return(session: Session, *, partner_id: UUID, return_id: UUID) -> RefundAsked:
    """What a return's refund would give: the units that came back and were not given back yet. Where a
    shopper withdraws from all that it has, the delivery goes back too, up to the cheapest way.

    Raises NotFound, and Refusal where nothing of it was received.
    """
    order_id, kind, state = lock_return(session, partner_id=partner_id, return_id=return_id)
    if state != "received":
        raise Refusal("Only goods that came back are paid back.", field="return")
    known = read_remainder(session, partner_id=partner_id, order_id=order_id, lock=False)
    left = known.units_left
    rows = session.execute(_LINES, {"partner_id": partner_id, "return_id": return_id})
    units = {row.line_id: min(row.received, left[row.line_id]) for row in rows}
    whole = kind == "withdrawal" and all(units.get(line_id, 0) == count for line_id, count in left.items())
    delivery = min(known.delivery_left, cheapest_delivery(session, known)) if whole else 0
    # What came back was put into stock when it arrived, or was not fit for it.
    return RefundAsked(units=units, delivery=delivery, restock=False)


def settle_return(
    session: Session, *, partner_id: UUID, return_id: UUID, refund_id: UUID, actor: str, now: datetime
) -> None:
    """Say which refund a return has led to. Raises Refusal where it has one, or was not received."""
    order_id, kind, state = lock_return(session, partner_id=partner_id, return_id=return_id)
    if state != "received":
        raise Refusal("Somebody has settled this return already.", field="return")
    _set(session, partner_id, return_id, state="refunded", refund_id=refund_id, closed_at=now)
    record(session, f"{kind}.refunded", partner_id, order_id, return_id, actor, now)


def settle_by_earlier(
    session: Session, *, partner_id: UUID, return_id: UUID, actor: str, now: datetime
) -> UUID:
    """Settle a return whose goods were given back by a refund of their own; returns that refund. Raises
    Refusal where something of it is still to be given back, or no such refund is there."""
    order_id, _, state = lock_return(session, partner_id=partner_id, return_id=return_id)
    if state != "received" or any(
        refund_of_return(session, partner_id=partner_id, return_id=return_id).units.values()
    ):
        raise Refusal("Its money is still to be given back.", field="return")
    keys = {"partner_id": partner_id, "return_id": return_id, "order_id": order_id}
    found = session.execute(_EARLIER, keys).scalar_one_or_none()
    if found is None:
        raise Refusal("No refund of the order has given these goods back.", field="return")
    refund_id = UUID(str(found))
    settle_return(
        session, partner_id=partner_id, return_id=return_id, refund_id=refund_id, actor=actor, now=now
    )
    return refund_id


def cheapest_delivery(session: Session, known: Remainder) -> int:
    """What the cheapest way of delivery costs for an order's goods, in proportion with its tax, and no more
    than what was paid. A country that nothing is sent to any more counts as what was paid."""
    row = known.row
    paid = int(row.delivery + row.delivery_tax)
    shown = paid if row.tax_inclusive else int(row.delivery)
    rates = read_tables(session, currency=row.currency).rates_to(row.country)
    goods = int(row.goods) + (int(row.tax - row.delivery_tax) if row.tax_inclusive else 0)
    least = min((rate.cost(goods) for rate in rates), default=shown)
    if least >= shown:
        return paid
    # A remainder is the shopper's.
    return -(-paid * least // shown)


def _returned(session: Session, partner_id: UUID, order_id: UUID, now: datetime) -> None:
    """Call an order returned where all that was sent has come back."""
    found = read_returnable(session, partner_id=partner_id, order_id=order_id, now=now, lock=False)
    if all(line.back >= line.sent for line in found.lines):
        session.execute(
            text(
                "UPDATE orders SET fulfilment = 'returned'"
                " WHERE partner_id = :partner_id AND order_id = :order_id"
            ),
            {"partner_id": partner_id, "order_id": order_id},
        )


def _set(session: Session, partner_id: UUID, return_id: UUID, **values: Any) -> None:
    # The names are this file's own.
    columns = ", ".join(f"{name} = :{name}" for name in values)
    session.execute(
        text(f"UPDATE returns SET {columns} WHERE partner_id = :partner_id AND return_id = :return_id"),  # noqa: S608
        {"partner_id": partner_id, "return_id": return_id, **values},
    )
