"""Being paid: an owner sets up the account on Stripe's page, and two people of the company send the money."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import expect

from payments.payouts.reading import open_draft
from payments.payouts.runs import withdraw_run
from storage.database import transaction
from tests.journeys.conftest import PASSWORD, Visitor, accessible, signed_in
from tests.payments.payout_world import account, available, earn, line_of
from tests.world import World


def test_a_payout_run_by_two_people(world: World, visitor: Visitor, another: Callable[..., Visitor]) -> None:
    ada, ben = world.ada, world.ben
    account(ada), account(ben)
    earn(ada, 2), earn(ben, 1)
    with transaction(world.services.console) as session:
        left = open_draft(session)
        if left:
            withdraw_run(session, run_id=left.run_id, actor="tests", now=world.now)

    console = signed_in(world, visitor, face="console", role="finance")
    page = visitor.open(console, "/payouts/")
    accessible(page)
    page.get_by_role("button", name="Draft a run").press("Enter")
    expect(page.get_by_role("heading", name=re.compile("^Payout run of"))).to_be_visible()
    table = page.get_by_role("region", name="Lines, table")
    expect(table).to_contain_text("USD 19.20")
    expect(page.get_by_text("You are the first of two people.")).to_be_visible()
    expect(page.get_by_role("button", name=re.compile("Approve"))).to_have_count(0)
    accessible(page)
    run_id = page.url.rsplit("/", 1)[1]
    # Ben is left out by hand: first without a reason, which is refused, then with one.
    row = page.get_by_role("row").filter(has=page.locator(f"a[href*='{ben.partner_id}']"))
    row.get_by_text("Leave out…").click()
    row.get_by_role("button", name="Leave out").click()
    expect(page.get_by_role("alert")).to_contain_text("Write why it is left out")
    accessible(page)
    row.get_by_label("Why").fill("Waits for a signed contract")
    row.get_by_role("button", name="Leave out").click()
    expect(page.get_by_text("Left out of this run.")).to_be_visible()
    page.get_by_role("link", name=re.compile("^Left out")).click()
    expect(page.get_by_text("Waits for a signed contract")).to_be_visible()
    accessible(page)

    second = another()
    console = signed_in(world, second, face="console", role="owner")
    page = second.open(console, "/")
    page.get_by_role("link", name="A payout run waits for approval").click()
    accessible(page)
    page.get_by_role("button", name=re.compile("^Approve and send")).press("Enter")
    expect(page.get_by_text("Approved. Each payout is being sent")).to_be_visible()
    accessible(page)
    world.run_jobs()
    page.reload()
    expect(page.get_by_role("region", name="Lines, table")).to_contain_text("Paid")
    expect(page.locator(".head").get_by_text("Done")).to_be_visible()
    accessible(page)
    assert (available(ada), line_of(ben, run_id).state) == (0, "excluded")  # type: ignore[arg-type]

    partner = another()
    portal = signed_in(world, partner, face="portal", shop=ada)
    page = partner.open(portal, "/earnings")
    accessible(page)
    page.get_by_role("link", name="All payouts").click()
    expect(page.get_by_role("row").nth(1)).to_contain_text("$19.20")
    accessible(page)
    page.get_by_role("row").nth(1).get_by_role("link").click()
    expect(page.get_by_role("heading", name="Payout of $19.20")).to_be_visible()
    expect(page.get_by_role("row").nth(1)).to_contain_text("Mug, Oat")
    accessible(page)


def test_an_owner_sets_up_an_account_and_changes_it_with_the_password(world: World, visitor: Visitor) -> None:
    portal = signed_in(world, visitor, face="portal", shop=world.ada)
    page = visitor.open(portal, "/earnings")
    page.get_by_role("link", name="Set it up").click()
    accessible(page)
    page.get_by_label("Country of the business").select_option("US")
    page.get_by_role("button", name="Go on to Stripe").press("Enter")
    expect(page.get_by_role("heading", name="Set up payouts")).to_be_visible()
    # Somebody who leaves Stripe's page without finishing finds the way back to it.
    page = visitor.open(portal, "/earnings/account")
    expect(page.get_by_text("Your details and the bank account to be paid to")).to_be_visible()
    accessible(page)
    page.get_by_role("button", name="Go on at Stripe").press("Enter")
    page.locator("button[value=complete]").click()
    expect(page.get_by_text("Ready to be paid")).to_be_visible()
    accessible(page)
    change = page.get_by_role("region", name="Use another account")
    change.get_by_label("Your password").fill("not it")
    change.get_by_role("button", name="Set up another account").click()
    expect(page.get_by_role("alert")).to_contain_text("This is not your password.")
    accessible(page)
    change.get_by_label("Your password").fill(PASSWORD)
    change.get_by_role("button", name="Set up another account").click()
    expect(page.get_by_role("heading", name="Set up payouts")).to_be_visible()
    page = visitor.open(portal, "/earnings/account")
    expect(page.get_by_text("Until then any owner can stop it.")).to_be_visible()
    accessible(page)
    page.get_by_role("button", name="Stop the change").press("Enter")
    expect(page.get_by_text("Ready to be paid")).to_be_visible()
    world.run_jobs()
    subjects = [
        str(mail["Subject"])
        for _, mail in world.services.mailer.messages()  # type: ignore[attr-defined]
        if mail["To"] == f"portal-owner-{world.number}@example.com"
    ]
    assert {
        "A payout account was set up",
        "Your payout account is changing",
        "The change of your payout account was stopped",
    } <= set(subjects)
