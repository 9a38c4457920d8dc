"""Where is my order? The link goes by mail to the address that it was ordered with, and nowhere else."""

from __future__ import annotations

from flask import request
from werkzeug.wrappers import Response

from app.edge import db, now
from app.store.account.shopper import account_page, errors_of, host, typed
from app.store.blueprint import store
from app.store.visit import host_entry, spoken, visit
from kit.errors import Refusal, Refusals
from orders.accounts.links import ask_link
from orders.accounts.making import clean_email

_LARGEST = 10**12


@store.route("/find-order", methods=["GET", "POST"])
def find_order() -> Response:
    """Ask for the link to an order. The answer is the same whether or not there is one: it tells nobody who
    has bought here."""
    title = spoken("Where is my order?")
    if request.method == "GET":
        return account_page("find_order.html", title)
    form = typed("number", "email")
    entry = host_entry()
    try:
        number, email = _asked(form)
        ask_link(
            db(),
            partner_id=entry.partner_id,
            store_id=entry.store_id,
            purpose="find",
            email=email,
            number=number,
            host=host(),
            locale=visit().store.locale,
            now=now(),
        )
    except Refusal as refusal:
        return account_page("find_order.html", title, 422, form=form, errors=errors_of(refusal))
    return account_page("find_order_sent.html", title, email=email, number=number)


def _asked(form: dict[str, str]) -> tuple[int, str]:
    errors = {}
    number = form["number"].removeprefix("#").strip()
    if not (number.isascii() and number.isdigit() and 0 < int(number or 0) < _LARGEST):
        errors["number"] = "Enter the order's number, such as 1042. It stands in the receipt."
    try:
        email = clean_email(form["email"])
    except Refusal as refusal:
        errors["email"] = refusal.message
    if errors:
        raise Refusals(errors)
    return int(number), email
