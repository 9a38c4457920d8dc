"""Lists of a store: collections, and whatever is shown as one, with filters and sort."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import abort, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from app.edge import db, now
from app.store.blueprint import store
from app.store.browse import Rendered, cached, show, store_listings
from app.store.filters import PAGE, Asked, address, chips, in_range, read_asked, sorted_products
from app.store.kept import KnownShelf
from app.store.visit import host_entry, kept, spoken, visit
from catalog.words import fold
from pricing.listing import Listings, ProductListing
from pricing.narrowing import Narrowed, known, narrow
from pricing.reading import COLLECTION, EVERYTHING, PRODUCTS, Selection
from pricing.shelves import Shelf, ShelfItem, read_shelf, read_with_shelf

# The address of the list of all that a store sells.
_ALL = "all"


@dataclass(frozen=True, slots=True)
class ShownCollection:
    handle: str
    title: str
    description: str


@dataclass(frozen=True, slots=True)
class Listed:
    """A list as it is shown: the products of this page, and how many there are beside them."""

    narrowed: Narrowed
    products: tuple[ProductListing, ...]
    total: int
    good_until: datetime | None


@store.get("/collections/<handle>")
def collection(handle: str) -> AnyResponse:
    path = url_for("store.collection", handle=handle)
    if not request.query_string:
        # As nearly everybody comes, and nothing has to be worked out to know it again.
        return cached(lambda: _collection(handle, Asked()), key=path)
    currency = visit().store.currency
    asked = read_asked(request.args, currency)
    shelf = _kept_shelf(handle)
    if shelf is not None:
        asked = replace(asked, wanted=known(asked.wanted, shelf.values))
    key = None
    # What the list does not have is told only by one who knows the list.
    if asked.cacheable and (shelf is not None or not asked.wanted.options):
        key = address(path, asked, {}, currency=currency, shown=asked.shown)
    return cached(lambda: _collection(handle, asked), key=key)


def _collection(handle: str, asked: Asked) -> Rendered:
    selection, choice = _chosen(handle)
    known_shelf = _kept_shelf(handle)
    first: Listings | None = None
    if asked.sort == "featured" and not asked.filtered:
        # As nearly everybody comes: the page's products and what it counts come in one statement.
        if known_shelf is None:
            first, known_shelf = _first_with_shelf(handle, asked.shown)
        else:
            first = store_listings(selection=selection, choice=choice, limit=asked.shown)
    if known_shelf is None:
        known_shelf = _keep(handle, _read(selection, choice, handle))
    shelf = known_shelf.shelf
    if shelf.title is None and handle != _ALL:
        abort(404)
    about = ShownCollection(handle, shelf.title or spoken("Everything"), shelf.about or "")
    if not shelf.whole:
        return _long(about, asked)
    if first is None:
        asked = replace(asked, wanted=known(asked.wanted, known_shelf.values))
        listed = worked_out(known_shelf, asked)
    else:
        until = min((end for end in (shelf.good_until, first.good_until) if end), default=None)
        listed = Listed(known_shelf.unfiltered, first.products, len(shelf.items), until)
    html = show(
        "collection.html",
        title=f"{about.title} – {visit().store.name}",
        path=url_for("store.collection", handle=handle),
        collection=about,
        **shown_list(url_for("store.collection", handle=handle), asked, listed, {}),
    )
    return Rendered(html, listed.good_until)


def _chosen(handle: str) -> tuple[Selection, str]:
    return (EVERYTHING, "") if handle == _ALL else (COLLECTION, handle)


def _first_with_shelf(handle: str, limit: int) -> tuple[Listings | None, KnownShelf | None]:
    """The first products of a collection and its shelf; None for both where it has nothing to show."""
    entry = host_entry()
    selection, choice = _chosen(handle)
    first, shelf = read_with_shelf(
        db(), partner_id=entry.partner_id, store_id=entry.store_id, now=now(), selection=selection,
        choice=choice, limit=limit,
    )  # fmt: skip
    return (first, _keep(handle, shelf)) if first.products else (None, None)


def _kept_shelf(what: str | tuple[UUID, ...]) -> KnownShelf | None:
    """The shelf of a collection, or of products, where it was read before and still stands."""
    entry = host_entry()
    found = kept().goods.get((entry.store_id, what), revision=entry.revision, now=now())
    return found if isinstance(found, KnownShelf) else None


def _keep(what: str | tuple[UUID, ...], shelf: Shelf) -> KnownShelf:
    entry, found = host_entry(), KnownShelf.of(shelf)
    kept().goods.put((entry.store_id, what), found, revision=entry.revision, good_until=shelf.good_until)
    return found


def _long(about: ShownCollection, asked: Asked) -> Rendered:
    """A list that is too long to be counted by what its products come in: in its own order, or by age."""
    asked = Asked(sort=asked.sort if asked.sort == "newest" else "featured", shown=asked.shown)
    selection, choice = _chosen(about.handle)
    order = "newest" if asked.sort == "newest" else "place"
    found = store_listings(selection=selection, choice=choice, order=order, limit=asked.shown)
    listed = Listed(Narrowed((), (), 0, False), found.products, found.total, found.good_until)
    path = url_for("store.collection", handle=about.handle)
    html = show(
        "collection.html",
        title=f"{about.title} – {visit().store.name}",
        path=path,
        collection=about,
        **{**shown_list(path, asked, listed, {}), "sorts": ("featured", "newest")},
    )
    return Rendered(html, found.good_until)


def known_products(products: tuple[UUID, ...]) -> KnownShelf:
    """What a search has found, as a shelf."""
    return _kept_shelf(products) or _keep(products, _read(PRODUCTS, products))


def _read(selection: Selection, choice: str | Sequence[UUID], handle: str = "") -> Shelf:
    if not isinstance(choice, str) and not choice:
        return Shelf((), True, None)
    entry = host_entry()
    return read_shelf(
        db(), partner_id=entry.partner_id, store_id=entry.store_id, now=now(), selection=selection,
        choice=choice, handle=handle, once=not handle,
    )  # fmt: skip


def worked_out(of: KnownShelf, asked: Asked) -> Listed:
    """Work out what a list shows. Prices are read for this page alone, unless it is about prices."""
    items, ends = of.shelf.items, [of.shelf.good_until]
    priced: dict[UUID, ProductListing] = {}
    if asked.by_price or asked.sort in ("price", "-price"):
        found = store_listings(selection=PRODUCTS, choice=[item.product_id for item in items])
        priced = {product.product_id: product for product in found.products}
        ends.append(found.good_until)
        items = tuple(_affordable(items, priced, asked))
    whole = items is of.shelf.items and not asked.filtered
    narrowed = of.unfiltered if whole else narrow(items, asked.wanted)
    remain = list(narrowed.items)
    if asked.sort == "title":
        remain.sort(key=lambda item: fold(item.title))
    elif asked.sort == "newest":
        remain.sort(key=lambda item: item.product_id, reverse=True)
    total = len(remain)
    if priced or not remain:
        products = sorted_products([priced[item.product_id] for item in remain], asked.sort)[: asked.shown]
    else:
        found = store_listings(selection=PRODUCTS, choice=[i.product_id for i in remain[: asked.shown]])
        products = list(found.products)
        ends.append(found.good_until)
    return Listed(narrowed, tuple(products), total, min((end for end in ends if end), default=None))


def _affordable(
    items: Sequence[ShelfItem], priced: Mapping[UUID, ProductListing], asked: Asked
) -> list[ShelfItem]:
    """The items whose price is known, each with those of its variants that lie in the range."""
    found = []
    for item in items:
        product = priced.get(item.product_id)
        if product is None:
            continue
        within = in_range(product, asked)
        variants = tuple(variant for variant in item.variants if variant.options in within)
        if variants:
            found.append(replace(item, variants=variants))
    return found


def shown_list(path: str, asked: Asked, listed: Listed, before: Mapping[str, str]) -> dict[str, Any]:
    """What the templates of lists need."""
    currency = visit().store.currency
    shown = asked.shown + PAGE
    more = address(path, asked, before, currency=currency, shown=shown)
    return {
        "products": listed.products,
        "total": listed.total,
        "facets": listed.narrowed.facets,
        "in_stock_count": listed.narrowed.in_stock,
        "sold_out": listed.narrowed.sold_out,
        "asked": asked,
        "typed": dict(asked.pairs(currency=currency)),
        "chips": chips(path, asked, listed.narrowed.facets, before, currency=currency),
        "sorts": ("featured", "newest", "price", "-price", "title"),
        "before": before,
        "list_url": path,
        "clear_url": address(path, Asked(sort=asked.sort), before, currency=currency),
        "next_url": f"{more}#more" if listed.total > len(listed.products) else None,
    }
