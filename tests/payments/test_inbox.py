"""Webhooks that wait: settling hears them, a broken one is put off, and the others go on."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from sqlalchemy import Row, text

from payments.checkout import resume
from payments.gateway import GatewayEvent
from payments.inbox import HEAD_START, drain, receive
from storage.database import transaction
from tests.world import CONTACT, GERMAN, PAID, Shop, World


def paid_event(world: World, shop: Shop) -> tuple[UUID, GatewayEvent]:
    """An order paid at Stripe that the shop has not heard of, and the event that tells of it."""
    contact = CONTACT if shop is world.ada else GERMAN
    order_id = shop.start(shop.fill_cart((world.mug, 1)), contact=contact).order_id
    assert shop.pay(order_id) == PAID
    for event in world.services.gateway.events_since(world.now - timedelta(minutes=1)):
        named = event.payload["data"]["object"].get("metadata", {})
        if event.type == "checkout.session.completed" and named.get("order") == str(order_id):
            return order_id, event
    raise AssertionError("Stripe tells of each payment")


def stored(world: World, event: GatewayEvent) -> Row[tuple[object, ...]]:
    with transaction(world.services.console) as session:
        return session.execute(
            text("SELECT outcome, attempts, try_after FROM stripe_events WHERE event_id = :id"),
            {"id": event.event_id},
        ).one()


def payment(shop: Shop, order_id: UUID) -> str:
    with shop.transaction() as session:
        return str(
            session.execute(
                text("SELECT payment FROM orders WHERE partner_id = :p AND order_id = :o"),
                {"p": shop.partner_id, "o": order_id},
            ).scalar_one()
        )


def test_settling_the_order_leaves_its_event_nothing_to_do(world: World) -> None:
    mine, event = paid_event(world, world.ada)
    other, waits = paid_event(world, world.ben)
    assert receive(world.services.face, event=event, now=world.now)
    assert receive(world.services.face, event=waits, now=world.now)
    assert resume(world.ada.tenant, gateway=world.services.gateway, order_id=mine, now=world.now) == "paid"
    assert stored(world, event).outcome == "already"
    # Another partner's event is untouched, and does its own work.
    assert stored(world, waits).outcome is None
    assert payment(world.ben, other) == "awaiting"
    drain(world.services.face, gateway=world.services.gateway, now=world.now, patience=HEAD_START)
    assert stored(world, waits).outcome == payment(world.ben, other) == "paid"


def test_an_event_waits_for_the_shoppers_own_browser_first(world: World) -> None:
    order_id, event = paid_event(world, world.ada)
    receive(world.services.face, event=event, now=world.now)
    drain(world.services.face, gateway=world.services.gateway, now=world.now)
    assert payment(world.ada, order_id) == "awaiting"
    drain(world.services.face, gateway=world.services.gateway, now=world.now + HEAD_START)
    assert payment(world.ada, order_id) == "paid"


def test_an_event_that_fails_is_put_off_further_each_time_and_keeps_no_other(world: World) -> None:
    order_id, event = paid_event(world, world.ada)
    # Stripe knows no such session, as after an endpoint was set up for the wrong account.
    broken = replace(event, event_id="evt_broken", object_id="cs_test_unknown")
    for one in (broken, event):
        receive(world.services.face, event=one, now=world.now)
    moment, waits = world.now + HEAD_START, []
    for _ in range(3):
        drain(world.services.face, gateway=world.services.gateway, now=moment)
        waits.append(stored(world, broken).try_after - moment)
        moment += waits[-1]
    assert payment(world.ada, order_id) == "paid"
    assert stored(world, broken).outcome is None
    assert stored(world, broken).attempts == 3
    assert waits[0] < waits[1] < waits[2]
