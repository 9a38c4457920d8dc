"""Search in a store: the page of what was found, and suggestions while one types."""

from __future__ import annotations

import re
from dataclasses import replace

from flask import Response, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from app.edge import db, now
from app.store.blueprint import store
from app.store.browse import closed_page, fill, show, store_listings
from app.store.filters import read_asked
from app.store.rendering import render
from app.store.shelves import known_products, shown_list, worked_out
from app.store.visit import host_entry, spoken, visit
from catalog.words import allowed_errors, asked_words, distance, words_of
from pricing.finding import MOST_FOUND, Found, find
from pricing.listing import ProductListing
from pricing.narrowing import known
from pricing.reading import PRODUCTS
from tenants.storefront import MenuItem

_LONGEST_QUERY = 100
_MOST_SUGGESTED = 6
_MOST_COLLECTIONS = 3


@store.get("/search")
def search() -> AnyResponse:
    if (closed := closed_page()) is not None:
        return closed
    query = _typed()
    asked = read_asked(request.args, visit().store.currency)
    found = _find(query)
    shelf = known_products(found.products)
    asked = replace(asked, wanted=known(asked.wanted, shelf.values))
    listed = worked_out(shelf, asked)
    near: tuple[ProductListing, ...] = ()
    if found.near:
        near = store_listings(selection=PRODUCTS, choice=found.near, limit=8).products
    path = url_for("store.search")
    html = show(
        "search.html",
        title=f"{query or spoken('Search')} – {visit().store.name}",
        path="",
        query=query,
        read_as=found.read_as,
        near=near,
        collections=_collections(query),
        many=len(found.products) >= MOST_FOUND,
        **shown_list(path, asked, listed, {"q": query}),
    )
    return Response(fill(html), content_type="text/html; charset=utf-8")


@store.get("/search/suggestions")
def suggestions() -> AnyResponse:
    """What might be meant by what is being typed: a piece of a page, for the script of the search field."""
    if (closed := closed_page()) is not None:
        return closed
    query = _typed()
    found = _find(query, most=2 * _MOST_SUGGESTED)
    ids = found.products or found.near
    products: tuple[ProductListing, ...] = ()
    if ids:
        products = store_listings(selection=PRODUCTS, choice=ids, limit=_MOST_SUGGESTED).products
    html = render(
        visit().store,
        "snippets/suggestions.html",
        query=query,
        products=products,
        collections=_collections(query),
    )
    response = Response(html, content_type="text/html; charset=utf-8")
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def _typed() -> str:
    """What was typed, in one line, without what nobody sees."""
    text = request.args.get("q", "")[: 4 * _LONGEST_QUERY]
    plain = "".join(letter if letter.isprintable() else " " for letter in text)
    return " ".join(plain.split())[:_LONGEST_QUERY]


def _find(query: str, most: int = MOST_FOUND) -> Found:
    entry = host_entry()
    return find(db(), partner_id=entry.partner_id, store_id=entry.store_id, query=query, now=now(), most=most)


def _collections(query: str) -> tuple[MenuItem, ...]:
    """The collections whose title begins like what was typed, or differs from it by a slip."""
    asked = asked_words(query, most=8)
    ranked = []
    for place, item in enumerate(visit().store.menu):
        titled = words_of(item.title)
        errors = [min((_apart(word, other) for other in titled), default=9) for word in asked]
        if errors and min(errors) < 9:
            ranked.append((sum(errors), place, item))
    return tuple(item for _, _, item in sorted(ranked, key=lambda entry: entry[:2])[:_MOST_COLLECTIONS])


def _apart(word: str, other: str) -> int:
    if other.startswith(word) or re.fullmatch(f"{re.escape(other)}(s|es|n|en)?", word):
        return 0
    most = allowed_errors(word)
    errors = distance(word, other, most)
    return errors if errors <= most else 9
