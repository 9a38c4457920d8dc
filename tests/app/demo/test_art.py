"""The demo's drawings: the same every time, and drawable."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from app.demo.art import COLOURS, KINDS, PATTERNS, SCENES, draw, hero, logo, rasterise


@pytest.mark.parametrize("kind", list(KINDS))
def test_every_kind_is_drawn_and_is_more_than_its_ground(kind: str) -> None:
    drawn = draw(kind, colour="ink", pattern="orchard")
    assert drawn == draw(kind, colour="ink", pattern="orchard")
    picture = Image.open(io.BytesIO(rasterise(drawn, 40)))
    assert picture.size == (40, 50)
    colours = picture.convert("RGB").getcolors(2000)
    assert colours is not None
    assert len(colours) > 100


@pytest.mark.parametrize("pattern", [*PATTERNS, "", "signal:canary,black,tomato"])
@pytest.mark.parametrize("colour", [*COLOURS, "#123456"])
def test_every_print_goes_on_every_colour(pattern: str, colour: str) -> None:
    assert draw("tee", colour=colour, pattern=pattern).startswith("<svg")


def test_an_unknown_wish_is_refused() -> None:
    for wish in (
        {"kind": "yacht", "colour": "ink", "pattern": ""},
        {"kind": "mug", "colour": "puce", "pattern": ""},
        {"kind": "mug", "colour": "ink", "pattern": "paisley"},
    ):
        with pytest.raises(KeyError):
            draw(wish["kind"], colour=wish["colour"], pattern=wish["pattern"])
    with pytest.raises(ValueError, match="unpack"):
        draw("mug", colour="ink", pattern="hills:ink,clay")


@pytest.mark.parametrize("scene", list(SCENES))
def test_every_scene_is_wide(scene: str) -> None:
    assert Image.open(io.BytesIO(rasterise(hero(scene), 160))).size == (160, 116)


@pytest.mark.parametrize("style", ["serif", "sans", "grotesque", "sun", "leaf", "signal", "sun+serif"])
def test_every_mark_has_a_transparent_ground(style: str) -> None:
    mark = Image.open(io.BytesIO(rasterise(logo("Pine & Co", ("ink", "clay"), style), 200)))
    assert mark.mode == "RGBA"
    assert mark.getpixel((mark.width - 1, 0))[3] == 0  # type: ignore[index]
