"""Sale events: announcing one, who takes part in it, and ending it."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Blueprint, redirect, request, url_for
from sqlalchemy import text
from werkzeug.wrappers import Response

from app.console.forms import key, read_moment
from app.console.pages import page, said
from app.discount_forms import Typed, product_titles, shelves
from app.edge import db, now, person
from kit.errors import Refusal
from pricing.event_reading import company_events
from pricing.events import announce_event, end_event
from pricing.lists import price_lists

sale_events = Blueprint("sale_events", __name__, url_prefix="/promotions/events")
_MOMENTS = ("visible", "begins", "ends")
_EXTRA = ("note", *(f"{name}_{part}" for name in _MOMENTS for part in ("day", "time")))
_COVERED = text("""
    SELECT p.product_id FROM products p
     WHERE p.state = 'active'
       AND (:scope = 'all' OR p.product_id = :scope_id
            OR p.product_id IN (SELECT c.product_id FROM collection_products c
                                 WHERE c.collection_id = :scope_id))
""")


@sale_events.get("/")
def index() -> Response:
    return page(
        "sale_events.html", room="promotions", here="promotions.index", title="Sale events",
        events=company_events(db(), now=now()),
    )  # fmt: skip


@sale_events.get("/new")
def new() -> Response:
    return _form(_typed({"scope": "collection"}), [])


@sale_events.post("/new")
def announce() -> Response:
    typed = _typed(request.form)
    chosen = [key(value) for value in request.form.getlist("price_lists")]
    scope, scope_id = typed.scope(db())
    cut = typed.percent("value")
    if cut is None:
        typed.errors.setdefault("value", "Write by how many percent wholesale is lowered, such as 20.")
    moments = {name: _moment(typed, name) for name in _MOMENTS}
    ends = moments["ends"]
    if ends is None:
        typed.errors.setdefault("ends", "Choose when it ends.")
    if not typed.errors and ends is not None:
        begins = moments["begins"] or now()
        covered = db().scalars(_COVERED, {"scope": scope, "scope_id": scope_id}).all()
        try:
            announce_event(
                db(),
                name=typed.form["name"],
                note=typed.form["note"],
                visible_from=moments["visible"] or min(now(), begins),
                begins=begins,
                ends=ends,
                products=dict.fromkeys(covered, cut or 0),
                price_lists=chosen,
                actor=person().email,
                now=now(),
            )
        except Refusal as refusal:
            typed.refuse(refusal, off="value", products="scope", visible_from="visible")
    if typed.errors:
        return _form(typed, chosen, 422)
    said(f"{typed.form['name']} is announced. It begins and ends by itself.")
    return redirect(url_for("sale_events.index"), 303)


@sale_events.post("/<uuid:event_id>/end")
def end(event_id: UUID) -> Response:
    done = end_event(db(), event_id=event_id, actor=person().email, now=now())
    said(f"The sale event is {done}. Wholesale is what it was without it.")
    return redirect(url_for("sale_events.index"), 303)


def _typed(sent: Any) -> Typed:
    typed = Typed.of(sent)
    typed.form |= {name: sent.get(name, "").strip()[:500].replace("\x00", "") for name in _EXTRA}
    return typed


def _moment(typed: Typed, name: str) -> datetime | None:
    """A moment of the form, in UTC as everywhere in the console; None when it is empty."""
    day, time = typed.form[f"{name}_day"], typed.form[f"{name}_time"]
    if not day and not time:
        return None
    try:
        return read_moment(day, time, field=name, otherwise=now())
    except Refusal as refusal:
        typed.errors.setdefault(name, refusal.message)
        return None


def _form(typed: Typed, chosen: list[UUID], status: int = 200) -> Response:
    return page(
        "sale_event_new.html",
        room="promotions",
        here="promotions.index",
        title="New sale event",
        status=status,
        form=typed.form,
        errors=typed.errors,
        chosen=chosen,
        lists=price_lists(db(), at=now()),
        collections=shelves(db()),
        titles=product_titles(db()),
    )
