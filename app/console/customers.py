"""Customers of all partners' stores, those first who came or registered last."""

from __future__ import annotations

from flask import Blueprint
from werkzeug.wrappers import Response

from app.console.forms import page_number, query
from app.console.pages import page
from app.edge import db
from orders.customer_desk import CUSTOMER_STATES, desk_customers

customers = Blueprint("customers", __name__, url_prefix="/customers")
_PAGE = 50


@customers.get("/")
def index() -> Response:
    state, search, number = query("state"), query("q"), page_number()
    state = state if state in CUSTOMER_STATES else ""
    found = desk_customers(db(), state=state, search=search, limit=_PAGE + 1, offset=(number - 1) * _PAGE)
    return page(
        "customers.html",
        room="orders",
        title="Customers",
        customers=found[:_PAGE],
        state=state,
        search=search,
        page_no=number,
        more=len(found) > _PAGE,
    )
