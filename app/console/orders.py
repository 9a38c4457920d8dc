"""Orders of all partners: finding them, reading them whole, sending them."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, redirect, url_for
from werkzeug.wrappers import Response

from app.console.access import may
from app.console.forms import errors_of, optional_key, page_number, query, text
from app.console.pages import page, said
from app.edge import db, now, person
from kit.errors import Refusal
from kit.money import total
from orders.cases.reading import cases_of_order
from orders.customers import registered_since
from orders.desk import DeskFilter, count_desk_orders, desk_orders, flag_of
from orders.fulfilment import confirm_delivery, ship
from orders.reading import read_order
from payments.disputes.reading import disputes_of_order
from payments.holds import holds_of_order
from payments.refunds.reading import refunds_of_order
from payments.reports import entries_of_order
from payments.returns.reading import returns_of_order
from payments.returns.requests import requests_of_order
from tenants.directory import list_partners, read_partner

orders = Blueprint("orders", __name__, url_prefix="/orders")
_PAGE = 50
PAYMENTS = ("awaiting", "paid", "partly_refunded", "refunded", "expired", "failed")
FULFILMENTS = ("unfulfilled", "partly_shipped", "shipped", "delivered", "cancelled", "returned")


@orders.get("/")
def index() -> Response:
    payment, fulfilment = query("payment"), query("fulfilment")
    view = query("view")
    wanted = DeskFilter(
        payment=payment if payment in (*PAYMENTS, "any") else "",
        fulfilment=fulfilment if fulfilment in FULFILMENTS else "",
        partner_id=optional_key(query("partner")),
        search=query("q"),
        flagged=view == "flagged",
        to_ship=view == "to-ship",
    )
    number = page_number()
    found = desk_orders(
        db(),
        wanted=wanted,
        oldest_first=wanted.to_ship,
        limit=_PAGE + 1,
        offset=(number - 1) * _PAGE,
    )
    return page(
        "orders.html",
        room="orders",
        title="Orders",
        orders=found[:_PAGE],
        wanted=wanted,
        view=view if view in ("to-ship", "flagged") else "",
        payments=PAYMENTS,
        fulfilments=FULFILMENTS,
        partners=list_partners(db(), limit=500),
        total=count_desk_orders(db(), wanted=wanted),
        to_ship=count_desk_orders(db(), wanted=DeskFilter(to_ship=True)),
        flagged=count_desk_orders(db(), wanted=DeskFilter(flagged=True)),
        page_no=number,
        more=len(found) > _PAGE,
    )


@orders.get("/<uuid:partner_id>/<uuid:order_id>")
def show(partner_id: UUID, order_id: UUID) -> Response:
    return order_page(partner_id, order_id, {}, {})


@orders.post("/<uuid:partner_id>/<uuid:order_id>/ship")
def send(partner_id: UUID, order_id: UUID) -> Response:
    form = {"carrier": text("carrier", 80), "number": text("number", 80), "url": text("url", 500)}
    try:
        ship(db(), partner_id=partner_id, order_id=order_id, **form, actor=person().email, now=now())
    except Refusal as refusal:
        return order_page(partner_id, order_id, errors_of(refusal), form, 422)
    said("Marked as sent. The shopper gets an e-mail with the tracking link.")
    return redirect(url_for("orders.show", partner_id=partner_id, order_id=order_id), 303)


@orders.post("/<uuid:partner_id>/<uuid:order_id>/delivered")
def delivered(partner_id: UUID, order_id: UUID) -> Response:
    try:
        confirm_delivery(db(), partner_id=partner_id, order_id=order_id, actor=person().email, now=now())
    except Refusal as refusal:
        return order_page(partner_id, order_id, errors_of(refusal), {}, 422)
    said("Marked as delivered. The hold on the partner's margin counts from now.")
    return redirect(url_for("orders.show", partner_id=partner_id, order_id=order_id), 303)


@orders.get("/<uuid:partner_id>/<uuid:order_id>/slip")
def slip(partner_id: UUID, order_id: UUID) -> Response:
    """What goes into the parcel: the store's name, the address and the goods, and no prices."""
    order = read_order(db(), partner_id=partner_id, order_id=order_id)
    partner = read_partner(db(), partner_id=partner_id)
    store = next(store for store in partner.stores if store.store_id == order.store_id)
    return page(
        "slip.html",
        room="orders",
        here="orders.index",
        title=f"Packing slip {order.number}",
        order=order,
        store=store,
    )


def order_page(
    partner_id: UUID, order_id: UUID, errors: dict[str, str], form: dict[str, str], status: int = 200
) -> Response:
    """The order's page, with what was typed and refused."""
    if errors:
        db().rollback()
    order = read_order(db(), partner_id=partner_id, order_id=order_id)
    partner = read_partner(db(), partner_id=partner_id)
    currency = order.total.currency
    return page(
        "order.html",
        room="orders",
        here="orders.index",
        title=f"Order {order.number}",
        status=status,
        order=order,
        partner=partner,
        store=next(store for store in partner.stores if store.store_id == order.store_id),
        registered_at=registered_since(db(), partner_id=partner_id, order_id=order_id),
        flag=flag_of(db(), partner_id=partner_id, order_id=order_id),
        entries=entries_of_order(db(), partner_id=partner_id, order_id=order_id),
        refunds=refunds_of_order(db(), partner_id=partner_id, order_id=order_id),
        disputes=disputes_of_order(db(), partner_id=partner_id, order_id=order_id),
        returns=returns_of_order(db(), partner_id=partner_id, order_id=order_id),
        requests=requests_of_order(db(), partner_id=partner_id, order_id=order_id),
        cases=cases_of_order(db(), partner_id=partner_id, order_id=order_id),
        holds=holds_of_order(db(), partner_id=partner_id, order_id=order_id),
        wholesale=total((line.wholesale for line in order.lines), currency),
        net=total((line.net for line in order.lines), currency),
        promoted=total((line.company_discount for line in order.lines), currency),
        may_ship=may(person().role, "orders", change=True),
        sees_partner=may(person().role, "partners"),
        form=form,
        errors=errors,
    )
