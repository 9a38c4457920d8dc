"""“Why this price?”: the chain and the history of one listing, for the partner whose listing it is."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import text

from pricing.wholesale import NewWholesale, set_wholesale
from storage.database import transaction
from tests.app.faces import words
from tests.app.portal.visitors import Visitor, member
from tests.world import World, usd


def why(visitor: Visitor, world: World, sku: str, query: str = "") -> str:
    answered = visitor.get(f"/prices/why/{world.variant(sku)}{query}")
    assert answered.status_code == 200, answered.text
    return words(answered)


def test_the_chain_from_rule_and_wholesale_to_margin(world: World) -> None:
    ada = why(member(world, world.ada), world, world.mug)
    assert "The store's rule 80% on wholesale, since" in ada
    for step in (
        "Asked by the rule Wholesale and the rule's part $21.60",
        "Lowest price allowed $12.00 wholesale and $1.00 smallest margin $13.00",
        "Price What shoppers see, before delivery $21.60",
        "You earn The price less wholesale $9.60",
    ):
        assert step in ada
    assert "judge the past" in ada
    ben = why(member(world, world.ben), world, world.mug)
    assert "€12.00 wholesale and €1.00 smallest margin, with 19% tax €15.47" in ben
    assert "Tax in it At 19%, the highest rate that the store can charge −€4.10" in ben
    assert "You earn The price without tax, less wholesale €9.61" in ben


def test_every_row_of_the_grid_leads_to_its_reason(world: World) -> None:
    analyst = member(world, world.ada, "analyst")
    page = analyst.get(f"/prices?q={world.mug}").text
    address = f"/prices/why/{world.variant(world.mug)}"
    assert f'href="{address}"' in page
    assert analyst.get(address).status_code == 200


def test_the_history_says_who_and_why_and_shows_no_address_of_staff(world: World) -> None:
    owner, mug = member(world, world.ada), world.variant(world.mug)
    theirs = member(world, world.ben)
    world.later(minutes=1)
    owner.post("/prices", {f"p-{mug}": "25.99", f"w-{mug}": "21.60"})
    theirs.post("/prices", {f"p-{mug}": "39.00", f"w-{mug}": "25.71"})
    world.later(minutes=1)
    with transaction(world.services.console) as session:
        set_wholesale(
            session,
            prices=[NewWholesale(mug, world.installation.price_list_id, usd("12.80"))],
            begins=world.now,
            actor="sven@northlight.example",
            now=world.now,
            reason="Dearer cotton, ask anna@northlight.example",
        )
    world.later(minutes=1)
    page = why(owner, world, world.mug)
    assert "Own price, fixed at $25.99 by Owner" in page
    assert "Wholesale: Dearer cotton, ask the company by the company" in page
    assert "$21.60 $25.99" in page
    assert "northlight.example" not in page
    for secret in ("39.00", "€", world.ben.slug, "ben@"):
        assert secret not in page
    # The store was set up by the company's staff, under whatever name.
    assert "The store's rule, 80% on wholesale by the company" in page
    other = why(theirs, world, world.mug)
    assert "25.99" not in other
    assert world.ada.slug not in other


def test_another_moment_is_asked_for_in_the_readers_zone(world: World) -> None:
    owner, mug = member(world, world.ada), world.variant(world.mug)
    before = world.now
    world.later(hours=2)
    owner.post("/prices", {f"p-{mug}": "25.99", f"w-{mug}": "21.60"})
    world.later(minutes=1)
    assert "Price What shoppers see, before delivery $25.99" in why(owner, world, world.mug)
    owner.client.set_cookie("awning-zone", "Asia/Tokyo", domain="portal.localhost")
    asked = (before + timedelta(hours=9, minutes=1)).strftime("%Y-%m-%dT%H:%M")
    page = why(owner, world, world.mug, f"?at={asked}")
    assert "Price What shoppers see, before delivery $21.60" in page
    assert "today's judge the past" in page
    assert "There is no price. " in why(owner, world, world.mug, "?at=2001-01-01")


@pytest.mark.parametrize("typed", ["soon", "2026-02-30T09:00", "9999-12-31T23:59", "1999-01-01", "%00"])
def test_a_moment_that_cannot_be_is_refused_in_its_field(world: World, typed: str) -> None:
    owner = member(world, world.ada)
    answered = owner.get(f"/prices/why/{world.variant(world.mug)}?at={typed}")
    assert answered.status_code == 422
    assert 'aria-invalid="true"' in answered.text
    assert "$21.60" in answered.text


def test_what_is_not_the_partners_or_not_offered_is_not_there(world: World) -> None:
    owner = member(world, world.ada)
    address = f"/prices/why/{world.variant(world.mug)}"
    assert owner.get(f"/prices/why/{uuid4()}").status_code == 404
    assert owner.get("/prices/why/nothing").status_code == 404
    assert owner.get(f"{address}?store={world.ben.slug}").status_code == 404
    assert Visitor(owner.client.application).get(address).status_code == 302
    with transaction(world.services.console) as session:
        session.execute(
            text("UPDATE products SET state = 'draft' WHERE product_id = :id"),
            {"id": world.product(f"tote-{world.number}")},
        )
    assert owner.get(f"/prices/why/{world.variant(world.tote)}").status_code == 404
