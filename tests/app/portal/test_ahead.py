"""The portal's pages about rises of wholesale: the standing choice, and the prices that one overtakes."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import text

from storage.database import transaction
from tests.app.faces import Visitor, words
from tests.pricing.test_rises import choose, own, raise_to
from tests.world import Shop, World, eur, usd


def partner(world: World, shop: Shop | None = None, role: str = "owner") -> Visitor:
    return Visitor(world, "portal", role, shop or world.ada)


def chosen(page: str) -> list[str]:
    return re.findall(r'name="on_wholesale_rise" value="(\w+)"[^>]* checked', page)


FORM = {"name": "Ada & Co", "tagline": "", "support_email": "hello@ada.example"}


@pytest.mark.parametrize("role", ["owner", "manager"])
def test_the_standing_choice_is_made_with_an_example_beside_each(world: World, role: str) -> None:
    person = partner(world, role=role)
    page = person.get("/store")
    assert chosen(page.text) == ["lift"]
    assert "a rise from $10.00 to $15.00" in words(page)
    assert "it becomes $19.00, and you earn $4.00" in words(page)
    own(world.ada, world.mug, usd("15.00"))
    raise_to(world, {world.mug: usd("20.00")}, days=1)
    world.later(days=2)
    shopper = Visitor(world, "store", shop=world.ada)
    path = f"/products/mug-{world.number}"
    assert "$21.00" in shopper.get(path).text
    assert person.post("/store", **FORM, on_wholesale_rise="keep_amount").status_code == 303
    assert chosen(person.get("/store").text) == ["keep_amount"]
    # The page that was kept is not shown any more.
    assert "$23.00" in Visitor(world, "store", shop=world.ada).get(path).text
    with transaction(world.services.console) as session:
        entry = session.execute(
            text("SELECT * FROM audit_log WHERE partner_id = :p AND action = 'store.edited'"),
            {"p": world.ada.partner_id},
        ).one()
    assert entry.before["on_wholesale_rise"] == "lift"
    assert entry.after["on_wholesale_rise"] == "keep_amount"
    assert entry.actor == person.email


@pytest.mark.parametrize("role", ["support", "analyst"])
def test_others_read_the_choice_and_the_list_and_change_nothing(world: World, role: str) -> None:
    own(world.ada, world.mug, usd("15.00"))
    raise_to(world, {world.mug: usd("20.00")})
    person = partner(world, role=role)
    page = person.get("/store")
    assert chosen(page.text) == ["lift"]
    assert (
        '<fieldset class="one-of" id="on_wholesale_rise" aria-describedby="rise-help" disabled>' in page.text
    )
    assert person.post("/store", **FORM, on_wholesale_rise="pause").status_code == 403
    ahead = person.get("/prices/ahead")
    assert "$21.00" in words(ahead)
    assert "Change this 1 price" not in words(ahead)


def test_the_example_speaks_the_stores_currency(world: World) -> None:
    page = words(partner(world, world.ben).get("/store"))
    assert "€16.66" in page
    assert "$" not in page


def test_what_is_ahead_is_listed_with_what_becomes_of_it(world: World) -> None:
    own(world.ada, world.mug, usd("15.00"))
    own(world.ben, world.mug, eur("99.00"))
    choose(world.ada, "keep_percentage")
    owner = partner(world)
    assert "No announced change" in words(owner.get("/prices/ahead"))
    assert "under the floor" not in words(owner.get("/"))
    begins = raise_to(world, {world.mug: usd("20.00"), world.tote: usd("12.00")})
    page = owner.get("/prices/ahead")
    row = page.text[page.text.index(f'data-sku="{world.mug}"') :]
    for amount in ("$12.00", "$20.00", "$15.00", "$21.00", "$25.00", "$5.00"):
        assert amount in row, amount
    assert f"{begins:%Y}" in words(page)
    assert "Keep my margin" in words(page)
    assert world.tote not in page.text
    home = owner.get("/")
    assert "1 price falls under the floor on" in words(home)
    assert 'href="/prices/ahead"' in home.text
    # The grid of exactly these rows, where a new price answers the rise.
    grid = owner.get("/prices?show=ahead")
    assert world.mug in grid.text
    assert world.tote not in grid.text
    key = world.variant(world.mug)
    saved = owner.post("/prices?show=ahead", **{f"w-{key}": "15.00", f"p-{key}": "26.00", "act": "save"})
    assert saved.status_code == 303
    world.later(minutes=1)
    assert "No announced change" in words(owner.get("/prices/ahead"))
    assert "No announced change" in words(partner(world, world.ben).get("/prices/ahead"))


def test_a_product_that_will_pause_says_so_and_stays_listed_once_it_does(world: World) -> None:
    own(world.ada, world.mug, usd("15.00"))
    choose(world.ada, "pause")
    raise_to(world, {world.mug: usd("20.00")}, days=1)
    owner = partner(world)
    assert "Paused" in words(owner.get("/prices/ahead"))
    world.later(days=2)
    page = words(owner.get("/prices/ahead"))
    assert "In force since" in page
    assert "Paused" in page
