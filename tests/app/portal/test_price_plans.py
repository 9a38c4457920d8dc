"""Planned prices in the portal: drafted in the grid, planned, listed, taken back."""

from __future__ import annotations

from datetime import timedelta

from tests.app.portal.visitors import member
from tests.world import World


def test_prices_typed_in_the_grid_are_planned_listed_and_taken_back(world: World) -> None:
    owner, mug = member(world, world.ada), world.variant(world.mug)
    drafted = owner.post("/prices/planned", {"act": "draft", f"p-{mug}": "19,00", f"w-{mug}": "21.60"})
    assert drafted.status_code == 200
    assert f'name="p-{mug}" value="19,00"' in drafted.text
    day = world.now + timedelta(days=3)
    form = {"act": "plan", f"p-{mug}": "19,00", "begins_day": f"{day:%Y-%m-%d}", "begins_time": "08:30"}
    assert owner.post("/prices/planned", form).status_code == 303
    page = owner.get("/prices/planned").text
    assert "1 price is planned" in page
    assert "$19.00" in page
    assert "Planned (1)" in owner.get("/prices").text
    other = member(world, world.ben).get("/prices/planned").text
    assert "Nothing is planned" in other
    rule = page.split('name="plan" value="')[1].split('"')[0]
    theirs = member(world, world.ben).post("/prices/planned", {"act": "withdraw", "plan": rule})
    assert theirs.status_code == 404
    assert owner.post("/prices/planned", {"act": "withdraw", "plan": rule}).status_code == 303
    assert "Nothing is planned" in owner.get("/prices/planned").text


def test_what_is_wrong_is_said_beside_it_and_nothing_typed_is_lost(world: World) -> None:
    owner, mug, tote = member(world, world.ada), world.variant(world.mug), world.variant(world.tote)
    typed = {"act": "plan", f"p-{mug}": "12.50", f"p-{tote}": "nineteen"}
    day = f"{world.now + timedelta(days=3):%Y-%m-%d}"
    unclear = owner.post("/prices/planned", {**typed, "begins_day": day})
    assert unclear.status_code == 422
    assert "“nineteen” is not an amount" in unclear.text
    typed[f"p-{tote}"] = "19"
    for given, sentence in (
        ({}, "Choose the day on which these prices begin."),
        ({"begins_day": "2026-02-31"}, "This is not a moment."),
        ({"begins_time": "10:00"}, "Choose the day too."),
        ({"begins_day": "2020-01-01"}, "begins later than now"),
        ({"begins_day": day, "ends_day": day}, "ends after it begins"),
        ({"begins_day": day}, "The lowest you can ask is $13.00"),
    ):
        answered = owner.post("/prices/planned", {**typed, **given})
        assert answered.status_code == 422, sentence
        assert sentence in answered.text
        assert f'name="p-{mug}" value="12.50"' in answered.text
    assert "Nothing is planned" in owner.get("/prices/planned").text


def test_support_and_analysts_see_plans_and_make_none(world: World) -> None:
    mug = world.variant(world.mug)
    for role in ("support", "analyst"):
        reader = member(world, world.ada, role)
        assert reader.get("/prices/planned").status_code == 200
        assert reader.post("/prices/planned", {"act": "plan", f"p-{mug}": "19"}).status_code == 403
