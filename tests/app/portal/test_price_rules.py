"""Rules in the portal: listed as they go before one another, seen, saved, planned, removed, taken back."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape

import pytest

from kit.ids import NIL
from tests.app.portal.visitors import Visitor, member
from tests.pricing.test_rule_plans import collection, mugs, plan, price, rule
from tests.world import World, eur, usd


def carried(page: str) -> dict[str, str]:
    """The fields that a preview's form carries."""
    form = page[page.index('class="commit"') :]
    form = form[: form.index("</form>")]
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form)
    return {name: unescape(value) for name, value in found if name != "csrf_token"}


def undone(owner: Visitor) -> str:
    """What the toast of the next page takes back."""
    found = re.search(r'name="what" value="([^"]+)"', owner.get("/prices/rule").text)
    assert found
    return unescape(found[1])


def mug_rule(world: World, **given: str) -> dict[str, str]:
    return {"scope": "product", "product": mugs(world), "method": "markup", "value": "100"} | given


def test_a_products_rule_is_seen_saved_changed_and_taken_back(world: World) -> None:
    owner = member(world, world.ada)
    world.later(minutes=1)
    seen = owner.post("/prices/rule", {**mug_rule(world), "act": "preview"})
    assert "2 prices would change" in seen.text
    for said in ("$21.60", "$24.00", "$12.00"):
        assert said in seen.text
    assert price(world.ada, world.mug) == usd("21.60")
    saved = owner.post("/prices/rule", {**carried(seen.text), "act": "save"})
    assert (saved.status_code, saved.headers["Location"]) == (303, "/prices/rule")
    assert price(world.ada, world.mug) == usd("24.00")
    assert price(world.ben, world.mug) == eur("25.71")
    first = undone(owner)
    world.later(minutes=1)
    assert owner.post("/prices/rule", mug_rule(world, value="110", rounding="99")).status_code == 303
    assert price(world.ada, world.mug) == usd("24.99")
    second = undone(owner)
    world.later(minutes=1)
    assert owner.post("/prices/rule/undo", {"what": second}).status_code == 303
    assert price(world.ada, world.mug) == usd("24.00")
    world.later(minutes=1)
    assert owner.post("/prices/rule/undo", {"what": first}).status_code == 303
    assert price(world.ada, world.mug) == usd("21.60")
    assert owner.post("/prices/rule/undo", {"what": first}).status_code == 404


def test_rules_are_listed_as_they_go_before_one_another_and_by_name(world: World) -> None:
    kitchen = collection(world, mugs(world), f"tote-{world.number}")
    rule(world.ada, "collection", kitchen, method="margin", value=700)
    rule(world.ada, "product", world.product(mugs(world)), value=9_500)
    begins = world.now + timedelta(days=3)
    plan(world.ada, "store", NIL, begins, begins + timedelta(days=1))
    owner = member(world, world.ada)
    page = owner.get("/prices/rule").text
    places = [page.index(words) for words in ("95% markup", "USD 7.00 margin", "80% markup", "50% markup")]
    assert places == sorted(places)
    assert "Take back" in page
    assert "Planned (1)" in owner.get("/prices").text
    planned = owner.get("/prices/planned").text
    assert "The whole store" in planned
    assert "50% markup" in planned
    theirs = member(world, world.ben).get("/prices/rule").text
    assert "95% markup" not in theirs
    assert "Kitchen" not in theirs.split("<form")[0]
    grid = owner.get(f"/prices?q={world.mug}").text
    assert "Rule of Mug" in grid
    assert "Rule of Kitchen" in owner.get(f"/prices?q={world.tote}").text
    assert "Store’s rule" in member(world, world.ben).get(f"/prices?q={world.tote}").text


def test_a_planned_rule_says_until_when_in_the_grid_and_why(world: World) -> None:
    kitchen = collection(world, mugs(world))
    plan(world.ada, "collection", kitchen, world.now, world.now + timedelta(days=3))
    owner, until = member(world, world.ada), world.now + timedelta(days=3)
    world.later(hours=1)
    grid = owner.get(f"/prices?q={world.mug}").text
    assert re.search(rf"Rule of Kitchen \w+, planned until {until.day} {until:%b}", grid)
    why = owner.get(f"/prices/why/{world.variant(world.mug)}").text
    assert re.search(r"Planned rule of the collection Kitchen", why)
    assert f"until {until.day} {until:%b}" in why


