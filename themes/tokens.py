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

# For a theme without brand colours.
_NO_BRAND = ("#3d3d3a",)


@dataclass(frozen=True, slots=True)
class Look:
    """A published look, ready to be shown.

    ``settings`` is complete; ``attributes`` are those of them that a sheet can ask for, as data attributes
    of the page. ``tokens`` are the colours (hex) by name, for mail, where CSS variables do not work, and
    ``dark`` those of a reader's dark mode. ``css`` is the token sheet and ``hash`` its name; ``fonts`` are
    the asset files that every page uses, for preloading.
    """

    theme: Theme
    settings: dict[str, Any]
    attributes: dict[str, str]
    tokens: dict[str, str]
    dark: dict[str, str]
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
    brands = tuple(chosen[key] for key in ("brand", "brand_2", "brand_3") if chosen.get(key)) or _NO_BRAND
    scheme, paper = chosen.get("scheme", "light"), chosen.get("paper", "warm")
    light, dark = (palette(brands, paper, each) for each in ("light", "dark"))
    shown = {"light": (light,), "dark": (dark,)}.get(scheme, (light, dark))
    colours = [{**each.tokens, **_button(chosen.get("button", "brand"), each.tokens)} for each in shown]
    display = theme.faces[chosen.get("display") or theme.text_face]
    text = theme.faces[theme.text_face]
    values = {
        "color-scheme": {"light": "light", "dark": "dark"}.get(scheme, "light dark"),
        **{f"--{name}": _by_scheme([each[name] for each in colours]) for name in colours[0]},
        "--display": display.stack,
        "--text": text.stack,
        **{f"--{name}": value for name, value in chosen_tokens(theme, chosen).items()},
    }
    css = ":root{" + ";".join(f"{name}:{value}" for name, value in values.items()) + "}\n"
    return Look(
        theme=theme,
        settings=chosen,
        attributes=_attributes(theme, chosen),
        tokens=colours[0],
        dark=dark.tokens,
        adjustments=tuple(dict.fromkeys(change for each in shown for change in each.adjustments)),
        css=css,
        hash=hashlib.sha256(css.encode()).hexdigest()[:20],
        fonts=tuple(dict.fromkeys(face.file for face in (display, text) if face.file)),
    )


def _by_scheme(colours: list[str]) -> str:
    light, *dark = colours
    return f"light-dark({light},{dark[0]})" if dark and dark[0] != light else light


def chosen_tokens(theme: Theme, chosen: dict[str, Any]) -> dict[str, str]:
    """The custom properties that the theme keeps for what was chosen."""
    return {
        name: value
        for setting, by_value in theme.tokens.items()
        for name, value in by_value.get(str(chosen.get(setting)), {}).items()
    }


def _attributes(theme: Theme, chosen: dict[str, Any]) -> dict[str, str]:
    """What was chosen from a list, which is safe in an attribute because the theme wrote the list."""
    kinds = ("choice", "font", "color_scheme")
    return {
        f"data-{setting.id.replace('_', '-')}": chosen[setting.id]
        for setting in theme.schema.settings
        if setting.type in kinds and chosen[setting.id]
    }


def _button(style: str, colours: dict[str, str]) -> dict[str, str]:
    if style == "ink":
        return {"button": colours["ink"], "on-button": colours["paper"]}
    return {"button": colours["brand"], "on-button": colours["on-brand"]}
