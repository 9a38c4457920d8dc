"""The demo's goods, drawn: every product lives in a 400 by 500 box, as an SVG that needs no font.

- ``draw``: one product in a colour and a print
- ``hero``: a wide still life for a store's home page
- ``logo``: a store's emblem or wordmark
- ``rasterise``: an SVG as PNG bytes
- ``COLOURS``, ``KINDS``, ``PATTERNS``: what may be asked for
"""

from __future__ import annotations

from app.demo.art.colours import COLOURS
from app.demo.art.goods import KINDS, draw
from app.demo.art.logos import logo
from app.demo.art.prints import PRINTS
from app.demo.art.raster import rasterise
from app.demo.art.scenes import SCENES, hero

PATTERNS = tuple(PRINTS)

__all__ = ["COLOURS", "KINDS", "PATTERNS", "SCENES", "draw", "hero", "logo", "rasterise"]
