"""A shopper buys in Arabic: from the switch at the foot of a page to the mail, right to left."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from app.languages import translations
from tests.journeys.conftest import Visitor, accessible, into_bag
from tests.journeys.test_buying import pay
from tests.world import World


def test_buying_right_to_left(world: World, visitor: Visitor) -> None:
    words = translations("ar").gettext
    page = visitor.store(world.ada, f"/products/mug-{world.number}")
    page.get_by_role("link", name="العربية").click()
    expect(page.locator("html")).to_have_attribute("dir", "rtl")
    expect(page).to_have_url(re.compile("lang=ar"))
    accessible(page)
    # What is chosen stands on the right, and goes on to the left.
    buy, price = page.locator(".buy").bounding_box(), page.locator(".buy-price strong").bounding_box()
    assert buy
    assert price
    assert abs(buy["x"] + buy["width"] - price["x"] - price["width"]) < 40
    page.get_by_role("link", name=re.compile("Tide")).first.click()
    expect(page).to_have_url(re.compile(world.scarce_mug))
    page.goto(page.url.split("?")[0])
    into_bag(page, words("Add to bag"))
    page = visitor.store(world.ada, "/cart")
    expect(page.get_by_role("heading", name=words("Your bag"))).to_be_visible()
    accessible(page)
    page.get_by_role("link", name=words("Go to checkout")).click()
    accessible(page)
    page.get_by_label(words("Full name")).fill("مايا ليند")
    page.get_by_role("button", name=re.compile("ادفع")).last.click()
    expect(page.get_by_role("alert")).to_contain_text(words("Enter the city."))
    page.get_by_label(words("E-mail address")).fill("maya@example.com")
    page.get_by_label(words("Street and number")).fill("12 Harbour Street")
    page.get_by_label(words("Postcode")).fill("97201")
    page.get_by_label(words("City")).fill("Portland")
    page.get_by_role("button", name=re.compile("ادفع")).last.click()
    pay(page)
    expect(
        page.get_by_role("heading", name=words("Thank you. It's on its way to the workshop."))
    ).to_be_visible()
    accessible(page)
    page.get_by_role("link", name=words("Follow your order")).click()
    expect(page.locator(".timeline")).to_contain_text(words("Payment confirmed"))
    accessible(page)
