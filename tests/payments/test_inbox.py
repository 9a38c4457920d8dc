"""Webhooks that wait: settling hears them, a broken one is put off, and the others go on."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from sqlalchemy import Row, text

from payments.checkout import resume
from payments.gateway.records import GatewayEvent
from payments.inbox import HEAD_START, drain, receive, stuck_events
from storage.database import transaction
from tests.payments.test_settlement import control
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


def test_an_event_of_what_stripe_does_not_have_is_done_with(world: World) -> None:
    order_id, event = paid_event(world, world.ada)
    # As after an endpoint was set up for another account.
    for kind in (
        "checkout.session.completed",
        "charge.dispute.created",
        "refund.created",
        "transfer.created",
    ):
        unknown = replace(event, event_id=f"evt_{kind}", type=kind, object_id="xx_unknown")
        receive(world.services.face, event=unknown, now=world.now)
        drain(world.services.face, gateway=world.services.gateway, now=world.now + HEAD_START)
        assert stored(world, unknown).outcome in ("unknown", "not ours"), kind
    assert payment(world.ada, order_id) == "awaiting"


def test_an_event_that_fails_is_put_off_further_each_time_keeps_no_other_and_is_shown(world: World) -> None:
    order_id, event = paid_event(world, world.ada)
    theirs, broken = paid_event(world, world.ben)
    path = f"/v1/checkout/sessions/{broken.object_id}"
    for one in (broken, event):
        receive(world.services.face, event=one, now=world.now)
    moment, waits = world.now + HEAD_START, []
    for _ in range(5):
        control(world, "faults/api", kind="error", path=path, count=3)
        drain(world.services.face, gateway=world.services.gateway, now=moment)
        waits.append(stored(world, broken).try_after - moment)
        moment += waits[-1]
    assert payment(world.ada, order_id) == "paid"
    assert stored(world, broken).attempts == 5
    assert waits == sorted(set(waits))
    with transaction(world.services.console) as session:
        shown = [one for one in stuck_events(session, limit=99) if one.event_id == broken.event_id]
    assert [(one.object_id, one.attempts) for one in shown] == [(broken.object_id, 5)]
    assert shown[0].why
    # Whoever mends it finds nothing lost.
    drain(world.services.face, gateway=world.services.gateway, now=moment)
    assert payment(world.ben, theirs) == "paid"
    with transaction(world.services.console) as session:
        assert broken.event_id not in [one.event_id for one in stuck_events(session, limit=99)]
