"""Pictures of products, as a page needs them."""

from __future__ import annotations

from dataclasses import dataclass


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
