"""Money given back in Stripe's dashboard: the ledger takes it over, once."""

from __future__ import annotations

from sqlalchemy import text

from payments.inbox import HEAD_START, drain
from payments.reconciliation.comparing import reconcile
from payments.refunds.asking import RefundAsked
from payments.refunds.sending import send_refund
from storage.database import transaction
from tests.payments.test_reconciliation import hear, refund_by_hand
from tests.payments.test_refunds import accounts, ask, give_back, lines, one, sound, state
from tests.payments.test_settlement import control
from tests.world import GERMAN, World


def test_a_part_is_goodwill_and_the_rest_is_everything_that_was_left(world: World) -> None:
    ada, ben = world.ada, world.ben
    order_id = ada.buy((world.mug, 2), (world.tote, 1))
    theirs = ben.buy((world.mug, 1), contact=GERMAN)
    before = accounts(ben, theirs)
    refund_by_hand(ada, order_id, 700)
    hear(world)
    left = accounts(ada, order_id)
    assert left["goodwill"] == -700
    assert left["partner_payable"] == 2 * 960 + 800
    refund_by_hand(ada, order_id, -left["stripe_clearing"])
    for _ in range(2):
        hear(world)
    assert accounts(ada, order_id) == {}
    assert accounts(ben, theirs) == before
    state = "SELECT payment || ' ' || fulfilment FROM orders WHERE partner_id = :p AND order_id = :o"
    assert one(ada, state, o=order_id) == "refunded cancelled"
    world.run_jobs()
    assert one(ada, "SELECT count(*) FROM refunds WHERE partner_id = :p AND order_id = :o", o=order_id) == 2
    sound(world)


def test_one_that_the_bank_sends_back_is_taken_back(world: World) -> None:
    ada = world.ada
    order_id = ada.buy((world.mug, 1))
    before = accounts(ada, order_id)
    refund_id = refund_by_hand(ada, order_id, 300)
    hear(world)
    control(world, f"refunds/{refund_id}/fail")
    hear(world)
    assert accounts(ada, order_id) == before
    # One that failed before anybody heard of it was never given.
    second = refund_by_hand(ada, order_id, 200)
    control(world, f"refunds/{second}/fail")
    hear(world)
    assert accounts(ada, order_id) == before
    sound(world)


def test_of_two_people_who_give_the_same_back_both_stand_as_far_as_the_order_has_it(world: World) -> None:
    ada = world.ada
    order_id = ada.buy((world.mug, 2))
    refund_by_hand(ada, order_id, 2160)
    # The program asks before it has heard of the first.
    give_back(ada, order_id, RefundAsked({lines(ada, order_id)[0]: 1}))
    hear(world)
    # Both mugs' worth was given: one of them as goods, and one as goodwill.
    assert accounts(ada, order_id)["goodwill"] == -2160
    sound(world)


def test_more_than_the_order_has_left_is_named_and_not_guessed(world: World) -> None:
    ada = world.ada
    order_id = ada.buy((world.mug, 2))
    total = -accounts(ada, order_id)["stripe_clearing"]
    asked = ask(ada, order_id, RefundAsked({lines(ada, order_id)[0]: 2}))
    refund_by_hand(ada, order_id, total)
    hear(world)
    world.later(hours=3)
    found = reconcile(world.services.console, world.services.gateway, since=world.began, until=world.now)
    assert [one.kind for one in found.differences] == ["refund_by_hand"]
    # What was asked for here cannot be given any more; Stripe says so, and sending the event again mends it.
    send_refund(ada.tenant, gateway=world.services.gateway, refund_id=asked, now=world.now)
    assert state(ada, asked) == "refused"
    with transaction(world.services.console) as session:
        session.execute(
            text("UPDATE stripe_events SET handled_at = NULL, outcome = NULL WHERE outcome = 'mismatch'")
        )
    drain(world.services.face, gateway=world.services.gateway, now=world.now, patience=HEAD_START)
    assert accounts(ada, order_id) == {}
    sound(world)
