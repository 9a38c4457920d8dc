"""A sample store and its goods, ordinary and extreme."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from catalog.pictures import PictureRef
from kit.money import Money
from pricing.listing import ProductListing, VariantListing
from tenants.storefront import MenuItem, Storefront
from themes.registry import Preset, Theme

PICTURE = PictureRef("a" * 64, 960, 1200, 'A "tee" & more', (320, 640, 960))
IMAGE = {"key": "b" * 64, "width": 1600, "height": 1160, "alt": "A table", "sizes": [320, 640]}


def usd(minor: int) -> Money:
    return Money(minor, "USD")


def storefront(theme: Theme, preset: Preset | None = None, **given: Any) -> Storefront:
    """A store that wears a preset, or the theme's defaults. Its name is not easy to write."""
    settings = preset.settings if preset else {}
    values: dict[str, Any] = {
        "partner_id": UUID(int=1),
        "store_id": UUID(int=2),
        "slug": "hollin",
        "name": "Hollin & <Wren>",
        "tagline": "A reading room",
        "state": "live",
        "currency": "USD",
        "country": "US",
        "locale": "en_US",
        "tax_inclusive": False,
        "support_email": "help@hollin.example",
        "company_name": "Northlight Goods",
        "theme": theme.name,
        "settings": {**settings, "announcement": "Free delivery this week"},
        "pages": {},
        "menu": (MenuItem("all", "Shop", 24), MenuItem("mugs", "Mugs", 1)),
        "host": "hollin.localhost",
        "returns_days": 30,
    }
    return Storefront(**{**values, **given})


def variant(number: int, *options: str, available: bool = True, left: int | None = None) -> VariantListing:
    price = usd(3600) if available or options else None
    return VariantListing(
        UUID(int=number), f"TEE-{number}", options, price, usd(4000), None, available, left, PICTURE
    )


def tee() -> ProductListing:
    variants = (
        variant(1, "Rose", "S", left=2),
        variant(2, "Rose", "M", available=False, left=0),
        variant(3, "Ink", "S", available=False, left=0),
        variant(4, "Ink", "M", available=False, left=0),
        variant(5, "Oat", "M"),
    )
    return ProductListing(
        UUID(int=50),
        "tee",
        "Far Hills tee",
        "Heavy cotton",
        "<p>Printed by hand.</p>",
        "Northlight",
        "Shirts",
        ("Colour", "Size"),
        {"Rose": "#dba9a4", "Ink": "#242b39", "Oat": "#ebe4d4"},
        (PICTURE, PictureRef("c" * 64, 200, 250, "", ())),
        variants,
    )


def plate() -> ProductListing:
    """A product with nothing but a name: no picture, no options, nothing to sell."""
    only = VariantListing(UUID(int=9), "PLATE", (), None, None, None, False, 0, None)
    return ProductListing(UUID(int=51), "plate", "Plate", "", "", "", "", (), {}, (), (only,))


def mug() -> ProductListing:
    only = VariantListing(UUID(int=10), "MUG", (), usd(2400), None, None, True, None, PICTURE)
    return ProductListing(UUID(int=52), "mug", "Mug", "350 ml", "", "", "", (), {}, (PICTURE,), (only,))


def forty() -> ProductListing:
    """Eight colours in five sizes, some of them sold out, with names as long as anybody gives."""
    colours = [
        "Rose",
        "Ink",
        "Oat",
        "Moss",
        "Tide",
        "Clay",
        "Marigold",
        "A colour between dusk and a wet slate roof",
    ]
    sizes = ["XS", "S", "M", "L", "Extra extra large, for over a coat"]
    pairs = [(colour, size) for colour in colours for size in sizes]
    variants = tuple(
        variant(100 + place, *pair, available=place % 7 != 3, left=4 if place % 5 == 0 else None)
        for place, pair in enumerate(pairs)
    )
    return ProductListing(
        UUID(int=53),
        "forty",
        f"{'Donaudampfschifffahrtsgesellschaftskapitän' * 2}: the very long name of a coat",
        "Heavy cotton, boxy cut, washed twice, and told in a summary that goes on for lines. " * 2,
        "<p>" + "Printed by hand. " * 60 + "</p>",
        "Northlight",
        "Coats",
        ("Colour", "Size"),
        dict.fromkeys(colours, "#dba9a4"),
        (),
        variants,
    )
