"""From drawing to pixels."""

from __future__ import annotations

import resvg_py


def rasterise(svg: str, width: int) -> bytes:
    """Return the SVG as PNG bytes, ``width`` pixels wide, in its own proportions.

    Raises ValueError when the text is no SVG.
    """
    return bytes(resvg_py.svg_to_bytes(svg_string=svg, width=width, skip_system_fonts=True))
