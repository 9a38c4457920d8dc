"""Pictures on their way in: decoded, freed of metadata, re-encoded, and made in the sizes pages ask for."""

from __future__ import annotations

import hashlib
import io
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from PIL import Image, ImageCms, ImageOps

from kit.errors import Refusal

MOST_BYTES = 15 * 1024 * 1024
MOST_PIXELS = 40_000_000
FULL_WIDTH = 1600
WIDTHS = (320, 640, 960, 1600)
_FORMATS = ("JPEG", "PNG", "WEBP", "AVIF")
_BROKEN = (OSError, SyntaxError, ValueError, EOFError, struct.error, zlib.error)


@dataclass(frozen=True, slots=True)
class AcceptedPicture:
    """A picture that was checked and re-encoded. ``data`` is WebP; ``key`` is its SHA-256 in hex."""

    key: str
    data: bytes
    width: int
    height: int

    @property
    def name(self) -> str:
        """The object's name in the store."""
        return full_name(self.key)


def full_name(key: str) -> str:
    """Return where the full-size WebP of a picture is stored."""
    return f"pictures/{key}.webp"


def derivative_name(key: str, width: int, fmt: str) -> str:
    """Return where a picture of this width in pixels and format (avif, webp) is stored."""
    return f"pictures/{key}-{width}.{fmt}"


def accept_picture(data: bytes) -> AcceptedPicture:
    """Check and re-encode an uploaded picture: at most 1600 pixels wide, upright, sRGB, no metadata.

    Raises Refusal (field ``picture``) for more than 15 MB or 40 megapixels, for an animation, and for
    anything that is not a whole JPEG, PNG, WebP or AVIF.
    """
    if len(data) > MOST_BYTES:
        raise _refused(f"The picture has {len(data) / 1048576:.1f} MB. At most 15 MB are allowed.")
    if _looks_like_svg(data):
        raise _refused("SVG files are not accepted. Export the picture as PNG, JPEG, WebP or AVIF.")
    try:
        with Image.open(io.BytesIO(data), formats=_FORMATS) as opened:
            _check_header(opened)
            opened.load()
            upright = ImageOps.exif_transpose(opened)
            picture = _plain(upright)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise _too_many_pixels() from None
    except _BROKEN:
        # Which of these a decoder raises depends on the format and on where the file ends.
        message = "This file could not be read as a picture. Send a whole PNG, JPEG, WebP or AVIF."
        raise _refused(message) from None
    if picture.width > FULL_WIDTH:
        height = max(1, round(picture.height * FULL_WIDTH / picture.width))
        picture = picture.resize((FULL_WIDTH, height), Image.Resampling.LANCZOS, reducing_gap=2.0)
    encoded = _encode(picture, "webp")
    return AcceptedPicture(hashlib.sha256(encoded).hexdigest(), encoded, picture.width, picture.height)


def derivatives(webp: bytes, widths: tuple[int, ...] = WIDTHS) -> Iterator[tuple[int, str, bytes]]:
    """Yield (width in pixels, format, bytes) for each width that the picture reaches, widest first.

    Both AVIF and WebP are made; a picture narrower than every width yields nothing. ``webp`` is what
    ``accept_picture`` made.
    """
    with Image.open(io.BytesIO(webp), formats=("WEBP",)) as opened:
        opened.load()
        picture = opened.copy()
    width, height = picture.size
    for target in sorted((each for each in widths if each <= width), reverse=True):
        if target != picture.width:
            # Each size is made from the one before: as good to the eye, and far less to compute.
            size = (target, max(1, round(height * target / width)))
            picture = picture.resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0)
        yield target, "avif", _encode(picture, "avif")
        yield target, "webp", webp if target == width else _encode(picture, "webp")


def available_widths(width: int, widths: tuple[int, ...] = WIDTHS) -> tuple[int, ...]:
    """Return the widths that ``derivatives`` makes for a picture of this width, ascending."""
    return tuple(sorted(each for each in widths if each <= width))


def _refused(message: str) -> Refusal:
    return Refusal(message, field="picture")


def _too_many_pixels() -> Refusal:
    return _refused("The picture has too many pixels. At most 40 megapixels are allowed.")


def _looks_like_svg(data: bytes) -> bool:
    head = data[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return head.startswith((b"<svg", b"<?xml", b"<!doctype svg")) or b"<svg" in head


def _check_header(picture: Image.Image) -> None:
    # This runs before a single pixel is decoded, so a small file that unfolds hugely costs nothing.
    if picture.width * picture.height > MOST_PIXELS:
        raise _too_many_pixels()
    if getattr(picture, "is_animated", False):
        raise _refused("Animated pictures are not accepted. Send a single still picture.")


def _plain(picture: Image.Image) -> Image.Image:
    """Return the picture in sRGB as RGB or RGBA, with nothing attached."""
    transparent = picture.has_transparency_data
    profile = picture.info.get("icc_profile")
    if profile and picture.mode in ("RGB", "RGBA", "CMYK"):
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            target = ImageCms.createProfile("sRGB")
            mode = "RGBA" if picture.mode == "RGBA" else "RGB"
            converted = ImageCms.profileToProfile(picture, source, target, outputMode=mode)
            picture = converted or picture
        except (ImageCms.PyCMSError, OSError):
            # A profile that cannot be read says nothing; the numbers are then taken as sRGB.
            pass
    picture = picture.convert("RGBA" if transparent else "RGB")
    # A new picture carries no EXIF, profile, text or comment from the old one.
    clean = Image.new(picture.mode, picture.size)
    clean.paste(picture)
    return clean


def _encode(picture: Image.Image, fmt: str) -> bytes:
    out = io.BytesIO()
    if fmt == "avif":
        # Speed 8 takes a third of the time of the default for about a tenth more bytes.
        picture.save(out, "AVIF", quality=55, speed=8)
    else:
        picture.save(out, "WEBP", quality=80, method=4)
    return out.getvalue()
