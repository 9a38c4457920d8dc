"""A shopper buys in a real browser, with and without script, and every page of the way is accessible."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page, Route, expect

from orders.reading import newest_orders
from tests.journeys.conftest import Visitor, accessible, into_bag
from tests.world import World


def fill_in(page: Page) -> None:
    page.get_by_label("E-mail address").fill("maya@example.com")
    page.get_by_label("Full name").fill("Maya Lind")
    page.get_by_label("Street and number").fill("12 Harbour Street")
    page.get_by_label("Postcode").fill("97201")
    page.get_by_label("City").fill("Portland")


def pay(page: Page, card: str = "4242 4242 4242 4242") -> None:
    """Pay on the sandbox's page, as a person does."""
    page.wait_for_url(re.compile(r"/c/pay/"))
    page.get_by_label("Or type a test card's number").fill(card)
    page.get_by_label("Name", exact=True).fill("Maya Lind")
    page.get_by_role("button", name=re.compile(r"^Pay")).click()


def test_from_the_home_page_to_the_confirmation(world: World, visitor: Visitor) -> None:
    page = visitor.store(world.ada)
    accessible(page)
    page = visitor.store(world.ada, "/collections/all")
    accessible(page)
    page = visitor.store(world.ada, f"/products/mug-{world.number}")
    accessible(page)
    page.get_by_role("link", name=re.compile("Tide")).first.click()
    expect(page).to_have_url(re.compile(world.scarce_mug))
    into_bag(page)
    expect(page.get_by_role("heading", name="Your bag")).to_be_visible()
    accessible(page)
    page.get_by_role("link", name=re.compile("Check ?out", re.IGNORECASE)).click()
    accessible(page)
    fill_in(page)
    page.get_by_role("button", name=re.compile(r"^Pay")).last.click()
    page.wait_for_url(re.compile(r"/c/pay/"))
    accessible(page)
    pay(page)
    expect(page.get_by_role("heading", name=re.compile("Thank you"))).to_be_visible()
    accessible(page)
    page.get_by_role("link", name=re.compile("Follow your order")).click()
    accessible(page)
    with world.ada.transaction() as session:
        orders = newest_orders(session, partner_id=world.ada.partner_id)
    with world.ben.transaction() as session:
        theirs = newest_orders(session, partner_id=world.ben.partner_id, unpaid=True)
    assert [order.payment for order in orders] == ["paid"]
    assert theirs == []


def test_buying_needs_no_script(world: World, another: Callable[..., Visitor]) -> None:
    page = another(java_script_enabled=False).store(world.ben, f"/products/{world.tote}")
    page.get_by_role("button", name=re.compile("Add to bag")).first.click()
    page.get_by_role("link", name=re.compile("Check ?out", re.IGNORECASE)).click()
    fill_in(page)
    page.get_by_label("Postcode").fill("10115")
    page.get_by_role("button", name=re.compile(r"^Pay")).last.click()
    pay(page)
    expect(page.get_by_role("heading", name=re.compile("Thank you"))).to_be_visible()


def test_what_is_missing_is_said_and_nothing_typed_is_lost(world: World, visitor: Visitor) -> None:
    page = visitor.store(world.ada, f"/products/{world.tote}")
    into_bag(page)
    page = visitor.store(world.ada, "/checkout")
    page.get_by_label("Full name").fill("Maya Lind")
    page.get_by_role("button", name=re.compile(r"^Pay")).last.click()
    summary = page.get_by_role("alert")
    expect(summary).to_be_focused()
    expect(page.get_by_label("Full name")).to_have_value("Maya Lind")
    accessible(page)
    summary.get_by_role("link").first.click()
    expect(page.get_by_label("E-mail address")).to_be_focused()


def test_typing_goes_on_while_the_total_is_worked_out_anew(world: World, visitor: Visitor) -> None:
    """Another country changes the total; what is typed before the answer is there is kept."""
    page = visitor.store(world.ben, f"/products/{world.tote}")
    into_bag(page)
    page = visitor.store(world.ben, "/checkout")
    pay_button = page.get_by_role("button", name=re.compile(r"^Pay")).last
    expect(page.locator("#summary")).to_contain_text("Tax, included")
    held: list[Route] = []
    page.route("**/checkout", lambda route: held.append(route))
    page.get_by_label("Country").select_option("AT")
    page.get_by_label("E-mail address").fill("maya@example.com")
    # Nobody pays a total that is not shown yet.
    expect(pay_button).to_be_disabled()
    held[0].continue_()
    expect(page.locator("#summary")).not_to_contain_text("Tax, included")
    expect(pay_button).to_be_enabled()
    expect(page.get_by_label("E-mail address")).to_have_value("maya@example.com")
    expect(page.get_by_label("Country")).to_have_value("AT")
    expect(page.locator("#told")).to_contain_text("Total")
    accessible(page)
    # And so it is with every change after the first one.
    page.unroute("**/checkout")
    page.get_by_label("Country").select_option("DE")
    expect(page.locator("#summary")).to_contain_text("Tax, included")


def test_a_declined_card_can_be_followed_by_a_good_one(world: World, visitor: Visitor) -> None:
    page = visitor.store(world.ada, f"/products/{world.tote}")
    into_bag(page)
    page = visitor.store(world.ada, "/checkout")
    fill_in(page)
    page.get_by_role("button", name=re.compile(r"^Pay")).last.click()
    pay(page, "4000 0000 0000 0002")
    expect(page.get_by_text(re.compile("declined", re.IGNORECASE)).first).to_be_visible()
    pay(page)
    expect(page.get_by_role("heading", name=re.compile("Thank you"))).to_be_visible()


def test_pages_that_say_no_are_the_stores_own(world: World, visitor: Visitor) -> None:
    page = visitor.store(world.ada, "/products/nothing-of-the-kind")
    expect(page.get_by_text("Ada & Co").first).to_be_visible()
    accessible(page)
    page = visitor.store(world.ada, "/search?q=zebra")
    accessible(page)
    page = visitor.store(world.ada, "/help/returns")
    accessible(page)
