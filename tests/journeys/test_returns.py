"""Goods that come back: from the shopper's link without an account to the partner's earnings."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from playwright.sync_api import Page, expect
from sqlalchemy import text

from app.store.links import order_token
from storage.database import transaction
from tests.journeys.conftest import Visitor, accessible, signed_in
from tests.payments.returns.test_requests import allow
from tests.payments.returns.test_returns import sent
from tests.world import CONTACT, Shop, World

INSTRUCTIONS = "Northlight Returns\n4 Quay Road\nPortland, OR 97201"


def follow(visitor: Visitor, shop: Shop, order_id: object) -> Page:
    secret = shop.world.services.config.secret
    token = order_token(secret, partner_id=shop.partner_id, order_id=order_id)  # type: ignore[arg-type]
    return visitor.store(shop, f"/order/{token}")


def test_one_of_two_comes_back_and_the_earnings_show_it(
    world: World, visitor: Visitor, another: Callable[..., Visitor]
) -> None:
    ada = world.ada
    with transaction(world.services.console) as session:
        session.execute(text("UPDATE company SET return_instructions = :i"), {"i": INSTRUCTIONS})
    contact = replace(CONTACT, email=f"maya-{world.number}@example.com")
    order_id = sent(ada, ada.buy((world.mug, 1), (world.tote, 1), contact=contact))

    shopper = another()
    page = follow(shopper, ada, order_id)
    accessible(page)
    page.get_by_role("link", name="Return something").press("Enter")
    accessible(page)
    page.get_by_role("button", name="Ask to return it").press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("Say how many come back.")
    page.get_by_label("How many: Mug, Oat").fill("2")
    page.get_by_label("Anything we should know").fill("The handle is loose.")
    page.get_by_role("button", name="Ask to return it").press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("0 to 1 of these can come back.")
    accessible(page)
    page.get_by_role("alert").get_by_role("link").click()
    expect(page.get_by_label("How many: Mug, Oat")).to_be_focused()
    page.get_by_label("How many: Mug, Oat").fill("1")
    page.get_by_label("Why: Mug, Oat").select_option("damaged")
    expect(page.get_by_label("Anything we should know")).to_have_value("The handle is loose.")
    page.get_by_role("button", name="Ask to return it").press("Enter")
    expect(page.get_by_text("Please wait with sending it.")).to_be_visible()
    accessible(page)

    console = signed_in(world, visitor, face="console", role="support")
    desk = visitor.open(console)
    queue = desk.get_by_role("region", name=re.compile("^Returns to decide"))
    accessible(desk)
    queue.get_by_role("row", name=re.compile("Ada & Co")).get_by_role("link").first.click()
    expect(desk.get_by_text("The handle is loose.")).to_be_visible()
    accessible(desk)
    desk.get_by_role("button", name="Accept").press("Enter")
    expect(desk.get_by_text("Accepted. The shopper gets a mail")).to_be_visible()
    accessible(desk)
    page.reload()
    expect(page.get_by_text("4 Quay Road")).to_be_visible()
    expect(page.get_by_role("button", name="Keep it after all")).to_be_visible()
    accessible(page)
    desk.get_by_label("Mug, Oat can be sold again").check()
    desk.get_by_role("button", name="It has arrived").press("Enter")
    expect(desk.get_by_text("Received.")).to_be_visible()
    expect(desk.get_by_role("region", name="Give the money back")).to_contain_text("USD 21.60")
    accessible(desk)
    desk.get_by_role("link", name="Look at it and give it back").press("Enter")
    expect(desk.get_by_role("region", name="What it does")).to_contain_text("USD 9.60")
    accessible(desk)
    desk.get_by_role("button", name="Give it back").press("Enter")
    expect(desk.get_by_text("The money is on its way back.")).to_be_visible()
    expect(desk.get_by_role("region", name="Returns", exact=True)).to_contain_text("Refunded")
    accessible(desk)
    world.run_jobs()
    desk.get_by_role("navigation", name="Main").get_by_role("link", name="Returns").click()
    expect(desk.get_by_role("row", name=re.compile("USD 21.60")).first).to_be_visible()
    accessible(desk)
    page.reload()
    expect(page.get_by_text("$21.60 are on their way")).to_be_visible()
    accessible(page)

    partner = another()
    portal = signed_in(world, partner, face="portal", shop=ada)
    earnings = partner.open(portal, "/earnings")
    row = earnings.get_by_role("row", name=re.compile("Given back: Mug, Oat"))
    expect(row).to_contain_text("−$9.60")
    row.get_by_role("link").click()
    back = earnings.get_by_role("region", name="Returns")
    expect(back).to_contain_text("It arrived damaged or is faulty")
    expect(back).to_contain_text("Given back")
    accessible(earnings)


def test_a_partner_asks_for_a_refund_and_reads_the_answer(
    world: World, visitor: Visitor, another: Callable[..., Visitor]
) -> None:
    ada = world.ada
    allow(world, True)
    order_id = ada.buy((world.mug, 2))
    partner = another()
    portal = signed_in(world, partner, face="portal", shop=ada, role="manager")
    page = partner.open(portal, f"/orders/{order_id}")
    page.get_by_role("link", name="Ask for a refund").press("Enter")
    accessible(page)
    units = page.get_by_label("Units of Mug, Oat to give back")
    units.fill("1")
    units.press("Tab")
    effect = page.get_by_role("complementary", name="What it would do")
    expect(effect).to_contain_text("−$9.60")
    page.get_by_label("Why").fill("It came chipped")
    accessible(page)
    page.get_by_role("button", name="Ask Northlight Goods").press("Enter")
    asked = page.get_by_role("region", name="Refund for the shopper")
    expect(asked).to_contain_text("Waits for Northlight Goods")
    accessible(page)

    console = signed_in(world, visitor, face="console", role="finance")
    desk = visitor.open(console)
    queue = desk.get_by_role("region", name=re.compile("^Refunds that partners ask for"))
    queue.get_by_role("row", name=re.compile("Ada & Co.*It came chipped")).get_by_role("link").click()
    waiting = desk.get_by_role("region", name="Asked for by Ada")
    expect(waiting).to_contain_text("It came chipped")
    accessible(desk)
    waiting.get_by_text("Decline it").first.click()
    waiting.get_by_label("Why not").fill("Please ask for a picture first")
    accessible(desk)
    waiting.get_by_role("button", name="Decline it").press("Enter")
    expect(desk.get_by_text("reads why on the order and by mail")).to_be_visible()
    page.reload()
    expect(asked).to_contain_text("Northlight Goods answers: Please ask for a picture first")

    page.get_by_role("link", name="Ask for a refund").press("Enter")
    page.get_by_label("Units of Mug, Oat to give back").fill("1")
    page.get_by_label("Why").fill("Chipped, picture sent")
    page.get_by_role("button", name="Ask Northlight Goods").press("Enter")
    expect(asked).to_contain_text("Waits for Northlight Goods")
    desk.reload()
    desk.get_by_role("link", name="Look at it and give it").press("Enter")
    expect(desk.get_by_label("Units of Mug, Oat to give back")).to_have_value("1")
    expect(desk.get_by_role("region", name="What it does")).to_contain_text("USD 21.60")
    accessible(desk)
    desk.get_by_role("button", name="Give it back").press("Enter")
    expect(desk.get_by_text("The money is on its way back.")).to_be_visible()
    page.reload()
    expect(asked).to_contain_text("Given")
    accessible(page)


def test_an_order_is_withdrawn_from_without_script(world: World, another: Callable[..., Visitor]) -> None:
    ada = world.ada
    order_id = ada.buy((world.mug, 2))
    page = follow(another(java_script_enabled=False), ada, order_id)
    page.get_by_role("link", name="Withdraw from the contract").click()
    expect(page.get_by_text("You get back")).to_be_visible()
    page.get_by_role("button", name="Withdraw from the contract").click()
    expect(page.get_by_role("heading", name="Withdrawn")).to_be_visible()
    expect(page.get_by_role("heading", name="Cancelled")).to_be_visible()
