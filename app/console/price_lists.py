"""The price lists themselves: which there are, new ones, and the terms of each."""

from __future__ import annotations

from uuid import UUID

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from app.console.forms import errors_of, gather, read_percent, read_whole, text
from app.console.pages import page, said
from app.console.wholesale import wholesale
from app.edge import db, now, person
from kit.errors import Refusal
from pricing.list_terms import ListTerms, change_terms, read_terms
from pricing.lists import create_price_list, price_lists
from tenants.company import read_company
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


@wholesale.get("/lists/<uuid:price_list_id>")
def terms(price_list_id: UUID) -> Response:
    found = read_terms(db(), price_list_id=price_list_id)
    form = {
        "name": found.name,
        "hold_from": found.hold_from or "",
        "hold_days": "" if found.hold_days is None else str(found.hold_days),
        "fee_share": f"{found.fee_share_bps / 100:g}",
    }
    return _terms_page(found, form, found.customer_fields, {})


@wholesale.post("/lists/<uuid:price_list_id>")
def change_list(price_list_id: UUID) -> Response:
    errors: dict[str, str] = {}
    form = {name: text(name) for name in ("name", "hold_from", "hold_days", "fee_share")}
    fields = tuple(name for name in GRANTS if name in request.form.getlist("customer_fields"))
    days = share = None
    try:
        days = read_whole(form["hold_days"], field="hold_days") if form["hold_days"] else None
    except Refusal as refusal:
        gather(errors, refusal)
    try:
        share = read_percent(form["fee_share"] or "0", field="fee_share")
    except Refusal as refusal:
        gather(errors, refusal)
    if share is not None and not errors:
        name = " ".join(form["name"].split())
        wanted = ListTerms(name, fields, form["hold_from"] or None, days, share)
        try:
            change_terms(
                db(),
                price_list_id=price_list_id,
                wanted=wanted,
                grants=tuple(GRANTS),
                actor=person().email,
                now=now(),
            )
        except Refusal as refusal:
            gather(errors, refusal)
    if errors:
        db().rollback()
        return _terms_page(read_terms(db(), price_list_id=price_list_id), form, fields, errors, 422)
    said("Terms saved. Hold and fees count for orders placed from now on.")
    return redirect(url_for("wholesale.lists"), 303)


def _terms_page(
    found: ListTerms,
    form: dict[str, str],
    fields: tuple[str, ...],
    errors: dict[str, str],
    status: int = 200,
) -> Response:
    return page(
        "price_list.html",
        room="wholesale",
        here="wholesale.lists",
        title=found.name,
        status=status,
        company=read_company(db()),
        grants=GRANTS,
        form=form,
        fields=fields,
        errors=errors,
    )
