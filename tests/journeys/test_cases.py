"""A question about an order: from the shopper through the partner to the company and back, and the news beside it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from playwright.sync_api import expect

from tests.app.test_store_newsletter import mails, plain
from tests.app.test_store_sections import show
from tests.journeys.conftest import Visitor, accessible, signed_in
from tests.journeys.test_returns import follow
from tests.payments.returns.test_returns import sent
from tests.world import CONTACT, World

ENDS = (320, 1280)


def link(mail: Any, step: str) -> str:
    found = re.search(rf"http://\S+/{step}/\S+", plain(mail))
    assert found
    return found[0]


def test_a_question_goes_round_and_comes_back_answered(
    world: World, visitor: Visitor, another: Callable[..., Visitor]
) -> None:
    ada, email = world.ada, f"maya-{world.number}@example.com"
    order_id = sent(ada, ada.buy((world.mug, 1), contact=replace(CONTACT, email=email)))

    shopper = another()
    page = follow(shopper, ada, order_id)
    page.get_by_role("link", name="Write to us").press("Enter")
    accessible(page, widths=ENDS)
    page.get_by_role("button", name="Send").press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("Choose what it is about.")
    accessible(page, widths=ENDS)
    page.get_by_label("What is it about?").select_option("product")
    page.get_by_label("Your message").fill("The handle is loose.")
    page.get_by_role("button", name="Send").press("Enter")
    expect(page.get_by_role("heading", name="Something is broken or wrong")).to_be_visible()
    accessible(page, widths=ENDS)

    portal = signed_in(world, visitor, face="portal", shop=ada, role="support")
    desk = visitor.open(portal, "/support")
    accessible(desk, widths=ENDS)
    desk.get_by_role("link", name="1", exact=True).press("Enter")
    desk.get_by_role("button", name="Send the answer").press("Enter")
    expect(desk.get_by_role("alert")).to_contain_text("Write what it is about.")
    accessible(desk, widths=ENDS)
    desk.get_by_label("Answer").fill("Does it turn?")
    desk.get_by_role("button", name="Send the answer").press("Enter")
    expect(desk.get_by_text("The customer gets it by mail.")).to_be_visible()

    answered = next(mail for mail in mails(world, email) if "An answer" in str(mail["Subject"]))
    page = another().open(f"{ada.slug}.localhost")
    page.goto(link(answered, "support"))
    expect(page.get_by_text("Does it turn?")).to_be_visible()
    page.get_by_label("Your message").fill("All the way round.")
    page.get_by_role("button", name="Send").press("Enter")
    expect(page.get_by_text("All the way round.")).to_be_visible()

    desk.reload()
    desk.get_by_label("What should Northlight Goods help with?").fill("Can she have a new one?")
    desk.get_by_role("button", name="Ask Northlight Goods").press("Enter")
    expect(desk.get_by_text("Not seen by the customer")).to_be_visible()
    accessible(desk, widths=ENDS)

    staff = another()
    console = signed_in(world, staff, face="console", role="support")
    queue = staff.open(console)
    rows = queue.get_by_role("region", name="Customers and partners who ask you, table")
    rows.get_by_role("row", name=re.compile("Ada & Co")).get_by_role("link").press("Enter")
    expect(queue.get_by_text("Can she have a new one?")).to_be_visible()
    accessible(queue, widths=ENDS)
    queue.get_by_label("Answer the customer").fill("A new mug leaves tomorrow.")
    queue.get_by_role("button", name="Send the answer").press("Enter")
    expect(queue.get_by_text("The customer gets it by mail.")).to_be_visible()
    queue.get_by_role("navigation", name="Main").get_by_role("link", name="Cases").click()
    accessible(queue, widths=ENDS)

    page.reload()
    expect(page.get_by_text("A new mug leaves tomorrow.")).to_be_visible()
    expect(page.get_by_text("Can she have a new one?")).to_have_count(0)
    accessible(page, widths=ENDS)

    # The same shopper asks for the news, without script.
    show(ada, {"type": "newsletter", "settings": {}})
    reader = another(java_script_enabled=False)
    home = reader.store(ada)
    home.get_by_label("E-mail address").fill(email)
    home.get_by_role("button", name="Subscribe").click()
    expect(home.get_by_role("heading", name="Look into your mail")).to_be_visible()
    asked = next(mail for mail in mails(world, email) if "Please confirm" in str(mail["Subject"]))
    home.goto(link(asked, "confirm"))
    home.get_by_role("button", name="Yes, send me the news").click()
    expect(home.get_by_role("heading", name="You are in")).to_be_visible()
    news = visitor.open(portal, "/newsletter")
    expect(news.get_by_role("complementary")).to_contain_text("Get the news 1")
    accessible(news, widths=ENDS)
