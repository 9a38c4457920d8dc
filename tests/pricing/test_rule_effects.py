"""What a rule changes, or one that goes, seen before it is saved: exactly what comes of it, in two stores."""

from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from kit.errors import NotFound, Refusal
from kit.ids import NIL
from kit.money import ceil_div
from pricing.models import ROUNDINGS
from pricing.rule_effects import clearing_effects, rule_effects
from pricing.wholesale import NewWholesale, set_wholesale
from storage.database import transaction
from tests.pricing.dice import Dice
from tests.pricing.test_rule_plans import HOUR, INSTANT, clear, collection, mugs, plan, price, rule
from tests.world import Shop, World, eur, usd


def test_a_fixed_price_is_judged_by_the_wholesale_prices_of_then(world: World) -> None:
    with transaction(world.services.console) as session:
        default = session.execute(text("SELECT price_list_id FROM price_lists WHERE is_default")).scalar_one()
        set_wholesale(
            session,
            prices=[NewWholesale(world.variant(world.mug), default, usd("15.00"))],
            begins=world.now + HOUR, actor="staff", now=world.now,
        )  # fmt: skip
    mug, begins = world.product(mugs(world)), world.now + 2 * HOUR
    rule(world.ada, "product", mug, method="fixed", value=1_300)
    with pytest.raises(Refusal, match=r"under the minimum for 1 of 2.*16\.00") as refused:
        plan(world.ada, "product", mug, begins, method="fixed", value=1_500)
    assert refused.value.field == "value"
    with world.ada.transaction() as session:
        found = rule_effects(
            session, **world.ada.keys, scope="product", scope_id=mug, method="fixed", value=1_500,
            rounding="none", at=begins, now=world.now,
        )  # fmt: skip
    assert [(row.variant_id, row.lowest) for row in found.refused] == [
        (world.variant(world.mug), usd("16.00"))
    ]
    assert found.lowest == usd("16.00")
    plan(world.ada, "product", mug, begins, method="fixed", value=1_600)
    assert price(world.ada, world.mug, begins) == usd("16.00")


def test_a_markup_or_margin_under_the_floor_is_lifted_and_counted(world: World) -> None:
    mug = world.product(mugs(world))
    for method, value in (("markup", 100), ("margin", 50)):
        for shop, lowest in ((world.ada, usd("13.00")), (world.ben, eur("15.47"))):
            with shop.transaction() as session:
                found = rule_effects(
                    session, **shop.keys, scope="product", scope_id=mug, method=method, value=value,
                    rounding="none", at=None, now=world.now,
                )  # fmt: skip
            assert (found.covered, found.prices, found.lifted, found.capped) == (2, 2, 2, 0)
            assert {row.after for row in found.changed} <= {lowest}
            rule(shop, "product", mug, method=method, value=value)
            assert price(shop, world.mug) == lowest
        world.later(minutes=1)


def test_the_companys_maximum_lowers_what_a_rule_comes_to(world: World) -> None:
    with transaction(world.services.console) as session:
        session.execute(
            text("INSERT INTO price_ceilings VALUES (:v, 'USD', 2000)"), {"v": world.variant(world.mug)}
        )
    mug = world.product(mugs(world))
    with world.ada.transaction() as session:
        found = rule_effects(
            session, **world.ada.keys, scope="product", scope_id=mug, method="fixed", value=2_400,
            rounding="none", at=None, now=world.now,
        )  # fmt: skip
    assert (found.capped, found.refused) == (1, ())
    assert {row.variant_id: row.after for row in found.changed}[world.variant(world.scarce_mug)] == usd(
        "24.00"
    )
    rule(world.ada, "product", mug, method="fixed", value=2_400)
    assert price(world.ada, world.mug) == usd("20.00")


def test_a_rule_that_goes_leaves_its_listings_to_the_next_broader_one(world: World) -> None:
    mug, kitchen = world.product(mugs(world)), collection(world, mugs(world))
    rule(world.ada, "collection", kitchen, value=9_000)
    rule(world.ada, "product", mug, value=10_000)
    rule(world.ben, "product", mug, value=10_000)
    world.later(minutes=1)
    with world.ada.transaction() as session:
        seen = clearing_effects(session, **world.ada.keys, scope="product", scope_id=mug, now=world.now)
    assert {(row.before, row.after, row.earn) for row in seen.changed} == {
        (usd("24.00"), usd("22.80"), usd("10.80"))
    }
    clear(world.ada, "product", mug)
    assert price(world.ada, world.mug) == usd("22.80")
    assert price(world.ben, world.mug) == eur("28.56")
    clear(world.ada, "collection", kitchen)
    assert price(world.ada, world.mug) == usd("21.60")
    with pytest.raises(NotFound):
        clear(world.ada, "collection", kitchen)
    with pytest.raises(Refusal, match="changed and not removed") as refused:
        clear(world.ada, "store", NIL)
    assert refused.value.field == "scope"


