"""Writing to the store: a support case from the contact page or an order's page, and its thread by a link."""

from __future__ import annotations

from contextlib import suppress
from typing import Any
from uuid import UUID

from flask import abort, redirect, request, url_for
from werkzeug.wrappers import Response

from app.edge import db, now, services
from app.store.blueprint import store
from app.store.browse import fill
from app.store.links import case_token, read_case_token
from app.store.orders import order_of
from app.store.rendering import render
from app.store.visit import heard, host_entry, primary_url, spoken, visit
from kit.errors import Refusal, Refusals
from orders.cases.models import SUBJECTS
from orders.cases.opening import LONGEST_NAME, Opened, ask_company, open_case, write_on
from orders.cases.reading import CaseView, read_case
from orders.cases.writing import LONGEST_MESSAGE
from orders.view import OrderView
from tenants.attempts import attempt_key, count_attempt, exhausted

_FIELDS = ("name", "email", "subject", "order", "message")
# Within a quarter of an hour, from one network address.
_MOST_FROM_ONE_PLACE = 10


@store.route("/support", methods=["GET", "POST"])
def support() -> Response:
    """Write to the store. The thread's address goes by mail alone: who types an address has not proven it."""
    if request.method == "GET":
        return _form({}, {})
    form, errors = _typed(), dict[str, str]()
    place = attempt_key("case", f"{host_entry().store_id}:{request.remote_addr or ''}")
    if exhausted(db(), {place: _MOST_FROM_ONE_PLACE}, now()):
        errors[""] = spoken(
            "Very much was sent from your network. Try again in a quarter of an hour, or write to %(email)s.",
            email=visit().store.support_email,
        )
    elif _opened(form, errors, email=form["email"], name=form["name"], order_said=form["order"]):
        count_attempt(db(), (place,), now())
        return redirect(url_for("store.support_sent"), 303)
    return _form(form, errors, 422)


@store.get("/support/sent")
def support_sent() -> Response:
    html = _render(
        "message.html",
        spoken("We have your message"),
        status=200,
        heading=spoken("We have your message"),
        body=spoken("You get a mail now, with a link to follow the answer and to write on."),
        action=(spoken("Back to the shop"), url_for("store.home")),
    )
    return Response(html, content_type="text/html; charset=utf-8")


@store.route("/order/<token>/support", methods=["GET", "POST"])
def order_support(token: str) -> Response:
    """Write about an order, by whoever has its link: the name and the address are the order's own."""
    order = order_of(token)
    if not order.email:
        # Erased: nobody could be answered.
        abort(404)
    if request.method == "GET":
        return _form({"subject": request.args.get("about", "")[:20]}, {}, order=order, token=token)
    form, errors = _typed(), dict[str, str]()
    name = (order.address.get("name") or order.email)[:LONGEST_NAME]
    found = _opened(form, errors, email=order.email, name=name, order_id=order.order_id)
    if found is None:
        return _form(form, errors, 422, order=order, token=token)
    made = case_token(services().config.secret, partner_id=order.partner_id, case_id=found.case_id)
    return redirect(url_for("store.case", token=made), 303)


@store.get("/support/<token>")
def case(token: str) -> Response:
    """The thread, as its shopper reads it."""
    return _thread(case_of(token), token)


@store.post("/support/<token>")
def write_in_case(token: str) -> Response:
    found = case_of(token)
    typed = request.form.get("message", "")
    try:
        with db().begin_nested():
            write_on(db(), partner_id=found.partner_id, case_id=found.case_id, message=typed, now=now())
    except Refusal as refusal:
        return _thread(found, token, typed[: LONGEST_MESSAGE * 2], heard(refusal.message), 422)
    return redirect(url_for("store.case", token=token, _anchor="last"), 303)


@store.post("/support/<token>/company")
def ask_company_in_case(token: str) -> Response:
    found = case_of(token)
    # Whether it was closed meanwhile, its page shows.
    with suppress(Refusal), db().begin_nested():
        ask_company(db(), partner_id=found.partner_id, case_id=found.case_id, now=now())
    return redirect(url_for("store.case", token=token, _anchor="last"), 303)


def case_of(token: str) -> CaseView:
    """The case that an address is the key to. 404 in another store, and once it does not say whose it was."""
    named = read_case_token(services().config.secret, token)
    if named is None or named[0] != host_entry().partner_id:
        abort(404)
    found = read_case(db(), partner_id=named[0], case_id=named[1])
    if found.store_id != host_entry().store_id or not found.email:
        abort(404)
    return found


def _typed() -> dict[str, str]:
    return {name: request.form.get(name, "").strip()[: LONGEST_MESSAGE * 2] for name in _FIELDS}


def _opened(
    form: dict[str, str],
    errors: dict[str, str],
    *,
    email: str,
    name: str,
    order_id: UUID | None = None,
    order_said: str = "",
) -> Opened | None:
    """Open a case with what was typed. None where it was refused, and why stands in ``errors``."""
    here = host_entry()
    try:
        with db().begin_nested():
            return open_case(
                db(),
                partner_id=here.partner_id,
                store_id=here.store_id,
                email=email,
                name=name,
                subject=form["subject"],
                message=form["message"],
                locale=visit().store.locale,
                order_id=order_id,
                order_said=order_said,
                now=now(),
            )
    except Refusals as refusals:
        errors.update({field: heard(sentence) for field, sentence in refusals.errors.items()})
    except Refusal as refusal:
        errors[refusal.field] = heard(refusal.message)
    return None


def _form(
    form: dict[str, str],
    errors: dict[str, str],
    status: int = 200,
    *,
    order: OrderView | None = None,
    token: str = "",
) -> Response:
    html = _render(
        "case_new.html",
        spoken("Write to us"),
        form=form,
        errors=errors,
        subjects=SUBJECTS,
        order=order,
        token=token,
        here_url=request.path,
    )
    return _private(html, status)


def _thread(found: CaseView, token: str, typed: str = "", error: str = "", status: int = 200) -> Response:
    html = _render(
        "case.html",
        spoken("Case %(number)s", number=found.number),
        case=found,
        token=token,
        typed=typed,
        error=error,
    )
    return _private(html, status)


def _render(template: str, title: str, **context: Any) -> str:
    return fill(
        render(
            visit().store,
            template,
            page_title=f"{title} – {visit().store.name}",
            canonical_url="",
            base_url=primary_url(""),
            **context,
        )
    )


def _private(html: str, status: int) -> Response:
    response = Response(html, status, content_type="text/html; charset=utf-8")
    # The address is the key to the thread, so it is not told to whoever is linked from here.
    response.headers["Referrer-Policy"] = "no-referrer"
    return response
