"""A shopper with a browser, who sees every kind of page of a store and buys something."""

from __future__ import annotations

import email
import email.policy
import time
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage

from playwright.sync_api import Browser, Page, sync_playwright

from scripts.presets.dressing import DressedDemo

PAGES = {
    "home": "/",
    "collection": "/collections/all",
    "product": "/products/far-hills-tee",
    "cart": "/cart",
    "checkout": "/checkout",
}
SCHEMES = ("light", "dark")
_ANSWERS = {
    "E-mail address": "shopper@example.org",
    "Full name": "Alex Shopper",
    "Street and number": "12 Pine Street",
    "Postcode": "97205",
    "City": "Portland",
    "State or region": "OR",
}
_CARD = "4242424242424242"


@contextmanager
def browser(chromium: str) -> Iterator[Browser]:
    """A Chromium that asks nobody but the demo."""
    quiet = [
        "--no-sandbox",
        "--disable-background-networking",
        "--disable-quic",
        "--disable-component-update",
    ]
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium, args=quiet)
        yield started
        started.close()


def shopper(chromium: Browser, *, scheme: str = "light") -> Page:
    """A shopper who has never been here."""
    return chromium.new_context(
        color_scheme="dark" if scheme == "dark" else "light", reduced_motion="reduce"
    ).new_page()


def fill_bag(page: Page, demo: DressedDemo) -> None:
    """Put one thing into the bag."""
    page.goto(demo.store + PAGES["product"])
    page.locator("form#add button").click()
    page.get_by_role("link", name="Go to checkout").wait_for()


def buy(page: Page, demo: DressedDemo) -> str:
    """Buy what is in the bag, and return the receipt's HTML."""
    before = len(demo.receipts())
    page.goto(demo.store + "/checkout")
    for label, answer in _ANSWERS.items():
        page.get_by_label(label).fill(answer)
    page.get_by_role("button", name="Pay").last.click()
    page.get_by_label("Or type a test card's number").fill(_CARD)
    page.get_by_label("Name", exact=True).fill(_ANSWERS["Full name"])
    page.get_by_role("button", name="Pay").click()
    page.wait_for_url("**/checkout/done/**")
    deadline = time.monotonic() + 30
    while len(demo.receipts()) == before:
        if time.monotonic() > deadline:
            raise RuntimeError("no receipt was sent")
        time.sleep(0.2)
    message = email.message_from_bytes(demo.receipts()[-1].read_bytes(), policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    body = message.get_body(("html",))
    assert body is not None
    return str(body.get_content())
