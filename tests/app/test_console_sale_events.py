"""Sale events in the console: one cut for each product, and what the event may cost before it is announced."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, text

from pricing.event_costs import event_outlook
from pricing.events import choose
from pricing.sale_models import SaleEvent, SaleEventProduct
from storage.database import transaction
from tests.app.faces import Visitor, field, words
from tests.world import CONTACT, GERMAN, World, eur, usd


def staff(world: World, role: str = "catalogue") -> Visitor:
    return Visitor(world, "console", role)


def form(world: World, **changed: Any) -> dict[str, Any]:
    begins, ends = world.now + timedelta(days=1), world.now + timedelta(days=46)
    return {
        "name": f"Lanterns {world.number}", "value": "10", "scope": "collection", "collection": f"c-{world.number}",
        "begins_day": f"{begins:%Y-%m-%d}", "begins_time": f"{begins:%H:%M}",
        "ends_day": f"{ends:%Y-%m-%d}", "ends_time": f"{ends:%H:%M}", **changed,
    }  # fmt: skip


def shelf(world: World) -> tuple[str, str]:
    """A collection with the mug and the tote in it; their products' keys."""
    mug, tote = world.product(f"mug-{world.number}"), world.product(world.tote)
    with transaction(world.services.console) as session:
        session.execute(
            text("INSERT INTO collections VALUES (:p, :h, 'Shelf', '', 1)"),
            {"p": mug, "h": f"c-{world.number}"},
        )
        for place, product in enumerate((mug, tote)):
            session.execute(
                text("INSERT INTO collection_products VALUES (:c, :p, :n)"),
                {"c": mug, "p": product, "n": place},
            )
    return str(mug), str(tote)


def announced(world: World) -> dict[str, int]:
    with transaction(world.services.console) as session:
        rows = session.execute(
            select(SaleEventProduct.product_id, SaleEventProduct.off_bps)
            .join(SaleEvent, SaleEvent.event_id == SaleEventProduct.event_id)
            .where(SaleEvent.name == f"Lanterns {world.number}")
        )
        return {str(row.product_id): row.off_bps for row in rows}


def test_each_product_may_have_a_percentage_of_its_own(world: World) -> None:
    mug, tote = shelf(world)
    person = staff(world)
    looked = person.post("/promotions/events/new", act="look", **form(world))
    assert looked.status_code == 200
    assert "Each is lowered by 10% unless it has a percentage of its own" in words(looked)
    assert field(looked, f"cut:{mug}") == ""
    assert announced(world) == {}
    sent = form(world, **{f"cut:{mug}": "12.5", "looked": "1"})
    assert person.post("/promotions/events/new", act="announce", **sent).status_code == 303
    assert announced(world) == {mug: 1250, tote: 1000}


def test_nought_leaves_a_product_out_and_without_any_nothing_is_announced(world: World) -> None:
    mug, tote = shelf(world)
    person = staff(world)
    none = form(world, **{f"cut:{mug}": "0", f"cut:{tote}": "0", "looked": "1"})
    refused = person.post("/promotions/events/new", **none)
    assert refused.status_code == 422
    assert "Choose at least one product" in words(refused)
    assert person.post("/promotions/events/new", **{**none, f"cut:{tote}": ""}).status_code == 303
    assert announced(world) == {tote: 1000}


@pytest.mark.parametrize(
    ("typed", "reason"),
    [("91", "at most 90 percent; 0 leaves it out"), ("lots", "is not a percentage"), ("-3", "not negative")],
)
def test_a_percentage_that_cannot_be_is_refused_where_it_stands(
    world: World, typed: str, reason: str
) -> None:
    mug, _ = shelf(world)
    refused = staff(world).post(
        "/promotions/events/new", **form(world, **{f"cut:{mug}": typed, "looked": "1"})
    )
    assert refused.status_code == 422
    assert reason in words(refused)
    assert field(refused, f"cut:{mug}") == typed
    assert announced(world) == {}


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"value": "95"}, "more than 0 and at most 90 percent"),
        ({"value": ""}, "by how many percent wholesale is lowered"),
        ({"ends_day": ""}, "Choose"),
        ({"ends_day": "2020-01-01"}, "ends after it begins"),
        ({"collection": "nowhere"}, "Choose a collection"),
    ],
)
def test_looking_refuses_what_could_not_be_announced(
    world: World, changed: dict[str, str], reason: str
) -> None:
    shelf(world)
    refused = staff(world).post("/promotions/events/new", act="look", **form(world, **changed))
    assert refused.status_code == 422
    assert reason in words(refused)


def test_what_it_may_cost_is_told_before(world: World) -> None:
    world.ada.buy((world.mug, 2), contact=CONTACT)
    world.ben.buy((world.mug, 4), contact=GERMAN)
    with world.ben.transaction() as session:
        choose(
            session, **world.ben.keys, event_id=None, joined=True, pass_on_bps=5000, actor="x", now=world.now
        )
    world.later(minutes=1)
    shelf(world)
    looked = words(staff(world).post("/promotions/events/new", act="look", **form(world)))
    # Half of the 90 days: two and four mugs, 10 % of 12.00 each, halved.
    assert "USD 1.20 if every store joins; USD 0.00 by standing choices alone" in looked
    assert "EUR 2.40 if every store joins; EUR 2.40 by standing choices alone" in looked
    other = form(world, scope="product", product=world.tote)
    assert "None of these products sold" in words(
        staff(world).post("/promotions/events/new", act="look", **other)
    )


def test_the_outlook_is_of_the_lists_that_may_join(world: World) -> None:
    world.ada.buy((world.mug, 2))
    world.later(minutes=1)
    mug = world.product(f"mug-{world.number}")
    with transaction(world.services.console) as session:
        asked: dict[str, Any] = {
            "products": {mug: 5000}, "begins": world.now, "ends": world.now + timedelta(days=90), "now": world.now,
        }  # fmt: skip
        standard = world.installation.price_list_id
        found = event_outlook(session, price_lists=[standard], **asked)
        assert [(cost.all_join, cost.standing) for cost in found.costs] == [(usd("12.00"), usd("0.00"))]
        assert found.units == {mug: 2}
        assert event_outlook(session, price_lists=[mug], **asked).costs == ()
        assert eur("0.00") not in [cost.all_join for cost in found.costs]
