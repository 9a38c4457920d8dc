"""Discounts in a real browser: a partner makes a coupon, a shopper is refused and then pays with it."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Route, expect

from tests.journeys.conftest import Visitor, accessible, into_bag, signed_in
from tests.journeys.test_buying import fill_in, pay
from tests.orders.test_discounting import coupon, promotion
from tests.world import World


def test_from_making_a_coupon_to_the_order_that_has_it(
    world: World, visitor: Visitor, another: Callable[..., Visitor]
) -> None:
    portal = signed_in(world, visitor, face="portal", shop=world.ada)
    page = visitor.open(portal, "/discounts/")
    accessible(page)
    page.get_by_role("link", name="New coupon").click()
    accessible(page)
    page.get_by_label("Code", exact=True).fill("spring-10")
    page.get_by_role("radio", name="A product").check()
    page.get_by_label("Product", exact=True).fill(f"mug-oat-{world.number}")
    page.get_by_label("Takes off", exact=True).fill("50")
    # While it is typed, the page says how much fits.
    expect(page.locator("#fits")).to_contain_text("More than 39.8% does not fit on every product")
    page.get_by_label("Takes off", exact=True).fill("10")
    expect(page.locator("#fits")).to_contain_text("Fits fully up to 39.8%")
    page.get_by_label("Smallest order").fill("a lot")
    page.get_by_role("button", name="Make the coupon").click()
    expect(page.get_by_role("alert")).to_be_focused()
    accessible(page)
    page.get_by_label("Smallest order").fill("40")
    page.get_by_role("button", name="Make the coupon").click()
    expect(page.get_by_text("SPRING-10 can be used now.")).to_be_visible()

    shop = another().store(world.ada, f"/products/mug-{world.number}?variant={world.mug}")
    into_bag(shop)
    shop.get_by_text("Have a code?").click()
    shop.get_by_label("Code", exact=True).fill("spring-10")
    shop.get_by_role("button", name="Use it").click()
    refusal = shop.get_by_text("SPRING-10 needs goods for $18.40 more in your bag.")
    expect(refusal).to_be_visible()
    expect(shop.get_by_label("Code", exact=True)).to_be_focused()
    accessible(shop)
    shop.get_by_label("Quantity of Mug").fill("2")
    shop.get_by_label("Quantity of Mug").press("Enter")
    expect(shop.get_by_text("2 pieces")).to_be_visible()
    shop.get_by_text("Have a code?").click()
    shop.get_by_label("Code", exact=True).fill("spring-10")
    shop.get_by_label("Code", exact=True).press("Enter")
    expect(shop.get_by_text("SPRING-10 is used.")).to_be_visible()
    expect(shop.get_by_text("−$4.32")).to_be_visible()
    accessible(shop)
    shop.get_by_role("link", name="Go to checkout").click()
    accessible(shop)
    fill_in(shop)
    # A change of country makes the summary anew, with what comes off.
    shop.get_by_label("Country").select_option("CA")
    expect(shop.locator("#told")).to_contain_text("43.78")
    shop.get_by_label("Country").select_option("US")
    shop.get_by_role("button", name=re.compile(r"^Pay \$43\.78")).last.click()
    pay(shop)
    expect(shop.get_by_role("heading", name=re.compile("Thank you"))).to_be_visible()
    expect(shop.get_by_text("−$4.32")).to_be_visible()
    accessible(shop)

    page = visitor.open(portal, "/orders")
    page.get_by_role("link", name=re.compile("Maya|100")).first.click()
    expect(page.get_by_text("Your discount, SPRING-10")).to_be_visible()
    accessible(page)
    page = visitor.open(portal, "/discounts/try")
    page.get_by_label("Takes off", exact=True).fill("90")
    page.get_by_label("Takes off", exact=True).press("Tab")
    expect(page.get_by_text("at its lowest price").first).to_be_visible()
    accessible(page)
    page = visitor.open(portal, "/discounts/")
    accessible(page)
    page.get_by_role("button", name=re.compile("Withdraw ?: SPRING-10")).click()
    expect(page.get_by_text("SPRING-10 is withdrawn.")).to_be_visible()


def test_a_discount_that_went_while_the_shopper_typed_takes_nothing_typed_with_it(
    world: World, visitor: Visitor
) -> None:
    coupon(world.ada, "BESIDE")
    with promotion(world, name="Company days"):
        page = visitor.store(world.ada, f"/products/{world.tote}")
        into_bag(page)
        page.get_by_role("link", name="Go to checkout").click()
        expect(page.get_by_text("Company days")).to_be_visible()
        fill_in(page)
    page.get_by_role("button", name=re.compile(r"^Pay")).last.click()
    expect(page.get_by_text("Nothing was paid: the discount is not what you saw.")).to_be_visible()
    accessible(page)
    page.get_by_role("button", name="Back to checkout").click()
    expect(page.get_by_label("Street and number")).to_have_value("12 Harbour Street")
    page.get_by_role("button", name=re.compile(r"^Pay \$22\.90")).last.click()
    pay(page)
    expect(page.get_by_role("heading", name=re.compile("Thank you"))).to_be_visible()


def test_the_company_makes_a_promotion_tries_it_and_ends_it(world: World, visitor: Visitor) -> None:
    console = signed_in(world, visitor, face="console")
    # Any store may be the first, and those of other tests have prices of their own.
    page = visitor.open(console, f"/promotions/try?store={world.ada.partner_id}:{world.ada.store_id}")
    page.get_by_label("Takes off", exact=True).fill("95")
    page.get_by_label("Lower limit").fill("80")
    page.get_by_label("Lower limit").press("Tab")
    expect(page.get_by_text("fits your limit")).to_be_visible()
    accessible(page)
    page = visitor.open(console, "/promotions/new")
    accessible(page)
    page.get_by_role("button", name="Make the promotion").click()
    expect(page.get_by_role("alert")).to_be_focused()
    accessible(page)
    page.get_by_label("Name", exact=True).fill(f"Days {world.number}")
    page.get_by_label("Takes off", exact=True).fill("5")
    page.get_by_label("For", exact=True).select_option("product")
    page.get_by_label("Product", exact=True).fill(f"mug-oat-{world.number}")
    page.get_by_role("button", name="Make the promotion").click()
    expect(page.get_by_text(f"Days {world.number} comes off in stores now.")).to_be_visible()
    accessible(page)
    page.get_by_role("button", name=re.compile(f"End now ?: Days {world.number}")).click()
    expect(page.get_by_text(f"Days {world.number} has ended.")).to_be_visible()


@pytest.mark.parametrize("face", ["console", "portal"])
def test_trying_takes_nothing_away_that_is_typed_meanwhile(world: World, visitor: Visitor, face: str) -> None:
    host = signed_in(world, visitor, face=face, shop=world.ada if face == "portal" else None)
    store = f"/promotions/try?store={world.ada.partner_id}:{world.ada.store_id}&"
    bag = "&".join(f"q-{world.variant(sku)}=1" for sku in (world.mug, world.scarce_mug))
    page = visitor.open(host, (store if face == "console" else "/discounts/try?") + bag)
    value = page.get_by_label("Takes off", exact=True)
    quantities = page.get_by_label(re.compile("^Quantity of"))
    held: list[Route] = []
    page.route("**/try?*", lambda route: route.continue_() if held else held.append(route))
    value.fill("150")
    with page.expect_request("**/try?*"):
        value.press("Tab")
    quantities.nth(0).fill("2")
    # The content of the next one is selected, as after the Tab key, so that typing takes its place.
    quantities.nth(1).select_text()
    held[0].continue_()
    expect(page.get_by_role("alert")).to_contain_text("A percentage is more than 0 and at most 100.")
    expect(value).to_have_attribute("aria-invalid", "true")
    expect(quantities.nth(0)).to_have_value("2")
    page.keyboard.type("3")
    expect(quantities.nth(1)).to_have_value("3")
    expect(quantities.nth(1)).to_be_focused()
    accessible(page)
    # What was typed meanwhile counts in the next answer; one that adds an item brings fields of its own.
    page.unroute("**/try?*")
    value.fill("10")
    page.get_by_label(re.compile("^Add a")).fill(f"tote-{world.number}")
    page.get_by_label(re.compile("^Add a")).press("Enter")
    expect(page.get_by_label("Quantity of Tote")).to_have_value("1")
    expect(page.get_by_role("alert")).to_have_count(0)
    expect(page.get_by_label(re.compile("^Add a"))).to_have_value("")
    expect(quantities.nth(0)).to_have_value("2")
    expect(quantities.nth(1)).to_have_value("3")
