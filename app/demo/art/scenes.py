"""Still lifes for the head of a store's home page: 1600 by 1160, goods on a table in window light."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from app.demo.art.colours import colour, shade
from app.demo.art.goods import draw_on
from app.demo.art.sheet import DUSK, Sheet, placed, rectangle

_TABLE = 568


@dataclass(frozen=True, slots=True)
class Palette:
    """Colours of a scene. ``goods`` are dealt to the things in it, ``prints`` name their designs."""

    wall: str
    table: str
    goods: tuple[str, str, str, str]
    prints: tuple[str, str, str]
    fruit: str = "#eda04a"


PALETTES: dict[str, Palette] = {
    "reading-room": Palette(
        "#e6d3c0",
        "#a9805f",
        ("chalk", "oat", "tide", "moss"),
        ("lowsun:clay,ink,marigold", "tideline", "orchard:moss,clay,marigold"),
    ),
    "kitchen": Palette(
        "#cfdcd6",
        "#c9a77f",
        ("petrol", "chalk", "tomato", "sage"),
        ("bars", "orchard:petrol,tomato,marigold", "hills"),
        "#f0cf4a",
    ),
    "studio": Palette(
        "#d9c7c9", "#7d6a66", ("cobalt", "canary", "ink", "chalk"), ("signal", "bars", "hills"), "#e6573a"
    ),
}


def _window(sheet: Sheet, fill: str, shift: float) -> str:
    """Four panes of low light on the wall."""
    name, definition = sheet.blur(6, 10)
    panes = (
        "M300 -40L452 -40L352 236L200 236Z M478 -40L630 -40L530 236L378 236Z "
        "M190 262L342 262L232 562L80 562Z M368 262L520 262L410 562L258 562Z"
    )
    light = f'<path d="{panes}" transform="translate({shift:g} 0)" fill="{fill}"'
    return f'<defs>{definition}</defs>{light} opacity=".6" filter="url(#{name})"/>'


def _room(sheet: Sheet, palette: Palette) -> str:
    wall, wall_def = sheet.gradient(
        (0, shade(palette.wall, 0.035), 1), (1, shade(palette.wall, -0.055), 1), y2=1
    )
    return f'<defs>{wall_def}</defs><rect width="1000" height="580" fill="url(#{wall})"/>'


def _table(sheet: Sheet, palette: Palette) -> str:
    top, top_def = sheet.gradient(
        (0, shade(palette.table, 0.03), 1), (1, shade(palette.table, -0.07), 1), x2=0, y2=1
    )
    glow, glow_def = sheet.blur(6, 10)
    return (
        f'<defs>{top_def}{glow_def}</defs><rect y="{_TABLE}" width="1000" height="157" fill="url(#{top})"/>'
        f'<rect y="{_TABLE}" width="1000" height="5" fill="#fff" opacity=".22"/>'
        '<path d="M0 610C220 604 420 618 1000 606M0 648C300 656 620 640 1000 650M0 692C260 686 640 702 '
        '1000 690" '
        f'stroke="{DUSK}" stroke-opacity=".1" stroke-width="1.5" fill="none"/>'
        f'<path d="M60 574L400 574L300 725L-40 725Z" fill="#ffe6bd" opacity=".28" filter="url(#{glow})"/>'
    )


def _fruit(sheet: Sheet, palette: Palette, x: float, y: float, r: float) -> str:
    light, light_def = sheet.radial(
        (0, shade(palette.fruit, 0.08), 1),
        (0.6, palette.fruit, 1),
        (1, shade(palette.fruit, -0.17), 1),
        cx=0.36,
        cy=0.3,
        r=0.8,
    )
    return (
        f"<defs>{light_def}</defs>{sheet.standing(x + 8, y + r, r * 1.05, 7, 0.38)}"
        f'<circle cx="{x:g}" cy="{y:g}" r="{r:g}" fill="url(#{light})"/>'
        f'<path d="M{x - 2:g} {y - r + 4:g}q4 -6 9 -5" stroke="#47512f" stroke-width="2.5" fill="none"/>'
    )


def _books(sheet: Sheet, x: float, floor: float, fills: tuple[str, ...]) -> str:
    """A stack of notebooks seen from their fore-edge, the lowest first."""
    drawn = [sheet.standing(x + 140, floor + 2, 180, 13, 0.42)]
    bottom = floor
    for index, name in enumerate(fills):
        height, left, width = (
            (38, 0, 270) if not index else (34 - 2 * (index - 1), 16 - 8 * (index - 1), 244 + 8 * (index - 1))
        )
        y, x0, fill = bottom - height, x + left, colour(name)
        drawn.append(
            f'<rect x="{x0:g}" y="{y:g}" width="{width}" height="{height}" rx="3" fill="{fill}"/>'
            f'<rect x="{x0 + 6:g}" y="{y + 4:g}" width="{width - 6}" height="{height - 8}" fill="#f0eadd"/>'
            f'<rect x="{x0:g}" y="{y:g}" width="9" height="{height}" rx="3" fill="{fill}"/>'
            f'<rect x="{x0 + width - 44:g}" y="{y:g}" width="6" height="{height}" fill="{DUSK}" '
            'opacity=".7"/>'
            f'<rect x="{x0:g}" y="{bottom - 5:g}" width="{width}" height="5" rx="2" fill="{DUSK}" '
            'opacity=".16"/>'
        )
        bottom = y
    return "".join(drawn)


def _reading_room(sheet: Sheet, palette: Palette) -> str:
    first, second, third, fourth = palette.goods
    sun, waves, orchard = palette.prints
    return "".join(
        (
            _room(sheet, palette),
            _window(sheet, "#fff3d6", 0),
            placed(draw_on(sheet, "poster", first, sun), 30, -44, 1.16),
            _table(sheet, palette),
            placed(draw_on(sheet, "tote", second, orchard), 536, 48, 1.28),
            _books(sheet, 352, 662, (third, "clay", fourth)),
            placed(draw_on(sheet, "mug", first, waves), 366, 262, 0.74),
            _fruit(sheet, palette, 676, 648, 37),
            _fruit(sheet, palette, 746, 660, 33),
        )
    )


def _kitchen(sheet: Sheet, palette: Palette) -> str:
    first, second, third, fourth = palette.goods
    bars, orchard, hills = palette.prints
    tiles = "".join(f"M0 {y}H1000" for y in range(46, 568, 87)) + "".join(
        f"M{x} 0V568" for x in range(52, 1000, 87)
    )
    rail, rail_def = sheet.gradient((0, "#fff", 0.3), (1, DUSK, 0.3), x2=0, y2=1)
    rod = rectangle(0, 62, 470, 14, 7)
    return "".join(
        (
            _room(sheet, palette),
            f'<path d="{tiles}" stroke="#fff" stroke-opacity=".5" stroke-width="3" fill="none"/>',
            (
                f'<path d="{tiles}" stroke="{DUSK}" stroke-opacity=".06" stroke-width="1.4" fill="none" '
                'transform="translate(2 2)"/>'
            ),
            _window(sheet, "#fffbe8", 330),
            (
                f'<defs>{rail_def}</defs><path d="{rod}" fill="{colour("wood")}"/><path d="{rod}" '
                f'fill="url(#{rail})"/>'
            ),
            placed(draw_on(sheet, "apron", first, bars), 20, 22, 1.12),
            _table(sheet, palette),
            placed(draw_on(sheet, "plate", second, orchard), 556, 178, 1.0, -6),
            placed(draw_on(sheet, "flask", third, hills), 452, 196, 1.02),
            placed(draw_on(sheet, "cup", second, hills), 288, 384, 0.74),
            placed(draw_on(sheet, "candle", fourth, orchard), 740, 372, 0.76),
            _fruit(sheet, palette, 726, 656, 34),
            _fruit(sheet, palette, 668, 678, 30),
        )
    )


def _studio(sheet: Sheet, palette: Palette) -> str:
    first, second, third, fourth = palette.goods
    signal, bars, hills = palette.prints
    arch = colour(second)
    return "".join(
        (
            _room(sheet, palette),
            f'<path d="M470 568V330a230 230 0 0 1 460 0V568Z" fill="{arch}" opacity=".9"/>',
            _window(sheet, "#fff1e2", -20),
            (
                f'<path d="M228 84V60c0 -9 13 -9 13 -20a12 12 0 0 0 -23 -4" stroke="{DUSK}" '
                'stroke-opacity=".6" stroke-width="3.4" fill="none" stroke-linecap="round"/>'
            ),
            placed(draw_on(sheet, "sweatshirt", first, signal), -8, -26, 1.18),
            _table(sheet, palette),
            placed(draw_on(sheet, "cushion", third, hills), 500, 226, 0.98, 4),
            _books(sheet, 336, 668, (first, fourth, "tomato")),
            placed(draw_on(sheet, "beanie", "tomato", signal), 340, 324, 0.66),
            placed(draw_on(sheet, "mug", fourth, bars), 722, 388, 0.74),
            _fruit(sheet, palette, 668, 680, 30),
        )
    )


SCENES: dict[str, Callable[[Sheet, Palette], str]] = {
    "reading-room": _reading_room,
    "kitchen": _kitchen,
    "studio": _studio,
}


def hero(scene: str, *, palette: Palette | None = None) -> str:
    """Return a scene as an SVG of 1600 by 1160, in its own palette unless another is given.

    Raises KeyError for a scene that is not in ``SCENES``.
    """
    colours = palette or PALETTES[scene]
    sheet = Sheet(f"hero {scene} {colours}")
    drawn = SCENES[scene](sheet, colours)
    size = 'width="1600" height="1160" viewBox="0 0 1000 725"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size}>{drawn}</svg>'
