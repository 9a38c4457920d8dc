"""Judging thousands of prices at once says what reading each listing says."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from kit.ids import new_ids
from kit.money import Money
from pricing.bases import MANY, array_of
from pricing.judging import PricesRefused, judge_prices, preview_following, preview_rule
from pricing.offers import regular_price
from pricing.reading import VARIANTS, read_prices, terms_of
from pricing.retail import set_prices
from storage.database import transaction
from tests.pricing.dice import Dice
from tests.world import World, eur, usd


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("unknown", [0, MANY])
def test_todays_price_is_the_one_that_is_listed(world: World, seed: int, unknown: int) -> None:
    """Many values are read by another plan than few: keys of nothing make them many."""
    dice = Dice(world, 100 + seed)
    for shop in dice.shops:
        wanted = list(dice.variants.values())
        with shop.transaction() as session:
            rows = read_prices(session, **shop.keys, now=world.now, selection=VARIANTS, choice=wanted)
            judged = judge_prices(
                session, **shop.keys, now=world.now,
                prices={key: Money(5_000, shop.currency) for key in [*wanted, *new_ids(unknown)]},
            )  # fmt: skip
        listed = {row.variant_id: (regular_price(row, terms_of(row)), row.wholesale) for row in rows}
        assert {row.variant_id: (row.before_minor, row.wholesale_minor) for row in judged} == listed
        assert [row.variant_id for row in judged] == wanted


def test_a_price_over_the_companys_maximum_is_refused_with_the_highest_allowed(world: World) -> None:
    with transaction(world.services.console) as session:
        for currency in ("USD", "EUR"):
            session.execute(
                text("INSERT INTO price_ceilings VALUES (:v, :c, 3000)"),
                {"v": world.variant(world.mug), "c": currency},
            )
    key = world.variant(world.mug)
    with (
        pytest.raises(PricesRefused, match="over the company's maximum") as refused,
        world.ada.transaction() as s,
    ):
        set_prices(s, **world.ada.keys, prices={key: usd("30.01")}, actor="x", now=world.now)
    assert "USD 30.00" in refused.value.refused[0].refusal
    with world.ben.transaction() as session:
        set_prices(session, **world.ben.keys, prices={key: eur("30.00")}, actor="x", now=world.now)
        (row,) = preview_rule(
            session, **world.ben.keys, variant_ids=[key], method="markup", value=30_000, rounding="none",
            now=world.now,
        )  # fmt: skip
    assert (row.after, row.refusal) == (eur("30.00"), "")


def test_following_the_rule_again_is_seen_before_it_is_done(world: World) -> None:
    mug, tote = world.variant(world.mug), world.variant(world.tote)
    with world.ada.transaction() as session:
        set_prices(session, **world.ada.keys, prices={mug: usd("25.00")}, actor="x", now=world.now)
        (row,) = preview_following(
            session, **world.ada.keys, variant_ids=[mug, tote], now=world.later(minutes=1)
        )
    assert (row.sku, row.before, row.after, row.refusal) == (world.mug, usd("25.00"), usd("21.60"), "")
    assert (row.earned, row.earn) == (usd("13.00"), usd("9.60"))


def test_many_values_travel_as_one_text() -> None:
    assert array_of([]) == "{}"
    assert array_of([1, -2]) == "{1,-2}"
