"""A partner at work in a real browser: a sale arrives, a price is set, and every page is accessible."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from playwright.sync_api import Locator, Page, expect

from orders.reading import newest_orders
from storage.database import transaction
from tenants.access import invite
from tests.journeys.conftest import PASSWORD, Visitor, accessible, member, signed_in
from tests.world import CONTACT, World


def sign_in(page: Page, email: str, password: str = PASSWORD) -> None:
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()


def lightness(page: Page) -> float:
    """How light the page's ground is, from 0 to 1."""
    ground = page.evaluate(
        """() => {
          const dot = document.createElement("canvas").getContext("2d")
          dot.fillStyle = getComputedStyle(document.body).backgroundColor
          dot.fillRect(0, 0, 1, 1)
          return Math.max(...dot.getImageData(0, 0, 1, 1).data.slice(0, 3))
        }"""
    )
    return float(ground) / 255


def settled(page: Page) -> None:
    """Wait until a row that has arrived stands there like the others."""
    page.evaluate(
        """() => Promise.allSettled(
          document.querySelector("#sales").getAnimations({ subtree: true }).map((one) => one.finished))"""
    )


def amount(page: Page, sku: str) -> Locator:
    return page.locator(f'tr[data-sku="{sku}"] input.amount')


def test_a_partner_signs_in_and_sees_a_sale_arrive(world: World, visitor: Visitor) -> None:
    email = member(world, face="portal", shop=world.ada)
    host = world.services.config.portal_host
    page = visitor.open(host, "/orders")
    accessible(page)
    sign_in(page, email, "not the password")
    summary = page.get_by_role("alert")
    expect(summary).to_be_focused()
    expect(page.get_by_label("E-mail address")).to_have_value(email)
    accessible(page)
    sign_in(page, email)
    expect(page).to_have_url(re.compile(r"/orders$"))
    page.get_by_role("link", name="Home", exact=True).click()
    expect(page.get_by_text("Nothing has been sold yet")).to_be_visible()
    german = replace(CONTACT, country="DE", region="", city="Berlin", postcode="10115")
    world.ben.buy((world.mug, 1), contact=german)
    world.ada.buy((world.mug, 2))
    row = page.locator("#sales tbody tr")
    expect(row).to_have_count(1)
    expect(row).to_contain_text("2 × Mug")
    expect(row).to_contain_text("$19.20")
    expect(page.locator("#figures")).to_contain_text("19.20")
    settled(page)
    accessible(page)
    row.get_by_role("link").click()
    expect(page.get_by_role("heading", name=re.compile("Order 1001"))).to_be_visible()
    accessible(page)
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_text("You are signed out.")).to_be_visible()
    expect(visitor.open(host, "/orders").get_by_role("heading", name="Sign in")).to_be_visible()


def test_a_price_under_the_floor_is_refused_mended_and_paid_by_the_next_shopper(
    world: World, visitor: Visitor
) -> None:
    host = signed_in(world, visitor, face="portal", shop=world.ada)
    page = visitor.open(host, f"/prices?q={world.tote}")
    price = amount(page, world.tote)
    price.fill("10.50")
    # While typing, and again by the server after saving.
    expect(page.get_by_text("The lowest you can ask is $11.00")).to_be_visible()
    expect(price).to_have_attribute("aria-invalid", "true")
    accessible(page, widths=(320, 1280))
    page.get_by_role("button", name="Save 1 price").click()
    expect(page.get_by_text("$10.00 wholesale plus the $1.00 smallest margin")).to_be_visible()
    expect(price).to_have_value("10.50")
    accessible(page, widths=(320,))
    page.get_by_role("button", name="Use $11.00").click()
    expect(price).to_have_value("11.00")
    expect(price).to_be_focused()
    price.fill("19.50")
    expect(page.locator(f'tr[data-sku="{world.tote}"] [data-earns]')).to_have_text("9.50")
    page.get_by_role("button", name="Save 1 price").click()
    expect(page.get_by_text("1 price saved")).to_be_visible()
    world.later(minutes=1)
    shop = visitor.store(world.ada, f"/products/{world.tote}")
    expect(shop.get_by_text("$19.50").first).to_be_visible()
    page = visitor.open(host, f"/prices?q={world.tote}")
    expect(amount(page, world.tote)).to_have_value("19.50")


def test_undo_gives_the_price_of_before_back(world: World, visitor: Visitor) -> None:
    host = signed_in(world, visitor, face="portal", shop=world.ada)
    page = visitor.open(host, f"/prices?q={world.tote}")
    amount(page, world.tote).fill("19.50")
    page.get_by_role("button", name="Save 1 price").click()
    world.later(seconds=20)
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("as before")).to_be_visible()
    page = visitor.open(host, f"/prices?q={world.tote}")
    expect(amount(page, world.tote)).to_have_value("18.00")


