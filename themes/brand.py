"""Pictures that stand for a store: icons made from its logo, and the card shown where its address is shared.

They are drawn in the store's own look, and named after everything that they are drawn from.
"""

from __future__ import annotations

import hashlib
import io
import json
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw, ImageFont

from themes.registry import Registry
from themes.tokens import Look, chosen_tokens

ICON_SIZES = (32, 180, 192, 512)
CARD = (1200, 630)
_DRAWN = 1  # Counted up when they are drawn in another way.
_MARGIN = 84
# The faces of themes hold Latin letters; a name in others would be drawn as boxes.
_LAST_LATIN = 0x24F


def brand_hash(shown: Look, *, name: str, tagline: str) -> str:
    """Name the pictures of a store after its look, its name and its line."""
    parts = [_DRAWN, shown.hash, shown.settings.get("logo"), name, tagline]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:20]


def drawable(name: str) -> bool:
    """Whether a store's name can be drawn in its theme's face."""
    return bool(name) and all(ord(letter) <= _LAST_LATIN for letter in name)


def icon(shown: Look, *, name: str, logo: bytes | None, size: int, registry: Registry) -> bytes:
    """A square PNG of ``size`` pixels: the logo's mark where it has one, else the name's first letter on the
    brand colour; the bare colour where its face lacks that letter. ``logo`` is a picture's bytes."""
    mark = _mark(logo) if logo else None
    if mark is not None:
        tile = Image.new("RGB", (size, size), "#ffffff")
        room = round(size * (0.92 if size <= 32 else 0.72))
        scale = room / max(mark.size)
        mark = mark.resize(
            (max(1, round(mark.width * scale)), max(1, round(mark.height * scale))), Image.Resampling.LANCZOS
        )
        tile.paste(mark, ((size - mark.width) // 2, (size - mark.height) // 2), mark)
    else:
        tile = Image.new("RGB", (size, size), shown.tokens["brand"])
        letter = next((each for each in name if each.isalnum()), "")
        if drawable(letter):
            pen = ImageDraw.Draw(tile)
            font = _face(shown, round(size * 0.66), registry)
            pen.text((size / 2, size / 2), letter.upper(), shown.tokens["on-brand"], font, anchor="mm")
    return _png(tile)


def card(shown: Look, *, name: str, tagline: str, registry: Registry) -> bytes:
    """The card of a store, a PNG: its name in its own face, on the brand colour. Only for a ``drawable``
    name."""
    picture = Image.new("RGB", CARD, shown.tokens["brand"])
    pen = ImageDraw.Draw(picture)
    ink, wide = shown.tokens["on-brand"], CARD[0] - 2 * _MARGIN
    size = 168
    lines, font = _fitted(name, shown, size, wide, registry)
    while len(lines) > 2 and size > 56:
        size -= 8
        lines, font = _fitted(name, shown, size, wide, registry)
    top = _MARGIN - size * 0.12
    for line in lines[:3]:
        pen.text((_MARGIN, top), _cut(line, font, wide), ink, font)
        top += size * 0.98
    if drawable(tagline):
        small = _text_face(shown, 38, registry)
        while small.getlength(tagline) > wide and small.size > 22:
            small = _text_face(shown, small.size - 2, registry)
        pen.line((_MARGIN, CARD[1] - 150, CARD[0] - _MARGIN, CARD[1] - 150), ink, 2)
        pen.text((_MARGIN, CARD[1] - 118), tagline, ink, small)
    return _png(picture)


def _fitted(
    name: str, shown: Look, size: int, wide: int, registry: Registry
) -> tuple[list[str], ImageFont.FreeTypeFont]:
    """The name in lines that fit."""
    font = _face(shown, size, registry)
    lines = [""]
    for word in name.split():
        longer = f"{lines[-1]} {word}".strip()
        if font.getlength(longer) <= wide or not lines[-1]:
            lines[-1] = longer
        else:
            lines.append(word)
    # A single word that is too wide counts as another line, so that it is drawn smaller.
    return ([*lines, ""] if max(map(font.getlength, lines)) > wide and len(lines) < 3 else lines), font


def _cut(line: str, font: ImageFont.FreeTypeFont, wide: int) -> str:
    """A line that fits even if it is one endless word."""
    if font.getlength(line) <= wide:
        return line
    while line and font.getlength(f"{line}…") > wide:
        line = line[:-1]
    return f"{line}…"


def _face(shown: Look, size: int, registry: Registry) -> ImageFont.FreeTypeFont:
    name = shown.settings.get("display") or shown.theme.text_face
    return _loaded(shown, shown.theme.faces[name].file, size, registry)


def _text_face(shown: Look, size: float, registry: Registry) -> ImageFont.FreeTypeFont:
    return _loaded(shown, shown.theme.faces[shown.theme.text_face].file, round(size), registry, plain=True)


def _loaded(
    shown: Look, file: str, size: int, registry: Registry, *, plain: bool = False
) -> ImageFont.FreeTypeFont:
    path = registry.resolve(f"{shown.theme.name}/assets/{file}") if file else None
    if path is None:
        found = ImageFont.load_default(size)
        assert isinstance(found, ImageFont.FreeTypeFont)
        return found
    font = ImageFont.truetype(Path(path), size)
    wanted = {} if plain else chosen_tokens(shown.theme, shown.settings)
    font.set_variation_by_axes([_axis(axis, wanted) for axis in font.get_variation_axes()])
    return font


def _axis(axis: Any, wanted: dict[str, str]) -> float:
    """Where an axis of a variable font stands: as the theme's headings are, else as the font comes."""
    name = {b"Weight": "display-weight", b"Width": "display-stretch"}.get(axis["name"], "")
    given = wanted.get(name, "").removesuffix("%")
    value = float(given) if given.replace(".", "").isdecimal() else float(axis["default"])
    return min(max(value, float(axis["minimum"])), float(axis["maximum"]))


def _mark(data: bytes) -> Image.Image | None:
    """The part of a logo that is square enough for an icon: all of it, or what stands apart at its start."""
    with Image.open(io.BytesIO(data)) as opened:
        logo = opened.convert("RGBA")
    seen = logo.getchannel("A").point(lambda alpha: 255 if alpha > 40 else 0)
    box = seen.getbbox()
    if box is None:
        return None
    logo, seen = logo.crop(box), seen.crop(box)
    if logo.width <= logo.height * 1.5:
        return logo
    columns, _ = seen.getprojection()
    least = max(2, round(logo.height * 0.08))
    end = next((at for at in range(len(columns)) if not any(columns[at : at + least])), 0)
    if not 0.6 <= end / logo.height <= 1.5:
        return None
    first = logo.crop((0, 0, end, logo.height))
    return first.crop(first.getchannel("A").getbbox())


def _png(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "PNG", optimize=True)
    return out.getvalue()
