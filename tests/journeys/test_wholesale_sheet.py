"""The company's sheet of wholesale prices in a real browser: keys, a pasted block, and the effect."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.journeys.conftest import Visitor, accessible
from tests.journeys.test_portal import signed_in
from tests.world import World


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
