"""Brand colours made readable: ramps in OKLCH, tokens adjusted to WCAG AA, a palette from a logo."""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal

from PIL import Image

if TYPE_CHECKING:
    from coloraide import Color

TEXT = 4.5
SHAPE = 3.0
COBALT = "#1c4cc8"
COBALT_ON_DARK = "#8fb0ff"

# Lightness and chroma (relative to the colour's own) of the eleven steps of a ramp, light to dark.
_STEPS = (
    (50, 0.975, 0.12),
    (100, 0.945, 0.22),
    (200, 0.89, 0.4),
    (300, 0.82, 0.62),
    (400, 0.73, 0.84),
    (500, 0.64, 1.0),
    (600, 0.55, 1.0),
    (700, 0.47, 0.95),
    (800, 0.39, 0.85),
    (900, 0.31, 0.7),
    (950, 0.24, 0.55),
)

# Paper tones: lightness, chroma, hue of the ground and of the ink that is printed on it.
PAPERS: dict[str, tuple[tuple[float, float, float], tuple[float, float, float]]] = {
    "warm": ((0.984, 0.006, 85), (0.25, 0.018, 40)),
    "white": ((0.995, 0.001, 100), (0.19, 0.004, 90)),
    "cool": ((0.982, 0.005, 230), (0.25, 0.02, 250)),
    "blush": ((0.975, 0.011, 30), (0.26, 0.03, 20)),
    "sage": ((0.974, 0.011, 150), (0.25, 0.022, 165)),
}


@dataclass(frozen=True, slots=True)
class Adjustment:
    """A colour that had to change. ``contrast`` is what the wanted colour reached, ``needed`` the aim."""

    token: str
    wanted: str
    used: str
    contrast: float
    needed: float


@dataclass(frozen=True, slots=True)
class Palette:
    """Tokens (name without dashes to hex) of one scheme, and what was adjusted to make them readable."""

    tokens: dict[str, str]
    adjustments: tuple[Adjustment, ...]

    @property
    def readable(self) -> bool:
        """Whether body text meets AA on its ground; a look that is not readable is not published."""
        return contrast(self.tokens["ink"], self.tokens["paper"]) >= TEXT


def contrast(one: str, other: str) -> float:
    """Return the WCAG 2 contrast ratio of two colours, from 1 to 21."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


@lru_cache(maxsize=4096)
def _luminance(colour: str) -> float:
    # Each ground is compared with many colours, and working this out is most of a comparison.
    return max(0.0, float(_color(colour).luminance()))


def ramp(brand: str) -> dict[int, str]:
    """Return eleven steps (50 light to 950 dark) at the brand colour's own hue."""
    base = _color(brand).convert("oklch")
    hue = 0.0 if base.is_nan("hue") else base["hue"]
    return {
        step: _hex(_color("oklch", [lightness, base["chroma"] * share, hue]))
        for step, lightness, share in _STEPS
    }


def toward(colour: str, ground: str, needed: float) -> str:
    """Return the colour moved in lightness, and no further than needed, until it has this contrast.

    It moves away from the ground's lightness. Where even black or white fall short, that is returned.
    """
    if contrast(colour, ground) >= needed:
        return colour
    moving = _color(colour).convert("oklch")
    darker = _color(ground).luminance() > 0.18
    near, far = moving["lightness"], 0.0 if darker else 1.0
    # The contrast grows steadily along the way, so halving the distance finds the nearest that will do.
    for _ in range(14):
        middle = (near + far) / 2
        moving["lightness"] = middle
        if contrast(_hex(moving), ground) >= needed:
            far = middle
        else:
            near = middle
    moving["lightness"] = far
    return _hex(moving)


