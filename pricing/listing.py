"""Listings: products of one store with the prices that its shoppers pay."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from catalog.pictures import PictureRef
from kit.money import Money


@dataclass(frozen=True, slots=True)
class VariantListing:
    """One variant in one store. ``price`` is None when it cannot be sold there at present.

    ``available`` says whether a unit can be bought now; ``left`` how many, or None when stock is
    not counted or may go below zero. ``options`` are its option values, in the product's order.
    """

    variant_id: UUID
    sku: str
    options: tuple[str, ...]
    price: Money | None
    compare_at: Money | None
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
    def available(self) -> bool:
        return any(variant.available for variant in self.variants)

    def option_values(self, position: int) -> list[str]:
        """The distinct values of one option, in the order in which variants bring them."""
        return list(dict.fromkeys(v.options[position] for v in self.variants if position < len(v.options)))
