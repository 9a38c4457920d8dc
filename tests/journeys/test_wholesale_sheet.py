"""The company's sheet of wholesale prices in a real browser: keys, a pasted block, and the effect; an event's
cost, and what partners hear of each other."""

from __future__ import annotations

from datetime import timedelta

from playwright.sync_api import expect

from tests.journeys.conftest import Visitor, accessible, signed_in
from tests.pricing.test_bands import alone, fill, sellers
from tests.world import World

__all__ = ["alone"]


def test_staff_type_and_paste_into_the_sheet_and_see_the_effect(world: World, visitor: Visitor) -> None:
    world.later(minutes=1)
    host = signed_in(world, visitor, face="console", role="catalogue")
    page = visitor.open(host, f"/wholesale/?currency=USD&q={world.number}")
    cells = page.locator(f'tr[data-sku="{world.mug}"] [data-cell]')
    below = page.locator(f'tr[data-sku="{world.scarce_mug}"] [data-cell]')
    cells.first.focus()
    page.keyboard.press("ArrowDown")
    expect(below.first).to_be_focused()
    page.keyboard.press("Shift+Enter")
    expect(cells.first).to_be_focused()
    for _ in range(cells.count() - 1):
        page.keyboard.press("ArrowRight")
    expect(cells.last).to_be_focused()
    page.keyboard.type("19.00")
    expect(page.get_by_text("1 price typed")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_text("1 price typed")).to_be_hidden()
    cells.first.focus()
    page.evaluate(
        """() => {
            const data = new DataTransfer()
            data.setData("text", "12.50\\n12.75\\n")
            document.activeElement.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }))
        }"""
    )
    expect(page.get_by_text("2 cells pasted")).to_be_visible()
    expect(below.first).to_have_value("12.75")
    cells.last.fill("20.00")
    accessible(page)
    page.get_by_role("button", name="See the effect").click()
    expect(page.get_by_role("heading", name="3 prices would change")).to_be_visible()
    accessible(page)
    page.get_by_role("button", name="Save 3 prices").click()
    expect(page.get_by_text("3 prices saved, from now on.")).to_be_visible()
    page = visitor.open(host, "/wholesale/file?currency=USD")
    page.get_by_label("Cells with their heads").fill(f"sku\tStandard\n{world.mug}\tmany\n")
    page.get_by_role("button", name="See what they would do").click()
    expect(page.get_by_role("heading", name="No price would change")).to_be_visible()
    accessible(page, widths=(320,))


def test_an_event_shows_its_products_and_its_cost_before_it_is_announced(
    world: World, visitor: Visitor
) -> None:
    world.ada.buy((world.mug, 2))
    host = signed_in(world, visitor, face="console", role="catalogue")
    page = visitor.open(host, "/promotions/events/new")
    page.get_by_label("Name").fill(f"Lamps {world.number}")
    page.get_by_label("Wholesale is lowered by").fill("10")
    page.get_by_label("For", exact=True).select_option("product")
    page.get_by_label("Product", exact=True).fill(world.mug)
    ends = world.now + timedelta(days=45)
    page.locator('[name="ends_day"]').fill(f"{ends:%Y-%m-%d}")
    page.get_by_role("button", name="See its products and cost").click()
    expect(page.get_by_role("heading", name="What it may cost you")).to_be_visible()
    accessible(page)
    page.get_by_label("Percent off wholesale of Mug").fill("20")
    page.get_by_role("button", name="Announce the event").click()
    expect(page.get_by_text(f"Lamps {world.number} is announced")).to_be_visible()


def test_what_partners_ask_reads_well_beside_a_price(alone: World, visitor: Visitor) -> None:
    sellers(alone, 4)
    fill(alone)
    host = signed_in(alone, visitor, face="portal", shop=alone.ada)
    page = visitor.open(host, f"/prices?q={alone.mug}")
    page.get_by_role("link", name="Show what other partners ask").click()
    expect(page.get_by_text("Half of the partners ask 21.00 to 22.00")).to_be_visible()
    accessible(page)
    page = visitor.open(host, f"/prices/why/{alone.variant(alone.mug)}")
    expect(page.get_by_text("Half of the partners ask $21.00 to $22.00 for this.")).to_be_visible()
    accessible(page)
