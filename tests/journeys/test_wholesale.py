"""A rise of wholesale in a real browser: announced by the company, answered by a partner, withdrawn."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

from playwright.sync_api import expect

from tests.journeys.conftest import Visitor, accessible, signed_in
from tests.journeys.test_portal import amount
from tests.pricing.test_rises import own, raise_to
from tests.world import World, eur, usd


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


def test_a_rise_is_seen_from_both_sides(
    world: World, visitor: Visitor, another: Callable[..., Visitor]
) -> None:
    """Weighed and announced by the company, then watched and answered by the partner, until it holds."""
    own(world.ada, world.mug, usd("15.00"))
    own(world.ben, world.mug, eur("40.00"))
    world.later(minutes=1)
    console = signed_in(world, visitor, face="console", role="catalogue")
    begins = world.now.replace(second=0, microsecond=0) + timedelta(hours=3)
    page = visitor.open(console, f"/wholesale/{world.product(f'mug-{world.number}')}?currency=USD")
    page.get_by_label("New price in Standard").fill("15.50")
    page.locator('input[name="day"]').fill(f"{begins:%Y-%m-%d}")
    page.locator('input[name="time"]').fill(f"{begins:%H:%M}")
    page.get_by_role("button", name="See the effect").click()
    # One listing of one store lies under its new floor; the other prices follow, or stand high enough.
    expect(page.get_by_role("heading", name=re.compile("1 listing"))).to_be_visible()
    accessible(page)
    page.get_by_role("button", name=re.compile("^Save")).click()
    expect(page.get_by_text("New wholesale prices for 2 variants")).to_be_visible()
    world.run_jobs()

    partner = another()
    portal = signed_in(world, partner, face="portal", shop=world.ada)
    page = partner.open(portal, "/prices/ahead")
    row = page.locator(f'tr[data-sku="{world.mug}"]')
    expect(row).to_contain_text("$16.50")
    accessible(page)
    page.get_by_role("link", name=re.compile(r"Change th(is|ese) \d")).click()
    amount(page, world.mug).fill("19.90")
    amount(page, world.mug).press("Control+Enter")
    page.get_by_role("button", name="Save 1 price").press("Enter")
    expect(page.get_by_text("1 price saved")).to_be_visible()
    expect(partner.open(portal, "/prices/ahead").locator(f'tr[data-sku="{world.mug}"]')).to_have_count(0)

    shop = partner.store(world.ada, f"/products/mug-{world.number}?variant={world.mug}")
    expect(shop.locator("main")).to_contain_text("$19.90")
    world.later(hours=3)
    # What follows a rule follows the rise by itself: 80 percent on 15.50.
    shop = partner.store(world.ada, f"/products/mug-{world.number}?variant={world.scarce_mug}")
    expect(shop.locator("main")).to_contain_text("$27.90")
    shop = partner.store(world.ada, f"/products/mug-{world.number}?variant={world.mug}")
    expect(shop.locator("main")).to_contain_text("$19.90")


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


def test_the_list_ahead_is_accessible_in_the_dark(world: World, another: Callable[..., Visitor]) -> None:
    own(world.ada, world.mug, usd("15.00"))
    raise_to(world, {world.mug: usd("20.00")})
    visitor = another(color_scheme="dark")
    host = signed_in(world, visitor, face="portal", shop=world.ada)
    for path in ("/prices/ahead", "/store"):
        accessible(visitor.open(host, path))
