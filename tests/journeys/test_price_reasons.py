"""A partner asks why a price is what it is, from the grid and by keyboard, now and for an earlier moment."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import expect

from tests.journeys.conftest import Visitor, accessible, signed_in
from tests.journeys.test_portal import amount, lightness
from tests.world import World


def test_a_price_is_explained_from_its_row(world: World, visitor: Visitor) -> None:
    host = signed_in(world, visitor, face="portal", shop=world.ada)
    page = visitor.open(host, f"/prices?q={world.tote}")
    before = world.later(minutes=2)
    world.later(hours=30)
    amount(page, world.tote).fill("19.50")
    page.get_by_role("button", name="Save 1 price").click()
    expect(page.get_by_text("1 price saved")).to_be_visible()
    world.later(minutes=1)
    page = visitor.open(host, f"/prices?q={world.tote}")
    accessible(page, widths=(320, 1280))
    amount(page, world.tote).focus()
    page.keyboard.press("Tab")
    reason = page.get_by_role("link", name=re.compile("9.50 Why this price of Tote"))
    expect(reason).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Why this price?")).to_be_visible()
    chain = page.locator("dl.facts")
    expect(chain).to_contain_text("Own price")
    expect(chain).to_contain_text("$9.50")
    expect(page.get_by_role("img", name=re.compile("Price, wholesale and lowest price"))).to_be_visible()
    rows = page.locator("table.past-prices tbody tr")
    expect(rows).to_have_count(2)
    expect(rows.first).to_contain_text("by Owner")
    accessible(page)
    page.get_by_label("At another moment").fill(f"{before:%Y-%m-%dT%H:%M}")
    page.get_by_role("button", name="Show", exact=True).click()
    expect(chain).to_contain_text("80% on wholesale")
    expect(page.get_by_text("$8.00", exact=True)).to_be_visible()
    accessible(page)
    accessible(visitor.open(host, f"/prices/why/{world.variant(world.tote)}?at=soon"), widths=(320,))


def test_a_reason_is_accessible_in_the_dark(world: World, another: Callable[..., Visitor]) -> None:
    visitor = another(color_scheme="dark")
    host = signed_in(world, visitor, face="portal", shop=world.ben, role="analyst")
    page = visitor.open(host, f"/prices/why/{world.variant(world.mug)}")
    assert lightness(page) < 0.35
    accessible(page)
