"""A shopper's order: the confirmation that Stripe sends it to, and following it without an account."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import Any

from flask import abort, request, url_for
from werkzeug.wrappers import Response

from app.edge import db, now, services, tenant
from app.store.account.shopper import shopper
from app.store.bag_count import remember_count
from app.store.blueprint import store
from app.store.browse import fill
from app.store.links import case_token, read_order_token
from app.store.rendering import render
from app.store.visit import host_entry, primary_url, spoken, visit
from orders.accounts.addresses import PARTS, addresses_of
from orders.accounts.signing import Shopper
from orders.cases.reading import CaseView, cases_of_order
from orders.reading import read_order
from orders.view import OrderView, TimelineEntry
from payments.checkout import apply, resume
from payments.gateway.errors import GatewayRefused, GatewayUnavailable
from payments.refunds.reading import given_back, refunds_of_order
from payments.returns.reading import returns_of_order
from payments.returns.units import returnable
from payments.settlement import Reference
from tenants.company import read_company
from tenants.passwords import SHORTEST

log = logging.getLogger(__name__)

# What the shop says to the partner is no part of what the shopper sees.
_OURS = (
    "mail_notice",
    "refund_asked",
    "refund_refused",
    "request_",
    "mail_request",
    "dispute",
    "mail_disp",
    "mail_decided",
    "case_company",
    "held",
    "released",
)


@store.get("/checkout/done/<token>")
def confirmation(token: str) -> Response:
    """Settle the order with what Stripe says now, so that nobody waits for a webhook, and show it."""
    order = order_of(token)
    if order.payment == "awaiting" and _settle(order) in ("paid", "already"):
        # What settling changed is known, so the order is not read again.
        paid = TimelineEntry(now(), "paid", "Payment confirmed")
        order = replace(order, payment="paid", paid_at=now(), timeline=(*order.timeline, paid))
        remember_count(0)
    mine = shopper()
    return _page(
        "confirmation.html",
        order,
        token,
        shopper=mine,
        keepable=mine is not None and _is_new(mine, order),
        shortest=SHORTEST,
    )


def _is_new(mine: Shopper, order: OrderView) -> bool:
    """Whether an order went to an address that its shopper does not keep yet."""
    given = {part: order.address.get(part, "") for part in PARTS}
    return all(kept.address != given for kept in addresses_of(db(), shopper=mine))


def _settle(order: OrderView) -> str:
    # The page's own transaction ends first: nothing is asked of Stripe while one is open.
    db().commit()
    gateway, session_id = services().gateway, request.args.get("session", "")
    try:
        if session_id.startswith("cs_"):
            snapshot = gateway.read_session(session_id)
            reference = Reference.of(snapshot.metadata)
            if reference is not None and reference.order_id == order.order_id:
                return apply(tenant(), gateway=gateway, snapshot=snapshot, now=now())
        return resume(tenant(), gateway=gateway, order_id=order.order_id, now=now())
    except (GatewayUnavailable, GatewayRefused) as error:
        # The webhook or the sweep will settle it; the page says that it is being confirmed.
        log.warning("could not settle order %s yet: %s", order.order_id, error)
        return "waiting"


@store.get("/order/<token>")
def order(token: str) -> Response:
    """The order's page: timeline, parcels, receipt."""
    shown = order_of(token)
    keys = {"partner_id": shown.partner_id, "order_id": shown.order_id}
    return _page(
        "order.html",
        shown,
        token,
        returns=returns_of_order(db(), **keys),
        returnable=returnable(db(), **keys, now=now()),
        instructions=read_company(db()).return_instructions,
        cases=_cases_of(shown),
    )


def order_of(token: str) -> OrderView:
    """The order that an address is the key to, with what its shopper may read. 404 in another store."""
    named = read_order_token(services().config.secret, token)
    if named is None or named[0] != host_entry().partner_id:
        abort(404)
    found = read_order(db(), partner_id=named[0], order_id=named[1])
    if found.store_id != host_entry().store_id:
        abort(404)
    timeline = tuple(entry for entry in found.timeline if not entry.kind.startswith(_OURS))
    return replace(found, timeline=timeline)


def _cases_of(shown: OrderView) -> list[tuple[CaseView, str]]:
    """The cases about an order, each with its address."""
    secret, partner_id = services().config.secret, shown.partner_id
    return [
        (each, url_for("store.case", token=case_token(secret, partner_id=partner_id, case_id=each.case_id)))
        for each in cases_of_order(db(), partner_id=partner_id, order_id=shown.order_id)
    ]


def _page(template: str, shown: OrderView, token: str, **more: Any) -> Response:
    keys = {"partner_id": shown.partner_id, "order_id": shown.order_id}
    html = render(
        visit().store,
        template,
        page_title=f"{spoken('Order %(number)s', number=shown.number)} – {visit().store.name}",
        canonical_url="",
        base_url=primary_url(""),
        order=shown,
        back=given_back(refunds_of_order(db(), **keys), shown.total.currency)
        if shown.payment in ("partly_refunded", "refunded")
        else None,
        tracking_url=url_for("store.order", token=token),
        token=token,
        **more,
    )
    response = Response(fill(html), content_type="text/html; charset=utf-8")
    # The address is the key to the order, so it is not told to whoever is linked from here.
    response.headers["Referrer-Policy"] = "no-referrer"
    return response
