"""Rules of a store in a real browser, on a phone: seen, refused, saved, taken back."""

from __future__ import annotations

from datetime import timedelta

from playwright.sync_api import expect

from tests.journeys.conftest import Visitor, accessible, signed_in
from tests.pricing.test_rule_plans import collection, mugs, plan, rule
from tests.world import World


def test_a_rule_is_seen_refused_saved_and_taken_back_on_a_phone(world: World, visitor: Visitor) -> None:
    kitchen = collection(world, mugs(world))
    rule(world.ada, "collection", kitchen)
    plan(world.ada, "collection", kitchen, world.now, world.now + timedelta(days=2))
    plan(world.ada, "product", world.product(mugs(world)), world.now + timedelta(days=1))
    host = signed_in(world, visitor, face="portal", shop=world.ada)
    for path in ("/prices/planned", "/prices?q=mug", "/prices/rule"):
        accessible(visitor.open(host, path))
    page = visitor.open(host, "/prices/rule")
    page.set_viewport_size({"width": 320, "height": 700})
    accessible(page)
    page.locator("input[name=scope][value=product]").check()
    page.get_by_label("Product", exact=True).fill(mugs(world))
    page.locator("#value").fill("1")
    page.locator("#value").press("Enter")
    expect(page.get_by_role("heading", name="would change")).to_be_visible()
    expect(page.get_by_text("Lifted")).to_be_visible()
    accessible(page)
    page.get_by_role("button", name="Back to the form").click()
    expect(page.locator("#value")).to_have_value("1")
    page.locator("input[name=method][value=fixed]").check()
    page.get_by_role("button", name="See what changes").click()
    expect(page.get_by_text("Too low for these")).to_be_visible()
    # The summary has the focus, so the page is scrolled: what stands half under the head is no small target.
    page.evaluate("scrollTo(0, 0)")
    accessible(page)
    page.locator("#value").fill("30")
    page.get_by_role("button", name="See what changes").click()
    page.get_by_role("button", name="Save the rule").click()
    expect(page.get_by_text("The rule is saved.")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("The rules are as before.")).to_be_visible()
