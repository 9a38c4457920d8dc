"""Sales of a store: a percentage off for a while, planned, tried before, and ended."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from app.discount_forms import FIELDS, Typed, product_titles, shelves
from app.edge import db, now
from app.portal.here import by, here, page
from app.ui.toasts import say
from kit.errors import NotFound, Refusal
from pricing.store_sales import LARGEST_CUT, SalePreview, end_sale, plan_sale, preview_sale, store_sales

sales = Blueprint("store_sales", __name__, url_prefix="/discounts/sales")
_RENAMED = {"off": "value", "scope_id": "scope"}


@sales.get("/")
def index() -> Response:
    return _page(Typed(dict.fromkeys(FIELDS, "") | {"scope": "all"}))


@sales.get("/fits")
def fits() -> Response:
    """What the sale would do, for the form while it is typed."""
    typed = Typed.of(request.args)
    return page("portal/store_sale_fits.html", **_seen(typed))


@sales.post("/")
def plan() -> Response:
    typed = Typed.of(request.form)
    scope, scope_id = typed.scope(db())
    begins, ends = typed.moment("begins"), typed.moment("ends")
    off_bps = typed.percent("value")
    if off_bps is None:
        typed.errors.setdefault("value", "Write how many percent come off, such as 15.")
    if not typed.errors:
        try:
            plan_sale(
                db(),
                **here().keys,
                scope="store" if scope == "all" else scope,
                scope_id=scope_id,
                off_bps=off_bps or 0,
                begins=begins or now(),
                ends=ends,
                **by(),
            )
        except Refusal as refusal:
            typed.refuse(refusal, **_RENAMED)
    if typed.errors:
        return _page(typed, 422)
    say(
        "The sale runs. Shoppers see it now." if begins is None or begins <= now() else "The sale is planned."
    )
    return redirect(url_for("store_sales.index"), 303)


@sales.post("/end")
def end() -> Response:
    try:
        key = UUID(request.form.get("sale", ""))
    except ValueError:
        raise NotFound("There is no such sale.") from None
    end_sale(db(), **here().keys, sale_id=key, **by())
    say("The sale is ended. Prices are what they were.")
    return redirect(url_for("store_sales.index"), 303)


def _seen(typed: Typed) -> dict[str, Any]:
    """What the sale that is typed would do; nothing while it cannot be read."""
    asked = Typed(dict(typed.form))
    scope, scope_id = asked.scope(db())
    begins, off_bps = asked.moment("begins"), asked.percent("value") or 0
    preview: SalePreview | None = None
    if "collection" not in asked.errors and "product" not in asked.errors:
        preview = preview_sale(
            db(),
            **here().keys,
            scope="store" if scope == "all" else scope,
            scope_id=scope_id,
            off_bps=min(off_bps, LARGEST_CUT),
            begins=max(begins or now(), now()),
            now=now(),
        )
    return {"seen": preview, "off_bps": off_bps}


def _page(typed: Typed, status: int = 200) -> Response:
    return page(
        "portal/store_sales.html",
        status=status,
        sales=store_sales(db(), **here().keys, now=now()),
        form=typed.form,
        errors=typed.errors,
        collections=shelves(db()),
        titles=product_titles(db()),
        **_seen(typed),
    )