@lru_cache(maxsize=512)
def palette(
    brands: tuple[str, ...], paper: str = "warm", scheme: Literal["light", "dark"] = "light"
) -> Palette:
    """Return the tokens for one to three brand colours on a paper tone.

    ``brand`` fills, ``on-brand`` is written on it, ``brand-text`` is it as text, ``focus`` rings.
    ``brand-2`` and ``brand-3`` repeat the first where fewer were given. Raises ValueError for none or
    more than three colours, KeyError for an unknown paper tone.
    """
    if not 1 <= len(brands) <= 3:
        raise ValueError("a palette takes one to three brand colours")
    ground, ink = PAPERS[paper]
    if scheme == "dark":
        ground, ink = (0.18, ground[1], ground[2]), (0.94, 0.006, ink[2])
    paper_hex, ink_hex = _hex(_color("oklch", [*ground])), _hex(_color("oklch", [*ink]))
    away = -1 if scheme == "light" else 1
    tokens = {
        "paper": paper_hex,
        "ink": ink_hex,
        "ink-2": _hex(_color("oklch", [0.45 if scheme == "light" else 0.76, ink[1], ink[2]])),
        "sunk": _hex(_color("oklch", [ground[0] + away * 0.028, ground[1] * 1.5, ground[2]])),
        "surface": _hex(
            _color("oklch", [min(ground[0] + 0.01, 1) if scheme == "light" else 0.22, *ground[1:]])
        ),
        "field": _hex(_color("oklch", [0.6, 0.014, ink[2]])),
        "bad": "#a4262c" if scheme == "light" else "#ff9a90",
        "good": "#2c6a45" if scheme == "light" else "#86d0a2",
    }
    adjusted: list[Adjustment] = []
    for position in range(3):
        wanted = brands[min(position, len(brands) - 1)].lower()
        suffix = f"-{position + 1}" if position else ""
        tokens[f"brand{suffix}"] = wanted
        light, dark = (paper_hex, ink_hex) if scheme == "light" else (ink_hex, paper_hex)
        on = max((light, dark), key=lambda each: contrast(each, wanted))
        tokens[f"on-brand{suffix}"] = on
        if contrast(on, wanted) < TEXT:
            # Mid tones carry neither ink nor paper: the fill itself gives way, in lightness alone.
            fill = toward(wanted, on, TEXT)
            if position < len(brands):
                reached = _below(contrast(on, wanted))
                adjusted.append(Adjustment(f"brand{suffix}", wanted, fill, reached, TEXT))
            tokens[f"brand{suffix}"] = fill
        text = toward(wanted, tokens["sunk"], TEXT)
        tokens[f"brand-text{suffix}"] = text
        if text != wanted and position < len(brands):
            reached = _below(contrast(wanted, tokens["sunk"]))
            adjusted.append(Adjustment(f"brand-text{suffix}", wanted, text, reached, TEXT))
    ring = tokens["brand"]
    if contrast(ring, tokens["sunk"]) < SHAPE:
        ring = COBALT if scheme == "light" else COBALT_ON_DARK
        reached = _below(contrast(tokens["brand"], tokens["sunk"]))
        adjusted.append(Adjustment("focus", tokens["brand"], ring, reached, SHAPE))
    tokens["focus"] = ring
    return Palette(tokens, tuple(adjusted))


def palette_from_picture(data: bytes, most: int = 3) -> list[str]:
    """Return up to ``most`` telling colours of a logo (PNG, WebP, JPEG or AVIF), the strongest first.

    Transparent pixels do not count; near white and near black only when there is nothing else. A
    picture without a visible pixel gives an empty list. Raises OSError when it cannot be decoded.
    """
    with Image.open(io.BytesIO(data), formats=("PNG", "WEBP", "JPEG", "AVIF")) as opened:
        picture = opened.convert("RGBA")
    picture.thumbnail((96, 96))
    raw = picture.tobytes()
    seen: dict[tuple[int, int, int], int] = {}
    for at in range(0, len(raw), 4):
        if raw[at + 3] > 127:
            # Sixteen levels a channel are coarse enough to gather what the eye calls one colour.
            key = (raw[at] >> 4, raw[at + 1] >> 4, raw[at + 2] >> 4)
            seen[key] = seen.get(key, 0) + 1
    total = sum(seen.values())
    ranked: list[tuple[float, Color]] = []
    for (red, green, blue), count in seen.items():
        if count * 200 >= total:
            colour = _color("srgb", [(level * 16 + 8) / 255 for level in (red, green, blue)]).convert("oklch")
            weight = count * (0.04 + colour["chroma"])
            if colour["lightness"] > 0.95 or colour["lightness"] < 0.2:
                weight *= 0.05
            ranked.append((weight, colour))
    chosen: list[Color] = []
    for _, colour in sorted(ranked, key=lambda pair: -pair[0]):
        if len(chosen) < most and all(colour.delta_e(other, method="ok") > 0.12 for other in chosen):
            chosen.append(colour)
    return [_hex(colour) for colour in chosen]


def _below(ratio: float) -> float:
    # Rounded down, so that 4.497 is never shown as the 4.5 that it misses.
    return int(ratio * 100) / 100


def _color(*description: Any) -> Color:
    # Loaded when the first look is worked out: making its colour spaces takes a good part of a start.
    from coloraide import Color

    return Color(*description)


def _hex(colour: Color) -> str:
    return str(colour.convert("srgb").fit().to_string(hex=True))
