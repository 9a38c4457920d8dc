"""Icons, inline: a choice from Lucide (its licence stands beside ``icons.json``)."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path

from markupsafe import Markup

_FILE = Path(__file__).with_name("icons.json")


@lru_cache(maxsize=1)
def _shapes() -> dict[str, str]:
    shapes: dict[str, str] = json.loads(_FILE.read_text(encoding="utf-8"))
    return shapes


@lru_cache(maxsize=512)
def icon(name: str, size: int = 17) -> Markup:
    """Return an icon that says nothing by itself: a word stands beside it. Raises KeyError."""
    line = 'fill="none" stroke="currentColor" stroke-width="1.6" stroke-linecap="round"'
    box = f'class="icon" width="{size}" height="{size}" viewBox="0 0 24 24" stroke-linejoin="round"'
    return Markup(f'<svg {box} {line} aria-hidden="true">{_shapes()[name]}</svg>')  # noqa: S704


@lru_cache(maxsize=8)
def awning(width: int = 22) -> Markup:
    """Return the mark: a scalloped awning of four stripes."""
    height = width * 20 // 22
    stripes = (
        ("M3 1H7L5.6 11.5A2.6 2.6 0 0 1 .4 11.5Z", "mark-strong"),
        ("M7 1H11V11.5A2.7 2.7 0 0 1 5.6 11.5Z", "mark-weak"),
        ("M11 1H15L16.4 11.5A2.7 2.7 0 0 1 11 11.5Z", "mark-strong"),
        ("M15 1H19L21.6 11.5A2.6 2.6 0 0 1 16.4 11.5Z", "mark-weak"),
        ("M4 16.6H18V18.4H4Z", "mark-strong"),
    )
    drawn = "".join(f'<path class="{weight}" d="{path}"/>' for path, weight in stripes)
    box = f'class="mark" width="{width}" height="{height}" viewBox="0 0 22 20"'
    return Markup(f'<svg {box} aria-hidden="true">{drawn}</svg>')  # noqa: S704
