"""What a change of wholesale would do, told for groups of listings, is what it does to each of them."""

from __future__ import annotations

from dataclasses import asdict, fields
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import insert, update
from sqlalchemy.dialects.postgresql import Range

from kit.ids import NIL, new_id
from kit.money import Money
from pricing.events import end_event
from pricing.floor import FloorPolicy
from pricing.impact import Impact, wholesale_impact
from pricing.lists import create_price_list
from pricing.models import RetailRule
from pricing.rules import Terms
from pricing.spread import COLUMNS, spread_of
from pricing.wholesale import NewWholesale, set_wholesale
from storage.database import transaction
from tenants.models import Company, Partner
from tests.pricing.dice import Dice
from tests.pricing.one_by_one import impact_one_by_one
from tests.pricing.test_events import announce
from tests.world import World, eur, usd


def impact(world: World, prices: list[NewWholesale], days: int = 3) -> Impact:
    with transaction(world.services.console) as session:
        return wholesale_impact(
            session, prices=prices, begins=world.now + timedelta(days=days), now=world.now
        )


def rise(world: World, sku: str, amount: Money) -> NewWholesale:
    return NewWholesale(world.variant(sku), world.installation.price_list_id, amount)


@pytest.mark.parametrize("seed", range(8))
def test_what_is_told_of_groups_is_what_each_listing_does(world: World, seed: int) -> None:
    dice = Dice(world, seed)
    prices, ceilings = [*dice.prices(), rise(world, world.mug, usd("13.00"))], dice.ceilings()
    begins = world.now + timedelta(days=3)
    with transaction(world.services.console) as session:
        found = wholesale_impact(session, prices=prices, ceilings=ceilings, begins=begins, now=world.now)
        wanted = impact_one_by_one(session, prices=prices, ceilings=ceilings, begins=begins, now=world.now)
    distances = wanted.pop("distances")
    told = {field.name: getattr(found, field.name) for field in fields(found) if field.name != "spread"}
    assert told == wanted
    assert sum(under + above for _, under, above in found.spread.columns) == len(distances)
    assert found.units > 0


def test_a_store_whose_prices_are_all_fixed_is_looked_at_one_by_one(world: World) -> None:
    with world.ada.transaction() as session:
        session.execute(
            update(RetailRule)
            .where(RetailRule.partner_id == world.ada.partner_id, RetailRule.store_id == world.ada.store_id)
            .values(valid=Range(world.now - timedelta(days=1), world.now))
        )
        session.execute(
            insert(RetailRule).values(
                partner_id=world.ada.partner_id, rule_id=new_id(), store_id=world.ada.store_id, scope="store",
                scope_id=NIL, method="fixed", value=1500, rounding="none", judged_wholesale=1200, judged_floor=1300,
                valid=Range(world.now, None), actor="x", created_at=world.now,
            )
        )  # fmt: skip
    found = impact(world, [rise(world, world.mug, usd("20.00")), rise(world, world.tote, usd("10.50"))])
    (mine,) = [store for store in found.affected if store.store_id == world.ada.store_id]
    assert (mine.under, mine.lowest, mine.becomes) == (1, usd("15.00"), usd("21.00"))


def test_a_list_of_its_own_is_not_moved_by_the_default_one(world: World) -> None:
    before = impact(world, [rise(world, world.mug, eur("13.00"))])
    with transaction(world.services.console) as session:
        own = create_price_list(
            session, name=f"Own {world.number}", customer_fields=[], actor="x", now=world.now
        )
        session.execute(
            update(Partner).where(Partner.partner_id == world.ben.partner_id).values(price_list_id=own)
        )
        set_wholesale(
            session, prices=[NewWholesale(world.variant(world.mug), own, eur("11.00"))],
            begins=world.now, actor="x", now=world.now,
        )  # fmt: skip
    after = impact(world, [rise(world, world.mug, eur("13.00"))])
    assert (before.listings - after.listings, before.partners - after.partners) == (1, 1)


def test_the_companys_smallest_margin_moves_the_floors(world: World) -> None:
    with transaction(world.services.console) as session:
        session.execute(update(Company).values(smallest_margin_bps=2000))
    terms = Terms("USD", FloorPolicy(100, 2000), tax_inclusive=False, highest_tax_bps=0)
    assert terms.lowest(2000) == 2400
    prices = [rise(world, world.mug, usd("20.00"))]
    found = impact(world, prices)
    with transaction(world.services.console) as session:
        wanted = impact_one_by_one(
            session, prices=prices, begins=world.now + timedelta(days=3), now=world.now
        )
    assert found.under == wanted["under"]


@given(
    st.dictionaries(st.tuples(st.integers(-5000, 50_000), st.booleans()), st.integers(1, 900), max_size=60)
)
def test_a_spread_loses_nobody_and_parts_at_the_floor(counted: dict[tuple[int, bool], int]) -> None:
    distances = {(d, d < 0): n for (d, _), n in counted.items()}
    found = spread_of(distances)
    assert sum(under for _, under, _ in found.columns) == sum(n for (d, u), n in distances.items() if u)
    assert sum(above for _, _, above in found.columns) == sum(n for (d, u), n in distances.items() if not u)
    assert all(0 <= column < COLUMNS for column, _, _ in found.columns)
    assert all((column < found.floor) == (under > 0) for column, under, above in found.columns)
    assert found.beyond * 50 <= sum(distances.values())


def test_a_few_dear_things_do_not_press_the_others_together() -> None:
    found = spread_of({(distance, False): 10 for distance in range(0, 1000, 10)} | {(900_000, False): 3})
    assert found.width < 100
    assert found.beyond == 3
    assert asdict(spread_of({})) == {"width": 1, "floor": 0, "columns": (), "beyond": 0}


def test_sale_events_that_include_the_goods_are_counted(world: World) -> None:
    mug = rise(world, world.mug, usd("13.00"))
    assert impact(world, [mug]).events == 0
    event_id = announce(world)
    # It runs from the second to the ninth day, and the new price begins on the third or later.
    assert [impact(world, [mug], days).events for days in (3, 20)] == [1, 0]
    assert impact(world, [rise(world, world.tote, usd("13.00"))]).events == 0
    with transaction(world.services.console) as session:
        end_event(session, event_id=event_id, actor="x", now=world.now)
    assert impact(world, [mug]).events == 0
