"""Brand colours become readable tokens, whatever the brand."""

from __future__ import annotations

import io
import itertools
import re

import pytest
from PIL import Image

from themes.colour import (
    PAPERS,
    SHAPE,
    TEXT,
    contrast,
    palette,
    palette_from_picture,
    ramp,
    toward,
)
from themes.registry import installed
from themes.tokens import look

BRANDS = [
    "#643038",
    "#155157",
    "#f5dc3a",
    "#ffffff",
    "#000000",
    "#808080",
    "#00ff88",
    "#ff0000",
    "#e94a2b",
    "#7f7fff",
]


@pytest.mark.parametrize("brand", BRANDS)
@pytest.mark.parametrize("paper", list(PAPERS))
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_brand_reads_on_every_paper(brand: str, paper: str, scheme: str) -> None:
    made = palette((brand,), paper, scheme)  # type: ignore[arg-type]
    tokens = made.tokens
    assert made.readable
    for ground in ("paper", "sunk"):
        assert contrast(tokens["brand-text"], tokens[ground]) >= TEXT
        assert contrast(tokens["ink-2"], tokens[ground]) >= TEXT
        assert contrast(tokens["bad"], tokens[ground]) >= TEXT
        assert contrast(tokens["focus"], tokens[ground]) >= SHAPE
    assert contrast(tokens["on-brand"], tokens["brand"]) >= TEXT
    assert contrast(tokens["field"], tokens["paper"]) >= SHAPE
    for adjustment in made.adjustments:
        assert adjustment.contrast < adjustment.needed
        assert adjustment.wanted != adjustment.used


def test_a_readable_brand_is_left_alone() -> None:
    made = palette(("#643038",))
    assert made.adjustments == ()
    assert made.tokens["brand"] == made.tokens["brand-text"] == made.tokens["focus"] == "#643038"


def test_yellow_keeps_its_fill_and_borrows_its_focus() -> None:
    made = palette(("#f5dc3a",))
    assert made.tokens["brand"] == "#f5dc3a"
    assert {each.token for each in made.adjustments} == {"brand-text", "focus"}


@pytest.mark.parametrize("brands", [(), ("#000000",) * 4])
def test_one_to_three_brand_colours(brands: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="one to three"):
        palette(brands)


def test_a_colour_moves_no_further_than_it_must() -> None:
    assert toward("#222222", "#ffffff", TEXT) == "#222222"
    moved = toward("#bbbbbb", "#ffffff", TEXT)
    assert TEXT <= contrast(moved, "#ffffff") < TEXT + 0.2


@pytest.mark.parametrize("brand", BRANDS)
def test_a_ramp_runs_from_light_to_dark(brand: str) -> None:
    steps = ramp(brand)
    against_black = [contrast(steps[step], "#000000") for step in sorted(steps)]
    assert against_black == sorted(against_black, reverse=True)
    assert all(re.fullmatch(r"#[0-9a-f]{6}", each) for each in steps.values())


def test_a_logo_gives_its_telling_colours_and_not_its_ground() -> None:
    logo = Image.new("RGBA", (100, 100), (255, 255, 255, 255))
    logo.paste((21, 81, 87, 255), (0, 0, 60, 40))
    logo.paste((233, 74, 43, 255), (60, 60, 90, 90))
    out = io.BytesIO()
    logo.save(out, "PNG")
    found = palette_from_picture(out.getvalue(), most=2)
    assert len(found) == 2
    assert contrast(found[0], "#e94a2b") < 1.4 or contrast(found[1], "#e94a2b") < 1.4
    assert "#ffffff" not in found


def test_an_empty_logo_gives_nothing() -> None:
    out = io.BytesIO()
    Image.new("RGBA", (10, 10), (0, 0, 0, 0)).save(out, "PNG")
    assert palette_from_picture(out.getvalue()) == []


def test_a_look_is_its_settings_and_nothing_else() -> None:
    one = look("aurora@1", {"brand": "#155157", "paper": "sage"})
    assert one.css == look("aurora@1", {"paper": "sage", "brand": "#155157"}).css
    assert one.hash != look("aurora@1", {"brand": "#155157"}).hash
    assert "--brand:#155157" in one.css


def test_a_look_shows_even_when_its_settings_are_wrong() -> None:
    broken = look("aurora@1", {"brand": "</style>", "paper": 7, "unknown": True})
    assert broken.css == look("aurora@1", {}).css


def test_presets_differ_in_more_than_colour() -> None:
    for theme in (each for each in installed().themes if each.presets):
        shown = [look(theme.name, preset.settings) for preset in theme.presets]
        assert len(shown) == len({each.hash for each in shown}) >= 2
        for one, other in itertools.combinations(shown, 2):
            differing = {key for key in one.attributes if one.attributes[key] != other.attributes[key]}
            assert len(differing) >= 4
        assert all(len(each.fonts) <= 2 for each in shown)


def test_a_scheme_is_light_dark_or_the_shoppers_own() -> None:
    def css(scheme: str) -> str:
        return look("aurora@1", {"scheme": scheme}).css

    light, dark = palette(("#643038",), "warm"), palette(("#643038",), "warm", "dark")
    assert f"color-scheme:light;--paper:{light.tokens['paper']}" in css("light")
    assert f"color-scheme:dark;--paper:{dark.tokens['paper']}" in css("dark")
    both = f"light-dark({light.tokens['paper']},{dark.tokens['paper']})"
    assert f"color-scheme:light dark;--paper:{both}" in css("auto")
