"""The parts that every drawing shares: identifiers, contact shadows, soft shading and the ground."""

from __future__ import annotations

import zlib

from app.demo.art.colours import colour

DUSK = "#140d05"
SHADOW = "#2c1e13"


class Sheet:
    """One drawing. Its identifiers follow from what is drawn, so equal calls give equal bytes."""

    def __init__(self, seed: str) -> None:
        self._prefix = f"a{zlib.crc32(seed.encode()):08x}"
        self._count = 0

    def id(self) -> str:
        self._count += 1
        return f"{self._prefix}-{self._count}"

    def blur(self, deviation: float, reach: int = 8) -> tuple[str, str]:
        """Return (identifier, definition) of a blur; ``reach`` is the margin around it in percent.

        A margin no wider than needed, and no detour through linear colours, halve the drawing time.
        """
        name = self.id()
        region = f'x="-{reach}%" y="-{reach}%" width="{100 + 2 * reach}%" height="{100 + 2 * reach}%"'
        effect = f'<feGaussianBlur stdDeviation="{deviation:g}"/>'
        return name, f'<filter id="{name}" {region} color-interpolation-filters="sRGB">{effect}</filter>'

    def clip(self, path: str) -> tuple[str, str]:
        name = self.id()
        return name, f'<clipPath id="{name}"><path d="{path}"/></clipPath>'

    def gradient(
        self, *stops: tuple[float, str, float], x1: float = 0, y1: float = 0, x2: float = 1, y2: float = 0
    ) -> tuple[str, str]:
        """Return (identifier, definition) of a linear gradient with stops (offset, colour, opacity)."""
        name = self.id()
        drawn = "".join(
            f'<stop offset="{offset:g}" stop-color="{fill}" stop-opacity="{opacity:g}"/>'
            for offset, fill, opacity in stops
        )
        return (
            name,
            (
                f'<linearGradient id="{name}" x1="{x1:g}" y1="{y1:g}" x2="{x2:g}" y2="{y2:g}">'
                f"{drawn}</linearGradient>"
            ),
        )

    def radial(self, *stops: tuple[float, str, float], cx: float, cy: float, r: float) -> tuple[str, str]:
        name = self.id()
        drawn = "".join(
            f'<stop offset="{offset:g}" stop-color="{fill}" stop-opacity="{opacity:g}"/>'
            for offset, fill, opacity in stops
        )
        return name, f'<radialGradient id="{name}" cx="{cx:g}" cy="{cy:g}" r="{r:g}">{drawn}</radialGradient>'

    def cylinder(self, dark: float = 0.24, light: float = 0.22) -> tuple[str, str]:
        """Shading of something round, lit from the left."""
        return self.gradient(
            (0, DUSK, dark * 0.8),
            (0.16, DUSK, 0),
            (0.27, "#fff", light),
            (0.4, "#fff", 0),
            (0.62, DUSK, dark * 0.15),
            (1, DUSK, dark * 1.25),
        )

    def standing(self, cx: float, cy: float, rx: float, ry: float, opacity: float = 0.3) -> str:
        """The shadow under something that stands: densest under its middle, fading to nothing."""
        dense = opacity * 1.05
        name, definition = self.radial(
            (0, SHADOW, dense),
            (0.55, SHADOW, dense * 0.86),
            (0.78, SHADOW, dense * 0.4),
            (0.92, SHADOW, dense * 0.08),
            (1, SHADOW, 0),
            cx=0.5,
            cy=0.5,
            r=0.5,
        )
        ellipse = f'<ellipse cx="{cx:g}" cy="{cy:g}" rx="{rx * 1.16:g}" ry="{ry * 1.9:g}"'
        return f'<defs>{definition}</defs>{ellipse} fill="url(#{name})"/>'

    def lying(self, path: str, opacity: float = 0.24, dx: float = 5, dy: float = 13, soft: float = 9) -> str:
        """The shadow under something that lies flat or hangs close to the wall."""
        name, definition = self.blur(soft, 9)
        moved = f'<path d="{path}" transform="translate({dx:g} {dy:g})" fill="{SHADOW}"'
        return f'{definition}{moved} opacity="{opacity:g}" filter="url(#{name})"/>'

    def folds(self, soft: float, *shapes: tuple[str, str, float]) -> str:
        """Blurred shapes (path, colour, opacity) that suggest cloth."""
        name, definition = self.blur(soft)
        drawn = "".join(
            f'<path d="{path}" fill="{fill}" opacity="{opacity:g}"/>' for path, fill, opacity in shapes
        )
        return f'{definition}<g filter="url(#{name})">{drawn}</g>'

    def ground(self, fill: str, width: float, height: float) -> str:
        """A lit, even ground for a picture of the given size."""
        name, definition = self.radial(
            (0, "#fff", 0.35), (0.6, "#fff", 0), (1, DUSK, 0.07), cx=0.4, cy=0.32, r=0.9
        )
        box = f'width="{width:g}" height="{height:g}"'
        return (
            f'<rect {box} fill="{colour(fill)}"/><defs>{definition}</defs><rect {box} fill="url(#{name})"/>'
        )


def rectangle(x: float, y: float, width: float, height: float, radius: float = 0) -> str:
    """A rectangle as a path, for places that take only paths."""
    if not radius:
        return f"M{x:g} {y:g}h{width:g}v{height:g}h{-width:g}Z"
    r, w, h = radius, width - 2 * radius, height - 2 * radius
    corner = f"a{r:g} {r:g} 0 0 1"
    return (
        f"M{x + r:g} {y:g}h{w:g}{corner} {r:g} {r:g}v{h:g}{corner} {-r:g} {r:g}"
        f"h{-w:g}{corner} {-r:g} {-r:g}v{-h:g}{corner} {r:g} {-r:g}Z"
    )


def stitch(path: str, opacity: float = 0.28) -> str:
    """A line of stitches."""
    line = f'<path d="{path}" fill="none" stroke="{DUSK}" stroke-opacity="{opacity:g}"'
    return f'{line} stroke-width="1.2" stroke-dasharray="3 2.4"/>'


def placed(drawing: str, x: float, y: float, scale: float = 1, rotate: float = 0) -> str:
    """A 400 by 500 drawing moved, scaled, and turned about its own middle."""
    return f'<g transform="translate({x:g} {y:g}) scale({scale:g}) rotate({rotate:g} 200 250)">{drawing}</g>'
