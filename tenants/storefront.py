"""A store as its shoppers meet it: name, address, money, language, menu and published look."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True)
class MenuItem:
    """A collection in the store's menu. ``count`` is how many products it shows."""

    handle: str
    title: str
    count: int


@dataclass(frozen=True, slots=True)
class Storefront:
    """What every page of a store needs, read in one statement.

    ``state`` is one of draft, live, paused, closed. ``theme`` and ``settings`` come from the
    published look. ``tax_inclusive`` says whether retail prices contain tax.
    """

    partner_id: UUID
    store_id: UUID
    slug: str
    name: str
    tagline: str
    state: str
    currency: str
    country: str
    locale: str
    tax_inclusive: bool
    support_email: str
    company_name: str
    theme: str
    settings: dict[str, Any]
    pages: dict[str, Any]
    menu: tuple[MenuItem, ...]
