"""A sale event in real browsers: announced under embargo, joined, bought in, and over to the cent."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta

from playwright.sync_api import Locator, Page, expect

from orders.reading import newest_orders
from tests.journeys.conftest import Visitor, accessible, into_bag, signed_in
from tests.journeys.test_buying import fill_in, pay
from tests.world import World


def moment(page: Page, name: str, at: datetime) -> None:
    page.locator(f'input[name="{name}_day"]').fill(f"{at:%Y-%m-%d}")
    page.locator(f'input[name="{name}_time"]').fill(f"{at:%H:%M}")


def shown(page: Page) -> Locator:
    return page.locator("main")


def test_from_the_announcement_to_the_end(world: World, another: Callable[..., Visitor]) -> None:
    now = world.now.replace(second=0, microsecond=0)
    name = f"Lantern nights {world.number}"
    company, partner, shopper = another(), another(), another()
    console = signed_in(world, company, face="console")
    portal = signed_in(world, partner, face="portal", shop=world.ada)

    page = company.open(console, "/promotions/events/new")
    page.get_by_label("Name").fill(name)
    page.get_by_label("Wholesale is lowered by").fill("95")
    page.get_by_label("For", exact=True).select_option("product")
    page.get_by_label("Product", exact=True).fill(world.mug)
    moment(page, "visible", now + timedelta(hours=1))
    moment(page, "begins", now + timedelta(hours=2))
    moment(page, "ends", now + timedelta(hours=4))
    page.get_by_role("button", name="Announce the event").click()
    expect(page.get_by_text("at most 90 percent").first).to_be_visible()
    accessible(page)
    page.get_by_label("Wholesale is lowered by").fill("25")
    page.get_by_role("button", name="Announce the event").click()
    expect(page.get_by_text(f"{name} is announced")).to_be_visible()
    expect(page.get_by_role("row", name=re.compile(name))).to_contain_text("Hidden until")
    accessible(page)

    # Under the embargo nobody outside knows of it.
    page = partner.open(portal, "/events/")
    expect(page.get_by_role("heading", name="Sale events")).to_be_visible()
    expect(page.get_by_text(name)).to_have_count(0)
    world.later(hours=1, minutes=1)
    page.reload()
    page.get_by_role("link", name=name).click()
    page.get_by_label("Share of the saving for shoppers").fill("150")
    page.get_by_role("button", name="Join").click()
    expect(page.get_by_role("alert")).to_be_focused()
    accessible(page)
    # The rest is done without a mouse.
    page.get_by_label("Share of the saving for shoppers").fill("50")
    page.get_by_label("Share of the saving for shoppers").press("Tab")
    expect(page.get_by_role("button", name="Join")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Takes part")).to_be_visible()
    expect(page.get_by_role("row", name=re.compile("Mug, Oat"))).to_contain_text("$20.10")
    accessible(page)
    accessible(partner.open(portal, "/events/"))

    product = f"/products/mug-{world.number}?variant={world.mug}"
    shop = shopper.store(world.ada, product)
    expect(shown(shop)).to_contain_text("$21.60")
    world.later(hours=1)
    shop.reload()
    expect(shown(shop)).to_contain_text("$20.10")
    accessible(shop)
    buy(shop)
    with world.ada.transaction() as session:
        (order,) = newest_orders(session, partner_id=world.ada.partner_id, store_id=world.ada.store_id)
    # 20.10 less the 9.00 that the company takes for it in these days.
    assert order.margin.minor == 1110
    page = partner.open(portal, "/events/")
    expect(page.get_by_role("row", name=re.compile(name))).to_contain_text("Running")
    page = company.open(console, "/promotions/events/")
    expect(page.get_by_role("row", name=re.compile(name))).to_contain_text("Running")

    world.later(hours=2)
    shop = shopper.store(world.ada, product)
    expect(shown(shop)).to_contain_text("$21.60")
    expect(shown(shop)).not_to_contain_text("$20.10")
    expect(partner.open(portal, "/events/").get_by_text(name)).to_have_count(0)
    expect(
        company.open(console, "/promotions/events/").get_by_role("row", name=re.compile(name))
    ).to_contain_text("Over")


def buy(shop: Page) -> None:
    into_bag(shop)
    shop.get_by_role("link", name=re.compile("Check ?out", re.IGNORECASE)).click()
    fill_in(shop)
    shop.get_by_role("button", name=re.compile(r"^Pay")).last.click()
    pay(shop)
    expect(shop.get_by_role("heading", name=re.compile("Thank you"))).to_be_visible()


def test_a_store_sale_is_planned_and_ended_without_a_mouse(world: World, visitor: Visitor) -> None:
    host = signed_in(world, visitor, face="portal", shop=world.ada)
    page = visitor.open(host, "/discounts/sales/")
    page.get_by_label("Takes off").focus()
    page.keyboard.type("most of it")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_be_focused()
    accessible(page)
    page.get_by_label("Takes off").fill("25")
    # The page says how much every price can follow, while it is typed.
    expect(page.locator("#fits")).to_contain_text(re.compile(r"Up to \d\d\.\d% fits whole"))
    page.get_by_label("Takes off").press("Enter")
    expect(page.get_by_role("row", name=re.compile("Everything"))).to_contain_text("Running")
    accessible(page)
    shop = visitor.store(world.ada, f"/products/mug-{world.number}?variant={world.mug}")
    expect(shown(shop)).to_contain_text("$16.20")
    accessible(shop)
    world.later(minutes=1)
    page = visitor.open(host, "/discounts/sales/")
    end = page.get_by_role("button", name=re.compile("End now"))
    end.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("No sale runs, and none is planned.")).to_be_visible()
    shop = visitor.store(world.ada, f"/products/mug-{world.number}?variant={world.mug}")
    expect(shown(shop)).to_contain_text("$21.60")
