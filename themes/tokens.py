"""A look as CSS custom properties: the text of its sheet, and the hash under which it is served."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from themes.colour import Adjustment, palette
from themes.registry import Registry, Theme, installed

# Font stacks by the choice's value; the theme's own sheet declares the faces themselves.
FACES: dict[str, tuple[str, str]] = {
    "newsreader": ('"Newsreader Display",Georgia,serif', "newsreader-display"),
    "bricolage": ('"Bricolage Display","Trebuchet MS",sans-serif', "bricolage-display"),
    "instrument": ('"Instrument Sans",Arial,sans-serif', "instrument-sans"),
}
_RADII = {"square": "0", "slight": "2px", "soft": "10px"}
_RATIOS = {"portrait": "4/5", "square": "1/1", "tall": "3/4"}


@dataclass(frozen=True, slots=True)
class Look:
    """A published look, ready to be shown.

    ``settings`` is complete. ``tokens`` are the colours (hex) by name, for mail, where CSS variables
    do not work. ``css`` is the token sheet and ``hash`` its name; ``fonts`` are the asset files that
    every page uses, for preloading.
    """

    theme: Theme
    settings: dict[str, Any]
    tokens: dict[str, str]
    adjustments: tuple[Adjustment, ...]
    css: str
    hash: str
    fonts: tuple[str, ...]


def look(theme_name: str, settings: Mapping[str, Any], registry: Registry | None = None) -> Look:
    """Work a look out from a theme's name and what its partner chose.

    Settings that the theme does not allow are replaced by its defaults: what is published must always
    show. Raises UnknownTheme. Looks are remembered, so asking for each page costs next to nothing.
    """
    return _look(registry or installed(), theme_name, json.dumps(settings, sort_keys=True))


@lru_cache(maxsize=2048)
def _look(registry: Registry, theme_name: str, settings: str) -> Look:
    theme = registry.theme(theme_name)
    chosen = theme.schema.choose(json.loads(settings)).values
    brands = tuple(chosen[key] for key in ("brand", "brand_2", "brand_3") if chosen.get(key))
    colours = palette(brands or ("#643038",), chosen.get("paper", "warm"))
    display, display_file = FACES[chosen.get("display", "newsreader")]
    values = {
        **colours.tokens,
        "display": display,
        "radius": _RADII[chosen.get("corners", "slight")],
        "ratio": _RATIOS[chosen.get("card_ratio", "portrait")],
        **_button(chosen.get("button", "brand"), colours.tokens),
    }
    css = ":root{" + ";".join(f"--{name}:{value}" for name, value in values.items()) + "}\n"
    fonts = tuple(dict.fromkeys(f"fonts/{name}.woff2" for name in (display_file, "instrument-sans")))
    digest = hashlib.sha256(css.encode()).hexdigest()[:20]
    return Look(theme, chosen, colours.tokens, colours.adjustments, css, digest, fonts)


def _button(style: str, colours: dict[str, str]) -> dict[str, str]:
    if style == "ink":
        return {"button": colours["ink"], "on-button": colours["paper"]}
    return {"button": colours["brand"], "on-button": colours["on-brand"]}
