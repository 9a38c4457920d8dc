"""Many prices at once in a real browser: pasted, seen, partly refused, saved together, and taken back."""

from __future__ import annotations

import re

from playwright.sync_api import Page, Route, expect

from tests.journeys.conftest import Visitor, accessible, signed_in
from tests.journeys.test_portal import amount
from tests.pricing.test_setting_prices import price
from tests.world import World, eur, usd


def paste(page: Page, words: str) -> None:
    """What Ctrl+V does where the page sees to it itself; the clipboard belongs to the whole machine."""
    page.evaluate(
        """words => {
            const data = new DataTransfer()
            data.setData("text", words)
            const event = new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true })
            document.activeElement.dispatchEvent(event)
        }""",
        words,
    )


def test_pasted_prices_are_seen_saved_and_taken_back(world: World, visitor: Visitor) -> None:
    host = signed_in(world, visitor, face="portal", shop=world.ada)
    page = visitor.open(host, "/prices")
    page.get_by_role("link", name=re.compile("Paste")).first.click()
    expect(page.get_by_role("heading", name="Paste prices")).to_be_visible()
    accessible(page)
    page.get_by_label("SKU and price").focus()
    page.keyboard.insert_text(
        f"{world.mug}\t24.90\n{world.tote}\t9.00\nnobody\t5.00\n{world.scarce_mug}\t1.299,00\n"
    )
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="See what they would do")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="2 prices would change")).to_be_visible()
    refused = page.get_by_role("region", name="Refused")
    expect(refused).to_contain_text("9.00 is under the minimum")
    expect(refused).to_contain_text("no such SKU")
    changes = page.get_by_role("region", name="Changes")
    expect(changes).to_contain_text("24.90")
    expect(changes).to_contain_text("1,299.00")
    accessible(page)
    page.get_by_role("button", name="Save 2 prices").click()
    expect(page.get_by_role("alert")).to_contain_text("may stay as they are")
    page.get_by_label("Leave the 2 refused as they are").check()
    page.get_by_role("button", name="Save 2 prices").click()
    expect(page.get_by_text("2 prices saved. 2 stayed as they were.")).to_be_visible()
    world.later(seconds=5)
    shop = visitor.store(world.ada, f"/products/mug-{world.number}?variant={world.mug}")
    expect(shop.get_by_text("$24.90").first).to_be_visible()
    assert price(world.ben, world.mug) == eur("25.71")


def test_a_bulk_change_is_undone_with_one_click(world: World, visitor: Visitor) -> None:
    host = signed_in(world, visitor, face="portal", shop=world.ada)
    page = visitor.open(host, f"/prices/paste?q={world.number}")
    page.get_by_label("SKU and price").fill(f"{world.mug} 24.90\n{world.tote} 19.90")
    page.get_by_role("button", name="See what they would do").click()
    page.get_by_role("button", name="Save 2 prices").click()
    expect(page.get_by_text("2 prices saved.")).to_be_visible()
    world.later(seconds=5)
    page.get_by_role("button", name="Undo").press("Enter")
    expect(page.get_by_text("2 prices are as before.")).to_be_visible()
    world.later(seconds=5)
    assert price(world.ada, world.mug) == usd("21.60")
    assert price(world.ada, world.tote) == usd("18.00")


def test_a_column_is_pasted_into_the_grid(world: World, visitor: Visitor) -> None:
    """Rows below take the values below, and what is wrong says so before anything is sent."""
    host = signed_in(world, visitor, face="portal", shop=world.ada)
    page = visitor.open(host, f"/prices?q={world.number}")
    # Goods that came in one file stand in no order of their own.
    skus = page.locator("tr[data-sku]").evaluate_all("rows => rows.map((row) => row.dataset.sku)")
    assert set(skus) == {world.mug, world.scarce_mug, world.tote}
    amount(page, skus[0]).focus()
    paste(page, "2.00\n25.50\n26.50\n")
    expect(amount(page, skus[2])).to_have_value("26.50")
    expect(page.locator(f'tr[data-sku="{skus[0]}"]')).to_have_class(re.compile("bad-row"))
    accessible(page, widths=(1280,))
    amount(page, skus[0]).fill("22.00")
    page.get_by_role("button", name="Save 3 prices").click()
    expect(page.get_by_text("3 prices saved.")).to_be_visible()
    world.later(seconds=5)
    assert price(world.ada, skus[0]) == usd("22.00")


def test_what_is_typed_before_the_script_has_come_counts(world: World, visitor: Visitor) -> None:
    host = signed_in(world, visitor, face="portal", shop=world.ada)
    held: list[Route] = []
    visitor.context.route(re.compile(r"/cells\.js$"), lambda route: held.append(route))
    page = visitor.open(host)
    page.goto(
        visitor.installation.services.config.url(host, f"/prices?q={world.number}"), wait_until="commit"
    )
    while not held:
        page.wait_for_timeout(20)
    amount(page, world.tote).fill("22.00")
    expect(page.get_by_role("button", name="Save 1 price")).to_be_hidden()
    held[0].continue_()
    page.get_by_role("button", name="Save 1 price").click()
    expect(page.get_by_text("1 price saved")).to_be_visible()
