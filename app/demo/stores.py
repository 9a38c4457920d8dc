"""The demo's three partners: stores that look and price differently."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class DemoStore:
    """A partner and its store. ``markup`` is in basis points of wholesale; ``hidden`` are the prints
    that it does not sell; ``own`` are prices of its own, by SKU, as written by a person."""

    slug: str
    name: str
    tagline: str
    owner: str
    owner_name: str
    currency: str
    country: str
    locale: str
    tax_inclusive: bool
    gold: bool
    theme: str
    preset: str
    scene: str
    logo: tuple[str, tuple[str, str]]
    markup: int
    rounding: str
    hidden: tuple[str, ...]
    heading: str
    text: str
    settings: dict[str, Any] = field(default_factory=dict)
    own: dict[str, str] = field(default_factory=dict)
    orders: int = 140


STORES = (
    DemoStore(
        slug="hollin-wren",
        name="Hollin & Wren",
        tagline="Prints for the room",
        owner="owner@hollin-wren.example",
        owner_name="Asha Wren",
        currency="USD",
        country="US",
        locale="en_US",
        tax_inclusive=False,
        gold=True,
        theme="aurora",
        preset="reading-room",
        scene="reading-room",
        logo=("serif", ("#2f2622", "#643038")),
        markup=9800,
        rounding="nearest_10",
        hidden=("signal",),
        heading="Low sun, long table",
        text="New prints on stoneware, heavy cotton and paper. Everything you buy keeps the reading"
        " room open late.",
        own={
            **{
                f"far-hills-tee-{colour}-{size}": "36.00"
                for colour in ("rose", "oat", "moss")
                for size in ("s", "m", "l", "xl")
            },
            "tideline-mug-moss": "24.00",
            "tideline-mug-oat": "24.00",
            "tideline-mug-tide": "24.00",
            "low-sun-poster-oat": "29.00",
            "orchard-notebook-tide": "18.50",
        },
        orders=190,
    ),
    DemoStore(
        slug="fernhouse",
        name="Fernhouse",
        tagline="Kitchen, table and garden",
        owner="owner@fernhouse.example",
        owner_name="Lena Brandt",
        currency="EUR",
        country="DE",
        locale="en_DE",
        tax_inclusive=True,
        gold=False,
        theme="aurora",
        preset="kitchen",
        scene="kitchen",
        logo=("leaf+sans", ("#155157", "#e94a2b")),
        markup=7500,
        rounding="90",
        hidden=("signal", "hills"),
        heading="A table worth staying at",
        text="Stoneware, linen and paper for kitchens that are used every day.",
        own={"tideline-mug-oat": "23.90", "orchard-cushion-marigold": "41.90"},
        orders=130,
    ),
    DemoStore(
        slug="parade",
        name="Parade Radio",
        tagline="Loud things for quiet rooms",
        owner="owner@parade.example",
        owner_name="Tomas Okafor",
        currency="EUR",
        country="DE",
        locale="en_DE",
        tax_inclusive=True,
        gold=False,
        theme="market",
        preset="broadcast",
        settings={"newsletter": True},
        scene="studio",
        logo=("signal+grotesque", ("#1c1a17", "#1c4cc8")),
        markup=5200,
        rounding="00",
        hidden=("lowsun",),
        heading="Made loud",
        text="Four rings, one speaker. Everything here pays for a night of live radio.",
        own={"loud-room-tee-black-m": "27.00", "loud-room-mug-canary": "19.00"},
        orders=110,
    ),
)
