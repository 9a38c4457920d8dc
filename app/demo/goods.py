"""What the demo's company sells: a made-up range, in the format that a company would import."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass

_APPAREL = ("S", "M", "L", "XL")

_PRINTS = {
    "tideline": "Tideline",
    "lowsun": "Low Sun",
    "orchard": "Orchard",
    "hills": "Far Hills",
    "signal": "Loud Room",
    "bars": "Weekday",
}
# Kind: what it is called, a short line, wholesale and suggested price in US cents, sizes, collection.
_KINDS: dict[str, tuple[str, str, int, int, tuple[str, ...], str]] = {
    "tee": ("tee", "Heavy cotton, boxy cut", 1720, 3600, _APPAREL, "Shirts"),
    "sweatshirt": ("sweatshirt", "Brushed cotton, ribbed cuffs", 2980, 6200, _APPAREL, "Shirts"),
    "cap": ("cap", "Washed cotton, six panels", 1290, 2700, (), "Caps"),
    "beanie": ("beanie", "Lambswool, one size", 1180, 2600, (), "Caps"),
    "socks": ("socks", "Combed cotton, ribbed", 540, 1300, ("36–40", "41–46"), "Caps"),
    "apron": ("apron", "Washed linen, two pockets", 1980, 4200, (), "Kitchen"),
    "tote": ("tote", "Canvas, 14 litres", 1060, 2200, (), "Totes"),
    "cushion": ("cushion", "Linen cover, feather fill", 1860, 3900, (), "Home"),
    "towel": ("tea towel", "Half linen, 50 × 70 cm", 620, 1400, (), "Kitchen"),
    "mug": ("mug", "Stoneware, 350 ml", 1240, 2400, (), "Kitchen"),
    "cup": ("espresso cup", "Stoneware, 90 ml", 890, 1600, (), "Kitchen"),
    "flask": ("flask", "Steel, 500 ml, keeps warm for 12 hours", 1620, 3400, (), "Kitchen"),
    "plate": ("plate", "Stoneware, 24 cm", 1120, 2300, (), "Kitchen"),
    "candle": ("candle", "Rapeseed wax, 40 hours", 960, 2100, (), "Home"),
    "notebook": ("notebook", "Dot grid, 192 pages", 920, 1850, (), "Paper"),
    "poster": ("poster", "50 × 70 cm, oak rails", 1540, 2900, (), "Paper"),
    "cards": ("cards", "Eight cards with envelopes", 610, 1300, (), "Paper"),
}
# Kind, print and the colours in which it is made. Forty products.
_RANGE: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("tee", "hills", ("rose", "oat", "moss")),
    ("mug", "tideline", ("oat", "tide", "moss")),
    ("notebook", "orchard", ("tide", "clay", "moss")),
    ("poster", "lowsun", ("oat", "ink")),
    ("tote", "bars", ("moss", "oat", "ink")),
    ("cap", "lowsun", ("oat", "ink")),
    ("mug", "orchard", ("plum", "oat", "tide")),
    ("tee", "tideline", ("ink", "chalk", "rose")),
    ("notebook", "hills", ("clay", "tide")),
    ("sweatshirt", "lowsun", ("fog", "plum")),
    ("cushion", "orchard", ("marigold", "tide")),
    ("cup", "tideline", ("oat", "ink", "clay")),
    ("poster", "hills", ("chalk", "rose")),
    ("apron", "bars", ("slate", "oat")),
    ("flask", "signal", ("black", "tomato")),
    ("tee", "signal", ("black", "chalk", "cobalt")),
    ("plate", "orchard", ("chalk", "tide")),
    ("candle", "lowsun", ("clay", "sage")),
    ("towel", "tideline", ("chalk", "marigold")),
    ("beanie", "bars", ("moss", "plum")),
    ("socks", "tideline", ("tide", "oat")),
    ("tote", "orchard", ("oat", "petrol")),
    ("cards", "hills", ("chalk",)),
    ("mug", "signal", ("canary", "black")),
    ("poster", "signal", ("canary", "cobalt")),
    ("cap", "signal", ("cobalt", "black")),
    ("tote", "signal", ("black", "canary")),
    ("sweatshirt", "bars", ("oat", "moss")),
    ("cushion", "hills", ("rose", "sand")),
    ("notebook", "lowsun", ("ink", "marigold")),
    ("cup", "orchard", ("sage", "chalk")),
    ("plate", "lowsun", ("sand", "slate")),
    ("apron", "tideline", ("petrol", "chalk")),
    ("candle", "orchard", ("mauve", "chalk")),
    ("towel", "orchard", ("sage", "chalk")),
    ("poster", "orchard", ("sand", "petrol")),
    ("cards", "orchard", ("kraft", "chalk")),
    ("flask", "tideline", ("tide", "chalk")),
    ("socks", "bars", ("clay", "ink")),
    ("tee", "orchard", ("sand", "petrol")),
)


@dataclass(frozen=True, slots=True)
class Good:
    """One product of the range. ``colours`` are the names of its colours as shoppers read them."""

    handle: str
    title: str
    summary: str
    description: str
    kind: str
    pattern: str
    colours: dict[str, str]
    sizes: tuple[str, ...]
    collection: str
    wholesale: int
    suggested: int

    def skus(self, colour: str) -> list[str]:
        """The SKUs of one colour, one for each size."""
        return [f"{self.handle}-{colour}-{size}".lower().replace("–", "-") for size in self.sizes] or [
            f"{self.handle}-{colour}"
        ]


def goods() -> list[Good]:
    """The range, in the order in which stores show it."""
    return [_good(kind, pattern, colours) for kind, pattern, colours in _RANGE]


def _good(kind: str, pattern: str, colours: tuple[str, ...]) -> Good:
    word, summary, wholesale, suggested, sizes, collection = _KINDS[kind]
    title = f"{_PRINTS[pattern]} {word}"
    return Good(
        handle=title.lower().replace(" ", "-"),
        title=title,
        summary=summary,
        description=(
            f"<p>The {_PRINTS[pattern]} print on a {word} that is made to be used. {summary}.</p>"
            "<p>Printed by hand in small runs, so no two are quite alike. Each piece is checked before"
            " it is packed.</p>"
        ),
        kind=kind,
        pattern=pattern,
        colours={colour: colour.capitalize() for colour in colours},
        sizes=sizes,
        collection=collection,
        wholesale=wholesale,
        suggested=suggested,
    )


def product_file(currency: str) -> bytes:
    """The range as a product CSV, with a column of wholesale prices.

    Prices in euros are those in dollars less eight per cent, to the nearest ten cents.
    """
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(
        "Handle,Title,Body (HTML),Type,Tags,Published,Option1 Name,Option1 Value,Option2 Name,Option2 Value,"
        "Variant SKU,Variant Inventory Tracker,Variant Inventory Qty,Variant Inventory Policy,"
        "Variant Price,Wholesale,Status".split(",")
    )
    for number, good in enumerate(goods()):
        first = True
        for position, (colour, name) in enumerate(good.colours.items()):
            for place, sku in enumerate(good.skus(colour)):
                size = good.sizes[place] if good.sizes else ""
                stock = 400 + (number * 37 + position * 91 + place * 53) % 600
                if (number, position, place) in ((6, 0, 0), (0, 1, 3)):
                    stock = 0
                writer.writerow(
                    [
                        good.handle,
                        good.title if first else "",
                        good.description if first else "",
                        good.kind if first else "",
                        f"{good.collection}, {good.pattern}" if first else "",
                        "TRUE" if first else "",
                        "Colour" if first else "",
                        name,
                        ("Size" if good.sizes else "") if first else "",
                        size,
                        sku,
                        "shopify",
                        stock,
                        "deny",
                        _in(currency, good.suggested),
                        _in(currency, good.wholesale),
                        "active" if first else "",
                    ]
                )
                first = False
    return out.getvalue().encode()


def _in(currency: str, cents: int) -> str:
    if currency != "USD":
        cents = round(cents * 0.92 / 10) * 10
    return f"{cents / 100:.2f}"
