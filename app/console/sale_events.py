"""Sale events: announcing one, who takes part in it, and ending it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from app.console.forms import key, text, typed_moment
from app.console.pages import page, said
from app.discount_forms import Typed, product_titles, shelves
from app.edge import db, now, person
from kit.errors import Refusal
from pricing.event_costs import EventOutlook, event_outlook
from pricing.event_reading import company_events
from pricing.events import LARGEST_CUT, announce_event, end_event, products_to_lower
from pricing.lists import price_lists

sale_events = Blueprint("sale_events", __name__, url_prefix="/promotions/events")
_MOMENTS = ("visible", "begins", "ends")
_EXTRA = ("note", *(f"{name}_{part}" for name in _MOMENTS for part in ("day", "time")))
_MOST_SHOWN = 500


@dataclass(frozen=True, slots=True)
class Covered:
    """A product that the event is for, with its cut in basis points; 0 leaves it out."""

    product_id: UUID
    title: str
    cut: int


@dataclass(frozen=True, slots=True)
class Draft:
    """An event as the form has it. ``visible`` is None for at once; ``looked`` says that its products were
    shown already."""

    visible: datetime | None
    begins: datetime
    ends: datetime
    price_lists: list[UUID]
    covered: list[Covered]
    looked: bool

    @property
    def cuts(self) -> dict[UUID, int]:
        return {product.product_id: product.cut for product in self.covered if product.cut}


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
    """Announce an event, or only show its products with their cuts and what it would cost."""
    typed = _typed(request.form)
    draft = _draft(typed)
    if typed.errors or text("act") == "look":
        return _form(typed, draft.price_lists, 422 if typed.errors else 200, draft)
    try:
        announce_event(
            db(),
            name=typed.form["name"],
            note=typed.form["note"],
            visible_from=draft.visible or min(now(), draft.begins),
            begins=draft.begins,
            ends=draft.ends,
            products=draft.cuts,
            price_lists=draft.price_lists,
            actor=person().email,
            now=now(),
        )
    except Refusal as refusal:
        typed.refuse(refusal, off="value", products="scope", visible_from="visible")
        return _form(typed, draft.price_lists, 422, draft)
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


def _draft(typed: Typed) -> Draft:
    """What the form says, with everything that is wrong in ``typed``."""
    chosen = [key(value) for value in request.form.getlist("price_lists")]
    scope, scope_id = typed.scope(db())
    cut = typed.percent("value")
    if cut is None:
        typed.errors.setdefault("value", "Write by how many percent wholesale is lowered, such as 20.")
    elif not 0 < cut <= LARGEST_CUT:
        limit = f"Wholesale can be lowered by more than 0 and at most {LARGEST_CUT // 100} percent."
        typed.errors.setdefault("value", limit)
    moments = {name: typed_moment(typed, name) for name in _MOMENTS}
    if moments["ends"] is None:
        typed.errors.setdefault("ends", "Choose when it ends.")
    covered: list[Covered] = []
    if "scope" not in typed.errors and "collection" not in typed.errors and "product" not in typed.errors:
        found = products_to_lower(db(), scope=scope, scope_id=scope_id)
        covered = [Covered(each, title, _cut(typed, each, cut or 0)) for each, title in found]
    begins = moments["begins"] or now()
    if moments["ends"] is not None and moments["ends"] <= begins:
        typed.errors.setdefault("ends", "A sale event ends after it begins.")
    return Draft(
        moments["visible"],
        begins,
        moments["ends"] or begins,
        chosen,
        covered,
        request.form.get("looked") == "1",
    )


def _cut(typed: Typed, product_id: UUID, default: int) -> int:
    """A product's own cut in basis points; where none is typed, that of all."""
    name = f"cut:{product_id}"
    typed.form[name] = request.form.get(name, "").strip()[:20].replace("\x00", "")
    found = typed.percent(name)
    if found is not None and not 0 <= found <= LARGEST_CUT:
        limit = f"A product’s wholesale is lowered by at most {LARGEST_CUT // 100} percent; 0 leaves it out."
        typed.errors.setdefault(name, limit)
    return default if found is None else found


def _outlook(draft: Draft) -> EventOutlook | None:
    """What the event would cost; None where there is nothing to tell."""
    if not draft.cuts or draft.ends <= draft.begins:
        return None
    return event_outlook(
        db(),
        products=draft.cuts,
        price_lists=draft.price_lists,
        begins=draft.begins,
        ends=draft.ends,
        now=now(),
    )


def _form(typed: Typed, chosen: list[UUID], status: int = 200, draft: Draft | None = None) -> Response:
    shown = draft is not None and (draft.looked or text("act") == "look") and draft.covered
    return page(
        "sale_event_new.html",
        room="promotions",
        here="promotions.index",
        title="New sale event",
        status=status,
        form=typed.form,
        errors=typed.errors,
        chosen=chosen,
        covered=draft.covered[:_MOST_SHOWN] if draft and shown else [],
        more=max(0, len(draft.covered) - _MOST_SHOWN) if draft and shown else 0,
        outlook=_outlook(draft) if draft and shown and not typed.errors else None,
        lists=price_lists(db(), at=now()),
        collections=shelves(db()),
        titles=product_titles(db()),
    )
