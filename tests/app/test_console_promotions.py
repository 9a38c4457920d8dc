"""Promotions in the console: made, refused by field, tried in a store, listed with their cost, ended."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from html import unescape
from uuid import UUID

import pytest
from sqlalchemy import text
from werkzeug.test import TestResponse

from storage.database import transaction
from tests.app.faces import Visitor, field, words
from tests.orders.test_discounting import bag, bought
from tests.world import World


def staff(world: World, role: str = "owner") -> Visitor:
    return Visitor(world, "console", role)


def form(world: World) -> dict[str, str]:
    """What has to be written, for goods that no other test has."""
    return {
        "name": f"Company days {world.number}", "kind": "percent", "value": "20", "scope": "product",
        "product": f"mug-oat-{world.number}", "limit": "50",
    }  # fmt: skip


def make(world: World, **changed: object) -> TestResponse:
    return staff(world).post("/promotions/new", **{**form(world), **changed})


@contextmanager
def nothing_stays(world: World) -> Iterator[None]:
    """End what is made meanwhile, so that no other test's carts get it."""
    try:
        yield
    finally:
        with transaction(world.services.console) as session:
            session.execute(
                text("UPDATE promotions SET withdrawn_at = :now WHERE withdrawn_at IS NULL"),
                {"now": world.now},
            )


def promotion_id(world: World) -> UUID:
    with transaction(world.services.console) as session:
        found = session.execute(
            text("SELECT promotion_id FROM promotions WHERE name = :name"), {"name": form(world)["name"]}
        )
        return UUID(str(found.scalar_one()))


def test_a_promotion_is_made_costs_over_stores_and_ends(world: World) -> None:
    with nothing_stays(world):
        assert make(world, reason="Spring clearing").status_code == 303
        for shop in (world.ada, world.ben):
            bought(shop, shop.fill_cart((world.mug, 1)))
            bought(shop, shop.fill_cart((world.tote, 1)))
        page = words(staff(world, "finance").get("/promotions/"))
        # The mug costs 21.60 and 25.71 with tax: a fifth of each, without tax, on what they listed.
        assert f"Company days {world.number} Running without end. By itself, for Mug" in page
        assert ": Spring clearing" in page
        assert "20% All 50% 1 in 1 store 1 in 1 store EUR 4.32 on EUR 25.71 USD 4.32 on USD 21.60" in page
        key = promotion_id(world)
        assert staff(world, "viewer").post(f"/promotions/{key}/end").status_code == 403
        owner = staff(world)
        assert owner.post(f"/promotions/{key}/end").status_code == 303
        assert owner.post(f"/promotions/{key}/end").status_code == 404
        assert not bag(world.ada, world.ada.fill_cart((world.mug, 1))).discounts
        order = bought(world.ada, world.ada.fill_cart((world.tote, 1)))
        assert order.discounts == ()


def test_an_order_in_the_console_says_what_the_company_paid(world: World) -> None:
    with nothing_stays(world):
        make(world)
        order = bought(world.ben, world.ben.fill_cart((world.mug, 1)))
    page = words(staff(world).get(f"/orders/{world.ben.partner_id}/{order.order_id}"))
    assert "Goods at listed prices EUR 25.71" in page
    assert f"Company days {world.number} Promotion, paid by you: EUR 4.32 without tax −EUR 5.14" in page
    assert "Your promotion pays" in page
    assert re.search(r"Promotions Wholesale EUR 4\.32", page)


@pytest.mark.parametrize(
    ("typed", "name", "sentence"),
    [
        ({"name": " "}, "f-name", "a name that shoppers read"),
        ({"code": "a!"}, "f-code", "3 to 40 letters"),
        ({"value": ""}, "f-value", "Write how much comes off"),
        ({"value": "100.5"}, "f-value", "at most 100"),
        ({"value": "-1"}, "f-value", "not negative"),
        ({"value": "1,000"}, "f-value", "is not a percentage"),
        (
            {"kind": "amount", "value": "5", "currency": "JPY"},
            "f-currency",
            "a currency that your stores sell in",
        ),
        (
            {"kind": "amount", "value": "5", "currency": ""},
            "f-currency",
            "a currency that your stores sell in",
        ),
        ({"kind": "amount", "value": "1.000", "currency": "USD"}, "f-value", "can be read in two ways"),
        ({"scope": "collection"}, "f-collection", "Choose a collection."),
        ({"product": "nothing"}, "f-product", "Name a product by its title or SKU"),
        ({"limit": ""}, "f-limit", "Say how much of wholesale"),
        ({"limit": "101"}, "f-limit", "from 0 to 100 of wholesale"),
        ({"most_per_store": "0"}, "f-most_per_store", "from 1 to 1,000,000"),
        ({"most_per_customer": "many"}, "f-most_per_customer", "“many” is not a whole number"),
        ({"begins_day": "2026-02-31"}, "begins", "This is not a moment."),
        ({"begins_day": "2030-02-02", "ends_day": "2030-02-02"}, "ends", "It ends after it begins."),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_nothing_typed_is_lost(
    world: World, typed: dict[str, str], name: str, sentence: str
) -> None:
    with nothing_stays(world):
        answer = make(world, **typed)
        assert answer.status_code == 422
        assert sentence in unescape(answer.text)
        found = re.search(rf'<(?:input|select)[^>]*\bid="{name}"[^>]*>', answer.text)
        assert found
        assert 'aria-invalid="true"' in found[0]
        for key, given in {**form(world), **typed}.items():
            if key not in ("kind", "scope", "collection", "currency"):
                assert field(answer, key) == given.strip()


def test_a_promotion_of_unknown_lists_or_a_taken_code_is_refused(world: World) -> None:
    with nothing_stays(world):
        assert make(world, code=f"days-{world.number}").status_code == 303
        twice = make(world, code=f"DAYS-{world.number}", price_lists=str(UUID(int=3)))
        assert twice.status_code == 422
        assert f"There is a promotion DAYS-{world.number} already." in words(twice)
        assert "Choose price lists that exist" in words(twice)


def test_a_promotion_is_tried_in_a_store_before_it_is_given(world: World) -> None:
    mug, tote = world.variant(world.mug), world.variant(world.tote)
    viewer = staff(world, "viewer")
    store = f"{world.ada.partner_id}:{world.ada.store_id}"
    typed = {
        "store": store,
        "kind": "percent",
        "value": "90",
        "limit": "75",
        f"q-{mug}": "1",
        f"q-{tote}": "1",
    }
    answer = viewer.get("/promotions/try", query_string=typed)
    # 39.60 in the bag. Three quarters of wholesale have to be paid: 9.00 and 7.50.
    assert "It would be USD 35.64 here; USD 23.10 of it fits your limit." in words(answer)
    assert "You give USD 23.10 without tax, and Ada earns USD 17.60." in words(answer)
    with_coupon = words(viewer.get("/promotions/try", query_string={**typed, "coupon": "10"}))
    assert "Ada earns USD 13.64." in with_coupon
    for wrong, sentence in (
        ({"value": "900"}, "at most 100"),
        ({"limit": "101"}, "from 0 to 100"),
        ({"coupon": "x"}, "is not a percentage"),
        ({"add": "nothing such"}, "Nothing in this store is called"),
        ({"scope": "collection"}, "Choose a collection."),
    ):
        answer = viewer.get("/promotions/try", query_string={**typed, **wrong})
        assert answer.status_code == 422, wrong
        assert sentence in unescape(answer.text)
    assert viewer.get("/promotions/try?store=x:y").status_code == 404
    assert viewer.get("/promotions/try").status_code == 200