def test_a_rule_for_a_while_is_seen_planned_listed_and_taken_back(world: World) -> None:
    owner = member(world, world.ada)
    collection(world, mugs(world))
    page = owner.get("/prices/rule").text
    handle = re.findall(r'<option value="(kitchen-[^"]+)"', page)[-1]
    day = world.now + timedelta(days=3)
    form = {
        "scope": "collection", "collection": handle, "method": "margin", "value": "5,00", "rounding": "none",
        "begins_day": f"{day:%Y-%m-%d}", "begins_time": "08:30", "ends_day": f"{day:%Y-%m-%d}",
        "ends_time": "18:00",
    }  # fmt: skip
    seen = owner.post("/prices/rule", {**form, "act": "preview"})
    assert "2 prices would change" in seen.text
    assert "$17.00" in seen.text
    assert owner.post("/prices/rule", {**carried(seen.text), "act": "save"}).status_code == 303
    what = undone(owner)
    begins = day.replace(hour=8, minute=30)
    assert price(world.ada, world.mug, begins) == usd("17.00")
    assert price(world.ada, world.mug, day.replace(hour=18)) == usd("21.60")
    again = owner.post("/prices/rule", form)
    assert again.status_code == 422
    assert f"from {begins:%d %b %Y} 08:30 until {begins:%d %b %Y} 18:00 UTC" in again.text
    assert 'value="5,00"' in again.text
    assert "margin, not rounded" in owner.get("/prices/planned").text
    theirs = member(world, world.ben)
    assert theirs.post("/prices/rule/undo", {"what": what}).status_code == 404
    assert "margin, not rounded" not in theirs.get("/prices/planned").text
    assert owner.post("/prices/rule/undo", {"what": what}).status_code == 303
    assert price(world.ada, world.mug, begins) == usd("21.60")


def test_a_rule_with_an_end_and_no_beginning_runs_at_once_and_is_ended(world: World) -> None:
    owner = member(world, world.ada)
    ends = f"{world.now + timedelta(days=3):%Y-%m-%d}"
    assert owner.post("/prices/rule", mug_rule(world, ends_day=ends)).status_code == 303
    assert price(world.ada, world.mug) == usd("24.00")
    page = owner.get("/prices/rule").text
    assert "Runs until" in page
    key = page.split('name="plan" value="')[1].split('"')[0]
    world.later(minutes=1)
    assert owner.post("/prices/planned", {"act": "withdraw", "plan": key}).status_code == 303
    assert price(world.ada, world.mug) == usd("21.60")


def test_removing_a_rule_is_seen_done_and_taken_back(world: World) -> None:
    owner, theirs = member(world, world.ada), member(world, world.ben)
    rule(world.ada, "product", world.product(mugs(world)))
    world.later(minutes=1)
    page = owner.get("/prices/rule").text
    key = page.split('name="rule" value="')[1].split('"')[0]
    assert f'value="{mugs(world)}"' in owner.get(f"/prices/rule?rule={key}").text
    assert theirs.get(f"/prices/rule?rule={key}").status_code == 404
    assert theirs.post("/prices/rule/remove", {"rule": key, "act": "save"}).status_code == 404
    seen = owner.post("/prices/rule/remove", {"rule": key, "act": "preview"})
    assert "2 prices would change" in seen.text
    assert "Remove the rule" in seen.text
    assert price(world.ada, world.mug) == usd("24.00")
    assert owner.post("/prices/rule/remove", {**carried(seen.text), "act": "save"}).status_code == 303
    assert price(world.ada, world.mug) == usd("21.60")
    what = undone(owner)
    world.later(minutes=1)
    assert owner.post("/prices/rule/undo", {"what": what}).status_code == 303
    assert price(world.ada, world.mug) == usd("24.00")
    for gone in (key, "", "none"):
        assert owner.post("/prices/rule/remove", {"rule": gone, "act": "save"}).status_code == 404, gone


