"""Wholesale that overtakes fixed prices: what is announced, when it bites, and taking a change back."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from kit.errors import NotFound, Refusal
from kit.money import Money
from pricing.grid import grid_rows
from pricing.lists import create_price_list
from pricing.outlook import Overtaken, announced_wholesale, overtaken_prices, rise_example
from pricing.reading import read_terms
from pricing.retail import set_prices, set_rule
from pricing.scheduled import scheduled_changes, withdraw_change
from pricing.wholesale import NewWholesale, set_wholesale
from storage.database import transaction
from tenants.store_settings import edit_store
from tests.world import Shop, World, eur, usd

INSTANT = timedelta(microseconds=1)


def own(shop: Shop, sku: str, amount: Money) -> None:
    with shop.transaction() as session:
        set_prices(
            session, **shop.keys, prices={shop.world.variant(sku): amount}, actor="owner", now=shop.world.now
        )


def raise_to(
    world: World, amounts: dict[str, Money], *, days: int = 3, list_id: UUID | None = None
) -> datetime:
    begins = world.now + timedelta(days=days)
    with transaction(world.services.console) as session:
        set_wholesale(
            session,
            prices=[
                NewWholesale(world.variant(sku), list_id or world.installation.price_list_id, amount)
                for sku, amount in amounts.items()
            ],
            begins=begins, actor="staff", now=world.now,
        )  # fmt: skip
    return begins


def overtaken(shop: Shop, now: datetime | None = None) -> list[Overtaken]:
    with shop.transaction() as session:
        return overtaken_prices(session, **shop.keys, now=now or shop.world.now)


def price(shop: Shop, sku: str, now: datetime) -> Money | None:
    with shop.transaction() as session:
        rows, _ = grid_rows(session, **shop.keys, variant_ids=[shop.world.variant(sku)], now=now)
    return rows[0].price


def choose(shop: Shop, choice: str) -> None:
    with shop.transaction() as session:
        edit_store(
            session, **shop.keys, name="Ada & Co", tagline="", support_email="a@b.example",
            on_wholesale_rise=choice, actor="owner", now=shop.world.now,
        )  # fmt: skip


def change_of(world: World, sku: str) -> UUID:
    """The change that is to come for a variant."""
    with transaction(world.services.console) as session:
        found: UUID = session.execute(
            text(
                "SELECT change_id FROM wholesale_prices WHERE variant_id = :v AND lower(valid) > :now"
                " ORDER BY lower(valid) DESC LIMIT 1"
            ),
            {"v": world.variant(sku), "now": world.now},
        ).scalar_one()
    return found


def withdraw(world: World, sku: str, *, now: datetime | None = None) -> None:
    change_id = change_of(world, sku)
    with transaction(world.services.console) as session:
        withdraw_change(session, change_id=change_id, actor="staff", now=now or world.now)


# (wholesale 12 to 20, own price 15, smallest margin 1)
CHOICES = [
    ("lift", usd("21.00"), usd("1.00")),
    ("keep_amount", usd("23.00"), usd("3.00")),
    ("keep_percentage", usd("25.00"), usd("5.00")),
    ("pause", None, None),
]


@pytest.mark.parametrize(("choice", "after", "earn"), CHOICES)
def test_what_was_announced_is_what_shoppers_pay_from_that_very_moment(
    world: World, choice: str, after: Money | None, earn: Money | None
) -> None:
    own(world.ada, world.mug, usd("15.00"))
    choose(world.ada, choice)
    begins = raise_to(world, {world.mug: usd("20.00")})
    (row,) = overtaken(world.ada)
    assert (row.sku, row.begins) == (world.mug, begins)
    assert (row.wholesale, row.new_wholesale, row.lowest) == (usd("12.00"), usd("20.00"), usd("21.00"))
    assert (row.price, row.earned) == (usd("15.00"), usd("3.00"))
    assert (row.after, row.earn) == (after, earn)
    assert price(world.ada, world.mug, begins - INSTANT) == usd("15.00")
    assert price(world.ada, world.mug, begins) == after
    # A microsecond before it lies ahead; from then on it is in force, and stays in the list.
    with world.ada.transaction() as session:
        assert announced_wholesale(session, **world.ada.keys, now=begins - INSTANT)
        assert announced_wholesale(session, **world.ada.keys, now=begins) is None
    assert [found.after for found in overtaken(world.ada, begins)] == [after]


def test_a_price_with_tax_is_judged_without_it(world: World) -> None:
    own(world.ben, world.mug, eur("17.00"))
    raise_to(world, {world.mug: eur("14.00")})
    (row,) = overtaken(world.ben)
    assert row.lowest == eur("17.85")
    assert (row.after, row.earn) == (eur("17.85"), eur("1.00"))
    assert overtaken(world.ada) == []
    own(world.ben, world.mug, eur("17.85"))
    assert overtaken(world.ben) == []


def test_a_rise_touches_neither_the_other_currency_nor_prices_by_rule(world: World) -> None:
    own(world.ada, world.mug, usd("15.00"))
    own(world.ben, world.mug, eur("18.00"))
    raise_to(world, {world.mug: usd("20.00"), world.tote: usd("30.00")})
    assert [row.sku for row in overtaken(world.ada)] == [world.mug]
    assert overtaken(world.ben) == []


def test_a_fixed_price_for_a_whole_product_counts_for_each_variant(world: World) -> None:
    with world.ada.transaction() as session:
        set_rule(
            session, partner_id=world.ada.partner_id, store_id=world.ada.store_id,
            scope="product", scope_id=world.product(f"mug-{world.number}"),
            method="fixed", value=1500, actor="owner", now=world.now,
        )  # fmt: skip
    raise_to(world, {world.mug: usd("20.00"), world.scarce_mug: usd("20.00")})
    assert {row.sku for row in overtaken(world.ada)} == {world.mug, world.scarce_mug}


def test_a_list_of_its_own_shields_from_the_default_list(world: World) -> None:
    own(world.ada, world.mug, usd("15.00"))
    with transaction(world.services.console) as session:
        gold = create_price_list(
            session, name=f"Gold {world.number}", customer_fields=[], actor="staff", now=world.now
        )
        session.execute(
            text("UPDATE partners SET price_list_id = :l WHERE partner_id = :p"),
            {"l": gold, "p": world.ada.partner_id},
        )
    raise_to(world, {world.mug: usd("20.00")})
    assert [row.new_wholesale for row in overtaken(world.ada)] == [usd("20.00")]
    # A first price of its own replaces what the list took from the default one.
    begins = raise_to(world, {world.mug: usd("11.00")}, days=1, list_id=gold)
    assert overtaken(world.ada) == []
    raise_to(world, {world.mug: usd("16.00")}, days=2, list_id=gold)
    (row,) = overtaken(world.ada)
    assert (row.wholesale, row.new_wholesale) == (usd("11.00"), usd("16.00"))
    assert row.begins > begins


def test_a_new_price_answers_a_rise_before_and_after_it_begins(world: World) -> None:
    own(world.ada, world.mug, usd("15.00"))
    begins = raise_to(world, {world.mug: usd("20.00")})
    own(world.ada, world.mug, usd("21.00"))
    assert overtaken(world.ada) == []
    own(world.ada, world.tote, usd("15.00"))
    raise_to(world, {world.tote: usd("20.00")})
    world.later(days=3)
    assert [row.sku for row in overtaken(world.ada)] == [world.tote]
    own(world.ada, world.tote, usd("22.00"))
    world.later(minutes=1)
    assert overtaken(world.ada) == []
    assert world.now > begins


def test_a_withdrawn_change_never_happens(world: World) -> None:
    own(world.ada, world.mug, usd("15.00"))
    begins = raise_to(world, {world.mug: usd("20.00"), world.tote: usd("12.00")})
    with transaction(world.services.console) as session:
        mine = [c for c in scheduled_changes(session, now=world.now) if c.begins == begins]
    assert [(c.variants, c.products, c.low, c.high) for c in mine] == [(2, 2, usd("12.00"), usd("20.00"))]
    withdraw(world, world.mug, now=begins - INSTANT)
    assert overtaken(world.ada) == []
    assert price(world.ada, world.mug, begins) == usd("15.00")
    assert price(world.ada, world.tote, begins + timedelta(days=400)) == usd("18.00")
    with transaction(world.services.console) as session:
        assert begins not in [c.begins for c in scheduled_changes(session, now=world.now)]
        entry = session.execute(
            text("SELECT actor, before FROM audit_log WHERE action = 'wholesale.withdrawn' ORDER BY at DESC")
        ).first()
    assert entry is not None
    assert entry.actor == "staff"
    assert entry.before["prices"][str(world.variant(world.mug))] == "USD 20.00"
    # The place in the calendar is free again.
    raise_to(world, {world.mug: usd("13.00")}, days=2)


def test_a_change_that_has_begun_is_not_withdrawn(world: World) -> None:
    begins = raise_to(world, {world.mug: usd("20.00")})
    change_id = change_of(world, world.mug)
    with pytest.raises(Refusal, match="in force since"):
        withdraw(world, world.mug, now=begins)
    assert price(world.ada, world.mug, begins) == usd("36.00")
    with pytest.raises(NotFound), transaction(world.services.console) as session:
        withdraw_change(session, change_id=world.ada.store_id, actor="staff", now=world.now)
    withdraw(world, world.mug)
    with pytest.raises(Refusal, match="already"), transaction(world.services.console) as session:
        withdraw_change(session, change_id=change_id, actor="staff", now=world.now)


def test_withdrawing_one_of_two_changes_leaves_the_other(world: World) -> None:
    first = raise_to(world, {world.mug: usd("13.00")}, days=2)
    middle = change_of(world, world.mug)
    last = raise_to(world, {world.mug: usd("14.00")}, days=4)
    with transaction(world.services.console) as session:
        withdraw_change(session, change_id=middle, actor="staff", now=world.now)
    assert price(world.ada, world.mug, first) == usd("21.60")
    assert price(world.ada, world.mug, last - INSTANT) == usd("21.60")
    assert price(world.ada, world.mug, last) == usd("25.20")
    withdraw(world, world.mug)
    assert price(world.ada, world.mug, last) == usd("21.60")


def test_the_example_is_worked_on_the_stores_own_terms(world: World) -> None:
    found = {}
    for shop in (world.ada, world.ben):
        with shop.transaction() as session:
            found[shop] = rise_example(read_terms(session, **shop.keys, now=world.now))
    ada, ben = found[world.ada], found[world.ben]
    assert (ada.wholesale, ada.new_wholesale, ada.price) == (usd("10.00"), usd("15.00"), usd("14.00"))
    assert [(o.choice, o.price, o.earn) for o in ada.outcomes] == [
        ("lift", usd("16.00"), usd("1.00")),
        ("keep_percentage", usd("21.00"), usd("6.00")),
        ("keep_amount", usd("19.00"), usd("4.00")),
        ("pause", None, None),
    ]
    assert ben.price == eur("16.66")
    assert ben.outcomes[0].price == eur("19.04")
    assert ben.outcomes[2].earn == ben.earned
