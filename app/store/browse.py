"""The pages that are the same for every shopper: home, product, policies."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Response, abort, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from app.edge import csrf_token, db, now
from app.store.bag_count import bag_count
from app.store.blueprint import store
from app.store.draft_view import editing, viewing
from app.store.kept import Page
from app.store.language import chosen_language
from app.store.rendering import render
from app.store.visit import host_entry, kept, primary_url, spoken, visit
from kit.money import Money
from orders.quoting import delivery_options
from pricing.listing import Listings, ProductListing, listings
from pricing.reading import COLLECTION, EVERYTHING, WITH_RELATED
from pricing.sale_clock import sale_clock
from themes.registry import installed
from themes.sections import compose

_POLICIES = ("delivery", "returns", "privacy", "terms", "contact")


@dataclass(frozen=True, slots=True)
class Rendered:
    """A page and how long it stays true."""

    html: str
    good_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class ShownSection:
    """A section of a composed page, with the goods that it shows, and until when a sale runs.

    ``mark`` names it in the editor's frame.
    """

    type: str
    settings: dict[str, Any]
    products: tuple[ProductListing, ...]
    collections: tuple[Any, ...]
    ends: datetime | None = None
    mark: str = ""


def cached(make: Callable[[], Rendered], *, key: str | None) -> AnyResponse:
    """Answer from memory, or render and remember; without a key nothing is remembered.

    ``key`` is the page's address, one and the same for all that show the same.
    """
    if viewing() is not None:
        # A draft is the newest one each time, and no shopper ever gets a page of it.
        key = None
    entry = host_entry()
    place = (entry.store_id, chosen_language(), key)
    page = kept().pages.get(place, revision=entry.revision, now=now()) if key is not None else None
    if page is None:
        if (closed := closed_page()) is not None:
            return closed
        made = make()
        page = Page(made.html.encode())
        if key is not None:
            kept().pages.put(place, page, revision=entry.revision, good_until=made.good_until)
    body = page.for_shopper(csrf=csrf_token(), bag=bag_count())
    return Response(body, content_type="text/html; charset=utf-8")


def closed_page() -> AnyResponse | None:
    """The page of a store that is not open: its own, and 503. None for a store that sells."""
    shop = visit().store
    if shop.state == "live":
        return None
    words = {
        "paused": (
            spoken("We'll be back soon"),
            spoken("The shop is taking a short break. Parcels under way still arrive."),
        ),
        "draft": (spoken("Opening soon"), spoken("The shop is being set up.")),
        "closed": (spoken("This shop has closed"), spoken("Thank you to everyone who bought here.")),
    }
    heading, body = words[shop.state]
    html = render(
        shop,
        "message.html",
        page_title=f"{heading} – {shop.name}",
        canonical_url="",
        base_url=primary_url(""),
        status=503,
        heading=heading,
        body=body,
        action=None,
    )
    response = Response(html.replace("%%bag%%", "0"), 503, content_type="text/html; charset=utf-8")
    response.headers["Retry-After"] = "3600"
    return response


def show(template: str, *, title: str, path: str, **context: Any) -> str:
    return render(
        visit().store,
        template,
        page_title=title,
        canonical_url=primary_url(path) if path else "",
        base_url=primary_url(""),
        **context,
    )


def store_listings(**asked: Any) -> Listings:
    """Products of this store, as ``pricing.listing.listings`` gives them; from memory where they stand."""
    entry = host_entry()
    key = (entry.store_id, *(tuple(v) if isinstance(v, list) else v for v in asked.values()), *asked)
    found = kept().goods.get(key, revision=entry.revision, now=now())
    if not isinstance(found, Listings):
        found = listings(db(), partner_id=entry.partner_id, store_id=entry.store_id, now=now(), **asked)
        kept().goods.put(key, found, revision=entry.revision, good_until=found.good_until)
    return found


@store.get("/")
def home() -> AnyResponse:
    return cached(_home, key="/")


def _home() -> Rendered:
    shop = visit().store
    composition = compose(installed().theme(shop.theme), shop.pages.get("home", []))
    sections, ends = [], []
    for section in composition.sections:
        products: tuple[ProductListing, ...] = ()
        until = None
        if "products" in section.needs:
            found = _of_collection(section.settings["collection"], limit=section.settings["count"])
            products = found.products
            ends.append(found.good_until)
        if "sale" in section.needs:
            clock = sale_clock(db(), partner_id=shop.partner_id, store_id=shop.store_id, now=now())
            until = clock.ends
            ends.append(clock.changes)
        mark = section.id if editing() else ""
        sections.append(ShownSection(section.type, section.settings, products, shop.menu, until, mark))
    html = show("home.html", title=shop.name, path="/", sections=sections)
    return Rendered(html, min((end for end in ends if end), default=None))


def _of_collection(handle: str, **options: Any) -> Listings:
    if handle == "all":
        return store_listings(selection=EVERYTHING, **options)
    return store_listings(selection=COLLECTION, choice=handle, **options)


@store.get("/products/<handle>")
def product(handle: str) -> AnyResponse:
    sku = request.args.get("variant", "")[:255]
    key = url_for("store.product", handle=handle, variant=sku or None)
    return cached(lambda: _product(handle, sku), key=key)


def _product(handle: str, sku: str) -> Rendered:
    found = store_listings(selection=WITH_RELATED, choice=handle, with_description=True)
    if not found.products or found.products[0].handle != handle:
        abort(404)
    item, *related = found.products
    selected = next((variant for variant in item.variants if variant.sku == sku), None)
    if selected is None:
        if sku:
            abort(404)
        selected = next((variant for variant in item.variants if variant.available), item.variants[0])
    here = visit()
    price = selected.price or item.prices[0]
    html = show(
        "product.html",
        title=f"{item.title} – {here.store.name}",
        path=url_for("store.product", handle=handle),
        product=item,
        selected=selected,
        related=tuple(related),
        delivery=delivery_options(here.tables.rates_to(here.store.country), goods=price),
        returns_days=here.store.returns_days,
    )
    return Rendered(html, found.good_until)


@store.get("/help/<slug>")
def policy(slug: str) -> AnyResponse:
    if slug not in _POLICIES:
        abort(404)
    return cached(lambda: Rendered(_policy(slug)), key=f"/help/{slug}")


def _titles() -> dict[str, str]:
    return {
        "delivery": spoken("Delivery"),
        "returns": spoken("Returns"),
        "privacy": spoken("Privacy"),
        "terms": spoken("Terms of sale"),
        "contact": spoken("Contact"),
    }


def _policy(slug: str) -> str:
    here = visit()
    return show(
        "policy.html",
        title=f"{_titles()[slug]} – {here.store.name}",
        path=url_for("store.policy", slug=slug),
        slug=slug,
        delivery=delivery_options(here.tables.delivery, goods=Money.zero(here.store.currency)),
        returns_days=here.store.returns_days,
    )


def fill(html: str) -> str:
    """Fill the places that differ from shopper to shopper."""
    return Page(html.encode()).for_shopper(csrf=csrf_token(), bag=bag_count()).decode()
