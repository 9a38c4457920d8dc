"""Whose store is being visited: found by the exact host, with what every page of it needs.

The host's entry is read anew for every request, and carries the store's revision; what was read of
the store is kept in memory for as long as that revision stands.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import cast
from uuid import UUID

from flask import abort, current_app, g, request

from app.edge import db, services, this_face, visitor_token
from app.languages import language_of, locale_in, say, translations
from app.store.draft_view import drafted, viewing
from app.store.front import entry_in
from app.store.kept import Memory
from app.store.language import chosen_language
from app.store.said import said
from orders.cart import cart_key
from pricing.delivery import TABLES_COLUMNS, Tables, tables_of
from tenants.partners import HostEntry
from tenants.storefront import Storefront, read_storefront_with

_MOST_KEPT = 4000


@dataclass(frozen=True, slots=True)
class Visit:
    """The store of a request, and the company's delivery and tax tables for its currency."""

    entry: HostEntry
    store: Storefront
    tables: Tables


_visits: dict[tuple[UUID, str], Visit] = {}


def host_entry() -> HostEntry:
    """What the request's host leads to. Aborts with 404 when it leads nowhere."""
    if "host_entry" not in g:
        g.host_entry = entry_in(this_face(), request.environ)
    if g.host_entry is None:
        abort(404)
    return cast(HostEntry, g.host_entry)


def kept() -> Memory:
    """What this process keeps in memory."""
    return cast(Memory, current_app.extensions["awning.kept"])


def visit() -> Visit:
    """The store of this request, as it is at the revision that its host's entry carried, with a locale in
    the language that its shopper chose; and with the look of its draft, where that is what is looked at."""
    found = _published()
    return found if viewing() is None else replace(found, store=drafted(found.entry, found.store))


def _published() -> Visit:
    entry, language = host_entry(), chosen_language()
    seen = _visits.get((entry.store_id, language))
    if seen is not None and seen.entry == entry:
        return seen
    store, row = read_storefront_with(
        db(),
        partner_id=entry.partner_id,
        store_id=entry.store_id,
        more=TABLES_COLUMNS.format(currency="s.currency"),
    )
    if len(_visits) >= _MOST_KEPT:
        _visits.clear()
    if language and language != language_of(store.locale):
        store = replace(store, locale=locale_in(store.locale, language))
    found = _visits[entry.store_id, language] = Visit(entry, store, tables_of(row))
    return found


def heard(sentence: str) -> str:
    """What a floor below says, in the language of this request's page."""
    return said(sentence, translations(language_of(visit().store.locale)))


def spoken(text: str, **values: object) -> str:
    """A text of the program in the language of this request's page."""
    return say(visit().store.locale, text, **values)


def storefront_of_request() -> Storefront | None:
    """The visited store, also outside of a page: for its token sheet."""
    return visit().store


def cart_id() -> UUID:
    """The key of this shopper's cart in this store."""
    return cart_key(f"{host_entry().store_id}:{visitor_token()}")


def primary_url(path: str) -> str:
    """The address of a path on the store's primary host. The request's own host is never used."""
    return services().config.url(visit().store.host, path)
