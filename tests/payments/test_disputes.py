"""A bank asks a payment back: the margin is held, and lost, released or given back as the bank decides."""

from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from kit.errors import NotFound, Refusal
from payments.disputes.applying import apply_dispute
from payments.disputes.reading import DisputeView, all_disputes, disputes_of_order, loss
from payments.disputes.sending import ask_to_accept, ask_to_answer, fetch_dispute
from payments.holds import holds_of_order
from payments.inbox import HEAD_START, drain
from payments.ledger.balances import Balance, balances
from payments.ledger.posting import GivenBack
from payments.ledger.shares import Share
from payments.refunds.asking import RefundAsked, refundable
from payments.remainder import Taken, part_of
from payments.settlement import Reference
from payments.sweep import sweep
from storage.database import transaction
from tests.payments.test_reconciliation import charge_of, hear
from tests.payments.test_refunds import accounts, give_back, lines, one, sound, state
from tests.payments.test_settlement import control
from tests.world import GERMAN, Shop, World


def dispute(shop: Shop, order_id: UUID, **how: object) -> DisputeView:
    """Let the bank ask for an order's payment, and hear of it."""
    control(shop.world, f"charges/{charge_of(shop, order_id)}/dispute", **how)
    hear(shop.world)
    return disputed(shop, order_id)


def disputed(shop: Shop, order_id: UUID) -> DisputeView:
    with shop.transaction() as session:
        return disputes_of_order(session, partner_id=shop.partner_id, order_id=order_id)[-1]


def decide(shop: Shop, order_id: UUID, how: str) -> DisputeView:
    stripe_id = one(
        shop, "SELECT stripe_id FROM disputes WHERE partner_id = :p AND order_id = :o", o=order_id
    )
    control(shop.world, f"disputes/{stripe_id}/{how}")
    hear(shop.world)
    return disputed(shop, order_id)


def owed(shop: Shop) -> Balance:
    with shop.transaction() as session:
        (balance,) = balances(session, partner_id=shop.partner_id, now=shop.world.now)
    return balance


def rules(world: World, **values: str) -> None:
    changed = ", ".join(f"{name} = '{value}'" for name, value in values.items())
    with transaction(world.services.console) as session:
        session.execute(text(f"UPDATE company SET {changed}"))


def test_the_margin_is_held_while_the_bank_decides_and_released_when_it_is_won(world: World) -> None:
    ada, ben = world.ada, world.ben
    order_id, calm = ada.buy((world.mug, 2)), ada.buy((world.tote, 1))
    ben.buy((world.mug, 1), contact=GERMAN)
    before, theirs = owed(ada), owed(ben)
    opened = dispute(ada, order_id)
    assert (opened.state, opened.answerable) == ("open", True)
    held = owed(ada)
    # Two mugs earn 9.60 each.
    assert (held.held.minor, held.pending.minor) == (1920, before.pending.minor - 1920)
    assert held.total == before.total
    with ada.transaction() as session:
        (hold,) = holds_of_order(session, partner_id=ada.partner_id, order_id=order_id)
        assert refundable(session, partner_id=ada.partner_id, order_id=order_id) is None
        assert refundable(session, partner_id=ada.partner_id, order_id=calm) is not None
    assert (hold.kind, hold.releasable) == ("dispute", False)
    losses = accounts(ada, order_id)["dispute_losses"]
    assert losses == -opened.amount.minor
    won = decide(ada, order_id, "win")
    assert (won.state, won.undecided) == ("won", False)
    assert owed(ada) == before
    assert owed(ben) == theirs
    assert "dispute_losses" not in accounts(ada, order_id)
    # The fee stays with the company.
    assert accounts(ada, order_id)["processing_fees"] == -1500
    sound(world)


def test_a_lost_dispute_takes_everybodys_part_back(world: World) -> None:
    ben = world.ben
    order_id = ben.buy((world.mug, 3), contact=GERMAN)
    before = accounts(ben, order_id)
    opened = dispute(ben, order_id, reason="product_not_received")
    with transaction(world.services.console) as session:
        shown = loss(session, dispute=opened)
    assert decide(ben, order_id, "lose").state == "lost"
    left = accounts(ben, order_id)
    assert left == {"stripe_clearing": 1500, "processing_fees": -1500}
    # What the page said before is what was taken.
    assert {name: lost.minor for name, lost in shown.items()} == {
        name: amount for name, amount in before.items() if name != "stripe_clearing"
    }
    assert owed(ben).total.minor == 0
    with ben.transaction() as session:
        assert refundable(session, partner_id=ben.partner_id, order_id=order_id) is None
    # Heard again and again, nothing more happens.
    hear(world)
    stripe_id = one(ben, "SELECT stripe_id FROM disputes WHERE partner_id = :p")
    made = world.services
    assert fetch_dispute(made.face, gateway=made.gateway, dispute_id=stripe_id, now=world.now) == "already"
    assert accounts(ben, order_id) == left
    sound(world)


