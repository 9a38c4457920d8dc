"""What is owed: the same with a point and without, to the unit, in every figure."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from kit.errors import NotFound, Refusal
from kit.money import Money
from orders.fulfilment import confirm_delivery, ship
from payments.holds import holds_of_order, holds_to_release, place_hold, release_hold
from payments.ledger.balances import Balance, balances, balances_of_all, held_orders, pending_by_date
from payments.ledger.earnings import earnings
from payments.ledger.points import move_points
from payments.refunds.asking import RefundAsked
from storage.database import transaction
from tests.payments.test_refunds import give_back, lines, sound
from tests.world import GERMAN, Shop, World


def owed(shop: Shop) -> Balance:
    with shop.transaction() as session:
        (balance,) = balances(session, partner_id=shop.partner_id, now=shop.world.now)
    with transaction(shop.world.services.console) as session:
        everybody = dict(balances_of_all(session, now=shop.world.now))
    assert everybody[shop.partner_id] == balance
    return balance


def send(shop: Shop, order_id: UUID) -> None:
    with transaction(shop.world.services.console) as session:
        ship(
            session, partner_id=shop.partner_id, order_id=order_id, carrier="Post", number="", url="",
            actor="tests", now=shop.world.now,
        )  # fmt: skip


def arrive(shop: Shop, order_id: UUID) -> None:
    with transaction(shop.world.services.console) as session:
        confirm_delivery(
            session, partner_id=shop.partner_id, order_id=order_id, actor="tests", now=shop.world.now
        )


def hold(shop: Shop, order_id: UUID, **how: Any) -> None:
    with transaction(shop.world.services.console) as session:
        place_hold(
            session, partner_id=shop.partner_id, order_id=order_id, **{"kind": "by_hand", "reason": "a look", **how},
            actor="finance@example.com", now=shop.world.now,
        )  # fmt: skip


def sums(shop: Shop) -> dict[str, int]:
    """What the entries behind each figure add up to."""
    found = {}
    with shop.transaction() as session:
        for figure in ("available", "pending", "held"):
            entries = earnings(
                session, partner_id=shop.partner_id, now=shop.world.now, figure=figure, limit=1000
            )
            found[figure] = sum(entry.amount.minor for entry in entries)
    return found


def test_every_figure_is_explained_by_its_entries_and_the_same_from_any_point(world: World) -> None:
    """A life of orders; after each day every figure is what its entries add up to, and no point changes it."""
    ada, ben = world.ada, world.ben
    placed: list[UUID] = []
    for day in range(40):
        world.later(days=1)
        if day % 3 == 0:
            placed.append(ada.buy((world.mug, 1 + day % 2)))
            ben.buy((world.tote, 1), contact=GERMAN)
        if day % 3 == 1 and placed:
            send(ada, placed[-1])
        if day == 9:
            arrive(ada, placed[0])
        if day == 12:
            hold(ada, placed[1])
        if day in (20, 33):
            mug = lines(ada, placed[day // 9])[0]
            give_back(ada, placed[day // 9], RefundAsked({mug: 1}))
        if day == 30:
            with ada.transaction() as session:
                (one,) = holds_of_order(session, partner_id=ada.partner_id, order_id=placed[1])
                release_hold(
                    session, partner_id=ada.partner_id, hold_id=one.hold_id, reason="looked at",
                    actor="finance@example.com", now=world.now,
                )  # fmt: skip
        for shop in (ada, ben):
            with shop.transaction() as session:
                before = balances(session, partner_id=shop.partner_id, now=world.now)
            if day % 4 == 0:
                with transaction(world.services.console) as session:
                    move_points(session, now=world.now)
            if before:
                assert owed(shop) == before[0]
                assert sums(shop) == {
                    "available": before[0].available.minor,
                    "pending": before[0].pending.minor,
                    "held": before[0].held.minor,
                }
                with shop.transaction() as session:
                    dated = pending_by_date(session, partner_id=shop.partner_id, now=world.now)
                assert sum(item.amount.minor for item in dated) == before[0].pending.minor
    assert owed(ada).available.minor > 0
    sound(world)


def test_goods_that_arrive_late_take_nothing_back_that_was_available(world: World) -> None:
    ada = world.ada
    order_id = ada.buy((world.mug, 1))
    send(ada, order_id)
    world.later(days=22)
    assert owed(ada).available.minor == 960
    arrive(ada, order_id)
    assert owed(ada).available.minor == 960


def test_what_is_taken_back_after_it_was_available_makes_the_balance_negative(world: World) -> None:
    ada = world.ada
    order_id = ada.buy((world.mug, 1))
    send(ada, order_id)
    world.later(days=22)
    give_back(ada, order_id, RefundAsked(goodwill=1500, funder="partner"))
    assert owed(ada) == Balance(Money(-540, "USD"), Money(0, "USD"), Money(0, "USD"))
    sound(world)


def test_a_held_margin_says_why_and_is_released_with_a_reason(world: World) -> None:
    ada, ben = world.ada, world.ben
    order_id = ada.buy((world.mug, 2))
    for _ in range(2):
        hold(ada, order_id, kind="own_purchase", reason="bought with the e-mail address of its own person")
    with ada.transaction() as session:
        (one,) = held_orders(session, partner_id=ada.partner_id, now=world.now)
        (placed,) = holds_of_order(session, partner_id=ada.partner_id, order_id=order_id)
    assert (one.order_id, one.amount.minor, one.kind) == (order_id, 1920, "own_purchase")
    assert owed(ada).held.minor == 1920
    with transaction(world.services.console) as session:
        assert order_id in [found.order_id for found in holds_to_release(session)]
    released = {"hold_id": placed.hold_id, "actor": "finance@example.com", "now": world.now}
    with pytest.raises(Refusal) as refused, ada.transaction() as session:
        release_hold(session, partner_id=ada.partner_id, reason=" ", **released)
    assert refused.value.field == "reason"
    with pytest.raises(NotFound), ben.transaction() as session:
        release_hold(session, partner_id=ben.partner_id, reason="x", **released)
    with ada.transaction() as session:
        release_hold(session, partner_id=ada.partner_id, reason="a gift for a friend", **released)
    with pytest.raises(NotFound), ada.transaction() as session:
        release_hold(session, partner_id=ada.partner_id, reason="again", **released)
    assert owed(ada).held.minor == 0
    sound(world)


def test_an_order_that_is_given_back_whole_while_held_keeps_nothing(world: World) -> None:
    ada = world.ada
    order_id, other = ada.buy((world.mug, 1)), ada.buy((world.mug, 1))
    hold(ada, order_id)
    give_back(ada, order_id, RefundAsked(dict.fromkeys(lines(ada, order_id), 1)))
    assert owed(ada) == Balance(Money(0, "USD"), Money(960, "USD"), Money(0, "USD"))
    assert other
    world.later(hours=1)
    with ada.transaction() as session:
        on = pending_by_date(session, partner_id=ada.partner_id, now=world.now + timedelta(days=1))
    assert [item.orders for item in on] == [1]
