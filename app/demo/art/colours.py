"""The demo's named colours, frozen as sRGB because the rasteriser knows no other notation."""

from __future__ import annotations

from functools import lru_cache

from coloraide import Color

COLOURS: dict[str, str] = {
    "oat": "#ebe4d4",
    "chalk": "#f5f3ef",
    "clay": "#bb7052",
    "ink": "#242b39",
    "moss": "#4d6242",
    "fog": "#bccad0",
    "marigold": "#f0b550",
    "tide": "#366989",
    "plum": "#643038",
    "rose": "#dba9a4",
    "tomato": "#e94a2b",
    "black": "#1c1a17",
    "canary": "#f5dc3a",
    "white": "#fafaf9",
    "cobalt": "#1c4cc8",
    "sand": "#decfb8",
    "kraft": "#c9ab87",
    "wood": "#bf956c",
    "sage": "#9db69d",
    "petrol": "#155157",
    "mauve": "#9d7b87",
    "slate": "#5f6a77",
    "paper": "#f1eee6",
    "steel": "#bbbec1",
    "coffee": "#482e20",
}

# Which three inks read well on goods of each colour, the strongest first.
INKS: dict[str, tuple[str, str, str]] = {
    "oat": ("tide", "clay", "ink"),
    "chalk": ("clay", "tide", "marigold"),
    "clay": ("oat", "marigold", "ink"),
    "ink": ("oat", "marigold", "rose"),
    "moss": ("oat", "marigold", "rose"),
    "fog": ("ink", "tide", "clay"),
    "marigold": ("ink", "clay", "chalk"),
    "tide": ("oat", "marigold", "fog"),
    "plum": ("rose", "oat", "marigold"),
    "rose": ("plum", "clay", "oat"),
    "tomato": ("chalk", "canary", "black"),
    "black": ("canary", "chalk", "tomato"),
    "canary": ("black", "tomato", "chalk"),
    "white": ("cobalt", "tomato", "black"),
    "cobalt": ("canary", "chalk", "tomato"),
    "sand": ("clay", "ink", "moss"),
    "kraft": ("ink", "clay", "chalk"),
    "wood": ("ink", "oat", "clay"),
    "sage": ("moss", "oat", "plum"),
    "petrol": ("oat", "marigold", "sage"),
    "mauve": ("oat", "marigold", "plum"),
    "slate": ("oat", "marigold", "fog"),
    "paper": ("ink", "clay", "moss"),
    "steel": ("ink", "tide", "tomato"),
    "coffee": ("oat", "kraft", "clay"),
}


def colour(name: str) -> str:
    """Return the hex value of a named colour; a hex value passes through. Raises KeyError for others."""
    return name if name.startswith("#") else COLOURS[name]


def inks_for(name: str) -> tuple[str, str, str]:
    """Return the three print colours for goods of a colour; ink, clay and marigold for a free hex value."""
    return INKS.get(name, ("ink", "clay", "marigold"))


@lru_cache(maxsize=256)
def pale(name: str) -> str:
    """Return a pale ground related to a colour: its hue, little chroma, high lightness."""
    base = Color(colour(name)).convert("oklch")
    # Dark goods get a slightly deeper ground, so that the step between the two stays comfortable.
    lightness = 0.9 if base["lightness"] < 0.35 else 0.925
    chroma = min(0.012 + base["chroma"] * 0.14, 0.03)
    ground = Color("oklch", [lightness, chroma, base["hue"]])
    return ground.convert("srgb").fit().to_string(hex=True)


@lru_cache(maxsize=256)
def shade(name: str, step: float) -> str:
    """Return a colour made lighter (positive step) or darker, in OKLCH lightness."""
    base = Color(colour(name)).convert("oklch")
    base["lightness"] = min(max(base["lightness"] + step, 0.0), 1.0)
    return base.convert("srgb").fit().to_string(hex=True)
