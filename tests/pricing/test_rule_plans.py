"""Rules for a while and rules that go, in two stores: which goes before which, and what each says of itself."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from catalog.collections import add_product, create_collection
from kit.errors import NotFound, Refusal
from kit.ids import NIL
from kit.money import Money, ceil_div
from pricing.listing import listings
from pricing.models import ROUNDINGS
from pricing.plans import plan_prices, withdraw_plans
from pricing.reading import VARIANTS
from pricing.retail import set_prices, set_rule
from pricing.rule_effects import clearing_effects, rule_effects
from pricing.rule_plans import clear_rule, plan_rule
from pricing.store_rules import store_rules
from pricing.wholesale import NewWholesale, set_wholesale
from storage.database import transaction
from tests.pricing.dice import Dice
from tests.world import Shop, World, eur, usd

HOUR = timedelta(hours=1)
INSTANT = timedelta(microseconds=1)


def price(shop: Shop, sku: str, at: datetime | None = None) -> Money | None:
    with shop.transaction() as session:
        found = listings(
            session, **shop.keys, now=at or shop.world.now, selection=VARIANTS,
            choice=[shop.world.variant(sku)],
        )  # fmt: skip
    return found.products[0].variants[0].price if found.products else None


def collection(world: World, *handles: str) -> UUID:
    with transaction(world.services.console) as session:
        key = create_collection(session, title=f"Kitchen {uuid4().hex[:8]}", actor="staff", now=world.now)
        for handle in handles:
            add_product(
                session, collection_id=key, product_id=world.product(handle), actor="staff", now=world.now
            )
    return key


def mugs(world: World) -> str:
    return f"mug-{world.number}"


def rule(shop: Shop, scope: str, key: UUID = NIL, **given: Any) -> None:
    asked = {"method": "markup", "value": 10_000, **given}
    with shop.transaction() as session:
        set_rule(session, **shop.keys, scope=scope, scope_id=key, actor="owner", now=shop.world.now, **asked)


def plan(
    shop: Shop, scope: str, key: UUID, begins: datetime, ends: datetime | None = None, **given: Any
) -> UUID:
    asked = {"method": "markup", "value": 5_000, **given}
    with shop.transaction() as session:
        return plan_rule(
            session, **shop.keys, scope=scope, scope_id=key, begins=begins, ends=ends, actor="owner",
            now=shop.world.now, **asked,
        )  # fmt: skip


def clear(shop: Shop, scope: str, key: UUID) -> None:
    with shop.transaction() as session:
        clear_rule(session, **shop.keys, scope=scope, scope_id=key, actor="owner", now=shop.world.now)


def test_rules_for_a_while_begin_and_end_by_themselves_the_most_specific_first(world: World) -> None:
    begins, ends = world.now + HOUR, world.now + 3 * HOUR
    mug, kitchen = world.product(mugs(world)), collection(world, mugs(world), f"tote-{world.number}")
    plan(world.ada, "store", NIL, begins, ends, value=6_000)
    assert price(world.ada, world.mug, begins) == usd("19.20")
    plan(world.ada, "collection", kitchen, begins, ends, value=5_000)
    assert price(world.ada, world.mug, begins) == usd("18.00")
    plan(world.ada, "product", mug, begins, ends, value=4_000)
    for moment, at_mug, at_tote in (
        (begins - INSTANT, "21.60", "18.00"),
        (begins, "16.80", "15.00"),
        (ends - INSTANT, "16.80", "15.00"),
        (ends, "21.60", "18.00"),
    ):
        assert price(world.ada, world.mug, moment) == usd(at_mug)
        assert price(world.ada, world.tote, moment) == usd(at_tote)
        assert price(world.ben, world.mug, moment) == eur("25.71")


def test_a_standing_product_rule_goes_before_a_collections_plan(world: World) -> None:
    kitchen = collection(world, mugs(world))
    rule(world.ada, "product", world.product(mugs(world)), value=9_000)
    plan(world.ada, "collection", kitchen, world.now + HOUR)
    assert price(world.ada, world.mug, world.now + 2 * HOUR) == usd("22.80")


def test_a_page_kept_in_memory_knows_when_a_rule_begins_and_ends(world: World) -> None:
    begins, ends = world.now + HOUR, world.now + 3 * HOUR
    plan(world.ada, "collection", collection(world, mugs(world)), begins, ends)
    for moment, until in ((world.now, begins), (begins, ends)):
        with world.ada.transaction() as session:
            found = listings(
                session, **world.ada.keys, now=moment, selection=VARIANTS,
                choice=[world.variant(world.mug)],
            )  # fmt: skip
        assert found.good_until == until


@pytest.mark.parametrize(
    ("begins", "ends", "field", "sentence"),
    [
        (-1, 5, "begins", "begins now or later"),
        (24 * 800, None, "begins", "next two years"),
        (5, 5, "ends", "ends after it begins"),
        (5, 3, "ends", "ends after it begins"),
    ],
)
def test_a_period_that_cannot_be_is_refused(
    world: World, begins: int, ends: int | None, field: str, sentence: str
) -> None:
    for scope, key in (("store", NIL), ("product", world.product(mugs(world)))):
        with pytest.raises(Refusal, match=sentence) as refused:
            plan(
                world.ada, scope, key, world.now + begins * HOUR,
                None if ends is None else world.now + ends * HOUR,
            )  # fmt: skip
        assert refused.value.field == field


def test_what_a_rule_cannot_be_is_refused_with_its_field(world: World) -> None:
    begins, mug = world.now + HOUR, world.product(mugs(world))
    for scope, key, given_, field in (
        ("variant", world.variant(world.mug), {}, "scope"),
        ("shelf", NIL, {}, "scope"),
        ("product", uuid4(), {}, "scope"),
        ("collection", uuid4(), {}, "scope"),
        ("product", mug, {"method": "gift"}, "method"),
        ("product", mug, {"rounding": "odd"}, "rounding"),
        ("product", mug, {"value": -1}, "value"),
        ("product", mug, {"value": 10**9}, "value"),
        ("collection", collection(world), {"method": "fixed", "value": 2_000}, "scope"),
    ):
        with pytest.raises(Refusal) as refused:
            plan(world.ada, scope, key, begins, **given_)
        assert refused.value.field == field, (scope, given_)
    with pytest.raises(Refusal, match="There is no such product"):
        rule(world.ada, "product", uuid4())


def test_plans_for_one_target_do_not_overlap_and_the_refusal_names_the_other(world: World) -> None:
    begins, kitchen = world.now + 2 * HOUR, collection(world, mugs(world))
    plan(world.ada, "collection", kitchen, begins, begins + 2 * HOUR)
    for first, last in ((1, 3), (3, None), (1, None)):
        with pytest.raises(Refusal) as refused:
            plan(
                world.ada, "collection", kitchen, world.now + first * HOUR,
                last and world.now + last * HOUR,
            )  # fmt: skip
        assert refused.value.field == "begins"
        assert "the collection Kitchen" in refused.value.message
        assert f"from {begins:%d %b %Y %H:%M} until {begins + 2 * HOUR:%d %b %Y %H:%M} UTC" in (
            refused.value.message
        )
    # Ends are exclusive, other targets are free, and so is another partner.
    plan(world.ada, "collection", kitchen, world.now + HOUR, begins)
    plan(world.ada, "collection", kitchen, begins + 2 * HOUR)
    plan(world.ada, "store", NIL, begins, begins + HOUR)
    plan(world.ben, "collection", kitchen, begins, begins + HOUR)


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


def test_a_plan_is_taken_back_by_its_own_partner_alone_and_its_log_says_so(world: World) -> None:
    begins, kitchen = world.now + HOUR, collection(world, mugs(world))
    key = plan(world.ada, "collection", kitchen, begins, begins + HOUR)

    def withdraw(shop: Shop) -> int:
        with shop.transaction() as session:
            return withdraw_plans(session, **shop.keys, rule_ids=[key], actor="owner", now=world.now)

    with pytest.raises(NotFound):
        withdraw(world.ben)
    assert withdraw(world.ada) == 1
    assert price(world.ada, world.mug, begins) == usd("21.60")
    with pytest.raises(NotFound):
        withdraw(world.ada)
    with transaction(world.services.console) as session:
        rows = session.execute(
            text(
                "SELECT action, before, after FROM audit_log WHERE partner_id = :p"
                " AND action LIKE 'retail.%plan%' ORDER BY 1"
            ),
            {"p": world.ada.partner_id},
        ).all()
    assert [row.action for row in rows] == ["retail.plan_withdrawn", "retail.rule_planned"]
    assert rows[0].before[str(kitchen)]["method"] == "markup"
    assert rows[1].after["scope_id"] == str(kitchen)


def test_a_running_plan_ends_now_and_what_stood_comes_back(world: World) -> None:
    mug = world.product(mugs(world))
    rule(world.ada, "product", mug, value=9_000)
    key = plan(world.ada, "product", mug, world.now, world.now + 5 * HOUR)
    assert price(world.ada, world.mug) == usd("18.00")
    world.later(hours=1)
    # What stands beneath can be changed meanwhile; shoppers see it when the plan ends.
    rule(world.ada, "product", mug, value=9_500)
    assert price(world.ada, world.mug) == usd("18.00")
    with world.ada.transaction() as session:
        withdraw_plans(session, **world.ada.keys, rule_ids=[key], actor="owner", now=world.now)
    assert price(world.ada, world.mug) == usd("23.40")


def test_rules_are_listed_with_what_they_price(world: World) -> None:
    mug, kitchen = world.product(mugs(world)), collection(world, mugs(world), f"tote-{world.number}")
    rule(world.ada, "collection", kitchen, method="margin", value=500, rounding="95")
    rule(world.ada, "product", mug, value=9_000)
    with world.ada.transaction() as session:
        set_prices(
            session, **world.ada.keys, prices={world.variant(world.mug): usd("30.00")}, actor="owner",
            now=world.now,
        )  # fmt: skip
    begins = world.now + HOUR
    plan(world.ada, "product", mug, begins, begins + HOUR)
    world.later(minutes=1)

    def listed(shop: Shop) -> list[tuple[str, bool, bool, int, int]]:
        with shop.transaction() as session:
            found = store_rules(session, **shop.keys, now=world.now)
        return [(one.scope, one.running, one.planned, one.rule.value, one.listings) for one in found]

    assert listed(world.ada)[:3] == [
        ("product", True, False, 9_000, 1),
        ("product", False, True, 5_000, 0),
        ("collection", True, False, 500, 1),
    ]
    assert [row[0] for row in listed(world.ada)] == ["product", "product", "collection", "store"]
    assert [row[0] for row in listed(world.ben)] == ["store"]
    with world.ada.transaction() as session:
        first = store_rules(session, **world.ada.keys, now=world.now)[0]
    assert (first.name, first.handle, first.scope_id) == ("Mug", mugs(world), mug)
    world.later(hours=1)
    assert listed(world.ada)[:2] == [("product", True, False, 9_000, 0), ("product", True, True, 5_000, 1)]


def test_a_plan_without_an_end_stands_once_it_has_begun_and_can_be_planned_over(world: World) -> None:
    mug, start = world.product(mugs(world)), world.now
    rule(world.ada, "product", mug, value=9_000)
    plan(world.ada, "product", mug, start + HOUR)
    with world.ada.transaction() as session:
        plan_prices(
            session, **world.ada.keys, prices={world.variant(world.scarce_mug): usd("29.00")},
            begins=start + HOUR, ends=None, actor="owner", now=world.now,
        )  # fmt: skip
    world.later(hours=2)
    with world.ada.transaction() as session:
        found = store_rules(session, **world.ada.keys, now=world.now)
    assert [(one.rule.value, one.planned) for one in found if one.scope == "product"] == [(5_000, False)]
    before = [price(world.ada, world.mug, start + half * HOUR / 2) for half in range(12)]
    plan(world.ada, "product", mug, world.now + HOUR, world.now + 2 * HOUR, value=7_000)
    with world.ada.transaction() as session:
        plan_prices(
            session, **world.ada.keys, prices={world.variant(world.scarce_mug): usd("31.00")},
            begins=world.now + HOUR, ends=world.now + 2 * HOUR, actor="owner", now=world.now,
        )  # fmt: skip
    after = [price(world.ada, world.mug, start + half * HOUR / 2) for half in range(12)]
    assert after == [*before[:6], usd("20.40"), usd("20.40"), *before[8:]]
    for at, asked in ((0, "22.80"), (1, "29.00"), (3, "31.00"), (4, "29.00")):
        assert price(world.ada, world.scarce_mug, start + at * HOUR) == usd(asked)
    world.later(minutes=1)
    clear(world.ada, "product", mug)
    assert price(world.ada, world.mug) == usd("21.60")


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


def test_a_collections_plan_that_stands_by_now_is_saved_anew_before_another_is_planned(world: World) -> None:
    kitchen, start = collection(world, mugs(world)), world.now
    plan(world.ada, "collection", kitchen, start + HOUR)
    world.later(hours=2)
    with pytest.raises(Refusal, match="Save it anew, so that it stands, or remove it first") as refused:
        plan(world.ada, "collection", kitchen, start + 3 * HOUR)
    assert refused.value.field == "begins"
    rule(world.ada, "collection", kitchen, value=5_000)
    plan(world.ada, "collection", kitchen, start + 3 * HOUR, value=7_000)
    assert price(world.ada, world.mug, start + 2 * HOUR + INSTANT) == usd("18.00")
    assert price(world.ada, world.mug, start + 3 * HOUR) == usd("20.40")


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
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
