"""A dispute, from the bank's question on the test bank's page to what it took from whom."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from playwright.sync_api import expect

from payments.inbox import HEAD_START, drain
from tests.journeys.conftest import Visitor, accessible, signed_in
from tests.payments.test_reconciliation import charge_of
from tests.payments.test_settlement import control
from tests.world import CONTACT, World


def hear(world: World) -> None:
    world.deliver_webhooks()
    drain(world.services.face, gateway=world.services.gateway, now=world.now, patience=HEAD_START)


def test_a_dispute_is_answered_and_lost_and_everybody_sees_who_bears_it(
    world: World, visitor: Visitor, another: Callable[..., Visitor]
) -> None:
    ada = world.ada
    contact = replace(CONTACT, email=f"maya-{world.number}@example.com")
    order_id = ada.buy((world.mug, 2), contact=contact)
    control(world, f"charges/{charge_of(ada, order_id)}/dispute", reason="product_not_received")
    hear(world)

    console = signed_in(world, visitor, face="console", role="finance")
    page = visitor.open(console, f"/orders/{ada.partner_id}/{order_id}")
    held = page.get_by_role("region", name="Margin on hold")
    expect(held).to_contain_text("the shopper says that nothing arrived")
    accessible(page)
    page.get_by_role("region", name="Disputes").get_by_role("link").click()
    stake = page.get_by_role("region", name="If it is lost")
    expect(stake).to_contain_text("Ada earns less")
    expect(stake).to_contain_text("USD 19.20")
    answer = page.get_by_label("What happened")
    answer.press("Tab")
    page.get_by_role("button", name="Send the answer").press("Enter")
    expect(answer).to_be_focused()
    answer.fill("The carrier has a signature of 6 March.")
    accessible(page)
    page.get_by_role("button", name="Send the answer").press("Enter")
    expect(page.get_by_text("The answer is on its way to the bank.")).to_be_visible()
    world.run_jobs()
    page.reload()
    expect(page.get_by_text("The bank decides, which takes weeks.")).to_be_visible()
    accessible(page)

    partner = another()
    portal = signed_in(world, partner, face="portal", shop=ada)
    earnings = partner.open(portal, "/earnings")
    earnings.get_by_role("navigation", name="Which entries").get_by_role("link", name="Held").click()
    expect(earnings.get_by_role("complementary")).to_contain_text("nothing arrived")
    accessible(earnings)

    stripe_id = next(
        event.object_id
        for event in world.services.gateway.events_since(world.began)
        if event.type == "charge.dispute.created"
    )
    control(world, f"disputes/{stripe_id}/lose")
    hear(world)
    page.reload()
    expect(page.get_by_text("The bank took the money back for good")).to_be_visible()
    page.get_by_role("link", name="The order").click()
    ledger = page.get_by_role("region", name="Ledger").first
    expect(ledger).to_contain_text("Dispute lost")
    expect(ledger).to_contain_text("Dispute losses")
    accessible(page)
    visitor.open(console, "/disputes/?view=decided")
    accessible(page)

    earnings.goto(earnings.url.split("/earnings")[0] + f"/orders/{order_id}")
    facts = earnings.get_by_role("region", name="Where the money went")
    expect(facts).to_contain_text("Dispute lost")
    expect(facts).to_contain_text("−$19.20")
    expect(facts).to_contain_text("You keep")
    accessible(earnings)
