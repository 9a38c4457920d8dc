"""A shopper finds what it misspelt with the keyboard alone, and narrows what it found."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.journeys.conftest import WIDTHS, Visitor, accessible
from tests.world import World


def test_hoodei_is_found_with_the_keyboard_alone(world: World, visitor: Visitor) -> None:
    n = world.number
    world.goods(
        f"hoodie-{n},Tideline hoodie,Colour,Oat,hoodie-{n}-o,60.00,4\n"
        f"hoodie-{n},,,Moss,hoodie-{n}-m,60.00,4\n"
        f"zip-{n},Zip hoodie,Colour,Moss,zip-{n}-m,70.00,0\n"
    )
    page = visitor.store(world.ada)
    link = page.get_by_role("link", name="Search", exact=True)
    while not link.evaluate("link => link === document.activeElement"):
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    field = page.get_by_role("combobox", name="What are you looking for?")
    expect(field).to_be_focused()
    page.keyboard.type("hoodei")
    offers = page.get_by_role("listbox").get_by_role("option")
    expect(offers).to_have_count(2)
    expect(page.get_by_role("status").last).to_have_text("2 suggestions")
    page.keyboard.press("ArrowDown")
    expect(field).to_have_attribute("aria-activedescendant", "hint-p1")
    expect(offers.first).to_have_attribute("aria-selected", "true")
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    accessible(page)
    page.keyboard.press("Escape")
    expect(page.get_by_role("listbox")).to_be_hidden()
    expect(field).to_have_value("hoodei")
    # Without taking an offer, Enter searches for what was typed.
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Results for “hoodie”")).to_be_visible()
    accessible(page)
    # The filters open, and each choice takes effect at once, without losing the place.
    filters = page.locator(".filters summary")
    while not filters.evaluate("summary => summary === document.activeElement"):
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    oat = page.get_by_role("checkbox", name="Oat 1")
    while not oat.evaluate("box => box === document.activeElement"):
        page.keyboard.press("Tab")
    page.keyboard.press("Space")
    expect(page).to_have_url(re.compile(r"q=hoodei&o-colour=oat"))
    expect(page.locator(".card")).to_have_count(1)
    expect(page.get_by_role("checkbox", name="Oat 1")).to_be_focused()
    expect(page.get_by_role("status").last).to_have_text("1 thing")
    accessible(page)
    page.get_by_role("link", name="Oat remove").click()
    expect(page.locator(".card")).to_have_count(2)
    page.go_back()
    expect(page.locator(".card")).to_have_count(1)
    # And back in the field, an offer is followed.
    field.focus()
    page.keyboard.type(" ")
    expect(offers).to_have_count(2)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1, name=re.compile("hoodie"))).to_be_visible()
