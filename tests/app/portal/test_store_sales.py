"""Store sales in the portal: tried, planned, seen by shoppers, ended."""

from __future__ import annotations

from datetime import timedelta

from tests.app.portal.visitors import member
from tests.world import World


def test_a_sale_is_planned_seen_in_the_store_and_ended(world: World) -> None:
    owner, handle = member(world, world.ada), f"mug-{world.number}"
    fits = owner.get(f"/discounts/sales/fits?scope=product&product={handle}&value=50").text
    assert "2 prices stop at their lowest" in fits
    assert "39.8" in fits
    form = {"value": "15", "scope": "product", "product": handle}
    assert owner.post("/discounts/sales/", form).status_code == 303
    page = owner.get("/discounts/sales/").text
    assert "Running" in page
    assert "The sale runs." in page
    shopper = world.installation.store_app.test_client()
    seen = shopper.get(f"/products/{handle}", base_url=f"http://{world.ada.slug}.localhost").text
    assert "$18.36" in seen
    assert "$21.60" in seen
    assert "Lowest price" not in seen
    theirs = member(world, world.ben)
    assert "No sale runs" in theirs.get("/discounts/sales/").text
    sale = page.split('name="sale" value="')[1].split('"')[0]
    assert theirs.post("/discounts/sales/end", {"sale": sale}).status_code == 404
    world.later(minutes=1)
    assert owner.post("/discounts/sales/end", {"sale": sale}).status_code == 303
    after = shopper.get(f"/products/{handle}", base_url=f"http://{world.ada.slug}.localhost").text
    assert "$18.36" not in after


def test_a_store_in_europe_says_what_it_cost_before(world: World) -> None:
    world.later(days=3)
    owner, handle = member(world, world.ben), f"mug-{world.number}"
    assert owner.post("/discounts/sales/", {"value": "10", "scope": "all"}).status_code == 303
    base = f"http://{world.ben.slug}.localhost"
    shopper = world.installation.store_app.test_client()
    seen = shopper.get(f"/products/{handle}", base_url=base).text
    assert "23,14" in seen
    # Shown beside the price of 25,71, which was the lowest one as well.
    assert seen.count("25,71") >= 2


def test_what_is_wrong_is_said_beside_it(world: World) -> None:
    owner = member(world, world.ada)
    day = f"{world.now + timedelta(days=3):%Y-%m-%d}"
    for given, sentence in (
        ({"value": ""}, "Write how many percent come off"),
        ({"value": "91"}, "at most 90 percent"),
        ({"value": "-5"}, "percentage"),
        ({"value": "a lot"}, "percentage"),
        ({"value": "10", "begins_day": "2020-01-01"}, "A sale begins now or later."),
        ({"value": "10", "begins_day": day, "ends_day": day}, "A sale ends after it begins."),
        ({"value": "10", "scope": "product", "product": "no such thing"}, "Name a product"),
        ({"value": "10", "scope": "collection", "collection": "none"}, "Choose a collection."),
    ):
        answered = owner.post("/discounts/sales/", {"scope": "all", **given})
        assert answered.status_code == 422, sentence
        assert sentence in answered.text, sentence
        assert f'value="{given["value"]}"' in answered.text
    assert "No sale runs" in owner.get("/discounts/sales/").text


def test_support_and_analysts_see_sales_and_plan_none(world: World) -> None:
    for role in ("support", "analyst"):
        reader = member(world, world.ada, role)
        assert reader.get("/discounts/sales/").status_code == 200
        assert reader.post("/discounts/sales/", {"value": "10", "scope": "all"}).status_code == 403
