"""Reading orders whole: one statement for an order with its lines, timeline and parcels."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from catalog.pictures import picture_ref
from kit.errors import NotFound
from kit.money import Money
from orders.view import OrderDiscountView, OrderLineView, OrderView, ShipmentView, TimelineEntry

# Of the customer the statement brings only what was granted: ``:keys`` names the parts of the address,
# and is null for a reader who may see all. Of a customer that asked to be forgotten, nothing is granted.
_SELECT = """
    SELECT o.partner_id, o.order_id, o.store_id, o.number, o.placed_at, o.paid_at, o.shipped_at,
      o.delivered_at, o.payment, o.fulfilment, o.currency, o.delivery, o.delivery_tax, o.tax, o.total,
      o.tax_inclusive, o.delivery_name, o.available_on, o.locale, o.erase_asked_at, o.erased_at,
      CASE WHEN CAST(:keys AS text[]) IS NULL
             OR 'email' = ANY(CAST(:keys AS text[])) AND o.erase_asked_at IS NULL THEN o.email ELSE '' END
        AS email,
      CASE WHEN CAST(:keys AS text[]) IS NULL THEN o.address ELSE coalesce((
        SELECT jsonb_object_agg(p.key, p.value) FROM jsonb_each(o.address) p
         WHERE p.key = ANY(CAST(:keys AS text[])) AND o.erase_asked_at IS NULL), '{}') END AS address,
      (SELECT jsonb_agg(to_jsonb(l) || jsonb_build_object('cancelled', (
                SELECT coalesce(sum(c.quantity), 0) FROM cancelled_units c
                 WHERE c.partner_id = l.partner_id AND c.line_id = l.line_id)) ORDER BY l.position)
         FROM order_lines l
        WHERE l.partner_id = o.partner_id AND l.order_id = o.order_id) AS lines,
      (SELECT jsonb_agg(jsonb_build_array(d.funder, d.discount_id, d.name, d.code, d.amount, d.net)
                        ORDER BY d.funder DESC)
         FROM order_discounts d WHERE d.partner_id = o.partner_id AND d.order_id = o.order_id) AS discounts,
      (SELECT jsonb_agg(jsonb_build_array(e.at, e.kind, e.data) ORDER BY e.at) FROM order_events e
        WHERE e.partner_id = o.partner_id AND e.order_id = o.order_id) AS events,
      (SELECT jsonb_agg(jsonb_build_array(m.sent_at, m.kind)) FROM sent_mails m
        WHERE m.partner_id = o.partner_id AND m.order_id = o.order_id) AS mails,
      (SELECT jsonb_agg(jsonb_build_array(s.carrier, s.number, s.url, s.shipped_at) ORDER BY s.shipped_at)
         FROM shipments s WHERE s.partner_id = o.partner_id AND s.order_id = o.order_id) AS shipments
      FROM orders o
"""
_ONE = text(f"{_SELECT} WHERE o.partner_id = :partner_id AND o.order_id = :order_id")
_NEWEST = text(f"""{_SELECT}
     WHERE o.partner_id = :partner_id AND (CAST(:store_id AS uuid) IS NULL OR o.store_id = :store_id)
       AND (o.paid_at IS NOT NULL OR :unpaid)
       AND (CAST(:payment AS text) = '' OR o.payment = :payment)
       AND (CAST(:fulfilment AS text) = '' OR o.fulfilment = :fulfilment)
     ORDER BY o.placed_at DESC LIMIT :limit OFFSET :offset
""")


def read_order(
    session: Session, *, partner_id: UUID, order_id: UUID, fields: frozenset[str] | None = None
) -> OrderView:
    """Return one order. Raises NotFound where this partner has none such.

    ``fields`` are those of the customer that the reader may see; None for the shopper and the company.
    """
    keys = {"partner_id": partner_id, "order_id": order_id, "keys": _keys(fields)}
    row = session.execute(_ONE, keys).one_or_none()
    if row is None:
        raise NotFound("There is no such order.")
    return order_view(row)


def newest_orders(
    session: Session,
    *,
    partner_id: UUID,
    store_id: UUID | None = None,
    payment: str = "",
    fulfilment: str = "",
    unpaid: bool = False,
    limit: int = 25,
    offset: int = 0,
    fields: frozenset[str] | None = None,
) -> list[OrderView]:
    """Return the partner's orders, newest first; those never paid only when asked for."""
    rows = session.execute(
        _NEWEST,
        {
            "partner_id": partner_id,
            "store_id": store_id,
            "payment": payment,
            "fulfilment": fulfilment,
            "unpaid": unpaid,
            "limit": limit,
            "offset": offset,
            "keys": _keys(fields),
        },
    )
    return [order_view(row) for row in rows]


def order_view(row: Row[Any]) -> OrderView:
    """Make the frozen view of a row."""
    currency = row.currency
    lines = tuple(_line(line, currency) for line in row.lines or ())
    delivery = row.delivery + (row.delivery_tax if row.tax_inclusive else 0)
    return OrderView(
        partner_id=row.partner_id,
        order_id=row.order_id,
        store_id=row.store_id,
        number=row.number,
        placed_at=row.placed_at,
        paid_at=row.paid_at,
        payment=row.payment,
        fulfilment=row.fulfilment,
        email=row.email,
        address=row.address,
        delivery_name=row.delivery_name,
        goods=Money(sum(line.amount.minor for line in lines), currency),
        delivery=Money(delivery, currency),
        tax=Money(row.tax, currency),
        total=Money(row.total, currency),
        tax_inclusive=row.tax_inclusive,
        margin=Money(sum(line.margin.minor for line in lines), currency),
        available_on=row.available_on,
        lines=lines,
        timeline=_timeline(row),
        shipments=tuple(
            ShipmentView(carrier, number, url, datetime.fromisoformat(at))
            for carrier, number, url, at in row.shipments or ()
        ),
        discounts=tuple(
            OrderDiscountView(funder, UUID(key), name, code, Money(amount, currency), Money(net, currency))
            for funder, key, name, code, amount, net in row.discounts or ()
        ),
        locale=row.locale,
        erase_asked_at=row.erase_asked_at,
        erased_at=row.erased_at,
    )


