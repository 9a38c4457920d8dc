"""What is accepted as a picture, what is refused, and what becomes of it."""

from __future__ import annotations

import hashlib
import io

import pytest
from PIL import Image

from kit.errors import Refusal
from themes import pictures
from themes.pictures import accept_picture, available_widths, derivatives


def encoded(fmt: str, size: tuple[int, int] = (64, 48), mode: str = "RGB", **given: object) -> bytes:
    out = io.BytesIO()
    Image.linear_gradient("L").resize(size).convert(mode).save(out, fmt, **given)
    return out.getvalue()


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


@pytest.mark.parametrize("fmt", ["PNG", "JPEG", "WEBP", "AVIF"])
def test_each_raster_format_becomes_webp_named_after_its_bytes(fmt: str) -> None:
    accepted = accept_picture(encoded(fmt))
    assert opened(accepted.data).format == "WEBP"
    assert accepted.key == hashlib.sha256(accepted.data).hexdigest()
    assert accepted.name == f"pictures/{accepted.key}.webp"
    assert (accepted.width, accepted.height) == (64, 48)


def test_the_same_upload_gives_the_same_key() -> None:
    assert accept_picture(encoded("PNG")).key == accept_picture(encoded("PNG")).key


def test_a_picture_is_turned_upright_and_loses_its_metadata() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # Orientation: turn a quarter clockwise.
    exif[0x010E] = "taken at home"
    accepted = accept_picture(encoded("JPEG", exif=exif))
    assert (accepted.width, accepted.height) == (48, 64)
    assert not opened(accepted.data).getexif()
    assert b"home" not in accepted.data


def test_a_wide_picture_is_brought_to_1600() -> None:
    accepted = accept_picture(encoded("PNG", (3200, 1000)))
    assert (accepted.width, accepted.height) == (1600, 500)


def test_transparency_survives() -> None:
    out = io.BytesIO()
    Image.new("RGBA", (20, 20), (255, 0, 0, 0)).save(out, "PNG")
    assert opened(accept_picture(out.getvalue()).data).convert("RGBA").getpixel((5, 5))[3] == 0  # type: ignore[index]


@pytest.mark.parametrize("mode", ["CMYK", "L"])
def test_other_colour_models_become_rgb(mode: str) -> None:
    assert opened(accept_picture(encoded("JPEG", mode=mode)).data).mode == "RGB"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "could not be read"),
        (b"GIF89a not really", "could not be read"),
        (encoded("BMP"), "could not be read"),
        (encoded("PNG")[:-40], "could not be read"),
        (encoded("JPEG", (400, 400))[:900], "could not be read"),
        (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "SVG"),
        (b'\xef\xbb\xbf<?xml version="1.0"?><svg/>', "SVG"),
        (bytes(15 * 1024 * 1024 + 1), "15 MB"),
    ],
)
def test_what_is_no_whole_picture_is_refused_in_words(data: bytes, words: str) -> None:
    with pytest.raises(Refusal, match=words) as refused:
        accept_picture(data)
    assert refused.value.field == "picture"


def test_animations_are_refused() -> None:
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "blue")]
    out = io.BytesIO()
    frames[0].save(out, "WEBP", save_all=True, append_images=frames[1:])
    with pytest.raises(Refusal, match="Animated"):
        accept_picture(out.getvalue())


def test_too_many_pixels_are_refused_before_they_are_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "MOST_PIXELS", 1000)
    with pytest.raises(Refusal, match="40 megapixels"):
        accept_picture(encoded("PNG"))


def test_derivatives_come_in_both_formats_and_never_larger_than_the_picture() -> None:
    accepted = accept_picture(encoded("PNG", (960, 1200)))
    made = list(derivatives(accepted.data))
    assert [(width, fmt) for width, fmt, _ in made] == [
        (960, "avif"),
        (960, "webp"),
        (640, "avif"),
        (640, "webp"),
        (320, "avif"),
        (320, "webp"),
    ]
    assert available_widths(960) == (320, 640, 960)
    for width, fmt, data in made:
        assert opened(data).size == (width, width * 5 // 4)
        assert opened(data).format == fmt.upper()


def test_a_small_picture_has_no_derivatives() -> None:
    assert list(derivatives(accept_picture(encoded("PNG")).data)) == []
    assert available_widths(64) == ()
