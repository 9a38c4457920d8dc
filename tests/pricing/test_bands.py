"""Bands of what partners ask: of five partners or more, naming nobody, and only of what a store may sell."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, text, update

from kit.ids import new_id
from kit.money import Money
from pricing.assortment import hide_product, show_product
from pricing.band_filling import fill_bands
from pricing.bands import STALE, Band, PriceBand, quartiles, read_bands
from storage.database import transaction
from storage.jobs import Job, enqueue
from tenants.models import Partner, Store
from tests.pricing.test_setting_prices import set_own
from tests.world import Shop, World, usd


@pytest.fixture
def alone(world: World) -> World:
    """A world whose stores are the only live ones."""
    with transaction(world.services.console) as session:
        session.execute(
            update(Store)
            .where(Store.store_id.not_in([world.ada.store_id, world.ben.store_id]))
            .values(state="closed")
        )
    return world


def sellers(world: World, number: int, **terms: object) -> list[Shop]:
    """Further shops in Ada's currency, each of its own partner, with a price of its own for the mug."""
    made = []
    for place in range(number):
        shop = world.shop(f"peer{place}", "USD", "US", tax_inclusive=False)
        set_own(shop, world.mug, Money(2000 + place * 100, "USD"))
        made.append(shop)
    return made


def fill(world: World) -> int:
    world.later(minutes=1)
    with transaction(world.services.console) as session:
        return fill_bands(session, now=world.now)


def band(shop: Shop, sku: str) -> Band | None:
    world = shop.world
    variant_id = world.variant(sku)
    with shop.transaction() as session:
        return read_bands(session, **shop.keys, variant_ids=[variant_id], now=world.now).get(variant_id)


def test_four_partners_tell_nothing_and_five_do(alone: World) -> None:
    sellers(alone, 3)
    assert fill(alone) == 0
    assert band(alone.ada, alone.mug) is None
    (fifth,) = sellers(alone, 1)
    set_own(fifth, alone.mug, usd("99.00"))
    assert fill(alone) > 0
    # Of 20.00, 21.00, 21.60, 22.00 and 99.00: neither the lowest nor the highest is told.
    assert band(alone.ada, alone.mug) == Band(usd("21.00"), usd("22.00"))
    assert band(fifth, alone.mug) == Band(usd("21.00"), usd("22.00"))
    # Ben sells in another currency, with tax, and is one of one there.
    assert band(alone.ben, alone.mug) is None


def test_one_that_leaves_takes_the_band_along(alone: World) -> None:
    peers = sellers(alone, 4)
    fill(alone)
    assert band(alone.ada, alone.mug) is not None
    with transaction(alone.services.console) as session:
        session.execute(update(Store).where(Store.store_id == peers[0].store_id).values(state="paused"))
    assert fill(alone) == 0
    assert band(alone.ada, alone.mug) is None
    with transaction(alone.services.console) as session:
        assert session.scalar(select(PriceBand.variant_id).limit(1)) is None
        session.execute(update(Store).where(Store.store_id == peers[0].store_id).values(state="live"))
        partner = Partner.partner_id == peers[1].partner_id
        session.execute(update(Partner).where(partner).values(state="paused"))
    assert fill(alone) == 0


def test_several_stores_of_one_partner_count_once(alone: World) -> None:
    sellers(alone, 3)
    with transaction(alone.services.console) as session:
        second = session.get_one(Store, (alone.ada.partner_id, alone.ada.store_id))
        values = {column.name: getattr(second, column.name) for column in Store.__table__.columns}
        for name in ("x", "y"):
            session.add(Store(**{**values, "store_id": new_id(), "slug": f"{values['slug']}{name}"}))
    assert fill(alone) == 0


def test_a_store_that_hides_a_product_neither_counts_nor_is_told(alone: World) -> None:
    peers = sellers(alone, 5)
    product = alone.product(f"mug-{alone.number}")
    with peers[0].transaction() as session:
        hide_product(session, **peers[0].keys, product_id=product, actor="x", now=alone.now)
    fill(alone)
    assert band(alone.ada, alone.mug) == Band(usd("21.60"), usd("23.00"))
    assert band(peers[0], alone.mug) is None
    # It shows it again, and is told before it counts.
    with peers[0].transaction() as session:
        show_product(session, **peers[0].keys, product_id=product, actor="x", now=alone.now)
    assert band(peers[0], alone.mug) == Band(usd("21.60"), usd("23.00"))


def test_what_a_store_may_not_sell_is_not_told(alone: World) -> None:
    sellers(alone, 4)
    fill(alone)
    keys = {"p": alone.product(f"mug-{alone.number}"), "v": alone.variant(alone.mug), "now": alone.now}
    for breaking, mending in (
        (
            "UPDATE products SET state = 'draft' WHERE product_id = :p",
            "UPDATE products SET state = 'active' WHERE product_id = :p",
        ),
        (
            "UPDATE wholesale_prices SET valid = tstzrange(lower(valid), :now) WHERE variant_id = :v AND currency = 'USD'",
            "",
        ),
    ):
        assert band(alone.ada, alone.mug) is not None
        with transaction(alone.services.console) as session:
            session.execute(text(breaking), keys)
        assert band(alone.ada, alone.mug) is None
        with transaction(alone.services.console) as session:
            if mending:
                session.execute(text(mending), keys)
    fill(alone)
    with transaction(alone.services.console) as session:
        held = session.scalars(select(PriceBand.variant_id)).all()
        assert alone.variant(alone.mug) not in held
        assert alone.variant(alone.tote) in held


def test_a_band_of_another_time_is_not_told(alone: World) -> None:
    sellers(alone, 4)
    fill(alone)
    alone.later(seconds=int(STALE.total_seconds()) - 60)
    assert band(alone.ada, alone.mug) is not None
    alone.later(minutes=2)
    assert band(alone.ada, alone.mug) is None


def test_the_worker_does_it(alone: World) -> None:
    sellers(alone, 4)
    with transaction(alone.services.console) as session:
        enqueue(session, Job("prices.bands", {"timestamp": 0}))
    alone.run_jobs()
    assert band(alone.ada, alone.mug) is not None


def test_a_face_reads_bands_that_name_nobody_and_writes_none(alone: World) -> None:
    sellers(alone, 4)
    fill(alone)
    with alone.ada.transaction() as session:
        row = session.execute(text("SELECT * FROM price_bands LIMIT 1")).one()
        assert set(row._mapping) == {
            "variant_id", "currency", "tax_inclusive", "partners", "low", "median", "high", "computed_at",
        }  # fmt: skip
    for statement in ("DELETE FROM price_bands", "UPDATE price_bands SET low = 1"):
        with pytest.raises(Exception, match="permission denied"), alone.ada.transaction() as session:
            session.execute(text(statement))


@given(st.lists(st.integers(1, 10_000_000), min_size=5, max_size=60))
def test_quartiles_lie_in_order_within_and_have_half_of_all_between_them(prices: list[int]) -> None:
    low, median, high = quartiles(prices)
    assert min(prices) <= low <= median <= high <= max(prices)
    assert sum(price <= low for price in prices) * 4 >= len(prices) - 1
    assert sum(price >= high for price in prices) * 4 >= len(prices) - 1
    assert quartiles(sorted(prices, reverse=True)) == (low, median, high)


def test_of_five_the_extremes_are_not_told() -> None:
    assert quartiles([9, 1, 5, 3, 7]) == (3, 5, 7)
    assert quartiles([4]) == (4, 4, 4)
    assert quartiles([10, 20]) == (13, 15, 18)
