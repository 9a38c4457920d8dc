"""Sale events of the company: what they would bring, joining and leaving, and the calendar."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, redirect, request, url_for
from icalendar import Calendar, Event
from werkzeug.wrappers import Response

from app.edge import db, now, services
from app.portal.here import by, here, page
from app.ui.amounts import read_percent
from app.ui.toasts import say
from kit.errors import NotFound, Refusal
from orders.sales import units_sold
from pricing.event_reading import PACE, StoreEvent, events_for_store, project_event, standing_choice
from pricing.events import choose

sale_events = Blueprint("sale_events", __name__, url_prefix="/events")
# What the form proposes to whoever joins for the first time: half for the shopper, half to keep.
_PROPOSED = 5000


@sale_events.get("/")
def index() -> Response:
    return _list()


@sale_events.post("/standing")
def standing() -> Response:
    """Set what counts in events for which nothing was chosen."""
    try:
        joined, share = _choice()
        choose(db(), **here().keys, event_id=None, joined=joined, pass_on_bps=share, **by())
    except Refusal as refusal:
        return _list({refusal.field: refusal.message}, 422)
    say("Saved. It holds for every event for which you choose nothing else.")
    return redirect(url_for("sale_events.index"), 303)


@sale_events.get("/<uuid:event_id>")
def event(event_id: UUID) -> Response:
    return _event(_found(event_id))


@sale_events.post("/<uuid:event_id>")
def decide(event_id: UUID) -> Response:
    shown = _found(event_id)
    try:
        joined, share = _choice()
        choose(db(), **here().keys, event_id=event_id, joined=joined, pass_on_bps=share, **by())
    except NotFound:
        raise
    except Refusal as refusal:
        return _event(shown, {refusal.field: refusal.message}, 422)
    if not joined:
        said = "Your store stays out of it."
    else:
        said = "Your store is in it now." if shown.running else "Your store joins it when it begins."
    say(said)
    return redirect(url_for("sale_events.event", event_id=event_id), 303)


@sale_events.get("/<uuid:event_id>/calendar.ics")
def calendar(event_id: UUID) -> Response:
    """The event as a file that calendars read."""
    shown, place = _found(event_id), here()
    entry = Event()
    entry.add("uid", f"{event_id}@{services().config.platform_domain}")
    entry.add("dtstamp", now())
    entry.add("dtstart", shown.begins)
    entry.add("dtend", shown.ends)
    entry.add("summary", f"{shown.name} – {place.partner.company}")
    address = url_for("sale_events.event", event_id=event_id)
    entry.add("url", services().config.url(services().config.portal_host, address))
    if shown.note:
        entry.add("description", shown.note)
    made = Calendar()
    made.add("prodid", "-//Awning//Sale events//EN")
    made.add("version", "2.0")
    made.add_component(entry)
    answered = Response(made.to_ical(), content_type="text/calendar; charset=utf-8")
    answered.headers["Content-Disposition"] = 'attachment; filename="sale-event.ics"'
    return answered


def _found(event_id: UUID) -> StoreEvent:
    for found in events_for_store(db(), **here().keys, now=now()):
        if found.event_id == event_id:
            return found
    raise NotFound("This sale event is over, or was withdrawn.")


def _choice() -> tuple[bool, int]:
    """What the form chose: whether to take part, and the share of the saving for shoppers."""
    joined = request.form.get("joined") == "yes"
    typed = request.form.get("pass_on", "").strip()
    if not joined and not typed:
        return False, 0
    return joined, read_percent(typed, field="pass_on")


def _list(errors: dict[str, str] | None = None, status: int = 200) -> Response:
    place = here()
    return page(
        "portal/sale_events.html",
        status=status,
        events=events_for_store(db(), **place.keys, now=now()),
        standing=standing_choice(db(), **place.keys, now=now()),
        errors=errors or {},
        typed=request.form.get("pass_on", ""),
    )


def _event(shown: StoreEvent, errors: dict[str, str] | None = None, status: int = 200) -> Response:
    place, moment = here(), now()
    share = shown.pass_on_bps if shown.joined or shown.own else _PROPOSED
    asked = request.values.get("pass_on", "").strip()
    if asked and not errors:
        try:
            share = min(10_000, read_percent(asked, field="pass_on"))
        except Refusal as refusal:
            errors, status = {"pass_on": refusal.message}, 422
    sold = units_sold(db(), **place.keys, since=moment - PACE, until=moment)
    return page(
        "portal/sale_event.html",
        status=status,
        event=shown,
        share=share,
        typed=asked if errors else "",
        errors=errors or {},
        projection=project_event(
            db(), **place.keys, event_id=shown.event_id, pass_on_bps=share, sold=sold, now=moment
        ),
    )
