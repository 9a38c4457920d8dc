"""The store's own settings: its words, its support address, its state, its addresses."""

from __future__ import annotations

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from app.edge import db, now, services
from app.portal.here import by, here, page
from app.ui.toasts import say
from kit.errors import Refusals
from pricing.outlook import rise_example
from pricing.reading import read_terms
from tenants import store_settings

store = Blueprint("store", __name__)
_FIELDS = ("name", "tagline", "support_email", "on_wholesale_rise")
# What may happen to a fixed price that wholesale overtakes: in a few words, and in a sentence.
RISES = {
    "lift": ("Lift the price to the floor", "The price rises to the lowest one allowed, and no further."),
    "keep_percentage": (
        "Keep my margin's percentage",
        "The price rises by as much as wholesale does, in percent.",
    ),
    "keep_amount": (
        "Keep my margin's amount",
        "The price rises by the same amount as wholesale, so that you earn what you earned.",
    ),
    "pause": (
        "Pause the product until I act",
        "The product leaves the store until you set a new price for it.",
    ),
}


@store.get("/store")
def index() -> Response:
    return _page({name: getattr(here().store, name) for name in _FIELDS}, {})


@store.post("/store")
def edit() -> Response:
    form = {name: request.form.get(name, "").strip()[:300] for name in _FIELDS}
    try:
        store_settings.edit_store(
            db(),
            **here().keys,
            name=form["name"],
            tagline=form["tagline"],
            support_email=form["support_email"],
            on_wholesale_rise=form["on_wholesale_rise"],
            **by(),
        )
    except Refusals as refused:
        return _page(form, refused.errors, 422)
    say("Saved. Shoppers see it now.")
    return redirect(url_for("store.index"), 303)


@store.post("/store/state")
def change_state() -> Response:
    if request.form.get("act") == "open":
        store_settings.open_store(db(), **here().keys, **by())
        say(f"{here().store.name} is open.")
    else:
        store_settings.pause_store(db(), **here().keys, **by())
        say(f"{here().store.name} is paused. Orders on their way still arrive.")
    return redirect(url_for("store.index", _anchor="state"), 303)


def _page(form: dict[str, str], errors: dict[str, str], status: int = 200) -> Response:
    return page(
        "portal/store.html",
        status=status,
        form=form,
        errors=errors,
        rises=RISES,
        example=rise_example(read_terms(db(), **here().keys, now=now())),
        addresses=[(host, services().config.url(host, "/")) for host in here().store.hosts],
    )
