"""Every preset, page, width and scheme in one picture: `make sheet` writes docs/pictures/presets.webp."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont
from playwright.sync_api import Browser, Page

from app.theme_check.looking import WIDTHS
from scripts.presets.dressing import DressedDemo, presets
from scripts.presets.walking import PAGES, SCHEMES, browser, buy, fill_bag, shopper
from themes.registry import Preset, Theme

_TARGET = Path("docs/pictures/presets.webp")
_GROUND, _INK = "#e9e8e4", "#33332f"
# How wide a screenshot is on the sheet, and the height that it is cut at, as a page is seen at first.
_SHOWN = {320: 64, 768: 120, 1280: 200}
_HEIGHT, _GAP, _MARGIN, _LABEL = 268, 8, 24, 26


_FETCHED = """Promise.all([...document.images].filter(picture => !picture.complete).map(
  picture => new Promise(done => { picture.onload = picture.onerror = done })))"""


def main() -> int:
    with DressedDemo() as demo, browser(os.environ["AWNING_CHROMIUM"]) as chromium:
        rows = [
            (f"{theme.label}, {preset.label}, {scheme}", row)
            for theme, preset in presets()
            for scheme, row in _rows(demo, chromium, theme, preset)
        ]
    _TARGET.parent.mkdir(parents=True, exist_ok=True)
    _composed(rows).save(_TARGET, quality=82, method=6)
    print(f"{len(rows)} rows in {_TARGET}, {_TARGET.stat().st_size // 1024} kB")
    return 0


def _rows(
    demo: DressedDemo, chromium: Browser, theme: Theme, preset: Preset
) -> list[tuple[str, list[Image.Image]]]:
    demo.dress(theme, preset)
    buyer = shopper(chromium)
    fill_bag(buyer, demo)
    receipt = buy(buyer, demo)
    buyer.context.close()
    rows = []
    for scheme in SCHEMES:
        page = shopper(chromium, scheme=scheme)
        fill_bag(page, demo)
        shots = []
        for path in PAGES.values():
            page.goto(demo.store + path)
            shots += [_shot(page, width) for width in WIDTHS]
        # On a page of its own: the store's security policy would take the mail's styles away.
        mail = page.context.new_page()
        mail.set_content(receipt)
        shots += [_shot(mail, width) for width in WIDTHS]
        page.context.close()
        rows.append((scheme, shots))
    return rows


def _shot(page: Page, width: int) -> Image.Image:
    shown = _SHOWN[width]
    page.set_viewport_size({"width": width, "height": _HEIGHT * width // shown})
    # A picture below the window is fetched when somebody comes near it, and nobody does.
    page.evaluate("for (const picture of document.images) picture.loading = 'eager'")
    page.wait_for_load_state("networkidle")
    page.evaluate(_FETCHED)
    taken = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    return taken.resize((shown, _HEIGHT), Image.Resampling.LANCZOS)


def _composed(rows: list[tuple[str, list[Image.Image]]]) -> Image.Image:
    wide = sum(_SHOWN[width] + _GAP for width in WIDTHS) * (len(PAGES) + 1) + 2 * _MARGIN
    sheet = Image.new("RGB", (wide, len(rows) * (_HEIGHT + _LABEL + _GAP) + 2 * _MARGIN), _GROUND)
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(15)
    for number, (label, shots) in enumerate(rows):
        top = _MARGIN + number * (_HEIGHT + _LABEL + _GAP)
        pen.text((_MARGIN, top), label, fill=_INK, font=font)
        left = _MARGIN
        for shot in shots:
            sheet.paste(shot, (left, top + _LABEL))
            left += shot.width + _GAP
    return sheet


if __name__ == "__main__":
    sys.exit(main())
