"""Giving money back for an order, with what each account loses shown before it is done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import UUID

from flask import Blueprint, abort, redirect, request, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from app.console.forms import gather, optional_key, read_money, read_whole
from app.console.pages import page, said
from app.edge import db, now, person
from kit.errors import Refusal
from kit.money import Money
from orders.reading import read_order
from payments.refunds.asking import (
    Refundable,
    RefundAsked,
    RefundEffect,
    ask_refund,
    refund_effect,
    refundable,
)
from payments.returns.deciding import refund_of_return, settle_return
from payments.returns.reading import ReturnView, read_return
from payments.returns.requests import RequestView, read_request, settle_request
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
    who: dict[str, Any] = {"partner_id": partner_id, "actor": person().email, "now": now()}
    if not errors:
        try:
            with db().begin_nested():
                why = _why(partner_id, order_id, request.form)
                refund_id = ask_refund(db(), **who, order_id=order_id, asked=asked)
                if isinstance(why, ReturnView):
                    settle_return(db(), **who, return_id=why.return_id, refund_id=refund_id)
                elif why is not None:
                    settle_request(db(), **who, request_id=why.request_id, refund_id=refund_id)
        except Refusal as refusal:
            gather(errors, refusal)
    if errors:
        return _form(partner_id, order_id, request.form, errors)
    said("The money is on its way back. The order says when Stripe has it.")
    return redirect(url_for("orders.show", partner_id=partner_id, order_id=order_id), 303)


def _form(partner_id: UUID, order_id: UUID, sent: MultiDict[str, str], errors: dict[str, str]) -> Response:
    order = read_order(db(), partner_id=partner_id, order_id=order_id)
    left = refundable(db(), partner_id=partner_id, order_id=order_id)
    why = _why(partner_id, order_id, sent)
    if why is not None and "asked" not in sent and left is not None:
        sent = _begin(why, left)
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
        why=why,
        of_return=isinstance(why, ReturnView),
        form={"funder": "company"} | form,
        restock=asked.restock,
        errors=errors,
    )


def _why(partner_id: UUID, order_id: UUID, sent: MultiDict[str, str]) -> ReturnView | RequestView | None:
    """The return or the partner's request that money is given back for. 404 for another order's."""
    found: ReturnView | RequestView | None = None
    if key := optional_key(sent.get("return", "")):
        found = read_return(db(), partner_id=partner_id, return_id=key)
    elif key := optional_key(sent.get("request", "")):
        found = read_request(db(), partner_id=partner_id, request_id=key)
    if found is not None and found.order_id != order_id:
        abort(404)
    return found


def _begin(why: ReturnView | RequestView, left: Refundable) -> MultiDict[str, str]:
    """The form as a return or a request would fill it in. Where it is settled, or its units were given back
    meanwhile, the form says so when it is sent."""
    if isinstance(why, RequestView):
        asked, named = why.asked, ("request", why.request_id)
    elif why.state == "received":
        asked = refund_of_return(db(), partner_id=why.partner_id, return_id=why.return_id)
        asked = replace(asked, reason="Withdrawal" if why.kind == "withdrawal" else "Return")
        named = ("return", why.return_id)
    else:
        asked, named = RefundAsked(), ("return", why.return_id)
    currency = left.left.currency
    sent = {f"units-{key}": str(count) for key, count in asked.units.items() if count}
    for name, minor in (("delivery", asked.delivery), ("goodwill", asked.goodwill)):
        if minor:
            sent[name] = str(Money(minor, currency).decimal)
    return MultiDict({**sent, "funder": asked.funder, "reason": asked.reason, named[0]: str(named[1])})


def _read(left: Refundable | None, sent: MultiDict[str, str], errors: dict[str, str]) -> RefundAsked:
    """What was typed; what cannot be read is left out, and stands in ``errors``."""
    if left is None:
        return RefundAsked()

    def amount(name: str) -> int:
        return _typed(sent, name, errors, lambda text: read_money(text, left.left.currency, field=name).minor)

    back = "return" in sent
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
        # What came back was put into stock when it arrived, or was not fit for it.
        restock=not back and ("restock" in sent or "asked" not in sent),
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