def test_the_stores_rule_is_changed_and_never_removed(world: World) -> None:
    owner = member(world, world.ada)
    page = owner.get("/prices/rule").text
    assert "Remove" not in page
    key = page.split("?rule=")[1].split("#")[0]
    for act in ("preview", "save"):
        refused = owner.post("/prices/rule/remove", {"rule": key, "act": act})
        assert refused.status_code == 422
        assert "changed and not removed" in unescape(refused.text)


def test_a_fixed_price_under_the_floor_is_refused_for_the_rows_that_it_is_too_low_for(world: World) -> None:
    owner = member(world, world.ada)
    asked = mug_rule(world, method="fixed", value="12.50")
    for act in ("preview", "save"):
        refused = owner.post("/prices/rule", {**asked, "act": act})
        assert refused.status_code == 422
        assert "$12.50 is under the minimum for 2 of 2. The lowest price for all of these is $13.00." in (
            refused.text
        )
        assert "Too low for these" in refused.text
        assert 'value="12.50"' in refused.text
    assert owner.post("/prices/rule", {**asked, "value": "13"}).status_code == 303
    assert price(world.ada, world.mug) == usd("13.00")
    lifted = owner.post("/prices/rule", {**mug_rule(world, method="margin", value="0.50"), "act": "preview"})
    assert "Lifted" in lifted.text
    assert "to the lowest price: the rule comes to less" in lifted.text


@pytest.mark.parametrize("act", ["preview", "save"])
def test_what_is_wrong_is_said_beside_it_and_nothing_typed_is_lost(world: World, act: str) -> None:
    owner = member(world, world.ada)
    day = f"{world.now + timedelta(days=3):%Y-%m-%d}"
    for given, sentence, on in (
        ({"value": "lots"}, "is not a percentage", ""),
        ({"value": ""}, "is not a percentage", ""),
        ({"value": "-3"}, "not negative", ""),
        ({"method": "margin", "value": "1.234"}, "USD", ""),
        ({"method": "gift"}, "Choose markup, margin or fixed price.", ""),
        ({"rounding": "odd"}, "Rounding is one of", ""),
        ({"product": "no such thing"}, "Name a product", ""),
        ({"product": ""}, "Name a product", ""),
        ({"scope": "collection", "collection": "none"}, "Choose a collection.", ""),
        ({"begins_day": "2026-02-31"}, "This is not a moment.", ""),
        ({"begins_time": "10:00"}, "Choose the day too.", ""),
        ({"begins_day": "2020-01-01"}, "begins now or later", "save"),
        ({"begins_day": "2099-01-01"}, "next two years", "save"),
        ({"begins_day": day, "ends_day": day}, "ends after it begins", "save"),
    ):
        if on and on != act:
            continue
        answered = owner.post("/prices/rule", {**mug_rule(world), **given, "act": act})
        assert answered.status_code == 422, sentence
        assert sentence in unescape(answered.text), sentence
        typed = given.get("value", "100")
        assert f'value="{typed}"' in answered.text
    assert price(world.ada, world.mug) == usd("21.60")
    for what in ("plan", "plan:x", "clear:0:none:product", "markup:1:none:product:x", "clear:0:none"):
        assert owner.post("/prices/rule/undo", {"what": what}).status_code == 422, what


def test_support_and_analysts_see_rules_and_make_none(world: World) -> None:
    rule(world.ada, "product", world.product(mugs(world)))
    for role in ("support", "analyst"):
        reader = member(world, world.ada, role)
        page = reader.get("/prices/rule")
        assert page.status_code == 200
        assert "100% markup" in page.text
        assert "See what changes" not in page.text
        assert reader.post("/prices/rule", mug_rule(world)).status_code == 403
        assert reader.post("/prices/rule/remove", {"rule": "x"}).status_code == 403
        assert reader.post("/prices/rule/undo", {"what": "markup:1:none"}).status_code == 403
    assert member(world, world.ada, "manager").post("/prices/rule", mug_rule(world)).status_code == 303