def test_a_price_is_planned_for_later_and_taken_back(world: World, visitor: Visitor) -> None:
    host = signed_in(world, visitor, face="portal", shop=world.ada)
    page = visitor.open(host, f"/prices?q={world.tote}")
    amount(page, world.tote).fill("16.50")
    page.get_by_role("button", name="Later").click()
    expect(page.get_by_label("Planned price of Tote")).to_have_value("16.50")
    accessible(page)
    page.get_by_role("group", name="From").get_by_label("Day").fill(
        f"{world.now + timedelta(days=2):%Y-%m-%d}"
    )
    page.get_by_role("group", name="Until").get_by_label("Day").fill(
        f"{world.now + timedelta(days=1):%Y-%m-%d}"
    )
    page.get_by_role("button", name="Plan 1 price").click()
    expect(page.get_by_role("alert")).to_be_focused()
    accessible(page, widths=(320,))
    page.get_by_role("group", name="Until").get_by_label("Day").fill(
        f"{world.now + timedelta(days=4):%Y-%m-%d}"
    )
    page.get_by_role("button", name="Plan 1 price").click()
    expect(page.get_by_text("1 price is planned")).to_be_visible()
    accessible(page)
    shop = visitor.store(world.ada, f"/products/{world.tote}")
    expect(shop.get_by_text("$18.00").first).to_be_visible()
    world.later(days=2, hours=1)
    shop = visitor.store(world.ada, f"/products/{world.tote}")
    expect(shop.get_by_text("$16.50").first).to_be_visible()
    host = signed_in(world, visitor, face="portal", shop=world.ada)
    page = visitor.open(host, "/prices/planned")
    page.get_by_role("button", name="End now").click()
    expect(page.get_by_text("1 plan is taken back")).to_be_visible()
    shop = visitor.store(world.ada, f"/products/{world.tote}")
    expect(shop.get_by_text("$18.00").first).to_be_visible()


def test_the_grid_is_worked_by_keyboard_alone(world: World, visitor: Visitor) -> None:
    host = signed_in(world, visitor, face="portal", shop=world.ada)
    page = visitor.open(host, f"/prices?q=-{world.number}")
    first, second = amount(page, world.mug), amount(page, world.scarce_mug)
    press = page.keyboard.press
    for _ in range(60):
        press("Tab")
        if first.evaluate("field => field === document.activeElement"):
            break
    expect(first).to_be_focused()
    press("Control+a")
    page.keyboard.type("25.99")
    press("ArrowDown")
    expect(second).to_be_focused()
    page.keyboard.type("26.99")
    press("ArrowUp")
    expect(first).to_be_focused()
    press("Enter")
    expect(second).to_be_focused()
    press("Escape")
    expect(second).to_have_value("21.60")
    page.keyboard.type("9.00")
    use = page.get_by_role("button", name="Use $13.00")
    for _ in range(6):
        press("Tab")
        if use.evaluate("button => button === document.activeElement"):
            break
    expect(use).to_be_focused()
    press("Enter")
    expect(second).to_be_focused()
    expect(second).to_have_value("13.00")
    save = page.get_by_role("button", name="Save 2 prices")
    for _ in range(60):
        press("Tab")
        if save.evaluate("button => button === document.activeElement"):
            break
    expect(save).to_be_focused()
    press("Enter")
    expect(page.get_by_text("2 prices saved")).to_be_visible()
    expect(first).to_have_value("25.99")
    expect(second).to_have_value("13.00")


def test_prices_are_saved_without_script(world: World, another: Callable[..., Visitor]) -> None:
    visitor = another(java_script_enabled=False)
    host = signed_in(world, visitor, face="portal", shop=world.ben)
    page = visitor.open(host, f"/prices?q={world.tote}")
    amount(page, world.tote).fill("24,90")
    page.get_by_role("button", name="Save prices").click()
    expect(page.get_by_text("1 price saved")).to_be_visible()
    world.later(minutes=1)
    shop = visitor.store(world.ben, f"/products/{world.tote}")
    expect(shop.get_by_text(re.compile("24,90")).first).to_be_visible()


PAGES = (
    "/",
    "/orders",
    "/customers",
    "/earnings",
    "/prices?q=tote",
    "/prices/rule",
    "/prices/file",
    "/prices/paste",
    "/prices/planned",
    "/discounts/",
    "/discounts/sales/",
    "/events/",
    "/store",
)


def test_every_page_of_the_portal_is_accessible(world: World, visitor: Visitor) -> None:
    world.ada.buy((world.mug, 2), (world.tote, 1))
    host = signed_in(world, visitor, face="portal", shop=world.ada)
    for path in (*PAGES, "/orders/nothing", "/customers?q=zebra"):
        accessible(visitor.open(host, path))


def test_pages_of_a_partner_without_sales_are_accessible(world: World, visitor: Visitor) -> None:
    host = signed_in(world, visitor, face="portal", shop=world.ben, role="analyst")
    for path in ("/", "/orders", "/customers", "/earnings", "/store"):
        accessible(visitor.open(host, path), widths=(320,))
    accessible(visitor.open(host, "/forgotten"))
    accessible(visitor.open(host, "/reset/spent"))


def test_the_portal_is_accessible_in_the_dark(world: World, another: Callable[..., Visitor]) -> None:
    world.ada.buy((world.mug, 2))
    visitor = another(color_scheme="dark")
    host = signed_in(world, visitor, face="portal", shop=world.ada)
    for path in ("/", f"/prices?q={world.tote}"):
        page = visitor.open(host, path)
        assert lightness(page) < 0.35, path
        accessible(page)


def test_an_invitation_is_accepted_in_the_browser(world: World, visitor: Visitor) -> None:
    with transaction(world.services.console) as session:
        token = invite(
            session, email=f"nora-{world.number}@example.com", name="Nora", face="portal", role="owner",
            partner_id=world.ada.partner_id, now=world.now,
        )  # fmt: skip
    page = visitor.open(world.services.config.portal_host, f"/welcome/{token}")
    accessible(page)
    page.get_by_label("New password").fill(PASSWORD)
    page.get_by_label("The same once more").fill("something else")
    page.get_by_role("button", name="Set the password and sign in").click()
    expect(page.get_by_role("alert")).to_be_focused()
    accessible(page)
    page.get_by_label("New password").fill(PASSWORD)
    page.get_by_label("The same once more").fill(PASSWORD)
    page.get_by_role("button", name="Set the password and sign in").click()
    expect(page.get_by_text("Ada & Co").first).to_be_visible()
    with world.ada.transaction() as session:
        assert newest_orders(session, partner_id=world.ada.partner_id) == []