_ADDRESS = frozenset({"line1", "line2", "city", "region", "postcode", "country"})


def _keys(fields: frozenset[str] | None) -> list[str] | None:
    """The parts of customer and address that granted fields cover. "address" covers all its parts,
    "city" the city and the country alone."""
    if fields is None:
        return None
    keys = set(fields & {"name", "phone", "email"})
    keys |= _ADDRESS if "address" in fields else {"city", "country"} if "city" in fields else set()
    return sorted(keys)


def _line(line: dict[str, Any], currency: str) -> OrderLineView:
    wholesale = line["unit_wholesale"] * line["quantity"]
    return OrderLineView(
        product_title=line["product_title"],
        variant_title=line["variant_title"],
        sku=line["sku"],
        picture=picture_ref(line["picture"]) if line["picture"] else None,
        quantity=line["quantity"],
        cancelled=line["cancelled"],
        unit=Money(line["unit_retail"], currency),
        amount=Money(line["unit_retail"] * line["quantity"], currency),
        net=Money(line["net"], currency),
        tax=Money(line["tax"], currency),
        wholesale=Money(wholesale, currency),
        margin=Money(line["margin"], currency),
        partner_discount=Money(line["partner_discount"], currency),
        company_discount=Money(line["company_discount"], currency),
    )


_MAILS = {
    "receipt": "Receipt sent",
    "shipped": "Shipping notice sent",
    "notice": "Partner told of the sale",
    "unsold": "Shopper told of the refund",
    "refunded": "Shopper told of the refund",
    "return_asked": "Shopper told that the return is registered",
    "return_accepted": "Shopper told that the return is accepted",
    "return_declined": "Shopper told that the return is declined",
    "return_received": "Shopper told that the goods have arrived",
    "request_declined": "Partner told that the refund is declined",
    "case_opened": "Shopper told that its message has arrived",
    "case_answer": "Shopper told of an answer",
    "disputed": "Company and partner told of the dispute",
    "decided": "Company and partner told of the bank's decision",
}
_EVENTS = {
    "expired": "Payment was not made in time",
    "failed": "Payment failed",
    "declined": "A card was declined",
    "refunded_unsold": "Paid after the goods had gone; refunded in full",
    "refund_asked": "Refund of {amount} asked for",
    "refund_pending": "Refund of {amount} on its way",
    "refund_succeeded": "Refund of {amount} given",
    "refund_failed": "Refund of {amount} came back from the bank",
    "refund_refused": "Stripe did not give {amount} back",
    "dispute_inquiry": "The shopper's bank asks about {amount}",
    "dispute_open": "The shopper's bank wants {amount} back",
    "dispute_won": "The bank decided that {amount} stay paid",
    "dispute_lost": "The bank took {amount} back",
    "dispute_closed": "The bank's question about {amount} came to nothing",
    "dispute_answered": "The bank was answered",
    "dispute_refused": "Stripe did not take our answer to the bank",
    "return_requested": "Return asked for",
    "return_accepted": "Return accepted",
    "return_declined": "Return declined",
    "return_received": "What was sent back has arrived",
    "return_cancelled": "Return taken back by the shopper",
    "withdrawn": "Shopper withdrew from the contract",
    "request_asked": "Partner asked for a refund of {amount}",
    "request_declined": "Partner's request for a refund declined",
    "case_opened": "Support case opened",
    "case_company": "Company brought into the support case",
    "case_closed": "Support case closed",
    "case_reopened": "Support case opened again",
    "held": "Margin held",
    "released": "Margin released",
}


def _timeline(row: Row[Any]) -> tuple[TimelineEntry, ...]:
    entries = [TimelineEntry(row.placed_at, "placed", "Order placed")]
    if row.paid_at:
        entries.append(TimelineEntry(row.paid_at, "paid", "Payment confirmed"))
    if row.shipped_at:
        entries.append(TimelineEntry(row.shipped_at, "shipped", "Sent"))
    if row.delivered_at:
        entries.append(TimelineEntry(row.delivered_at, "delivered", "Delivered"))
    for at, kind, data in row.events or ():
        text_of = _EVENTS.get(kind, kind)
        if "amount" in data:
            text_of = text_of.format(amount=Money(data["amount"], data["currency"]))
        reason = str(data.get("reason", ""))
        entries.append(
            TimelineEntry(datetime.fromisoformat(at), kind, f"{text_of}: {reason}" if reason else text_of)
        )
    for at, kind in row.mails or ():
        words = _MAILS.get(kind.partition(":")[0], kind)
        entries.append(TimelineEntry(datetime.fromisoformat(at), f"mail_{kind}", words))
    return tuple(sorted(entries, key=lambda entry: entry.at))


def count_orders(session: Session, *, partner_id: UUID) -> dict[str, int]:
    """How many paid orders the partner has in each state of fulfilment."""
    rows: Sequence[Row[Any]] = session.execute(
        text(
            "SELECT fulfilment, count(*) AS n FROM orders"
            " WHERE partner_id = :partner_id AND paid_at IS NOT NULL GROUP BY fulfilment"
        ),
        {"partner_id": partner_id},
    ).all()
    return {row.fulfilment: row.n for row in rows}