def test_the_company_may_keep_the_wholesale_as_its_loss_and_have_the_partner_bear_the_fee(
    world: World,
) -> None:
    rules(world, lost_wholesale="dispute_losses", dispute_fee_by="partner")
    try:
        ada = world.ada
        order_id = ada.buy((world.mug, 1))
        dispute(ada, order_id)
        decide(ada, order_id, "lose")
        left = accounts(ada, order_id)
        # A mug's wholesale is 12.00, and Stripe's fee for a dispute 15.00.
        assert (left["wholesale_revenue"], left["dispute_losses"]) == (1200, -1200)
        assert left["partner_payable"] == -1500
        assert "processing_fees" not in left
        assert owed(ada).total.minor == -1500
        sound(world)
    finally:
        rules(world, lost_wholesale="wholesale_revenue", dispute_fee_by="company")


def test_a_dispute_of_what_a_refund_left_takes_that_alone(world: World) -> None:
    ada = world.ada
    order_id = ada.buy((world.mug, 3), (world.tote, 1))
    mug, _ = lines(ada, order_id)
    give_back(ada, order_id, RefundAsked({mug: 1}, goodwill=333))
    left = accounts(ada, order_id)["stripe_clearing"]
    opened = dispute(ada, order_id)
    assert opened.amount.minor == -left
    decide(ada, order_id, "lose")
    # The goodwill was given before, out of what the goods cost: so the company has it again.
    assert accounts(ada, order_id) == {"stripe_clearing": 1500, "processing_fees": -1500}
    sound(world)


def test_an_inquiry_takes_nothing_and_the_money_can_be_given_back_to_end_it(world: World) -> None:
    ada = world.ada
    order_id, second = ada.buy((world.mug, 1)), ada.buy((world.mug, 1))
    asked = dispute(ada, order_id, inquiry=True)
    assert (asked.state, asked.fee.minor) == ("inquiry", 0)
    assert owed(ada).held.minor == 960
    refund_id = give_back(ada, order_id, RefundAsked(dict.fromkeys(lines(ada, order_id), 1)))
    assert state(ada, refund_id) == "succeeded"
    assert decide(ada, order_id, "win").state == "closed"
    assert owed(ada).held.minor == 0
    # One that becomes a dispute takes money then.
    dispute(ada, second, inquiry=True)
    assert decide(ada, second, "escalate").state == "open"
    assert accounts(ada, second)["dispute_losses"] < 0
    assert decide(ada, second, "lose").state == "lost"
    sound(world)


def test_news_of_a_dispute_may_come_in_any_order_late_and_before_its_payment(world: World) -> None:
    ada, made = world.ada, world.services
    started = ada.start(ada.fill_cart((world.mug, 1)))
    ada.pay(started.order_id)
    # The program has not heard that the order is paid, nor who paid: Stripe says so, and is asked again.
    session_id = ada.session_id(started.order_id)
    intent = made.gateway.read_session(session_id)
    control(world, f"charges/{intent.charge_id}/dispute")
    control(world, "faults/webhook", kind="drop", count=1, types="checkout.session.completed")
    hear(world)
    stripe_id = next(
        event.object_id for event in made.gateway.events_since(world.began) if "dispute" in event.type
    )
    snapshot = made.gateway.read_dispute(stripe_id)
    world.later(hours=1, minutes=10)
    sweep(face=made.face, console=made.console, gateway=made.gateway, now=world.now)
    drain(made.face, gateway=made.gateway, now=world.now, patience=HEAD_START)
    world.later(hours=1)
    drain(made.face, gateway=made.gateway, now=world.now, patience=HEAD_START)
    assert disputed(ada, started.order_id).state == "open"
    decide(ada, started.order_id, "win")
    # An old answer of Stripe's, which a slow worker still holds, changes nothing.
    with ada.transaction() as session:
        reference = Reference(ada.partner_id, started.order_id, 1)
        assert apply_dispute(session, reference=reference, snapshot=snapshot, now=world.now) == "already"
    assert disputed(ada, started.order_id).state == "won"
    sound(world)


