"""Sending goods, and knowing that they arrived."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import insert, select, text, update
from sqlalchemy.orm import Session

from kit.errors import NotFound, Refusal
from kit.ids import new_id
from orders import stock
from orders.cancelling import unsent_units
from orders.models import Order, Shipment
from storage import audit
from storage.jobs import Job, enqueue


class NotShippable(Refusal):
    """The order's state does not allow it to be sent."""


def ship(
    session: Session,
    *,
    partner_id: UUID,
    order_id: UUID,
    carrier: str,
    number: str,
    url: str,
    actor: str,
    now: datetime,
) -> None:
    """Mark a paid order as sent, take its units out of stock, and tell the shopper. Units that were
    cancelled do not go with it.

    Delivery is assumed some days later unless it is confirmed; the partner's margin becomes
    available counted from there. Raises NotShippable unless the order is paid and not sent yet, and
    Refusal for a carrier without a name or an address that is no web address.
    """
    if not carrier.strip():
        raise Refusal("Name the carrier.", field="carrier")
    if url and not url.startswith(("https://", "http://")):
        raise Refusal("A tracking address begins with https://.", field="url")
    order = _locked(session, partner_id, order_id)
    if order.payment not in ("paid", "partly_refunded") or order.fulfilment != "unfulfilled":
        raise NotShippable("Only a paid order that has not been sent can be marked as sent.")
    quantities: dict[UUID, int] = {}
    for line in unsent_units(session, partner_id=partner_id, order_id=order_id):
        if line.quantity:
            quantities[line.variant_id] = quantities.get(line.variant_id, 0) + line.quantity
    stock.take(session, quantities=quantities)
    assumed = session.execute(text("SELECT assumed_delivery_days FROM company")).scalar_one()
    available = order.available_on
    if order.hold_from == "delivery":
        available = now + timedelta(days=assumed + order.hold_days)
    session.execute(
        insert(Shipment).values(
            partner_id=partner_id,
            shipment_id=new_id(),
            order_id=order_id,
            carrier=carrier.strip(),
            number=number.strip(),
            url=url.strip(),
            shipped_at=now,
        )
    )
    session.execute(
        update(Order)
        .where(Order.partner_id == partner_id, Order.order_id == order_id)
        .values(fulfilment="shipped", stock="taken", shipped_at=now, available_on=available)
    )
    audit.record(
        session,
        actor=actor,
        action="order.shipped",
        subject=f"order:{order_id}",
        partner_id=partner_id,
        now=now,
        after={"carrier": carrier, "number": number},
    )
    enqueue(session, Job("order.shipped", {"partner_id": str(partner_id), "order_id": str(order_id)}))


def confirm_delivery(
    session: Session, *, partner_id: UUID, order_id: UUID, actor: str, now: datetime
) -> None:
    """Record that a sent order has arrived; a hold counted from delivery counts from now.

    What has become available already, because delivery was assumed, stays so. Raises NotShippable unless
    the order is under way.
    """
    order = _locked(session, partner_id, order_id)
    if order.fulfilment != "shipped":
        raise NotShippable("Only an order that was sent can be marked as delivered.")
    available = order.available_on
    if order.hold_from == "delivery" and (available is None or available > now):
        available = now + timedelta(days=order.hold_days)
    session.execute(
        update(Order)
        .where(Order.partner_id == partner_id, Order.order_id == order_id)
        .values(fulfilment="delivered", delivered_at=now, available_on=available)
    )
    audit.record(
        session,
        actor=actor,
        action="order.delivered",
        subject=f"order:{order_id}",
        partner_id=partner_id,
        now=now,
    )


def _locked(session: Session, partner_id: UUID, order_id: UUID) -> Order:
    order = session.scalar(
        select(Order).where(Order.partner_id == partner_id, Order.order_id == order_id).with_for_update()
    )
    if order is None:
        raise NotFound("There is no such order.")
    return order
