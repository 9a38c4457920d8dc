"""Whose portal a request is in: the partner, the store that is looked at, and the frame of every page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypedDict, cast
from uuid import UUID

from flask import Response, current_app, g, request, url_for
from jinja2 import Environment
from markupsafe import Markup, escape

from app.edge import db, now, person, services
from app.portal.access import (
    ROLE_WORDS,
    may_change,
    may_see_customers,
    may_see_statements,
    may_work_on_cases,
)
from app.ui.rendering import answer
from app.ui.shell import Group, Link, Shell
from kit.errors import NotFound
from tenants.grants import granted_fields
from tenants.overview import OwnStore, PartnerOverview, partner_overview
from themes.colour import contrast

# What carries no store: whoever follows these addresses has not come to one yet, or leaves it.
_WITHOUT_STORE = frozenset({"sign_in", "assets", "demo", "partners", "api"})


# Rooms that stand behind another one's entry in the navigation.
_ROOM_OF = {
    "ahead": "prices",
    "payouts": "earnings",
    "price_files": "prices",
    "refund_requests": "orders",
    "price_plans": "prices",
    "price_reasons": "prices",
    "price_rules": "prices",
    "statements": "earnings",
    "store_sales": "discounts",
}


class StoreKeys(TypedDict):
    """What most domain functions take to say whose data they are about."""

    partner_id: UUID
    store_id: UUID


class By(TypedDict):
    """What a change is recorded with: who makes it, and when."""

    actor: str
    now: datetime


@dataclass(frozen=True, slots=True)
class Here:
    """The partner that the session works for, and the store that the page is about."""

    partner: PartnerOverview
    store: OwnStore

    @property
    def keys(self) -> StoreKeys:
        return {"partner_id": self.partner.partner_id, "store_id": self.store.store_id}


def partner_id() -> UUID:
    """The tenant of a request whose rule asks for a sign-in."""
    found = person().partner_id
    if found is None:
        raise NotFound("You work for no partner yet.")
    return found


def here() -> Here:
    """Where the request is. The store is named by ``?store=``; without it, it is the oldest one.

    Raises NotFound for a store that is not the partner's, and while it has none.
    """
    if "here" not in g:
        partner = partner_overview(db(), partner_id=partner_id())
        wanted = request.args.get("store", "")
        store = next((item for item in partner.stores if not wanted or item.slug == wanted), None)
        if store is None:
            raise NotFound("There is no such store." if partner.stores else "The store is not set up yet.")
        g.here = Here(partner, store)
    return cast(Here, g.here)


def by() -> By:
    """Who sent the request, and its moment."""
    return {"actor": person().email, "now": now()}


def carry_store(endpoint: str, values: dict[str, Any]) -> None:
    """Let every address within the portal keep to the store that is looked at, where there are several."""
    place = cast("Here | None", g.get("here"))
    if place is None or len(place.partner.stores) < 2 or endpoint.partition(".")[0] in _WITHOUT_STORE:
        return
    values.setdefault("store", place.store.slug)


def customer_fields() -> frozenset[str]:
    """What the reader may see of customers: what the partner was granted, and the role allows."""
    if not may_see_customers():
        return frozenset()
    return granted_fields(db(), partner_id=partner_id())


def page(template: str, *, status: int = 200, **context: Any) -> Response:
    """Answer with a page of the portal, in its frame."""
    return answer(environment(), template, {**frame(), **context}, status)


def environment() -> Environment:
    return cast(Environment, current_app.extensions["awning.portal"])


def frame() -> dict[str, Any]:
    """What the frame of a page needs."""
    place, who = here(), person()
    return {
        "shell": Shell(
            brand=place.partner.company,
            face="Partners",
            home=url_for("home.index"),
            navigation=_navigation(),
            person=who.name,
            role=f"{ROLE_WORDS[who.role]}, {place.partner.name}",
            sign_out=url_for("sign_in.sign_out"),
        ),
        "here": place,
        "store_url": services().config.url(place.store.hosts[0]) if place.store.hosts else "",
        "may_change": may_change(),
        "sees_statements": may_see_statements(),
        "works_on_cases": may_work_on_cases(),
        "several_partners": len(who.partner_ids) > 1,
        "endpoint": request.endpoint,
    }


def _navigation() -> list[Group]:
    def link(label: str, icon: str, endpoint: str) -> Link:
        room = endpoint.partition(".")[0]
        current = _ROOM_OF.get(request.blueprint or "", request.blueprint) == room
        return Link(label, url_for(endpoint), icon, current=current)

    return [
        Group(
            [
                link("Home", "house", "home.index"),
                link("Orders", "shopping-cart", "orders.index"),
                link("Customers", "users", "customers.index"),
                *([link("Support", "message-square", "cases.index")] if may_work_on_cases() else []),
                link("Earnings", "wallet", "earnings.index"),
            ]
        ),
        Group(
            [
                link("Prices", "tags", "prices.index"),
                link("Discounts", "ticket-percent", "discounts.index"),
                link("Sale events", "calendar-clock", "sale_events.index"),
                link("Newsletter", "mail", "newsletter.index"),
                link("Look", "paintbrush", "editor.index"),
                link("Settings", "settings", "store.index"),
            ],
            heading="Store",
        ),
    ]


def avatar(store: OwnStore, size: int = 28) -> Markup:
    """A store's initial on its brand colour. It says nothing that the name beside it does not say."""
    colour = store.brand or "#04603f"
    ink = "#ffffff" if contrast(colour, "#ffffff") >= 3 else "#1a1a1a"
    return Markup(
        '<svg class="avatar" width="{s}" height="{s}" viewBox="0 0 28 28" aria-hidden="true">'
        '<rect width="28" height="28" rx="5" fill="{c}"/>'
        '<text x="14" y="19" fill="{i}" text-anchor="middle">{l}</text></svg>'
    ).format(s=size, c=escape(colour), i=ink, l=store.name[:1].upper())
