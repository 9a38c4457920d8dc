"""A store's customers, as far as the company lets the partner see them."""

from __future__ import annotations

from flask import Blueprint, Response, request

from app.edge import db
from app.portal.access import may_see_customers
from app.portal.here import customer_fields, here, page
from orders.customers import list_customers

customers = Blueprint("customers", __name__)
PAGE = 50


@customers.get("/customers")
def index() -> Response:
    fields = customer_fields()
    search = request.args.get("q", "").strip()[:100] if fields & {"name", "email"} else ""
    number = min(max(request.args.get("page", 1, int), 1), 10_000)
    found, total = list_customers(
        db(), **here().keys, fields=fields, search=search, limit=PAGE, offset=(number - 1) * PAGE
    )
    return page(
        "portal/customers.html",
        customers=found,
        total=total,
        fields=fields,
        by_role=not may_see_customers(),
        search=search,
        here_page=number,
        last_page=max(1, -(-total // PAGE)),
    )
