"""Keeping the margin of an order back, and letting it go, each with a reason."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, redirect, url_for
from werkzeug.wrappers import Response

from app.console.forms import errors_of, text
from app.console.orders import order_page
from app.console.pages import said
from app.edge import db, now, person
from kit.errors import Refusal
from orders.reading import read_order
from payments.holds import LONGEST_REASON, place_hold, release_hold

holds = Blueprint("holds", __name__, url_prefix="/orders")


@holds.post("/<uuid:partner_id>/<uuid:order_id>/hold")
def place(partner_id: UUID, order_id: UUID) -> Response:
    read_order(db(), partner_id=partner_id, order_id=order_id)
    reason = text("reason", LONGEST_REASON + 1)
    try:
        place_hold(
            db(),
            partner_id=partner_id,
            order_id=order_id,
            kind="by_hand",
            reason=reason,
            actor=person().email,
            now=now(),
        )
    except Refusal as refusal:
        return order_page(partner_id, order_id, errors_of(refusal), {"reason": reason}, 422)
    said("The margin of this order is held. Nobody is paid it until it is released.")
    return redirect(url_for("orders.show", partner_id=partner_id, order_id=order_id), 303)


@holds.post("/<uuid:partner_id>/<uuid:order_id>/holds/<uuid:hold_id>/release")
def release(partner_id: UUID, order_id: UUID, hold_id: UUID) -> Response:
    reason = text("reason", LONGEST_REASON + 1)
    try:
        release_hold(
            db(), partner_id=partner_id, hold_id=hold_id, reason=reason, actor=person().email, now=now()
        )
    except Refusal as refusal:
        return order_page(partner_id, order_id, errors_of(refusal), {"reason": reason}, 422)
    said("Released. The margin is pending or available again, as its order says.")
    return redirect(url_for("orders.show", partner_id=partner_id, order_id=order_id), 303)
