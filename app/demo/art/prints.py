"""Six geometric prints that recur across goods, each drawn in a 200 by 200 box with three colours."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from app.demo.art.colours import colour, inks_for


def _tideline(a: str, b: str, d: str) -> str:
    rows = []
    for row, fill in enumerate((a, b, a, d, a, b, d)):
        y = 18 + row * 26
        depth = 15 - abs(3 - row) * 1.6
        there = [f"M0 {y}"]
        back = [f"L200 {y + depth:.1f}"]
        for wave in range(4):
            swing = 18 if (wave + row) % 2 else -18
            there.append(f"Q{wave * 50 + 25} {y + swing} {wave * 50 + 50} {y}")
        for wave in reversed(range(4)):
            swing = 18 if (wave + row) % 2 else -18
            back.append(f"Q{wave * 50 + 25} {y + depth + swing:.1f} {wave * 50} {y + depth:.1f}")
        rows.append(f'<path d="{" ".join(there + back)}Z" fill="{fill}"/>')
    return "".join(rows)


def _lowsun(a: str, b: str, d: str) -> str:
    parts = [f'<path d="M20 108a80 80 0 0 1 160 0Z" fill="{a}"/>']
    y, height, width = 118.0, 14.0, 160.0
    for fill, narrower in ((b, 6), (a, 22), (b, 30), (d, 34), (b, 0)):
        parts.append(
            f'<rect x="{100 - width / 2:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" '
            f'fill="{fill}"/>'
        )
        y += height + 5
        height -= 2.2
        width -= narrower
    return "".join(parts)


def _orchard(a: str, b: str, d: str) -> str:
    parts = []
    cells = ((a, 0), (b, 1), (d, 2), (d, 1), (a, 2), (b, 0), (b, 2), (d, 0), (a, 1))
    step, size = 200 / 3, 200 / 3 - 6
    for index, (fill, shape) in enumerate(cells):
        x, y = index % 3 * step + 3, index // 3 * step + 3
        arc = f"A{size:.1f} {size:.1f} 0 0 1"
        if shape == 0:
            half = size / 2
            parts.append(f'<circle cx="{x + half:.1f}" cy="{y + half:.1f}" r="{half:.1f}" fill="{fill}"/>')
        elif shape == 1:
            path = f"M{x:.1f} {y + size:.1f}V{y:.1f}{arc} {x + size:.1f} {y + size:.1f}Z"
            parts.append(f'<path d="{path}" fill="{fill}"/>')
        else:
            path = f"M{x:.1f} {y:.1f}{arc} {x + size:.1f} {y + size:.1f}{arc} {x:.1f} {y:.1f}Z"
            parts.append(f'<path d="{path}" fill="{fill}"/>')
    return "".join(parts)


def _hills(a: str, b: str, d: str) -> str:
    parts = []
    for cx, cy, radius, fills in (
        (62, 188, 62, (a, d, a)),
        (140, 188, 58, (b, d, b)),
        (104, 118, 50, (d, a, b)),
    ):
        for ring, fill in enumerate(fills):
            r = radius * (1 - ring * 0.3)
            parts.append(f'<path d="M{cx - r:.1f} {cy}a{r:.1f} {r:.1f} 0 0 1 {2 * r:.1f} 0Z" fill="{fill}"/>')
    return "".join(parts)


def _signal(a: str, b: str, d: str) -> str:
    parts = []
    for ring, fill in enumerate((a, b, a, d, a)):
        r = 190 - ring * 38
        parts.append(f'<path d="M10 195V{195 - r}A{r} {r} 0 0 1 {10 + r} 195Z" fill="{fill}"/>')
    return "".join(parts)


def _bars(a: str, b: str, d: str) -> str:
    heights = (60, 120, 170, 90, 190, 140, 70, 110)
    fills = (a, b, a, d, a, a, b, a)
    return "".join(
        f'<rect x="{4 + index * 24.5}" y="{100 - height / 2}" width="17" height="{height}" fill="{fill}"/>'
        for index, (height, fill) in enumerate(zip(heights, fills, strict=True))
    )


PRINTS: dict[str, Callable[[str, str, str], str]] = {
    "tideline": _tideline,
    "lowsun": _lowsun,
    "orchard": _orchard,
    "hills": _hills,
    "signal": _signal,
    "bars": _bars,
}


@dataclass(frozen=True, slots=True)
class Print:
    """A print in its colours. ``name`` is empty for plain goods."""

    name: str
    inks: tuple[str, str, str]

    @classmethod
    def read(cls, text: str, ground: str) -> Print:
        """Read ``"orchard"``, ``"orchard:moss,clay,marigold"``, or ``""`` and ``"plain"`` for none.

        Without colours, inks that read well on ``ground`` are taken. Raises KeyError for an unknown
        print or colour name, ValueError when there are not three colours.
        """
        name, _, names = text.partition(":")
        if name in ("", "plain"):
            return cls("", inks_for(ground))
        if name not in PRINTS:
            raise KeyError(name)
        first, second, third = names.split(",") if names else inks_for(ground)
        return cls(name, (colour(first), colour(second), colour(third)))

    def ink(self, position: int) -> str:
        """The hex value of one of the three colours, counted from 0."""
        return colour(self.inks[position])

    def at(self, x: float, y: float, size: float, *, rotate: float = 0) -> str:
        """Return the print scaled to ``size`` with its top left corner at (x, y); nothing when plain."""
        if not self.name:
            return ""
        turn = f" rotate({rotate:g})" if rotate else ""
        drawn = PRINTS[self.name](*self.inks)
        return f'<g transform="translate({x:g} {y:g}){turn} scale({size / 200:.4g})">{drawn}</g>'

    def repeat(self, x: float, y: float, size: float, columns: int, rows: int, gap: float = 0) -> str:
        """Return the print laid out as a repeat of ``columns`` by ``rows``."""
        step = size + gap
        return "".join(
            self.at(x + column * step, y + row * step, size)
            for row in range(rows)
            for column in range(columns)
        )