@pytest.mark.parametrize("seed", range(6))
def test_what_is_seen_before_is_what_comes_of_it(world: World, seed: int) -> None:
    """Whatever rules there are: the preview names exactly the prices that change, and to what."""
    dice = Dice(world, 900 + seed)
    throw = dice.dice
    world.later(minutes=1)
    for shop in dice.shops:
        targets = [("store", NIL), *(("collection", key) for key in dice.collections)]
        targets += [("product", key) for key in dice.products]
        scope, key = throw.choice(targets)
        method = throw.choice(["fixed", "markup", "margin"])
        value = throw.choice([1_300, 2_600, 5_000])
        rounding = "none" if method == "fixed" else throw.choice(["none", "99"])
        later = throw.choice([None, world.now + HOUR])
        skus = dice.skus
        with shop.transaction() as session:
            seen = rule_effects(
                session, **shop.keys, scope=scope, scope_id=key, method=method, value=value,
                rounding=rounding, at=later, now=world.now,
            )  # fmt: skip
        before = {sku: price(shop, sku, later) for sku in skus}
        begun = scope == "collection" and later is not None and _planned_for_good(shop, key)
        asked = {"method": method, "value": value, "rounding": rounding}
        try:
            if later is None:
                rule(shop, scope, key, **asked)
            else:
                plan(shop, scope, key, later, later + HOUR, **asked)
        except Refusal:
            refused = True
        else:
            refused = False
        assert refused == bool(seen.refused or begun or (method == "fixed" and not seen.covered))
        if refused:
            continue
        told = {row.variant_id: (row.before, row.after) for row in seen.changed}
        at = later or world.now + INSTANT
        hidden = _hidden(shop)
        for sku in skus:
            if sku in hidden:
                continue
            after = price(shop, sku, at)
            expected = told.get(world.variant(sku), (before[sku], before[sku]))
            assert (before[sku], after) == expected, (sku, scope, asked)
        if later is None and scope != "store":
            with shop.transaction() as session:
                seen = clearing_effects(session, **shop.keys, scope=scope, scope_id=key, now=at)
            before = {sku: price(shop, sku, at) for sku in skus}
            world.later(minutes=1)
            clear(shop, scope, key)
            told = {row.variant_id: (row.before, row.after) for row in seen.changed}
            for sku in set(skus) - hidden:
                expected = told.get(world.variant(sku), (before[sku], before[sku]))
                assert (before[sku], price(shop, sku)) == expected, (sku, scope)


def _planned_for_good(shop: Shop, key: UUID) -> bool:
    with shop.transaction() as session:
        return bool(
            session.execute(
                text(
                    "SELECT count(*) FROM retail_rules r WHERE r.partner_id = :p AND r.store_id = :s"
                    " AND r.scope_id = :k AND r.layer = 'planned' AND upper_inf(r.valid)"
                ),
                {"p": shop.partner_id, "s": shop.store_id, "k": key},
            ).scalar_one()
        )


def _hidden(shop: Shop) -> set[str]:
    with shop.transaction() as session:
        rows = session.execute(
            text(
                "SELECT v.sku FROM hidden_products h JOIN variants v ON v.product_id = h.product_id"
                " WHERE h.partner_id = :p AND h.store_id = :s"
            ),
            {"p": shop.partner_id, "s": shop.store_id},
        )
        return set(rows.scalars())


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    method=st.sampled_from(["markup", "margin"]),
    value=st.integers(0, 30_000),
    rounding=st.sampled_from(ROUNDINGS),
)
def test_no_rule_comes_to_less_than_the_floor(world: World, method: str, value: int, rounding: str) -> None:
    world.later(hours=1)
    kitchen = collection(world, mugs(world))
    for shop, lowest in ((world.ada, usd("13.00")), (world.ben, eur("15.47"))):
        with shop.transaction() as session:
            seen = rule_effects(
                session, **shop.keys, scope="collection", scope_id=kitchen, method=method, value=value,
                rounding=rounding, at=world.now + HOUR, now=world.now,
            )  # fmt: skip
        assert (seen.covered, seen.prices) == (2, 2)
        part = value if method == "margin" else ceil_div(1_200 * value, 10_000)
        assert seen.lifted == (2 if part < 100 else 0)
        plan(
            shop, "collection", kitchen, world.now + HOUR, world.now + 2 * HOUR, method=method, value=value,
            rounding=rounding,
        )  # fmt: skip
        came = price(shop, world.mug, world.now + HOUR)
        assert came is not None
        assert came >= lowest
        assert {row.after for row in seen.changed} <= {came}
    world.later(hours=3)
