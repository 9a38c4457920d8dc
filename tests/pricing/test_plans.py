"""Prices that begin and end by themselves, to the microsecond, in a store and at its checkout."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from kit.errors import NotFound, Refusal
from kit.money import Money
from orders.placing import CartChanged
from pricing.judging import PricesRefused
from pricing.listing import listings
from pricing.plans import plan_prices, planned_prices, withdraw_plans
from pricing.reading import VARIANTS
from pricing.retail import set_prices
from pricing.undo import undo_prices
from pricing.wholesale import NewWholesale, set_wholesale
from storage.database import transaction
from tests.world import Shop, World, eur, usd

HOUR = timedelta(hours=1)
INSTANT = timedelta(microseconds=1)


def price(shop: Shop, sku: str, at: datetime) -> Money | None:
    with shop.transaction() as session:
        found = listings(session, **shop.keys, now=at, selection=VARIANTS, choice=[shop.world.variant(sku)])
    return found.products[0].variants[0].price


def plan(shop: Shop, sku: str, asked: Money, begins: datetime, ends: datetime | None = None) -> None:
    with shop.transaction() as session:
        plan_prices(
            session, **shop.keys, prices={shop.world.variant(sku): asked}, begins=begins, ends=ends,
            actor="owner", now=shop.world.now,
        )  # fmt: skip


def save(shop: Shop, sku: str, asked: Money) -> None:
    with shop.transaction() as session:
        set_prices(
            session, **shop.keys, prices={shop.world.variant(sku): asked}, actor="owner", now=shop.world.now
        )


def test_a_price_for_a_while_begins_and_ends_by_itself(world: World) -> None:
    begins, ends = world.now + HOUR, world.now + 3 * HOUR
    plan(world.ada, world.mug, usd("19.00"), begins, ends)
    assert price(world.ada, world.mug, begins - INSTANT) == usd("21.60")
    assert price(world.ada, world.mug, begins) == usd("19.00")
    assert price(world.ada, world.mug, ends - INSTANT) == usd("19.00")
    assert price(world.ada, world.mug, ends) == usd("21.60")
    assert price(world.ben, world.mug, begins) == eur("25.71")


def test_a_page_kept_in_memory_knows_when_a_plan_begins_and_ends(world: World) -> None:
    begins, ends = world.now + HOUR, world.now + 3 * HOUR
    plan(world.ada, world.mug, usd("19.00"), begins, ends)
    for moment, until in ((world.now, begins), (begins, ends)):
        with world.ada.transaction() as session:
            found = listings(
                session, **world.ada.keys, now=moment, selection=VARIANTS,
                choice=[world.variant(world.mug)],
            )  # fmt: skip
        assert found.good_until == until


def test_a_cart_filled_before_the_moment_is_shown_the_new_price_and_never_charged_it_silently(
    world: World,
) -> None:
    plan(world.ada, world.mug, usd("23.00"), world.now + HOUR)
    cart = world.ada.fill_cart((world.mug, 1))
    world.later(hours=1)
    with pytest.raises(CartChanged) as changed:
        world.ada.start(cart)
    line = changed.value.cart.lines[0]
    assert (line.was, line.price) == (usd("21.60"), usd("23.00"))


def test_a_price_from_a_moment_on_stays_and_is_then_changed_like_any_other(world: World) -> None:
    plan(world.ada, world.mug, usd("23.00"), world.now + HOUR)
    world.later(days=30)
    assert price(world.ada, world.mug, world.now) == usd("23.00")
    saved = world.now
    save(world.ada, world.mug, usd("24.00"))
    assert price(world.ada, world.mug, world.now) == usd("24.00")
    world.later(minutes=1)
    with world.ada.transaction() as session:
        undo_prices(session, **world.ada.keys, saved_at=saved, actor="owner", now=world.now)
    assert price(world.ada, world.mug, world.now) == usd("23.00")


def test_a_change_now_leaves_what_is_planned_and_waits_while_a_plan_runs(world: World) -> None:
    begins, ends = world.now + HOUR, world.now + 2 * HOUR
    plan(world.ada, world.mug, usd("19.00"), begins, ends)
    save(world.ada, world.mug, usd("25.00"))
    assert price(world.ada, world.mug, begins - INSTANT) == usd("25.00")
    assert price(world.ada, world.mug, begins) == usd("19.00")
    assert price(world.ada, world.mug, ends) == usd("25.00")
    world.later(minutes=90)
    with pytest.raises(PricesRefused, match="End that plan first"):
        save(world.ada, world.mug, usd("26.00"))


def test_it_is_judged_by_the_wholesale_price_of_then(world: World) -> None:
    begins = world.now + 2 * HOUR
    with transaction(world.services.console) as session:
        default = session.execute(text("SELECT price_list_id FROM price_lists WHERE is_default")).scalar_one()
        set_wholesale(
            session,
            prices=[NewWholesale(world.variant(world.mug), default, usd("15.00"))],
            begins=world.now + HOUR,
            actor="staff",
            now=world.now,
        )
    # Today the floor is 13.00; then it is 16.00.
    with pytest.raises(PricesRefused) as refused:
        plan(world.ada, world.mug, usd("15.00"), begins)
    assert refused.value.refused[0].lowest == usd("16.00")
    plan(world.ada, world.mug, usd("16.00"), begins)


@pytest.mark.parametrize(
    ("begins", "ends", "field"),
    [(0, None, "begins"), (-5, 5, "begins"), (5, 5, "ends"), (5, 3, "ends"), (24 * 800, None, "begins")],
)
def test_a_period_that_cannot_be_is_refused(world: World, begins: int, ends: int | None, field: str) -> None:
    with pytest.raises(Refusal) as refused:
        plan(
            world.ada,
            world.mug,
            usd("19.00"),
            world.now + begins * HOUR,
            None if ends is None else world.now + ends * HOUR,
        )
    assert refused.value.field == field


def test_two_plans_of_one_variant_do_not_overlap_and_another_partners_does_not_matter(world: World) -> None:
    plan(world.ada, world.mug, usd("19.00"), world.now + 2 * HOUR, world.now + 4 * HOUR)
    with pytest.raises(PricesRefused, match="Another price is planned here from"):
        plan(world.ada, world.mug, usd("18.00"), world.now + HOUR, world.now + 2 * HOUR + INSTANT)
    with pytest.raises(PricesRefused):
        plan(world.ada, world.mug, usd("18.00"), world.now + HOUR)
    # Ends are exclusive, so one may follow the other.
    plan(world.ada, world.mug, usd("18.00"), world.now + HOUR, world.now + 2 * HOUR)
    plan(world.ben, world.mug, eur("22.00"), world.now + 2 * HOUR, world.now + 4 * HOUR)


def test_a_plan_is_taken_back_by_its_own_partner_alone(world: World) -> None:
    begins, ends = world.now + HOUR, world.now + 3 * HOUR
    plan(world.ada, world.mug, usd("19.00"), begins, ends)
    plan(world.ada, world.tote, usd("17.00"), begins, ends)
    with world.ada.transaction() as session:
        mine = planned_prices(session, **world.ada.keys, now=world.now)
    assert {(one.sku, one.price, one.earn, one.running) for one in mine} == {
        (world.mug, usd("19.00"), usd("7.00"), False),
        (world.tote, usd("17.00"), usd("7.00"), False),
    }
    mug = next(one.rule_id for one in mine if one.sku == world.mug)
    tote = next(one.rule_id for one in mine if one.sku == world.tote)
    with world.ben.transaction() as session:
        assert planned_prices(session, **world.ben.keys, now=world.now) == []
        with pytest.raises(NotFound):
            withdraw_plans(session, **world.ben.keys, rule_ids=[mug], actor="ben", now=world.now)

    def withdraw(rule_id: object) -> None:
        with world.ada.transaction() as session:
            withdraw_plans(session, **world.ada.keys, rule_ids=[rule_id], actor="ada", now=world.now)  # type: ignore[list-item]

    withdraw(mug)
    assert price(world.ada, world.mug, begins) == usd("21.60")
    # What was taken back leaves room for another.
    plan(world.ada, world.mug, usd("18.50"), begins, ends)
    world.later(hours=2)
    assert price(world.ada, world.tote, world.now) == usd("17.00")
    withdraw(tote)
    assert price(world.ada, world.tote, world.now) == usd("18.00")
    # What it was stays as history.
    assert price(world.ada, world.tote, begins) == usd("17.00")
    with pytest.raises(NotFound):
        withdraw(tote)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_at_every_moment_the_price_is_the_plans_that_covers_it_or_the_standing_one(
    world: World, data: st.DataObject
) -> None:
    world.later(days=800)
    start, accepted = world.now, []
    save(world.ada, world.mug, usd("30.00"))
    for _ in range(data.draw(st.integers(1, 5))):
        first = data.draw(st.integers(1, 20))
        last = data.draw(st.none() | st.integers(first + 1, 24))
        asked = data.draw(st.integers(1300, 4000))
        ends = None if last is None else start + last * HOUR
        try:
            plan(world.ada, world.mug, Money(asked, "USD"), start + first * HOUR, ends)
        except PricesRefused:
            assert any(b < (last or 99) and first < (e or 99) for b, e, _ in accepted)
            continue
        assert not any(b < (last or 99) and first < (e or 99) for b, e, _ in accepted)
        accepted.append((first, last, asked))
    for hour in range(25):
        covering = [asked for b, e, asked in accepted if b <= hour < (e or 99)]
        assert price(world.ada, world.mug, start + hour * HOUR) == Money([*covering, 3000][0], "USD")
