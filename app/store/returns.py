"""Sending something back and withdrawing from the contract, from an order's page and without an account."""

from __future__ import annotations

from contextlib import suppress
from uuid import UUID

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from app.edge import db, now
from app.store.blueprint import store
from app.store.browse import fill
from app.store.orders import order_of
from app.store.rendering import render
from app.store.visit import heard, primary_url, spoken, visit
from kit.errors import Refusal, Refusals
from orders.view import OrderView
from payments.refunds.asking import refundable
from payments.returns.asking import LONGEST_NOTE, ask_return, cancel_return, withdraw
from payments.returns.models import REASONS
from payments.returns.units import Returnable, returnable


@store.route("/order/<token>/return", methods=["GET", "POST"])
def return_goods(token: str) -> Response:
    """Ask to send units back, each line with a reason."""
    return _answer(token, "return")


@store.route("/order/<token>/withdraw", methods=["GET", "POST"])
def withdraw_from(token: str) -> Response:
    """Withdraw from the contract. It asks for no reason."""
    return _answer(token, "withdrawal")


@store.post("/order/<token>/returns/<uuid:return_id>/cancel")
def keep_goods(token: str, return_id: UUID) -> Response:
    """Keep after all what was to be sent back."""
    order = order_of(token)
    # Whatever it has become meanwhile, the order's page shows it.
    with suppress(Refusal), db().begin_nested():
        cancel_return(
            db(), partner_id=order.partner_id, order_id=order.order_id, return_id=return_id, now=now()
        )
    return redirect(url_for("store.order", token=token, _anchor="returns"), 303)


def _answer(token: str, kind: str) -> Response:
    order = order_of(token)
    keys = {"partner_id": order.partner_id, "order_id": order.order_id}
    found = returnable(db(), **keys, now=now())
    if kind == "return" and found.unsent and not found.problem:
        return redirect(url_for("store.withdraw_from", token=token), 303)
    if request.method == "GET":
        begins = {f"units-{key}": str(count) for key, count in found.left.items()}
        return _page(token, kind, order, found, begins if kind == "withdrawal" else {}, {})
    errors: dict[str, str] = {}
    units = _units(found, errors)
    note = request.form.get("note", "").strip()
    if len(note) > LONGEST_NOTE:
        errors["note"] = spoken("At most %(num)s characters.", num=LONGEST_NOTE)
    if not errors:
        try:
            with db().begin_nested():
                if kind == "withdrawal":
                    withdraw(db(), **keys, units=units, note=note, now=now())
                else:
                    reasons = {key: request.form.get(f"reason-{key}", "") for key in units}
                    ask_return(db(), **keys, units=units, reasons=reasons, note=note, now=now())
        except Refusals as refusals:
            errors.update({name: heard(sentence) for name, sentence in refusals.errors.items()})
        except Refusal as refusal:
            errors[refusal.field] = heard(refusal.message)
    if errors:
        found = returnable(db(), **keys, now=now())
        typed = {name: value[: LONGEST_NOTE * 2] for name, value in request.form.items()}
        return _page(token, kind, order, found, typed, errors, 422)
    return redirect(url_for("store.order", token=token, _anchor="returns"), 303)


def _units(found: Returnable, errors: dict[str, str]) -> dict[UUID, int]:
    """The units that were typed; what is no whole number stands in ``errors``."""
    units = {}
    for line in found.lines:
        name = f"units-{line.line_id}"
        typed = request.form.get(name, "").strip()
        if typed and not (typed.isascii() and typed.isdigit() and len(typed) < 7):
            errors[name] = spoken("Enter a whole number, such as 1.")
        else:
            units[line.line_id] = int(typed or 0)
    return units


def _page(
    token: str,
    kind: str,
    order: OrderView,
    found: Returnable,
    form: dict[str, str],
    errors: dict[str, str],
    status: int = 200,
) -> Response:
    left = refundable(db(), partner_id=order.partner_id, order_id=order.order_id) if found.unsent else None
    title = spoken("Withdraw from the contract") if kind == "withdrawal" else spoken("Return something")
    html = render(
        visit().store,
        "return.html",
        page_title=f"{title} – {visit().store.name}",
        canonical_url="",
        base_url=primary_url(""),
        order=order,
        kind=kind,
        found=found,
        reasons=REASONS,
        token=token,
        gives_back=left.left if left else None,
        form=form,
        errors=errors,
        order_url=url_for("store.order", token=token),
        here_url=request.path,
    )
    response = Response(fill(html), status, content_type="text/html; charset=utf-8")
    response.headers["Referrer-Policy"] = "no-referrer"
    return response
