"""Marks of the demo's stores: an emblem, a wordmark, or both, with letters as outlines.

The outlines in ``letters.json`` were taken once from three open fonts (see ``letters.licence.txt``),
so that a drawing needs no font on the machine that rasterises it.
"""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path

from app.demo.art.colours import colour

_TRACKING = {"serif": -14, "sans": -18, "grotesque": -26}


@lru_cache(maxsize=1)
def _letters() -> dict[str, dict[str, tuple[int, str]]]:
    loaded: dict[str, dict[str, tuple[int, str]]] = json.loads(
        (Path(__file__).parent / "letters.json").read_text(encoding="utf-8")
    )
    return loaded


def _word(text: str, face: str, fill: str, accent: str) -> tuple[str, float]:
    """Return (paths, width) of a line of text at 1000 units to the em; an ampersand takes the accent."""
    letters = _letters()[face]
    drawn, x = [], 0.0
    for character in text:
        advance, path = letters.get(character, letters["-"])
        if path:
            ink = accent if character == "&" else fill
            drawn.append(f'<path d="{path}" transform="translate({x:g} 0)" fill="{ink}"/>')
        x += advance + _TRACKING[face]
    return "".join(drawn), x


def _sun(fill: str, accent: str) -> str:
    bars = "".join(
        f'<rect x="{8 + k * 9}" y="{54 + k * 13}" width="{84 - k * 18}" height="7" fill="{fill}"/>'
        for k in range(3)
    )
    return f'<path d="M8 48a42 42 0 0 1 84 0Z" fill="{accent}"/>{bars}'


def _leaf(fill: str, accent: str) -> str:
    return (
        f'<path d="M10 90V50A40 40 0 0 1 50 10V50A40 40 0 0 1 10 90Z" fill="{fill}"/>'
        f'<path d="M90 90V50A40 40 0 0 0 50 10V50A40 40 0 0 0 90 90Z" fill="{accent}"/>'
    )


def _signal(fill: str, accent: str) -> str:
    return "".join(
        f'<path d="M10 90V{90 - r}A{r} {r} 0 0 1 {10 + r} 90Z" fill="{ink}"/>'
        for r, ink in ((80, fill), (58, accent), (36, fill), (14, accent))
    )


_EMBLEMS = {"sun": _sun, "leaf": _leaf, "signal": _signal}


def logo(name: str, palette: tuple[str, str], style: str) -> str:
    """Return a store's mark as an SVG with a transparent ground.

    ``palette`` is (ink, accent); ``style`` is a face (serif, sans, grotesque) for a wordmark, an emblem
    (sun, leaf, signal), or both as ``"sun+serif"``. Raises KeyError for a style that does not exist.
    """
    fill, accent = colour(palette[0]), colour(palette[1])
    parts, x = [], 0.0
    for part in style.split("+"):
        if part in _EMBLEMS:
            parts.append(_EMBLEMS[part](fill, accent))
            x = 100.0 if part == style else 122.0
        else:
            drawn, width = _word(name, part, fill, accent)
            parts.append(f'<g transform="translate({x:g} 74) scale(.08)">{drawn}</g>')
            x += width * 0.08
    size = f'width="{x:.0f}" height="100" viewBox="0 0 {x:.0f} 100"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size}>{"".join(parts)}</svg>'
