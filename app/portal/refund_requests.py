"""Asking the company to give a shopper money back, with what it would take from the partner's earnings."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, redirect, request, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from app.edge import db
from app.portal.here import by, here, page, partner_id
from app.ui.amounts import read_amount
from app.ui.formats import reader_locale
from app.ui.toasts import say
from kit.errors import NotFound, Refusal
from kit.money import Money
from orders.reading import read_order
from payments.refunds.asking import Refundable, RefundAsked, RefundEffect, refund_effect, refundable
from payments.returns.requests import request_refund, requests_allowed, requests_of_order

refund_requests = Blueprint("refund_requests", __name__, url_prefix="/orders")
_LONGEST_REASON = 300


@refund_requests.get("/<uuid:order_id>/refund")
def ask(order_id: UUID) -> Response:
    """The form, and what it would do as it is filled in. Nothing is changed."""
    return _form(order_id, request.args, {})


@refund_requests.post("/<uuid:order_id>/refund")
def send(order_id: UUID) -> Response:
    """Ask the company. Nothing is given back by it."""
    errors: dict[str, str] = {}
    left = refundable(db(), partner_id=partner_id(), order_id=order_id)
    asked = _read(left, request.form, errors)
    if not errors:
        try:
            with db().begin_nested():
                request_refund(db(), partner_id=partner_id(), order_id=order_id, asked=asked, **by())
        except Refusal as refusal:
            errors[refusal.field] = refusal.message
    if errors:
        return _form(order_id, request.form, errors)
    say(f"{here().partner.company} reads your request and decides. Nothing is given back before.")
    return redirect(url_for("orders.show", order_id=order_id), 303)


def _form(order_id: UUID, sent: MultiDict[str, str], errors: dict[str, str]) -> Response:
    keys = {"partner_id": partner_id(), "order_id": order_id}
    order = read_order(db(), **keys, fields=frozenset())
    if order.store_id not in {store.store_id for store in here().partner.stores}:
        raise NotFound("There is no such order.")
    left = refundable(db(), **keys)
    refused = bool(errors)
    asked = _read(left, sent, errors)
    effect: RefundEffect | None = None
    if left is not None and not set(errors) - {"reason"} and _something(asked):
        try:
            effect = refund_effect(db(), **keys, asked=asked)
        except Refusal as refusal:
            errors[refusal.field] = refusal.message
    return page(
        "portal/refund_request.html",
        status=422 if refused else 200,
        order=order,
        left=left,
        allowed=requests_allowed(db()),
        waits=any(each.state == "asked" for each in requests_of_order(db(), **keys)),
        effect=effect,
        loses=effect.accounts.get("partner_payable", Money(0, order.total.currency)) if effect else None,
        form={"funder": "company"} | {name: value[:_LONGEST_REASON] for name, value in sent.items()},
        errors=errors,
    )


def _something(asked: RefundAsked) -> bool:
    return bool(any(asked.units.values()) or asked.delivery or asked.goodwill)


def _read(left: Refundable | None, sent: MultiDict[str, str], errors: dict[str, str]) -> RefundAsked:
    """What was typed; what cannot be read is left out, and stands in ``errors``."""
    if left is None:
        return RefundAsked()
    units = {}
    for line in left.lines:
        name = f"units-{line.line_id}"
        typed = sent.get(name, "").strip()
        if typed and not (typed.isascii() and typed.isdigit() and len(typed) < 7):
            errors[name] = "Enter a whole number, such as 1."
        else:
            units[line.line_id] = int(typed or 0)
    amounts = {}
    for name in ("delivery", "goodwill"):
        amounts[name] = 0
        if typed := sent.get(name, "").strip():
            try:
                amounts[name] = read_amount(typed, left.left.currency, reader_locale(), field=name).minor
            except Refusal as refusal:
                errors[name] = refusal.message
    return RefundAsked(
        units=units,
        delivery=amounts["delivery"],
        goodwill=amounts["goodwill"],
        funder=sent.get("funder", "company"),
        reason=sent.get("reason", "").strip()[:_LONGEST_REASON],
    )
