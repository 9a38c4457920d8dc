"""Icons and cards: drawn in a store's look, whatever its logo and its name are like."""

from __future__ import annotations

import io

import pytest
from PIL import Image, ImageDraw

from themes.brand import CARD, ICON_SIZES, brand_hash, card, drawable, icon
from themes.registry import installed
from themes.tokens import look

SHOWN = look("market@1", {"brand": "#1f6f54"})


def png(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


def drawn(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data)).convert("RGB")


@pytest.mark.parametrize("size", ICON_SIZES)
def test_without_a_logo_the_icon_is_the_first_letter_on_the_brand_colour(size: int) -> None:
    made = drawn(icon(SHOWN, name="Fern & Co", logo=None, size=size, registry=installed()))
    assert made.size == (size, size)
    assert made.getpixel((0, 0)) == (0x1F, 0x6F, 0x54)
    assert len(made.getcolors(size * size) or ()) > 1


def test_a_wide_logos_icon_is_the_mark_that_stands_before_its_words() -> None:
    logo = Image.new("RGBA", (600, 100))
    pen = ImageDraw.Draw(logo)
    pen.ellipse((0, 0, 99, 99), fill="#c8361d")
    pen.rectangle((150, 20, 590, 80), fill="#1c1a17")
    made = drawn(icon(SHOWN, name="Fern", logo=png(logo), size=192, registry=installed()))
    colours = {colour for _, colour in made.getcolors(192 * 192) or ()}
    assert (0xC8, 0x36, 0x1D) in colours
    assert (0x1C, 0x1A, 0x17) not in colours


def test_a_logo_of_words_alone_or_of_nothing_gives_the_letter() -> None:
    words = Image.new("RGBA", (600, 100), "#1c1a17")
    nothing = Image.new("RGBA", (600, 100))
    letter = icon(SHOWN, name="Fern", logo=None, size=180, registry=installed())
    for logo in (words, nothing):
        assert icon(SHOWN, name="Fern", logo=png(logo), size=180, registry=installed()) == (letter)


@pytest.mark.parametrize(
    "name", ["Fern", "A" * 80, "One two three four five six seven eight nine ten", "Ç & Ø"]
)
def test_a_card_holds_any_name_that_its_face_has(name: str) -> None:
    for theme in ("aurora@1", "market@1"):
        made = drawn(card(look(theme, {}), name=name, tagline="Prints for the room", registry=installed()))
        assert made.size == CARD
        ground = made.getpixel((2, 2))
        # Nothing runs over the edge.
        assert all(made.getpixel((CARD[0] - 1, y)) == ground for y in range(0, CARD[1], 5))
        assert len(made.getcolors(CARD[0] * CARD[1]) or ()) > 1


def test_a_name_in_letters_that_the_face_lacks_is_not_drawn_as_boxes() -> None:
    assert not drawable("متجر")
    blank = drawn(icon(SHOWN, name="متجر", logo=None, size=180, registry=installed()))
    assert len(blank.getcolors(180 * 180) or ()) == 1


def test_a_picture_is_named_after_all_that_it_is_drawn_from() -> None:
    other = look("market@1", {"brand": "#1f6f55"})
    names = {
        brand_hash(SHOWN, name="A", tagline=""),
        brand_hash(SHOWN, name="B", tagline=""),
        brand_hash(SHOWN, name="A", tagline="b"),
        brand_hash(other, name="A", tagline=""),
    }
    assert len(names) == 4
