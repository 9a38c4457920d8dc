"""Goods that come back: deciding, receiving, and what partners ask to be refunded. Money is given back on
the refund's own page."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from app.console.forms import errors_of, gather, page_number, query, read_whole, text
from app.console.orders import order_page
from app.console.pages import page, said
from app.edge import db, now, person
from kit.errors import Refusal
from payments.refunds.asking import refund_effect
from payments.returns.deciding import (
    Receipt,
    accept_return,
    decline_return,
    receive_return,
    refund_of_return,
    settle_by_earlier,
)
from payments.returns.reading import REASON_WORDS, ReturnView, all_returns, count_returns, read_return
from payments.returns.requests import decline_request, read_request

returns = Blueprint("returns", __name__, url_prefix="/returns")
refund_requests = Blueprint("refund_requests", __name__, url_prefix="/refund-requests")
_PAGE = 50
_LONGEST_REASON = 500
_VIEWS = ("open", "requested", "accepted", "received")


@returns.get("/")
def index() -> Response:
    number = page_number()
    view = query("view")
    view = view if view in _VIEWS else ""
    found = all_returns(db(), state=view, limit=_PAGE + 1, offset=(number - 1) * _PAGE)
    return page(
        "returns.html",
        room="refunds",
        title="Returns",
        returns=found[:_PAGE],
        view=view,
        count=count_returns(db()),
        page_no=number,
        more=len(found) > _PAGE,
    )


@returns.get("/<uuid:partner_id>/<uuid:return_id>")
def show(partner_id: UUID, return_id: UUID) -> Response:
    return _page(partner_id, return_id, {}, {})


@returns.post("/<uuid:partner_id>/<uuid:return_id>/accept")
def accept(partner_id: UUID, return_id: UUID) -> Response:
    try:
        accept_return(db(), partner_id=partner_id, return_id=return_id, actor=person().email, now=now())
    except Refusal as refusal:
        return _page(partner_id, return_id, errors_of(refusal), {})
    said("Accepted. The shopper gets a mail with how to send it back.")
    return redirect(url_for("returns.show", partner_id=partner_id, return_id=return_id), 303)


@returns.post("/<uuid:partner_id>/<uuid:return_id>/decline")
def decline(partner_id: UUID, return_id: UUID) -> Response:
    reason = text("reason", _LONGEST_REASON)
    try:
        decline_return(
            db(), partner_id=partner_id, return_id=return_id, reason=reason, actor=person().email, now=now()
        )
    except Refusal as refusal:
        return _page(partner_id, return_id, errors_of(refusal), {"reason": reason})
    said("Declined. The shopper gets a mail with the reason.")
    return redirect(url_for("returns.show", partner_id=partner_id, return_id=return_id), 303)


@returns.post("/<uuid:partner_id>/<uuid:return_id>/receive")
def receive(partner_id: UUID, return_id: UUID) -> Response:
    found = read_return(db(), partner_id=partner_id, return_id=return_id)
    errors: dict[str, str] = {}
    receipts: dict[UUID, Receipt] = {}
    for line in found.lines:
        name = f"received-{line.line_id}"
        try:
            units = read_whole(text(name) or "0", field=name)
        except Refusal as refusal:
            gather(errors, refusal)
            continue
        receipts[line.line_id] = Receipt(units, f"restock-{line.line_id}" in request.form)
    if not errors:
        try:
            receive_return(
                db(),
                partner_id=partner_id,
                return_id=return_id,
                receipts=receipts,
                actor=person().email,
                now=now(),
            )
        except Refusal as refusal:
            gather(errors, refusal)
    if errors:
        return _page(partner_id, return_id, errors, dict(request.form))
    said("Received. What can be sold again is in stock; the money is still to be given back.")
    return redirect(url_for("returns.show", partner_id=partner_id, return_id=return_id), 303)


@returns.post("/<uuid:partner_id>/<uuid:return_id>/settle")
def settle(partner_id: UUID, return_id: UUID) -> Response:
    """Close a return whose money was given back on the order's page."""
    try:
        settle_by_earlier(db(), partner_id=partner_id, return_id=return_id, actor=person().email, now=now())
    except Refusal as refusal:
        return _page(partner_id, return_id, errors_of(refusal), {})
    said("Closed, with the refund that was given.")
    return redirect(url_for("returns.show", partner_id=partner_id, return_id=return_id), 303)


@refund_requests.post("/<uuid:partner_id>/<uuid:request_id>/decline", endpoint="decline")
def decline_request_of(partner_id: UUID, request_id: UUID) -> Response:
    """Decline what a partner asked to be refunded."""
    found = read_request(db(), partner_id=partner_id, request_id=request_id)
    reason = text("request-reason", _LONGEST_REASON)
    try:
        decline_request(
            db(), partner_id=partner_id, request_id=request_id, reason=reason, actor=person().email, now=now()
        )
    except Refusal as refusal:
        errors = {"request-reason": refusal.message}
        return order_page(partner_id, found.order_id, errors, {"request-reason": reason}, 422)
    said(f"Declined. {found.partner} reads why on the order and by mail.")
    return redirect(url_for("orders.show", partner_id=partner_id, order_id=found.order_id), 303)


def _page(partner_id: UUID, return_id: UUID, errors: dict[str, str], form: dict[str, str]) -> Response:
    if errors:
        db().rollback()
    found = read_return(db(), partner_id=partner_id, return_id=return_id)
    return page(
        "return.html",
        room="refunds",
        here="returns.index",
        title=f"{'Withdrawal' if found.kind == 'withdrawal' else 'Return'} of order {found.order_number}",
        status=422 if errors else 200,
        found=found,
        reasons=REASON_WORDS,
        effect=_effect(found),
        form=form,
        errors=errors,
    )


def _effect(found: ReturnView) -> object:
    """What the refund of goods that came back would move; None where there is nothing to give back."""
    if found.state != "received":
        return None
    keys = {"partner_id": found.partner_id}
    asked = refund_of_return(db(), **keys, return_id=found.return_id)
    try:
        return refund_effect(db(), **keys, order_id=found.order_id, asked=asked)
    except Refusal:
        return None
