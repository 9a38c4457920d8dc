"""Giving money back for an order, with what each account loses shown before it is done."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from flask import Blueprint, redirect, request, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from app.console.forms import gather, read_money, read_whole
from app.console.pages import page, said
from app.edge import db, now, person
from kit.errors import Refusal
from orders.reading import read_order
from payments.refunds import (
    Refundable,
    RefundAsked,
    RefundEffect,
    ask_refund,
    refund_effect,
    refundable,
)
from tenants.directory import read_partner

refunds = Blueprint("refunds", __name__, url_prefix="/orders")

_LONGEST_REASON = 300


@refunds.get("/<uuid:partner_id>/<uuid:order_id>/refund")
def ask(partner_id: UUID, order_id: UUID) -> Response:
    """The form, and what it would do as it is filled in. Nothing is changed."""
    return _form(partner_id, order_id, request.args, {})


@refunds.post("/<uuid:partner_id>/<uuid:order_id>/refund")
def give(partner_id: UUID, order_id: UUID) -> Response:
    errors: dict[str, str] = {}
    left = refundable(db(), partner_id=partner_id, order_id=order_id)
    asked = _read(left, request.form, errors)
    if not errors:
        try:
            with db().begin_nested():
                ask_refund(
                    db(),
                    partner_id=partner_id,
                    order_id=order_id,
                    asked=asked,
                    actor=person().email,
                    now=now(),
                )
        except Refusal as refusal:
            gather(errors, refusal)
    if errors:
        return _form(partner_id, order_id, request.form, errors)
    said("The money is on its way back. The order says when Stripe has it.")
    return redirect(url_for("orders.show", partner_id=partner_id, order_id=order_id), 303)


def _form(partner_id: UUID, order_id: UUID, sent: MultiDict[str, str], errors: dict[str, str]) -> Response:
    order = read_order(db(), partner_id=partner_id, order_id=order_id)
    left = refundable(db(), partner_id=partner_id, order_id=order_id)
    asked = _read(left, sent, errors)
    effect: RefundEffect | None = None
    # An empty form is no mistake: it says what there is to give back.
    if left is not None and not errors and (any(asked.units.values()) or asked.delivery or asked.goodwill):
        try:
            effect = refund_effect(db(), partner_id=partner_id, order_id=order_id, asked=asked)
        except Refusal as refusal:
            gather(errors, refusal)
    form = {name: value[:_LONGEST_REASON] for name, value in sent.items()}
    return page(
        "refund.html",
        room="refunds",
        here="orders.index",
        title="Give money back",
        status=422 if errors else 200,
        order=order,
        partner=read_partner(db(), partner_id=partner_id),
        left=left,
        effect=effect,
        form={"funder": "company"} | form,
        restock=asked.restock,
        errors=errors,
    )


def _read(left: Refundable | None, sent: MultiDict[str, str], errors: dict[str, str]) -> RefundAsked:
    """What was typed; what cannot be read is left out, and stands in ``errors``."""
    if left is None:
        return RefundAsked()

    def amount(name: str) -> int:
        return _typed(sent, name, errors, lambda text: read_money(text, left.left.currency, field=name).minor)

    return RefundAsked(
        units={
            line.line_id: _typed(
                sent,
                f"units-{line.line_id}",
                errors,
                lambda text, name=f"units-{line.line_id}": read_whole(text, field=name),  # type: ignore[misc]
            )
            for line in left.lines
        },
        delivery=amount("delivery"),
        goodwill=amount("goodwill"),
        funder=sent.get("funder", "company"),
        restock="restock" in sent or "asked" not in sent,
        reason=sent.get("reason", "")[:_LONGEST_REASON],
    )


def _typed(
    sent: MultiDict[str, str], name: str, errors: dict[str, str], reading: Callable[[str], int]
) -> int:
    typed = sent.get(name, "").strip()
    if not typed:
        return 0
    try:
        return reading(typed)
    except Refusal as refusal:
        gather(errors, refusal)
        return 0
