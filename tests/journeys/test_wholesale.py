"""A rise of wholesale in a real browser: announced by the company, answered by a partner, withdrawn."""

from __future__ import annotations

import re

from playwright.sync_api import Browser, expect

from tests.journeys.conftest import Visitor, accessible
from tests.journeys.test_portal import amount, in_the_dark, signed_in
from tests.pricing.test_rises import own, raise_to
from tests.world import Installation, World, usd


def test_a_partner_acts_on_a_rise_before_it_begins(world: World, visitor: Visitor) -> None:
    own(world.ada, world.tote, usd("12.00"))
    own(world.ada, world.mug, usd("15.00"))
    raise_to(world, {world.tote: usd("14.00"), world.mug: usd("20.00")})
    host = signed_in(world, visitor, face="portal", shop=world.ada)
    page = visitor.open(host)
    page.get_by_role("link", name=re.compile("2 prices fall under the floor on")).click()
    expect(page.get_by_role("heading", name="Wholesale changes ahead")).to_be_visible()
    expect(page.locator(f'tr[data-sku="{world.tote}"]')).to_contain_text("$15.00")
    accessible(page)
    page.get_by_role("link", name="Change the choice").click()
    page.get_by_label("Pause the product until I act").check()
    accessible(page)
    page.get_by_role("button", name="Save the settings").click()
    expect(page.get_by_label("Pause the product until I act")).to_be_checked()
    page = visitor.open(host, "/prices/ahead")
    expect(page.locator(f'tr[data-sku="{world.mug}"]')).to_contain_text("Paused")
    accessible(page)
    page.get_by_role("link", name="Change these 2 prices").click()
    amount(page, world.tote).fill("16.00")
    accessible(page, widths=(320,))
    page.get_by_role("button", name="Save 1 price").click()
    expect(page.get_by_text("1 price saved")).to_be_visible()
    expect(page.locator("tr[data-sku]")).to_have_count(1)


def test_staff_withdraw_a_rise_before_it_begins(world: World, visitor: Visitor) -> None:
    begins = raise_to(world, {world.tote: usd("14.00")})
    host = signed_in(world, visitor, face="console", role="catalogue")
    page = visitor.open(host, "/wholesale/scheduled/")
    accessible(page)
    label = re.compile(rf"Withdraw USD.14\.00 from {begins.day} {begins:%b %Y}")
    page.get_by_role("button", name=label).click()
    expect(page.get_by_text("is withdrawn: prices stay as they were")).to_be_visible()
    expect(page.get_by_role("button", name=label)).to_have_count(0)
    accessible(page, widths=(320,))


def test_the_list_ahead_is_accessible_in_the_dark(
    world: World, chromium: Browser, served: Installation
) -> None:
    own(world.ada, world.mug, usd("15.00"))
    raise_to(world, {world.mug: usd("20.00")})
    with in_the_dark(chromium, served) as visitor:
        host = signed_in(world, visitor, face="portal", shop=world.ada)
        for path in ("/prices/ahead", "/store"):
            accessible(visitor.open(host, path))
