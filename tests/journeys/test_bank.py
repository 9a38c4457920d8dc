"""A person plays the bank by clicking, without script, and finds the way there."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import expect

from tests.journeys.conftest import Visitor, accessible, into_bag
from tests.journeys.test_buying import fill_in, pay
from tests.world import World


def test_a_payment_is_declined_paid_disputed_and_lost(world: World, another: Callable[..., Visitor]) -> None:
    shopper = another()
    page = shopper.store(world.ada, f"/products/{world.tote}")
    into_bag(page)
    page = shopper.store(world.ada, "/checkout")
    fill_in(page)
    email = f"bank-{world.number}@example.com"
    page.get_by_label("E-mail address").fill(email)
    page.get_by_role("button", name=re.compile(r"^Pay")).last.click()
    page.wait_for_url(re.compile(r"/c/pay/"))

    banker = another(java_script_enabled=False)
    bank = banker.context.new_page()
    bank.goto(world.installation.services.config.bank_url)
    payment = bank.get_by_role("listitem").filter(has_text=email)
    payment.get_by_text("Decline…").click()
    payment.get_by_label("Why").select_option("The card has insufficient funds")
    payment.get_by_role("button", name="Decline a card").click()
    expect(bank.get_by_role("status")).to_contain_text("Your card has insufficient funds.")
    page.reload()
    expect(page.get_by_role("alert")).to_contain_text("Your card has insufficient funds.")
    pay(page)
    expect(page.get_by_role("heading", name=re.compile("Thank you"))).to_be_visible()

    bank.goto(world.installation.services.config.bank_url)
    # The keyboard does all of it.
    payment.locator("summary").focus()
    bank.keyboard.press("Enter")
    bank.keyboard.press("Tab")
    bank.keyboard.type("The goods never")
    bank.keyboard.press("Tab")
    bank.keyboard.press("Enter")
    expect(bank.get_by_role("status")).to_contain_text("A dispute over")
    dispute = bank.get_by_role("region", name="Disputes").get_by_role("listitem").filter(has_text=email)
    expect(dispute).to_contain_text("The goods never came")
    dispute.get_by_role("button", name="The company loses").click()
    expect(dispute).to_contain_text("Lost by the company")

    # axe itself needs script, so this is a look with another browser.
    seen = another().context.new_page()
    seen.goto(world.installation.services.config.bank_url)
    for opened in seen.locator("summary").all():
        opened.click()
    accessible(seen)
    seen.get_by_label("What becomes of each").select_option("It fails at Stripe (500)")
    seen.get_by_role("button", name="Set this for these calls").click()
    expect(seen.get_by_role("status")).to_contain_text("fails at Stripe")
    accessible(seen)
    seen.get_by_role("button", name="Clear all of them").click()
    expect(seen.get_by_text("Nothing is set to go wrong.", exact=True)).to_be_visible()


def test_a_refusal_is_said_and_the_page_stays(world: World, another: Callable[..., Visitor]) -> None:
    page = another().context.new_page()
    page.goto(world.installation.services.config.bank_url)
    button = page.get_by_role("button", name="Set this for new debits")
    page.get_by_label("A bank debit settles after").evaluate("choice => choice.options[0].value = '5'")
    page.get_by_label("A bank debit settles after").select_option("5")
    button.click()
    expect(page.get_by_role("alert")).to_contain_text("Nothing was done")
    accessible(page)
