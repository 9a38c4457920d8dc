"""Prices in the portal: set, refused in place, taken back, by form, by file and by program."""

from __future__ import annotations

from datetime import timedelta

import pytest

from pricing.listing import listings
from pricing.reading import VARIANTS
from tests.app.portal.visitors import BASE, member
from tests.world import Shop, World, usd


def price(shop: Shop, sku: str) -> object:
    with shop.transaction() as session:
        found = listings(
            session,
            **shop.keys,
            now=shop.world.now,
            selection=VARIANTS,
            choice=[shop.world.variant(sku)],
        )
    return found.products[0].variants[0].price


def test_prices_are_saved_shown_and_taken_back(world: World) -> None:
    owner, mug = member(world, world.ada), world.variant(world.mug)
    assert f'name="p-{mug}" value="21.60"' in owner.get(f"/prices?q={world.mug}").text

    answered = owner.post("/prices", {f"p-{mug}": "25,99", f"w-{mug}": "21.60"})
    assert answered.status_code == 303
    assert price(world.ada, world.mug) == usd("25.99")
    page = owner.get(f"/prices?show=own&q={world.mug}").text
    assert "1 price saved" in page
    assert 'value="25.99"' in page

    what = page.split('name="what" value="')[1].split('"')[0]
    world.later(minutes=1)
    assert owner.post("/prices/undo", {"what": what}).status_code == 303
    assert price(world.ada, world.mug) == usd("21.60")


def test_undo_restores_the_own_price_of_before_and_leaves_later_changes_alone(world: World) -> None:
    owner, mug, tote = member(world, world.ada), world.variant(world.mug), world.variant(world.tote)
    owner.post("/prices", {f"p-{mug}": "23.00", f"w-{mug}": "21.60"})
    world.later(minutes=1)
    saved = world.now
    owner.post("/prices", {f"p-{mug}": "29.00", f"w-{mug}": "23.00", f"p-{tote}": "30", f"w-{tote}": "18.00"})
    world.later(minutes=1)
    owner.post("/prices", {f"p-{tote}": "31", f"w-{tote}": "30.00"})
    world.later(minutes=1)
    assert owner.post("/prices/undo", {"what": saved.isoformat()}).status_code == 303
    assert price(world.ada, world.mug) == usd("23.00")
    assert price(world.ada, world.tote) == usd("31.00")
    world.later(minutes=1)
    assert owner.post("/prices/undo", {"what": saved.isoformat()}).status_code == 422


def test_under_the_floor_nothing_is_saved_and_nothing_typed_is_lost(world: World) -> None:
    owner, mug, tote = member(world, world.ada), world.variant(world.mug), world.variant(world.tote)
    answered = owner.post(
        "/prices",
        {f"p-{mug}": "12.50", f"w-{mug}": "21.60", f"p-{tote}": "1.234", f"w-{tote}": "18.00"},
    )
    assert answered.status_code == 422
    assert (
        "The lowest you can ask is $13.00: $12.00 wholesale plus the $1.00 smallest margin." in answered.text
    )
    assert "can be read in two ways" in answered.text
    assert 'value="12.50"' in answered.text
    assert 'value="1.234"' in answered.text
    assert price(world.ada, world.mug) == usd("21.60")


def test_emptying_a_field_gives_the_row_back_to_the_rule(world: World) -> None:
    owner, mug = member(world, world.ada), world.variant(world.mug)
    owner.post("/prices", {f"p-{mug}": "25", f"w-{mug}": "21.60"})
    world.later(minutes=1)
    saved = world.now
    assert owner.post("/prices", {f"p-{mug}": "", f"w-{mug}": "25.00"}).status_code == 303
    assert price(world.ada, world.mug) == usd("21.60")
    world.later(minutes=1)
    assert owner.post("/prices/undo", {"what": saved.isoformat()}).status_code == 303
    assert price(world.ada, world.mug) == usd("25.00")


