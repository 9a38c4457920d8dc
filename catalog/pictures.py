"""Pictures of products, as a page needs them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class PictureRef:
    """A stored picture. ``key`` is the SHA-256 of its re-encoded bytes, in hex.

    ``sizes`` are the widths in pixels that exist as AVIF and WebP, ascending; it is empty until the
    resizing job has run, and then only the full-size WebP exists.
    """

    key: str
    width: int
    height: int
    alt: str
    sizes: tuple[int, ...] = ()


def picture_ref(values: Any) -> PictureRef:
    """Make a reference from what JSON carries: key, width, height, alt, sizes."""
    key, width, height, alt, sizes = values
    return PictureRef(key, width, height, alt, tuple(sizes))
