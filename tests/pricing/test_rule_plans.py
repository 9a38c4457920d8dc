"""Rules for a while, in two stores: which goes before which, and what each says of itself."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from catalog.collections import add_product, create_collection
from kit.errors import NotFound, Refusal
from kit.ids import NIL
from kit.money import Money
from pricing.listing import listings
from pricing.plans import plan_prices, withdraw_plans
from pricing.reading import VARIANTS
from pricing.retail import set_prices, set_rule
from pricing.rule_plans import clear_rule, plan_rule
from pricing.store_rules import store_rules
from storage.database import transaction
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