def test_a_rule_for_ticked_rows_is_seen_before_it_is_saved(world: World) -> None:
    owner, mug = member(world, world.ada), world.variant(world.mug)
    asked = {
        "act": "apply",
        "pick": str(mug),
        "method": "markup",
        "value": "106",
        "rounding": "99",
        f"p-{mug}": "21.60",
        f"w-{mug}": "21.60",
    }
    answered = owner.post(f"/prices?q={world.mug}", asked)
    assert answered.status_code == 200
    assert f'name="p-{mug}" value="24.99"' in answered.text
    assert price(world.ada, world.mug) == usd("21.60")
    assert "Tick the rows" in owner.post("/prices", {**asked, "pick": ""}).text
    assert owner.post("/prices", {**asked, "value": "many"}).status_code == 422
    assert "$24.99, you earn $12.99" in owner.post("/prices/example", asked).text


def test_the_store_rule_is_previewed_saved_and_taken_back(world: World) -> None:
    owner = member(world, world.ada)
    world.later(minutes=1)
    rule = {"method": "markup", "value": "100", "rounding": "none"}
    assert "would change" in owner.post("/prices/rule", {**rule, "act": "preview"}).text
    assert price(world.ada, world.mug) == usd("21.60")
    assert owner.post("/prices/rule", rule).status_code == 303
    assert price(world.ada, world.mug) == usd("24.00")
    world.later(minutes=1)
    assert owner.post("/prices/rule/undo", {"what": "markup:8000:none"}).status_code == 303
    assert price(world.ada, world.mug) == usd("21.60")
    assert owner.post("/prices/rule", {**rule, "value": "lots"}).status_code == 422


def test_the_api_reads_writes_and_refuses_row_by_row(world: World) -> None:
    owner, client = member(world, world.ada), None
    client = owner.client
    address = f"/api/v1/stores/{world.ada.store_id}/prices"
    read = owner.get(address)
    token = {"X-CSRF-Token": read.headers["X-CSRF-Token"]}
    mine = next(row for row in read.json["prices"] if row["sku"] == world.mug)
    assert mine["lowest"] == "13.00"

    def put(prices: object, **headers: str) -> object:
        return client.put(address, json={"prices": prices}, headers={**token, **headers}, base_url=BASE)

    done = put([{"sku": world.mug, "price": "25.99"}])
    assert done.status_code == 200  # type: ignore[attr-defined]
    refused = put([{"sku": world.mug, "price": "26.00"}, {"sku": world.tote, "price": "1.00"}])
    assert refused.status_code == 422  # type: ignore[attr-defined]
    row = refused.json["refused"][0]  # type: ignore[attr-defined]
    assert (row["sku"], row["lowest"]) == (world.tote, "11.00")
    assert price(world.ada, world.mug) == usd("25.99")
    assert put([{"sku": "nobody", "price": "1.00"}, {"sku": world.mug, "price": 3}]).status_code == 422  # type: ignore[attr-defined]
    assert put([]).status_code == 422  # type: ignore[attr-defined]
    assert client.put(address, json={"prices": []}, base_url=BASE).status_code == 403
    theirs = f"/api/v1/stores/{world.ben.store_id}/prices"
    assert owner.get(theirs).status_code == 404
    owner.client.delete_cookie("awning-partner", domain="portal.localhost")
    assert owner.get(address).status_code == 401


@pytest.mark.parametrize("role", ["support", "analyst"])
def test_only_owner_and_manager_change_prices(world: World, role: str) -> None:
    reader, mug = member(world, world.ada, role), world.variant(world.mug)
    page = reader.get("/prices")
    assert page.status_code == 200
    assert f"p-{mug}" not in page.text
    assert reader.post("/prices", {f"p-{mug}": "30", f"w-{mug}": "21.60"}).status_code == 403
    assert reader.post("/store", {"name": "Mine"}).status_code == 403
    assert price(world.ada, world.mug) == usd("21.60")


def test_a_wholesale_rise_is_told_before_it_bites(world: World) -> None:
    from kit.money import Money
    from pricing.wholesale import NewWholesale, set_wholesale
    from storage.database import transaction

    owner, mug = member(world, world.ada), world.variant(world.mug)
    owner.post("/prices", {f"p-{mug}": "14.00", f"w-{mug}": "21.60"})
    assert "under the floor on" not in owner.get("/").text
    with transaction(world.services.console) as session:
        set_wholesale(
            session,
            prices=[NewWholesale(mug, world.installation.price_list_id, Money(1400, "USD"))],
            begins=world.now + timedelta(days=30),
            actor="tests",
            now=world.now,
        )
    assert "1 price falls under the floor on" in owner.get("/").text
