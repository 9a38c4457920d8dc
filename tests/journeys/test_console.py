"""The company's staff at work in a real browser, and every page of the console held against axe."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import expect

from orders.reading import read_order
from tests.journeys.conftest import Visitor, accessible, member, signed_in
from tests.journeys.test_portal import lightness, sign_in
from tests.world import World

HEAD = "Handle,Title,Option1 Name,Option1 Value,Variant SKU,Variant Price,Variant Inventory Qty"


def test_staff_import_a_file_after_seeing_what_it_does(world: World, visitor: Visitor) -> None:
    email = member(world, face="console", role="catalogue")
    page = visitor.open(world.services.config.console_host, "/products/import/")
    sign_in(page, email)
    expect(page.get_by_role("heading", name="Import products")).to_be_visible()
    sku = f"lamp-{world.number}"

    def bring(text: str) -> None:
        page.get_by_label("File", exact=True).set_input_files(
            {"name": "goods.csv", "mimeType": "text/csv", "buffer": text.encode()}
        )
        page.get_by_label("Percentage", exact=True).fill("50")
        page.get_by_role("button", name="See what it would do").click()

    bring("Title,Price\nLamp,1\n")
    expect(page.get_by_text("the header lacks").first).to_be_visible()
    expect(page.get_by_role("alert")).to_be_focused()
    expect(page.get_by_label("Percentage", exact=True)).to_have_value("50")
    accessible(page, widths=(320,))
    bring(f"{HEAD}\n{sku},Lamp,,,{sku},40.00,7\nbad-{sku},Bad,,,bad-{sku},free,1\n")
    expect(page.get_by_text("1 refused")).to_be_visible()
    accessible(page)
    page.get_by_role("button", name="Import 1 variants").click()
    expect(page.get_by_role("heading", name="Imported")).to_be_visible()
    accessible(page)
    page = visitor.open(world.services.config.console_host, f"/products/?q={sku}")
    page.get_by_role("link", name=re.compile("Lamp")).first.click()
    expect(page.get_by_role("heading", name="Lamp")).to_be_visible()


def test_staff_send_an_order_and_the_shopper_can_follow_it(world: World, visitor: Visitor) -> None:
    order_id = world.ada.buy((world.mug, 2))
    host = signed_in(world, visitor, face="console", role="support")
    page = visitor.open(host, "/")
    accessible(page, widths=(320,))
    page = visitor.open(host, "/orders/?view=to-ship")
    accessible(page, widths=(320,))
    page = visitor.open(host, f"/orders/{world.ada.partner_id}/{order_id}")
    accessible(page)
    page.get_by_label("Carrier").fill("Northpost")
    page.get_by_label("Tracking number").fill("NP 77")
    page.get_by_label("Tracking address").fill("post.example/77")
    page.get_by_role("button", name="Mark as sent").click()
    expect(page.get_by_role("alert")).to_be_focused()
    expect(page.get_by_label("Carrier")).to_have_value("Northpost")
    accessible(page, widths=(320,))
    page.get_by_label("Tracking address").fill("https://post.example/77")
    page.get_by_role("button", name="Mark as sent").click()
    expect(page.get_by_text("Marked as sent.")).to_be_visible()
    expect(page.get_by_role("link", name="track it")).to_have_attribute("href", "https://post.example/77")
    accessible(page, widths=(320,))
    page.get_by_role("button", name="Mark as delivered").click()
    expect(page.get_by_text("Marked as delivered.")).to_be_visible()
    with world.ada.transaction() as session:
        order = read_order(session, partner_id=world.ada.partner_id, order_id=order_id)
    assert order.fulfilment == "delivered"


def test_a_new_wholesale_price_is_weighed_and_saved(world: World, visitor: Visitor) -> None:
    host = signed_in(world, visitor, face="console", role="catalogue")
    world.later(minutes=1)
    page = visitor.open(host, f"/wholesale/{world.product(world.tote)}?currency=USD")
    page.get_by_label("New price in Standard").fill("free")
    page.get_by_role("button", name="See the effect").click()
    expect(page.get_by_text("“free” is not an amount").first).to_be_visible()
    accessible(page, widths=(320,))
    page.get_by_label("New price in Standard").fill("12.00")
    page.get_by_role("button", name="See the effect").click()
    expect(page.get_by_role("heading", name="No listing goes under the floor")).to_be_visible()
    accessible(page)
    page.get_by_role("button", name="Save 1 price").click()
    expect(page.get_by_text("New wholesale prices for 1 variant")).to_be_visible()
    world.later(minutes=1)
    shop = visitor.store(world.ada, f"/products/{world.tote}")
    expect(shop.get_by_text("$21.60").first).to_be_visible()


def test_a_partner_is_set_up_in_the_browser(world: World, visitor: Visitor) -> None:
    host = signed_in(world, visitor, face="console")
    page = visitor.open(host, "/partners/new")
    page.get_by_role("button", name="Set up partner and store").click()
    expect(page.get_by_role("alert")).to_be_focused()
    accessible(page, widths=(320,))
    page.get_by_label("Business name").fill("Cleo")
    page.get_by_label("Store’s name").fill("Cleo's Corner")
    page.get_by_label("Address", exact=True).fill(f"cleo{world.number}")
    page.get_by_role("button", name="Check", exact=True).click()
    expect(page.get_by_text("is free")).to_be_visible()
    expect(page.get_by_label("Business name")).to_have_value("Cleo")
    page.get_by_label("E-mail address").fill(f"cleo-{world.number}@example.com")
    page.get_by_role("button", name="Set up partner and store").click()
    expect(page.get_by_role("heading", name="Cleo is set up")).to_be_visible()
    accessible(page)


def test_every_page_of_the_console_is_accessible(world: World, visitor: Visitor) -> None:
    world.ada.buy((world.mug, 2), (world.tote, 1))
    host = signed_in(world, visitor, face="console")
    page = visitor.open(host, "/collections/")
    page.get_by_label("Title").or_(page.get_by_label("Name")).first.fill(f"Kitchen {world.number}")
    page.get_by_role("button", name=re.compile("Create|Add")).first.click()
    expect(page.get_by_role("heading", name=f"Kitchen {world.number}")).to_be_visible()
    accessible(page)
    mug, variant = world.product(f"mug-{world.number}"), world.variant(world.mug)
    for path in (
        "/",
        "/products/",
        f"/products/{mug}",
        "/products/import/",
        "/collections/",
        "/wholesale/",
        f"/wholesale/{mug}",
        "/wholesale/file",
        f"/wholesale/history/{variant}",
        "/wholesale/lists",
        "/promotions/",
        "/promotions/new",
        "/promotions/events/",
        "/promotions/events/new",
        "/partners/",
        f"/partners/{world.ada.partner_id}",
        "/partners/new",
        "/orders/",
        "/customers/",
        "/orders/?q=zebra",
        "/money/reconciliation/",
        "/money/reconciliation/?days=1",
        "/settings/",
        "/settings/tax",
        "/settings/delivery",
        "/settings/staff",
        "/settings/audit",
        "/nothing",
    ):
        accessible(visitor.open(host, path))


def test_the_packing_slip_and_the_site_are_accessible(world: World, visitor: Visitor) -> None:
    order_id = world.ada.buy((world.mug, 1))
    host = signed_in(world, visitor, face="console", role="viewer")
    config = world.services.config
    accessible(visitor.open(host, f"/orders/{world.ada.partner_id}/{order_id}/slip"))
    accessible(visitor.open(host, f"/partners/{world.ada.partner_id}"), widths=(320, 1280))
    accessible(visitor.open(config.site_host, "/"))
    accessible(visitor.open(config.site_host, "/nothing"), widths=(320,))
    accessible(visitor.open(config.mailbox_host, "/"))


def test_the_console_is_accessible_in_the_dark(world: World, another: Callable[..., Visitor]) -> None:
    order_id = world.ada.buy((world.mug, 2))
    visitor = another(color_scheme="dark")
    host = signed_in(world, visitor, face="console")
    for path in ("/", f"/orders/{world.ada.partner_id}/{order_id}"):
        page = visitor.open(host, path)
        assert lightness(page) < 0.35, path
        accessible(page)
