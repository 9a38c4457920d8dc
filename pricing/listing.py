"""Listings: products of one store with the prices that its shoppers pay."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.orm import Session

from catalog.pictures import PictureRef, picture_ref
from kit.money import Money
from pricing.offers import in_force, lowest_before
from pricing.reading import EVERYTHING, Selection, read_prices, terms_of
from pricing.rules import Terms


@dataclass(frozen=True, slots=True)
class VariantListing:
    """One variant in one store. ``price`` is None when it cannot be sold there at present.

    ``compare_at`` is the regular price where the price is reduced for a while. ``lowest_before`` is then
    the lowest of the 30 days before, where the store's country asks for it and the reading was for
    listings; a cart does not say it again.

    ``available`` says whether a unit can be bought now; ``left`` how many, or None when stock is
    not counted or may go below zero. ``options`` are its option values, in the product's order.
    """

    variant_id: UUID
    sku: str
    options: tuple[str, ...]
    price: Money | None
    compare_at: Money | None
    lowest_before: Money | None
    available: bool
    left: int | None
    picture: PictureRef | None

    @property
    def title(self) -> str:
        """The option values in words; empty for a product's only variant."""
        return ", ".join(self.options)


@dataclass(frozen=True, slots=True)
class ProductListing:
    """A product in one store. ``description`` is HTML that was cleaned on the way in.

    ``swatches`` maps the value of a colour option to a CSS colour; ``summary`` is one short line.
    """

    product_id: UUID
    handle: str
    title: str
    summary: str
    description: str
    vendor: str
    kind: str
    option_names: tuple[str, ...]
    swatches: dict[str, str]
    pictures: tuple[PictureRef, ...]
    variants: tuple[VariantListing, ...]

    @property
    def prices(self) -> list[Money]:
        return sorted(variant.price for variant in self.variants if variant.price is not None)

    @property
    def lowest_before(self) -> Money | None:
        """The lowest price of the 30 days before, of the variants whose reduced price asks for it."""
        return min((v.lowest_before for v in self.variants if v.lowest_before is not None), default=None)

    @property
    def available(self) -> bool:
        return any(variant.available for variant in self.variants)

    def option_values(self, position: int) -> list[str]:
        """The distinct values of one option, in the order in which variants bring them."""
        return list(dict.fromkeys(v.options[position] for v in self.variants if position < len(v.options)))


@dataclass(frozen=True, slots=True)
class Listings:
    """Products of one store. Until ``good_until`` no price among them changes by the calendar.

    ``total`` counts the products before a limit. ``beside`` is what the selection brought for the whole list.
    """

    products: tuple[ProductListing, ...]
    good_until: datetime | None
    total: int
    beside: Any = None


def listings(
    session: Session,
    *,
    partner_id: UUID,
    store_id: UUID,
    now: datetime,
    selection: Selection = EVERYTHING,
    choice: str | UUID | Sequence[UUID] = "",
    order: str = "place",
    limit: int = 100_000,
    offset: int = 0,
    with_description: bool = False,
) -> Listings:
    """Return products as this store lists them, in one statement.

    A product none of whose variants has a price in the store is left out: there is nothing to sell.
    """
    rows = read_prices(
        session,
        partner_id=partner_id,
        store_id=store_id,
        now=now,
        selection=selection,
        choice=choice,
        order=order,
        limit=limit,
        offset=offset,
        with_description=with_description,
        with_past=True,
    )
    if not rows:
        return Listings((), None, 0)
    terms = terms_of(rows[0])
    changes = [row.ends for row in rows if row.ends is not None]
    if rows[0].next_change is not None:
        changes.append(rows[0].next_change)
    products = (
        product_listing(list(group), terms) for _, group in groupby(rows, key=lambda row: row.product_id)
    )
    beside = next((row.beside for row in rows if row.beside is not None), None) if selection.columns else None
    return Listings(tuple(p for p in products if p.prices), min(changes, default=None), rows[0].total, beside)


def product_listing(rows: Sequence[Row[Any]], terms: Terms) -> ProductListing:
    """Make a listing from the rows of one product's variants."""
    first = rows[0]
    pictures = {item[0]: picture_ref(item[1:]) for item in first.pictures or ()}
    return ProductListing(
        product_id=first.product_id,
        handle=first.handle,
        title=first.title,
        summary=first.summary,
        description=first.description,
        vendor=first.vendor,
        kind=first.kind,
        option_names=tuple(first.option_names),
        swatches=first.swatches,
        pictures=tuple(pictures.values()),
        variants=tuple(variant_listing(row, terms, pictures) for row in rows),
    )


def variant_listing(row: Row[Any], terms: Terms, pictures: dict[str, PictureRef]) -> VariantListing:
    """Make a variant's listing: its price by the rules, and whether it can be bought now."""
    found = in_force(row, terms)
    before = lowest_before(row, terms) if found is not None and found.reduced else None
    unlimited = row.counted is None or not row.counted or row.oversell
    left = None if unlimited else max(0, row.free)
    return VariantListing(
        variant_id=row.variant_id,
        sku=row.sku,
        options=tuple(row.options),
        price=None if found is None else Money(found.price, terms.currency),
        compare_at=Money(found.regular, terms.currency) if found is not None and found.reduced else None,
        lowest_before=None if before is None else Money(before, terms.currency),
        available=found is not None and row.state == "active" and not row.hidden and left != 0,
        left=left,
        picture=pictures.get(str(row.picture_id)) or next(iter(pictures.values()), None),
    )
