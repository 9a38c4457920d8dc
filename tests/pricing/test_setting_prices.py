"""Setting prices: all or none, with the lowest allowed stated, and history kept."""

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from kit.errors import Refusal
from kit.money import Money
from pricing.judging import PricesRefused
from pricing.listing import listings
from pricing.models import RetailRule
from pricing.reading import VARIANTS
from pricing.retail import clear_prices, set_prices, set_rule
from pricing.wholesale import NewWholesale, ScheduleTaken, set_wholesale
from storage.database import transaction
from tests.world import Shop, World, eur, usd


def price(shop: Shop, sku: str) -> Money | None:
    with shop.transaction() as session:
        found = listings(
            session, **shop.keys, now=shop.world.now, selection=VARIANTS, choice=[shop.world.variant(sku)]
        )
    return found.products[0].variants[0].price if found.products else None


def set_own(shop: Shop, sku: str, asked: Money) -> None:
    with shop.transaction() as session:
        set_prices(
            session, **shop.keys, prices={shop.world.variant(sku): asked}, actor="ada", now=shop.world.now
        )


def test_a_price_of_ones_own_goes_before_the_rule(world: World) -> None:
    assert price(world.ada, world.mug) == usd("21.60")
    set_own(world.ada, world.mug, usd("25.00"))
    assert price(world.ada, world.mug) == usd("25.00")
    assert price(world.ben, world.mug) == eur("25.71")
    world.later(minutes=1)
    with world.ada.transaction() as session:
        clear_prices(
            session, **world.ada.keys, variant_ids=[world.variant(world.mug)], actor="ada", now=world.now
        )
    assert price(world.ada, world.mug) == usd("21.60")


def test_a_price_under_the_floor_is_refused_with_the_lowest_allowed(world: World) -> None:
    with pytest.raises(PricesRefused) as refused:
        set_own(world.ada, world.mug, usd("12.99"))
    row = refused.value.refused[0]
    assert row.lowest == usd("13.00")
    assert "13.00" in row.refusal
    set_own(world.ada, world.mug, usd("13.00"))


def test_the_floor_of_a_store_whose_prices_hold_tax_is_judged_net(world: World) -> None:
    # 12.00 wholesale and 1.00 margin are 13.00 net; with 19 % that is 15.47.
    with pytest.raises(PricesRefused) as refused:
        set_own(world.ben, world.mug, eur("15.46"))
    assert refused.value.refused[0].lowest == eur("15.47")
    set_own(world.ben, world.mug, eur("15.47"))


def test_one_refusal_refuses_all(world: World) -> None:
    with pytest.raises(PricesRefused), world.ada.transaction() as session:
        set_prices(
            session,
            **world.ada.keys,
            prices={world.variant(world.tote): usd("30.00"), world.variant(world.mug): usd("1.00")},
            actor="ada",
            now=world.now,
        )
    assert price(world.ada, world.tote) == usd("18.00")


def test_another_currency_is_refused(world: World) -> None:
    with pytest.raises(Refusal, match="sells in USD"):
        set_own(world.ada, world.mug, eur("25.00"))


def test_the_database_refuses_a_price_under_its_floor(world: World) -> None:
    with pytest.raises(IntegrityError), world.ada.transaction() as session:
        session.execute(
            text(
                "INSERT INTO retail_rules (partner_id, rule_id, store_id, scope, scope_id, method, value, rounding,"
                " judged_wholesale, judged_floor, valid, actor, created_at) VALUES (:p, :r, :s, 'variant', :v,"
                " 'fixed', 1299, 'none', 1200, 1300, tstzrange(now(), null), 'x', now())"
            ),
            {"p": world.ada.partner_id, "r": uuid4(), "s": world.ada.store_id, "v": uuid4()},
        )


def test_history_is_kept_and_can_be_asked_for(world: World) -> None:
    before = world.now
    set_own(world.ada, world.mug, usd("25.00"))
    world.later(days=1)
    set_own(world.ada, world.mug, usd("27.00"))
    with world.ada.transaction() as session:
        rows = session.scalars(
            select(RetailRule)
            .where(RetailRule.partner_id == world.ada.partner_id, RetailRule.scope == "variant")
            .order_by(RetailRule.valid)
        ).all()
        then = listings(
            session,
            **world.ada.keys,
            now=before + timedelta(hours=1),
            selection=VARIANTS,
            choice=[world.variant(world.mug)],
        )
    assert [row.value for row in rows] == [2500, 2700]
    assert then.products[0].variants[0].price == usd("25.00")


def test_the_most_specific_rule_wins(world: World) -> None:
    def rule(scope: str, scope_id: object, value: int) -> None:
        with world.ada.transaction() as session:
            set_rule(
                session, **world.ada.keys, scope=scope, scope_id=scope_id, method="margin",  # type: ignore[arg-type]
                value=value, actor="ada", now=world.now,
            )  # fmt: skip

    rule("product", world.product(f"mug-{world.number}"), 500)
    assert price(world.ada, world.mug) == usd("17.00")
    rule("variant", world.variant(world.mug), 300)
    assert price(world.ada, world.mug) == usd("15.00")
    assert price(world.ada, world.scarce_mug) == usd("17.00")
    assert price(world.ada, world.tote) == usd("18.00")


def test_a_margin_under_the_smallest_is_lifted_to_the_floor(world: World) -> None:
    world.later(minutes=1)
    with world.ada.transaction() as session:
        set_rule(
            session, **world.ada.keys, scope="store", method="margin", value=99, actor="ada", now=world.now
        )
    assert price(world.ada, world.mug) == usd("13.00")
    assert price(world.ben, world.mug) == eur("25.71")


def test_wholesale_is_scheduled_and_takes_effect_by_the_calendar(world: World) -> None:
    begins = world.now + timedelta(days=3)
    with transaction(world.services.console) as session:
        set_wholesale(
            session,
            prices=[NewWholesale(world.variant(world.mug), world.installation.price_list_id, usd("20.00"))],
            begins=begins,
            actor="staff",
            now=world.now,
        )
    set_own(world.ada, world.mug, usd("15.00"))
    assert price(world.ada, world.mug) == usd("15.00")
    with world.ada.transaction() as session:
        found = listings(
            session,
            **world.ada.keys,
            now=world.now,
            selection=VARIANTS,
            choice=[world.variant(world.mug)],
        )
    assert found.good_until is not None
    assert found.good_until <= begins
    world.later(days=3)
    # The fixed price was overtaken; the store's standing choice lifts it to the floor.
    assert price(world.ada, world.mug) == usd("21.00")


def test_a_second_change_behind_a_scheduled_one_is_refused(world: World) -> None:
    def change(amount: str, days: int) -> None:
        with transaction(world.services.console) as session:
            set_wholesale(
                session,
                prices=[
                    NewWholesale(world.variant(world.mug), world.installation.price_list_id, usd(amount))
                ],
                begins=world.now + timedelta(days=days),
                actor="staff",
                now=world.now,
            )

    change("13.00", 5)
    with pytest.raises(ScheduleTaken):
        change("14.00", 2)


def test_periods_of_wholesale_never_overlap(world: World) -> None:
    with pytest.raises(IntegrityError), transaction(world.services.console) as session:
        session.execute(
            text(
                "INSERT INTO wholesale_prices (wholesale_id, variant_id, currency, price_list_id, amount, valid,"
                " actor, created_at) VALUES (:w, :v, 'USD', :l, 1, tstzrange(:now, null), 'x', :now)"
            ),
            {
                "w": uuid4(),
                "v": world.variant(world.mug),
                "l": world.installation.price_list_id,
                "now": world.now,
            },
        )
