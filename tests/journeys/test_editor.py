"""A store is branded in the editor: with the keyboard and the page's script, and again without either."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image, ImageDraw
from playwright.sync_api import FrameLocator, Page, expect

from tests.journeys.conftest import Visitor, accessible, signed_in
from tests.world import World
from themes.drafts import read_draft


@pytest.fixture
def logo(tmp_path: Path) -> Path:
    """A sign in blue and yellow on nothing."""
    picture = Image.new("RGBA", (420, 120))
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, 0, 260, 120), fill="#1c4cc8")
    draw.rectangle((280, 0, 420, 120), fill="#f5dc3a")
    path = tmp_path / "logo.png"
    picture.save(path)
    return path


def frame(page: Page) -> FrameLocator:
    return page.frame_locator("#frame")


def settled(page: Page) -> None:
    """Wait until the draft is kept."""
    expect(page.locator("#saved")).to_contain_text("Saved as draft")


def focus(page: Page, selector: str) -> None:
    """Go on with Tab until the keyboard is where somebody wants it."""
    for _ in range(120):
        if page.evaluate("wanted => document.activeElement?.matches(wanted) ?? false", selector):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"the keyboard does not come to {selector}")


def press(page: Page, selector: str, key: str = "Enter") -> None:
    page.locator("#main").focus()
    focus(page, selector)
    page.keyboard.press(key)


def test_a_store_is_branded_from_a_logo_to_publishing_with_the_keyboard(
    world: World, visitor: Visitor, logo: Path
) -> None:
    begun = time.monotonic()
    host = signed_in(world, visitor, face="portal", shop=world.ada)
    page = visitor.open(host, "/editor")
    expect(frame(page).get_by_role("link", name="Ada & Co").first).to_be_visible()
    # Choosing the file is the system's own dialog; everything else is keys.
    page.get_by_label("Logo", exact=True).set_input_files(logo)
    expect(frame(page).locator(".wordmark img")).to_be_visible()
    press(page, "#take-colours")
    expect(page.locator("#undo")).to_have_attribute("title", "Colours of the logo")
    press(page, "#panel-presets")
    press(page, "#preset-kitchen")
    expect(page.locator("#preset-kitchen")).to_have_attribute("aria-current", "true")
    expect(frame(page).locator("html")).to_have_attribute("data-display", "bricolage")
    expect(frame(page).locator(".wordmark img")).to_be_visible()
    # The preset brought its own colour; the logo's are one press away again.
    press(page, "#panel-look")
    press(page, "#take-colours")
    expect(page.locator("#undo")).to_have_attribute("title", "Colours of the logo")
    press(page, "#add-section > summary")
    press(page, "#add-section button[value=hero]")
    expect(page.locator("#settings-head")).to_have_text("First picture")
    expect(page.locator("#settings-head")).to_be_focused()
    focus(page, "#f-heading")
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("Blue all over", delay=15)
    heading = frame(page).get_by_role("heading", name="Blue all over")
    expect(heading).to_be_visible()
    expect(frame(page).locator(".awning-edited")).to_contain_text("Blue all over")
    expect(page.locator("#f-heading")).to_have_value("Blue all over")
    # Two fields one right after the other: neither answer takes back what the other one holds.
    page.get_by_role("textbox", name="Text").fill("Made for the sea")
    page.get_by_role("textbox", name="Button", exact=True).fill("Dive in")
    expect(frame(page).get_by_role("link", name="Dive in")).to_be_visible()
    expect(frame(page).get_by_text("Made for the sea")).to_be_visible()
    expect(page.get_by_role("textbox", name="Button", exact=True)).to_have_value("Dive in")
    settled(page)
    accessible(page)
    # Up with Alt and the arrow, and back with Control Z.
    press(page, "[data-row]:last-child > a", "Alt+ArrowUp")
    expect(page.locator("[data-row]").first).to_contain_text("Blue all over")
    expect(page.locator("[data-row]:first-child > a")).to_be_focused()
    expect(frame(page).locator("main > section").first).to_contain_text("Blue all over")
    page.keyboard.press("ControlOrMeta+z")
    expect(page.locator("[data-row]").last).to_contain_text("Blue all over")
    page.keyboard.press("ControlOrMeta+Shift+z")
    expect(page.locator("[data-row]").first).to_contain_text("Blue all over")
    # A colour that nobody can read is marked, and mended by one press.
    press(page, "#panel-look")
    focus(page, "#f-brand")
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("#f5dc3a")
    press(page, "#fix-brand")
    expect(page.locator("#f-brand-contrast")).to_contain_text("4.5 : 1")
    # Nothing is bought by accident from the preview.
    press(page, "#page-product")
    expect(frame(page).get_by_role("heading", level=1)).to_have_text(re.compile("Mug|Tote"))
    # The frame has told where it is, so its script is at work.
    expect(page.locator("#open-draft")).to_have_attribute("href", re.compile("/products/"))
    frame(page).get_by_role("button", name="Add to bag").first.press("Enter")
    expect(frame(page).get_by_role("status").filter(has_text="nothing can be bought")).to_be_visible()
    page.evaluate("document.activeElement.blur()")
    press(page, "#panel-share")
    press(page, "#make-link")
    link = page.locator("#new-link").input_value()
    accessible(page)
    press(page, "#panel-history")
    accessible(page)
    press(page, "#panel-presets")
    accessible(page)
    # The shop is as it was until publishing, and what would change is said before.
    shop = visitor.context.new_page()
    shop.goto(link)
    expect(shop.get_by_text("Draft.")).to_be_visible()
    expect(shop.get_by_role("heading", name="Blue all over")).to_be_visible()
    accessible(shop)
    shop.goto(visitor.installation.services.config.url(f"{world.ada.slug}.localhost", "/"))
    expect(shop.get_by_role("heading", name="Blue all over")).to_have_count(0)
    press(page, "#panel-changes")
    expect(page.locator(".differences-list")).to_contain_text("First picture")
    accessible(page)
    page.locator("#publish").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("The new look is published.")).to_be_visible()
    shop.reload()
    expect(shop.get_by_role("heading", name="Blue all over")).to_be_visible()
    expect(shop.locator(".wordmark img")).to_be_visible()
    shop.close()
    assert time.monotonic() - begun < 120


def test_the_look_is_changed_without_script_and_two_people_do_not_overwrite_each_other(
    world: World, another: Callable[..., Visitor], logo: Path
) -> None:
    plain, other = another(java_script_enabled=False), another()
    host = signed_in(world, plain, face="portal", shop=world.ben)
    signed_in(world, other, face="portal", shop=world.ben, role="manager")
    page = plain.open(host, "/editor")
    page.get_by_label("Logo", exact=True).set_input_files(logo)
    page.get_by_role("textbox", name="Line above the header").fill("Ohne Skript")
    late = other.open(host, "/editor?page=home&section=s1")
    expect(frame(late).locator(".awning-edited")).to_be_visible()
    page.get_by_role("button", name="Save to the draft").click()
    expect(page.locator("#saved")).to_contain_text("Saved as draft")
    expect(page.get_by_role("textbox", name="Line above the header")).to_have_value("Ohne Skript")
    page.get_by_text("Add a section").click()
    page.get_by_role("button", name=re.compile("^Quote")).click()
    page.get_by_role("button", name="Move Quote up").click()
    expect(page.locator("[data-row]").first).to_contain_text("Quote")
    with plain.context.expect_page() as opened:
        page.get_by_role("link", name="Open the draft").click()
    expect(opened.value.get_by_text("Ohne Skript")).to_be_visible()
    opened.value.close()
    # On a phone the columns are tabs.
    late.set_viewport_size({"width": 320, "height": 800})
    for tab in ("Preview", "Sections"):
        late.get_by_role("link", name=tab, exact=True).click()
        accessible(late, widths=(320, 768))
    late.set_viewport_size({"width": 1280, "height": 900})
    # The other one saw the draft before all that: it is told, nothing is lost, and it goes on top.
    late.get_by_role("textbox", name="Heading").fill("Neu bei uns")
    told = late.locator("#conflict")
    expect(told).to_contain_text("Done meanwhile")
    expect(told).to_contain_text("Quote added")
    accessible(late, widths=(320, 1280))
    told.get_by_role("button", name="Make my change on top").click()
    expect(told).to_have_count(0)
    expect(frame(late).get_by_role("heading", name="Neu bei uns")).to_be_visible()
    expect(frame(late).get_by_text("Ohne Skript")).to_be_visible()
    late.locator("[data-row]").last.drag_to(late.locator("[data-row]").first)
    expect(late.locator("[data-row]").last).to_contain_text("Quote")
    late.get_by_role("button", name="Publish").click()
    expect(late.get_by_text("The new look is published.")).to_be_visible()
    with world.ben.transaction() as session:
        kept = read_draft(session, **world.ben.keys)
    assert not kept.differs
    assert kept.content.settings["announcement"] == "Ohne Skript"
    shop = other.store(world.ben)
    expect(shop.get_by_role("heading", name="Neu bei uns")).to_be_visible()
