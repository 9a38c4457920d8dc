"""The price lists themselves: which there are, and new ones."""

from __future__ import annotations

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from app.console.forms import errors_of, text
from app.console.pages import page, said
from app.console.wholesale import wholesale
from app.edge import db, now, person
from kit.errors import Refusal
from pricing.lists import create_price_list, price_lists
from tenants.directory import GRANTS


@wholesale.get("/lists")
def lists() -> Response:
    return _lists_page({}, "", list(GRANTS)[:2])


@wholesale.post("/lists")
def create_list() -> Response:
    name, fields = text("name"), [name for name in request.form.getlist("customer_fields") if name in GRANTS]
    try:
        create_price_list(db(), name=name, customer_fields=fields, actor=person().email, now=now())
    except Refusal as refusal:
        return _lists_page(errors_of(refusal), name, fields, 422)
    said(f"Price list “{name}” created. Until it has prices of its own, it takes the default list's.")
    return redirect(url_for("wholesale.lists"), 303)


def _lists_page(errors: dict[str, str], name: str, fields: list[str], status: int = 200) -> Response:
    if errors:
        db().rollback()
    return page(
        "price_lists.html",
        room="wholesale",
        here="wholesale.lists",
        title="Price lists",
        status=status,
        lists=price_lists(db(), at=now()),
        grants=GRANTS,
        form={"name": name},
        fields=fields,
        errors=errors,
    )
