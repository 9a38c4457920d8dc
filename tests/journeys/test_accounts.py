"""A guest becomes a shopper with an account: one field, a link by mail, all orders, and buying again."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from app.mail.mailer import FolderMailer
from tests.journeys.conftest import Visitor, accessible, into_bag
from tests.journeys.test_buying import pay
from tests.orders.accounts_world import PASSWORD, buy
from tests.world import World

ENDS = (320, 1280)


def mailed(world: World, to: str, path: str) -> str:
    """The path of the link that was mailed to an address."""
    world.run_jobs()
    mailer = world.services.mailer
    assert isinstance(mailer, FolderMailer)
    for _, message in mailer.messages():
        body = message.get_body(("plain",)) if str(message["To"]) == to else None
        found = re.search(rf"https?://[^/\s]+({path}/[\w=-]+)", str(body.get_content())) if body else None
        if found:
            return found[1]
    raise AssertionError(f"no {path} was mailed to {to}")


def judged(page: Page) -> None:
    accessible(page, widths=ENDS)


def test_a_guest_buys_makes_an_account_proves_it_and_buys_again(world: World, visitor: Visitor) -> None:
    ada, email = world.ada, f"maya-{world.number}@example.com"
    buy(ada, email, (world.tote, 1))
    page = visitor.store(ada, f"/products/mug-{world.number}?variant={world.mug}")
    into_bag(page)
    page.goto(page.url.partition("/products")[0] + "/checkout")
    for label, words in (
        ("E-mail address", email), ("Full name", "Maya Lind"), ("Street and number", "12 Harbour Street"),
        ("Postcode", "97201"), ("City", "Portland"),
    ):  # fmt: skip
        page.get_by_label(label, exact=True).fill(words)
    page.get_by_role("button", name=re.compile("^Pay ")).last.click()
    pay(page)
    expect(page.get_by_role("heading", name=re.compile("Thank you"))).to_be_visible()
    judged(page)
    page.get_by_label("Choose a password").fill(PASSWORD)
    page.get_by_role("button", name="Make an account").press("Enter")
    expect(page.get_by_role("heading", name="Your orders")).to_be_visible()
    expect(page.get_by_role("link", name="Order 1002", exact=True)).to_be_visible()
    expect(page.get_by_role("link", name="Order 1001", exact=True)).to_have_count(0)
    judged(page)
    visitor.store(ada, mailed(world, email, "/account/confirm"))
    judged(page)
    page.get_by_role("button", name="Confirm the address").press("Enter")
    expect(page.get_by_role("link", name="Order 1001", exact=True)).to_be_visible()
    judged(page)
    page.get_by_role("button", name=re.compile("Buy again.*1001")).press("Enter")
    expect(page.get_by_role("heading", name="Your bag")).to_be_visible()
    expect(page.get_by_role("link", name="Tote")).to_be_visible()
    page.get_by_role("link", name="Account").click()
    page.get_by_role("link", name="Addresses").click()
    page.get_by_role("link", name="Add an address").click()
    page.get_by_label("Street and number").fill("77 Bedford Avenue")
    page.get_by_role("button", name="Keep this address").press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("2 answers need another look")
    judged(page)
    page.get_by_label("City").fill("Brooklyn")
    page.get_by_label("Postcode").fill("11211")
    page.get_by_role("button", name="Keep this address").press("Enter")
    expect(page.get_by_text("77 Bedford Avenue").first).to_be_visible()
    judged(page)
    page.get_by_role("link", name="Your data").click()
    judged(page)
    with page.expect_download() as download:
        page.get_by_role("link", name="To read, as text").click()
    assert "12 Harbour Street" in download.value.path().read_text()
    page.get_by_role("button", name="Sign out").press("Enter")
    page.get_by_role("link", name="Account").click()
    judged(page)
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Sign in").press("Enter")
    expect(page.get_by_role("link", name="Order 1002", exact=True)).to_be_visible()
