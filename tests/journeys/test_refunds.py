"""Money given back, from the company's order page to the shopper's and the partner's own."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from playwright.sync_api import expect

from tests.journeys.conftest import Visitor, accessible, signed_in
from tests.world import CONTACT, World


def test_part_of_an_order_is_given_back_and_the_earnings_explain_it(
    world: World, visitor: Visitor, another: Callable[..., Visitor]
) -> None:
    contact = replace(CONTACT, email=f"maya-{world.number}@example.com")
    order_id = world.ada.buy((world.mug, 3), contact=contact)
    console = signed_in(world, visitor, face="console")
    page = visitor.open(console, f"/orders/{world.ada.partner_id}/{order_id}")
    page.get_by_role("link", name="Give money back").click()
    expect(page.get_by_text("Say what is to be given back")).to_be_visible()
    accessible(page)
    units = page.get_by_label("Units of Mug, Oat to give back")
    units.fill("4")
    units.press("Tab")
    expect(page.get_by_role("alert")).to_contain_text("0 to 3 can be given back here.")
    accessible(page)
    units.fill("1")
    units.press("Tab")
    effect = page.get_by_role("region", name="What it does")
    expect(effect).to_contain_text("USD 21.60")
    expect(effect).to_contain_text("USD 9.60")
    page.get_by_label("Reason").fill("Chipped")
    accessible(page)
    page.get_by_role("button", name="Give it back").press("Enter")
    expect(page.get_by_text("The money is on its way back.")).to_be_visible()
    expect(page.get_by_role("region", name="Given back").first).to_contain_text("Asked for")
    world.run_jobs()
    page.reload()
    expect(page.get_by_role("region", name="Given back").first).to_contain_text("Given")
    expect(page.get_by_text("Partly refunded").first).to_be_visible()
    accessible(page)

    partner = another()
    portal = signed_in(world, partner, face="portal", shop=world.ada)
    page = partner.open(portal, "/earnings")
    row = page.get_by_role("row", name=re.compile("Given back: Mug, Oat"))
    expect(row).to_contain_text("−$9.60")
    accessible(page)
    row.get_by_role("link").click()
    facts = page.get_by_role("region", name="Where the money went")
    expect(facts).to_contain_text("Given back to the shopper, $21.60")
    expect(facts).to_contain_text("1 × Mug, Oat. Chipped")
    expect(facts).to_contain_text("You keep")
    expect(facts).to_contain_text("$19.20")
    accessible(page)

    (mail,) = [
        mail
        for _, mail in world.services.mailer.messages()  # type: ignore[attr-defined]
        if mail["To"] == contact.email and "back for order" in str(mail["Subject"])
    ]
    address = re.search(r"http://\S+/order/\S+", mail.get_body(("plain",)).get_content())
    assert address
    shopper = another().context.new_page()
    shopper.goto(address[0])
    expect(shopper.get_by_text("Given back to you")).to_be_visible()
    expect(shopper.get_by_text("Chipped")).to_have_count(0)
    accessible(shopper)
