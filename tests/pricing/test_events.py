"""Sale events and store sales: they begin and end by the calendar, and leave everything as it was."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import pytest

from kit.errors import NotFound, Refusal
from kit.money import Money
from pricing.events import announce_event, choose, end_event
from pricing.explaining import explain
from pricing.history import price_history
from pricing.listing import Listings, VariantListing, listings
from pricing.models import PriceCeiling
from pricing.reading import VARIANTS
from pricing.retail import set_prices
from pricing.store_sales import end_sale, plan_sale, preview_sale, store_sales
from storage.database import transaction
from tests.world import Shop, World

DAY = timedelta(days=1)


def announce(world: World, *, cut: int = 2500, embargo: int = 1, begins: int = 2, ends: int = 9) -> UUID:
    """An event for mugs; days are counted from now."""
    with transaction(world.services.console) as session:
        return announce_event(
            session,
            name="Spring",
            note="",
            visible_from=world.now + embargo * DAY,
            begins=world.now + begins * DAY,
            ends=world.now + ends * DAY,
            products={world.product(f"mug-{world.number}"): cut},
            price_lists=[],
            actor="staff",
            now=world.now,
        )


def join(shop: Shop, event_id: UUID | None, *, joined: bool = True, pass_on: int = 10_000) -> None:
    with shop.transaction() as session:
        choose(
            session, **shop.keys, event_id=event_id, joined=joined, pass_on_bps=pass_on,
            actor="partner", now=shop.world.now,
        )  # fmt: skip


def read(shop: Shop, at: datetime | None = None) -> Listings:
    world = shop.world
    with shop.transaction() as session:
        return listings(
            session, **shop.keys, now=at or world.now, selection=VARIANTS, choice=[world.variant(world.mug)]
        )


def listed(shop: Shop, at: datetime | None = None) -> VariantListing:
    return read(shop, at).products[0].variants[0]


def price(shop: Shop, at: datetime | None = None) -> int:
    found = listed(shop, at).price
    assert found is not None
    return found.minor


def test_an_event_lowers_prices_from_its_first_moment_to_its_last_and_wholesale_goes_back(
    world: World,
) -> None:
    start = world.now
    before = (price(world.ada), price(world.ben))
    event_id = announce(world)
    world.later(days=1)
    join(world.ada, event_id)
    join(world.ben, event_id, pass_on=5000)
    begins, ends, instant = start + 2 * DAY, start + 9 * DAY, timedelta(microseconds=1)
    # A page is kept no longer than until then; another event of the company may end it sooner.
    kept = read(world.ada).good_until
    assert kept is not None
    assert world.now < kept <= begins
    assert price(world.ada, begins - instant) == before[0]
    # A quarter of 12.00 wholesale is saved: all of it is passed on, or half of it with its tax.
    assert price(world.ada, begins) == before[0] - 300
    assert before[1] - price(world.ben, begins) == 178
    kept = read(world.ada, begins).good_until
    assert kept is not None
    assert begins < kept <= ends
    assert price(world.ada, ends - instant) == before[0] - 300
    assert (price(world.ada, ends), price(world.ben, ends)) == before
    world.installation.clock.moment = begins
    order = world.ada.buy((world.mug, 2))
    with world.ada.transaction() as session:
        line = session.connection().exec_driver_sql(
            "SELECT unit_retail, unit_wholesale, unit_floor, margin FROM order_lines"
            f" WHERE partner_id = '{world.ada.partner_id}' AND order_id = '{order}'"
        ).one()  # fmt: skip
    assert tuple(line) == (before[0] - 300, 900, 1000, 2 * (before[0] - 300 - 900))


def test_nobody_knows_of_an_event_before_its_time_nor_on_another_price_list(world: World) -> None:
    join(world.ada, None)
    announce(world, embargo=2, begins=2)
    at = world.now + 3 * DAY
    with world.ada.transaction() as session:
        keys = {**world.ada.keys, "variant_id": world.variant(world.mug)}
        found = explain(session, **keys, at=at, now=world.now)
        assert (found.event, found.price) == (None, Money(2160, "USD"))
        assert not any(change.ahead for change in price_history(session, **keys, now=world.now).changes)
        known = explain(session, **keys, at=at, now=world.now + 2 * DAY)
    assert known.event is not None
    assert known.price == Money(1860, "USD")
    with world.ben.transaction() as session, pytest.raises(NotFound):
        hidden = announce(world)
        choose(
            session, **world.ben.keys, event_id=hidden, joined=True, pass_on_bps=0,
            actor="partner", now=world.now,
        )  # fmt: skip


def test_a_choice_for_an_event_goes_before_the_standing_one_and_holds_from_then_on(world: World) -> None:
    event_id = announce(world, embargo=0, begins=0)
    regular = price(world.ada)
    join(world.ada, None, pass_on=10_000)
    assert price(world.ada) == regular - 300
    assert price(world.ben) == 2571
    moment = world.now
    world.later(hours=1)
    join(world.ada, event_id, joined=False)
    assert price(world.ada) == regular
    assert price(world.ada, moment) == regular - 300
    world.later(hours=1)
    join(world.ada, event_id, pass_on=0)
    assert price(world.ada) == regular
    assert listed(world.ada).compare_at is None


def test_an_event_is_withdrawn_before_it_begins_and_stopped_after(world: World) -> None:
    ahead, running = announce(world, embargo=0), announce(world, embargo=0, begins=0, cut=5000)
    join(world.ada, None)
    assert price(world.ada) == 2160 - 600
    with transaction(world.services.console) as session:
        assert end_event(session, event_id=ahead, actor="staff", now=world.now) == "withdrawn"
    world.later(hours=1)
    with transaction(world.services.console) as session:
        assert end_event(session, event_id=running, actor="staff", now=world.now) == "stopped"
    assert price(world.ada) == price(world.ada, world.now + 3 * DAY) == 2160
    for event_id in (ahead, running):
        with transaction(world.services.console) as session, pytest.raises(Refusal, match="over already"):
            end_event(session, event_id=event_id, actor="staff", now=world.now)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"embargo": 3}, "visible_from"),
        ({"begins": -1, "embargo": -2}, "begins"),
        ({"ends": 2}, "ends"),
        ({"ends": 99}, "ends"),
        ({"cut": 9001}, "off"),
        ({"cut": 0}, "off"),
    ],
)
def test_an_event_that_cannot_be_is_refused_at_its_field(
    world: World, change: dict[str, int], field: str
) -> None:
    with pytest.raises(Refusal) as refused:
        announce(world, **change)
    assert refused.value.field == field


def test_a_sale_comes_out_of_the_margin_stops_at_the_floor_and_shows_what_it_was(world: World) -> None:
    with world.ada.transaction() as session:
        seen = preview_sale(
            session, **world.ada.keys, scope="product", scope_id=world.product(f"mug-{world.number}"),
            off_bps=5000, begins=world.now, now=world.now,
        )  # fmt: skip
        # The mug costs 21.60 and may cost 13.00: no more than 39.81 percent fits.
        assert seen.largest_bps == 3981
        assert (seen.listings, seen.stopped, seen.slimmest) == (2, 2, "Mug, Oat")
        sale_id = plan_sale(
            session, **world.ada.keys, scope="product", scope_id=world.product(f"mug-{world.number}"),
            off_bps=2000, begins=world.now, ends=world.now + DAY, actor="partner", now=world.now,
        )  # fmt: skip
        with pytest.raises(Refusal, match="planned for the same goods") as refused:
            plan_sale(
                session, **world.ada.keys, scope="product", scope_id=world.product(f"mug-{world.number}"),
                off_bps=500, begins=world.now + DAY / 2, ends=None, actor="partner", now=world.now,
            )  # fmt: skip
        assert refused.value.field == "begins"
    found = listed(world.ada)
    assert (found.price, found.compare_at) == (Money(1728, "USD"), Money(2160, "USD"))
    # The United States do not ask for it.
    assert found.lowest_before is None
    assert price(world.ben) == 2571
    assert price(world.ada, world.now + DAY) == 2160
    with world.ada.transaction() as session:
        assert [row.sale_id for row in store_sales(session, **world.ada.keys, now=world.now)] == [sale_id]
    with world.ben.transaction() as session:
        assert store_sales(session, **world.ben.keys, now=world.now) == []
        with pytest.raises(NotFound):
            end_sale(session, **world.ben.keys, sale_id=sale_id, actor="partner", now=world.now)
    world.later(hours=1)
    with world.ada.transaction() as session:
        end_sale(session, **world.ada.keys, sale_id=sale_id, actor="partner", now=world.now)
    assert price(world.ada) == 2160


def test_where_the_country_asks_the_lowest_price_of_30_days_stands_beside_a_reduced_one(
    world: World,
) -> None:
    mug = world.variant(world.mug)
    start = world.now

    def set_price(minor: int) -> None:
        with world.ben.transaction() as session:
            set_prices(session, **world.ben.keys, prices={mug: Money(minor, "EUR")}, actor="p", now=world.now)

    def sale() -> None:
        with world.ben.transaction() as session:
            plan_sale(
                session, **world.ben.keys, scope="store", off_bps=1000, begins=world.now,
                ends=world.now + DAY, actor="partner", now=world.now,
            )  # fmt: skip

    set_price(2200)
    world.later(days=10)
    set_price(3000)
    world.later(days=15)
    sale()
    found = listed(world.ben)
    assert (found.price, found.compare_at) == (Money(2700, "EUR"), Money(3000, "EUR"))
    assert found.lowest_before == Money(2200, "EUR")
    # 30 days after the low price ended it no longer counts, and the sale of before does.
    world.later(days=16)
    assert world.now - start == 41 * DAY
    sale()
    assert listed(world.ben).lowest_before == Money(2700, "EUR")
    world.later(days=32)
    sale()
    assert listed(world.ben).lowest_before == Money(3000, "EUR")


def test_a_ceiling_bounds_what_a_rule_asks(world: World) -> None:
    with transaction(world.services.console) as session:
        session.add(PriceCeiling(variant_id=world.variant(world.mug), currency="USD", amount=1999))
    assert price(world.ada) == 1999
    assert price(world.ben) == 2571
    with world.ada.transaction() as session:
        found = explain(
            session, **world.ada.keys, variant_id=world.variant(world.mug), at=world.now, now=world.now
        )
    assert found.capped
    assert found.price == Money(1999, "USD")
