"""A store's orders, and one order with where its money went."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from flask import Blueprint, Response, request

from app.edge import db, person
from app.portal.access import REFUND_ASKERS
from app.portal.here import customer_fields, here, page, partner_id
from app.portal.words import earning_words
from kit.errors import NotFound
from kit.money import Money, total
from orders.cases.reading import cases_of_order
from orders.feed import count_sales
from orders.reading import newest_orders, read_order
from orders.view import OrderView
from payments.holds import holds_of_order
from payments.ledger.earnings import earned_by_fact
from payments.refunds.asking import refundable
from payments.refunds.reading import given_back, refunds_of_order
from payments.returns.reading import REASON_WORDS, returns_of_order
from payments.returns.requests import requests_allowed, requests_of_order

orders = Blueprint("orders", __name__)
PAGE = 25

# Each kind of list: its words, and the states of payment and fulfilment that it holds.
_KINDS = {
    "all": ("All", "", ""),
    "to-send": ("To be sent", "paid", "unfulfilled"),
    "sent": ("Sent", "", "shipped"),
    "delivered": ("Delivered", "", "delivered"),
    "refunded": ("Refunded", "refunded", ""),
}


@dataclass(frozen=True, slots=True)
class Waterfall:
    """Where an order's money went. ``paid`` less ``tax``, ``delivery`` and ``wholesale``, with what
    the company ``added`` to keep the margin whole, is exactly ``earned``. ``given`` is what the partner's
    own discount took off before, without tax."""

    paid: Money
    tax: Money
    delivery: Money
    wholesale: Money
    added: Money
    earned: Money
    given: Money


def waterfall(order: OrderView) -> Waterfall:
    """Work out where the money of an order went, from its frozen lines."""
    currency = order.total.currency
    net = total((line.net for line in order.lines), currency)
    wholesale = total((line.wholesale for line in order.lines), currency)
    return Waterfall(
        paid=order.total,
        tax=order.tax,
        delivery=order.total - order.tax - net,
        wholesale=wholesale,
        added=order.margin - net + wholesale,
        earned=order.margin,
        given=total((line.partner_discount for line in order.lines), currency),
    )


@orders.get("/orders")
def index() -> Response:
    place = here()
    kind = request.args.get("show", "all")
    kind = kind if kind in _KINDS else "all"
    _, payment, fulfilment = _KINDS[kind]
    states = count_sales(db(), **place.keys)
    counts = {
        name: sum(
            count
            for (paid, sent), count in states.items()
            if wanted_payment in ("", paid) and wanted_sent in ("", sent)
        )
        for name, (_, wanted_payment, wanted_sent) in _KINDS.items()
    }
    last = max(1, -(-counts[kind] // PAGE))
    number = min(max(request.args.get("page", 1, int), 1), last)
    found = newest_orders(
        db(),
        **place.keys,
        payment=payment,
        fulfilment=fulfilment,
        limit=PAGE,
        offset=(number - 1) * PAGE,
        fields=customer_fields(),
    )
    return page(
        "portal/orders.html",
        orders=found,
        kind=kind,
        kinds=[(name, words, counts[name]) for name, (words, _, _) in _KINDS.items()],
        here_page=number,
        last_page=last,
    )


@orders.get("/orders/<uuid:order_id>")
def show(order_id: UUID) -> Response:
    found = read_order(db(), partner_id=partner_id(), order_id=order_id, fields=customer_fields())
    store = next((item for item in here().partner.stores if item.store_id == found.store_id), None)
    if store is None:
        raise NotFound("There is no such order.")
    refunds = refunds_of_order(db(), partner_id=partner_id(), order_id=order_id)
    currency = found.total.currency
    facts = earned_by_fact(db(), partner_id=partner_id(), order_id=order_id)
    holds = holds_of_order(db(), partner_id=partner_id(), order_id=order_id)
    return page(
        "portal/order.html",
        order=found,
        order_store=store,
        money_went=waterfall(found),
        refunds=[refund for refund in refunds if refund.given],
        back=given_back(refunds, currency),
        # Refunds are told one by one; what else came or went is told by its fact.
        besides={
            earning_words(fact, ""): amount
            for fact, amount in facts.items()
            if fact not in ("sale", "refund", "refund_failed")
        },
        keeps=total(facts.values(), currency),
        returns=returns_of_order(db(), partner_id=partner_id(), order_id=order_id),
        reasons=REASON_WORDS,
        requests=requests_of_order(db(), partner_id=partner_id(), order_id=order_id),
        may_ask=person().role in REFUND_ASKERS
        and requests_allowed(db())
        and refundable(db(), partner_id=partner_id(), order_id=order_id) is not None,
        cases=cases_of_order(db(), partner_id=partner_id(), order_id=order_id, fields=frozenset()),
        held=[hold for hold in holds if hold.released_at is None],
    )
