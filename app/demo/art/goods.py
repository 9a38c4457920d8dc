"""One product as a picture: which kinds there are, and how a kind becomes an SVG."""

from __future__ import annotations

from collections.abc import Callable

from app.demo.art import garments, paper, soft, tableware
from app.demo.art.colours import colour, pale
from app.demo.art.prints import Print
from app.demo.art.sheet import Sheet

KINDS: dict[str, Callable[[Sheet, str, Print], str]] = {
    "tee": garments.tee,
    "sweatshirt": garments.sweatshirt,
    "cap": garments.cap,
    "beanie": garments.beanie,
    "socks": garments.socks,
    "apron": garments.apron,
    "tote": soft.tote,
    "cushion": soft.cushion,
    "towel": soft.towel,
    "mug": tableware.mug,
    "cup": tableware.cup,
    "flask": tableware.flask,
    "plate": tableware.plate,
    "candle": tableware.candle,
    "notebook": paper.notebook,
    "poster": paper.poster,
    "cards": paper.cards,
}


def draw_on(sheet: Sheet, kind: str, fill: str, pattern: str) -> str:
    """Return the drawing alone, without ground, for use inside a larger scene."""
    return KINDS[kind](sheet, colour(fill), Print.read(pattern, fill))


def draw(kind: str, *, colour: str, pattern: str, ground: str | None = None) -> str:
    """Return a product as an SVG of 400 by 500.

    ``colour`` is a name from ``COLOURS`` or a hex value; ``pattern`` is a print, alone or with its
    three inks (``"orchard:moss,clay,marigold"``), or empty; ``ground`` defaults to a pale relative of
    the colour. Equal arguments give equal bytes. Raises KeyError for an unknown kind, print or colour.
    """
    sheet = Sheet(f"{kind} {colour} {pattern} {ground}")
    behind = sheet.ground(ground or pale(colour), 400, 500)
    drawn = draw_on(sheet, kind, colour, pattern)
    size = 'width="400" height="500" viewBox="0 0 400 500"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size}>{behind}{drawn}</svg>'