def test_a_missed_decision_is_found_by_the_sweep(world: World) -> None:
    ada, made = world.ada, world.services
    order_id = ada.buy((world.mug, 1))
    dispute(ada, order_id)
    control(world, "faults/webhook", kind="drop", count=9)
    stripe_id = one(ada, "SELECT stripe_id FROM disputes WHERE partner_id = :p")
    control(world, f"disputes/{stripe_id}/lose")
    world.deliver_webhooks()
    world.later(days=2)
    sweep(face=made.face, console=made.console, gateway=made.gateway, now=world.now)
    assert disputed(ada, order_id).state == "lost"
    world.installation.sandbox.faults.clear()
    sound(world)


def test_the_bank_is_answered_once_with_what_the_order_says(world: World) -> None:
    ada, ben = world.ada, world.ben
    order_id = ada.buy((world.mug, 1))
    opened = dispute(ada, order_id)
    keys = {"partner_id": ada.partner_id, "dispute_id": opened.dispute_id, "actor": "staff", "now": world.now}
    with pytest.raises(Refusal, match="Tell the bank") as refused, ada.transaction() as session:
        ask_to_answer(session, answer=" ", **keys)
    assert refused.value.field == "answer"
    with pytest.raises(NotFound), ben.transaction() as session:
        ask_to_answer(session, answer="Ours", **{**keys, "partner_id": ben.partner_id})
    for _ in range(2):
        with ada.transaction() as session:
            ask_to_answer(session, answer="It was delivered to the neighbour.", **keys)
    world.run_jobs()
    assert disputed(ada, order_id).answerable is False
    stripe_id = one(ada, "SELECT stripe_id FROM disputes WHERE partner_id = :p")
    kept = world.installation.sandbox.state.find(stripe_id)
    assert kept["evidence_details"]["submission_count"] == 1
    assert kept["evidence"]["uncategorized_text"] == "It was delivered to the neighbour."
    assert kept["evidence"]["customer_email_address"] == "maya@example.com"
    with pytest.raises(Refusal, match="no answer any more"), ada.transaction() as session:
        ask_to_answer(session, answer="Again", **keys)
    told = [mail for _, mail in world.services.mailer.messages() if str(order_id) in mail["Message-ID"]]
    (mail,) = [mail for mail in told if mail["To"] == "help@northlight.example"]
    assert f"wants back {opened.amount}" in mail["Subject"]
    assert "somebody else paid" in mail.get_content()


def test_a_dispute_that_is_given_up_is_lost_and_one_too_late_is_not_answered(world: World) -> None:
    ada = world.ada
    first, second = ada.buy((world.mug, 1)), ada.buy((world.mug, 1))
    given_up, late = dispute(ada, first), dispute(ada, second)
    with ada.transaction() as session:
        ask_to_accept(
            session, partner_id=ada.partner_id, dispute_id=given_up.dispute_id, actor="x", now=world.now
        )
    world.run_jobs()
    assert disputed(ada, first).state == "lost"
    world.later(days=8)
    with pytest.raises(Refusal, match="time for an answer"), ada.transaction() as session:
        ask_to_answer(
            session, partner_id=ada.partner_id, dispute_id=late.dispute_id, answer="x", actor="x",
            now=world.now,
        )  # fmt: skip
    with transaction(world.services.console) as session:
        mine = [one.order_id for one in all_disputes(session) if one.partner_id == ada.partner_id]
        undecided = [one.order_id for one in all_disputes(session, undecided=True)]
    # Those that wait for an answer come first.
    assert mine == [second, first]
    assert first not in undecided
    sound(world)


@given(
    parts=st.lists(st.tuples(*[st.integers(0, 5000)] * 3), min_size=1, max_size=4),
    delivery=st.integers(0, 900),
    back=st.integers(0, 400),
    share=st.fractions(0, 1),
)
def test_a_part_of_a_loss_is_exact_and_asks_of_nobody_more_than_all_of_it(
    parts: list[tuple[int, int, int]], delivery: int, back: int, share: float
) -> None:
    shares = {
        UUID(int=place): Share(wholesale=a, margin=b, tax=c, promoted_margin=a)
        for place, (a, b, c) in enumerate(parts)
    }
    whole = sum(one.paid for one in shares.values()) + delivery
    back = min(back, whole)
    taken = Taken(shares, GivenBack(delivery=delivery, company_back=back), whole - back)
    if taken.amount <= 0:
        return
    amount = int(taken.amount * share)
    part = part_of(taken, amount)
    total = sum(one.paid for one in part.shares.values())
    assert total + part.besides.delivery - part.besides.company_back == amount
    for place, one_share in part.shares.items():
        for name in ("wholesale", "margin", "tax", "promoted_margin"):
            assert 0 <= getattr(one_share, name) <= getattr(taken.shares[place], name)
