"""A shopper's order: the confirmation that Stripe sends it to, and following it without an account."""

from __future__ import annotations

import logging
from dataclasses import replace

from flask import abort, url_for
from werkzeug.wrappers import Response

from app.edge import db, now, services, tenant
from app.store.bag_count import remember_count
from app.store.blueprint import store
from app.store.browse import fill
from app.store.links import read_order_token
from app.store.rendering import render
from app.store.visit import cart_id, host_entry, primary_url, visit
from orders.cart import count_units
from orders.reading import read_order
from orders.view import OrderView
from payments.checkout import resume
from payments.gateway import GatewayRefused, GatewayUnavailable

log = logging.getLogger(__name__)

# What the shop says to the partner is no part of what the shopper sees.
_OURS = frozenset({"mail_notice"})


@store.get("/checkout/done/<token>")
def confirmation(token: str) -> Response:
    """Settle the order with what Stripe says now, so that nobody waits for a webhook, and show it."""
    order = _order(token)
    if order.payment == "awaiting":
        try:
            resume(tenant(), gateway=services().gateway, order_id=order.order_id, now=now())
        except (GatewayUnavailable, GatewayRefused) as error:
            # The webhook or the sweep will settle it; the page says that it is being confirmed.
            log.warning("could not settle order %s yet: %s", order.order_id, error)
        db().rollback()
        order = _order(token, anew=True)
    remember_count(count_units(db(), partner_id=order.partner_id, cart_id=cart_id()))
    return _page("confirmation.html", order, token)


@store.get("/order/<token>")
def order(token: str) -> Response:
    """The order's page: timeline, parcels, receipt."""
    return _page("order.html", _order(token), token)


def _order(token: str, *, anew: bool = False) -> OrderView:
    named = read_order_token(services().config.secret, token)
    if named is None or named[0] != host_entry().partner_id:
        abort(404)
    if anew:
        with tenant().begin() as session:
            found = read_order(session, partner_id=named[0], order_id=named[1])
    else:
        found = read_order(db(), partner_id=named[0], order_id=named[1])
    if found.store_id != host_entry().store_id:
        abort(404)
    timeline = tuple(entry for entry in found.timeline if entry.kind not in _OURS)
    return replace(found, timeline=timeline)


def _page(template: str, shown: OrderView, token: str) -> Response:
    html = render(
        visit().store,
        template,
        page_title=f"Order {shown.number} – {visit().store.name}",
        canonical_url="",
        base_url=primary_url(""),
        order=shown,
        tracking_url=url_for("store.order", token=token),
    )
    response = Response(fill(html), content_type="text/html; charset=utf-8")
    # The address is the key to the order, so it is not told to whoever is linked from here.
    response.headers["Referrer-Policy"] = "no-referrer"
    return response
