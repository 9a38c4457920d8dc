"""Pictures as HTML: every size that exists, in AVIF and WebP, with the space reserved for them."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup, escape

from catalog.pictures import PictureRef


def picture_url(ref: PictureRef, width: int | None = None, fmt: str = "webp") -> str:
    """Return the address of a picture: of the full size, or of one of its sizes."""
    return f"/_img/{ref.key}-{width}.{fmt}" if width else f"/_img/{ref.key}.webp"


def as_picture(value: dict[str, Any] | PictureRef | None) -> PictureRef | None:
    """Read a picture setting, which is kept as plain JSON. None stays None."""
    if value is None or isinstance(value, PictureRef):
        return value
    return PictureRef(
        value["key"], value["width"], value["height"], value.get("alt", ""), tuple(value.get("sizes", ()))
    )


def picture(
    ref: PictureRef | dict[str, Any] | None,
    sizes: str = "100vw",
    alt: str | None = None,
    *,
    eager: bool = False,
) -> Markup:
    """Return a ``<picture>``. ``sizes`` says how wide it is shown; ``eager`` is for the page's first one.

    ``alt`` replaces the picture's own text; an empty one marks it as decoration.
    """
    found = as_picture(ref)
    if found is None:
        return Markup('<span class="no-picture"></span>')
    text = escape(found.alt if alt is None else alt)
    loading = 'fetchpriority="high"' if eager else 'loading="lazy" decoding="async"'
    box = f'width="{found.width}" height="{found.height}" alt="{text}" {loading}'
    key = escape(found.key)
    if not found.sizes:
        return Markup(f'<picture><img src="/_img/{key}.webp" {box}></picture>')  # noqa: S704
    sources = "".join(
        f'<source type="image/{fmt}" srcset="'
        + ", ".join(f"/_img/{key}-{width}.{fmt} {width}w" for width in found.sizes)
        + f'" sizes="{escape(sizes)}">'
        for fmt in ("avif", "webp")
    )
    middle = found.sizes[len(found.sizes) // 2]
    return Markup(f'<picture>{sources}<img src="/_img/{key}-{middle}.webp" {box}></picture>')  # noqa: S704


def preload(ref: PictureRef | dict[str, Any] | None, sizes: str) -> Markup:
    """A hint for a page's head to fetch its first picture at once, in the form that a browser which knows it
    will choose. ``sizes`` is as for that picture. Nothing for a picture without sizes."""
    found = as_picture(ref)
    if found is None or not found.sizes:
        return Markup()
    key = escape(found.key)
    widths = ", ".join(f"/_img/{key}-{width}.avif {width}w" for width in found.sizes)
    return Markup(  # noqa: S704
        f'<link rel="preload" as="image" type="image/avif" imagesrcset="{widths}"'
        f' imagesizes="{escape(sizes)}" fetchpriority="high">'
    )
