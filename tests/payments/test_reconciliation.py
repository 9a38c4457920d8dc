"""Ours beside Stripe's: what agrees, what is under way, and what differs, each with its name."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import create_engine, text

from app import cli
from app.reconciling import first_day
from kit.errors import Refusal
from kit.money import Money
from payments.fees import post_fee
from payments.gateway.errors import GatewayUnavailable
from payments.inbox import HEAD_START, drain
from payments.ledger.posting import Entry, post
from payments.reconciliation.causes import CAUSES
from payments.reconciliation.comparing import TooSlow, reconcile
from payments.reconciliation.differences import Reconciliation
from payments.refunds.asking import RefundAsked
from payments.settlement import Reference, end, record_unsold
from storage.jobs import Job, enqueue
from tests.payments.openapi import validate_request
from tests.payments.test_refunds import give_back, lines
from tests.payments.test_settlement import control, settle_again
from tests.world import GERMAN, PAID, Shop, World


def hear(world: World) -> None:
    """Let the program hear of everything that happened at Stripe."""
    world.deliver_webhooks()
    drain(world.services.face, gateway=world.services.gateway, now=world.now, patience=HEAD_START)


def compare(world: World) -> Reconciliation:
    """Compare this test's own day, and see that the differences are all that the totals differ by."""
    made = world.services
    found = reconcile(made.console, made.gateway, since=world.began, until=world.now)
    for total in found.totals:
        listed = Money(0, total.currency)
        for each in (*found.differences, *found.under_way):
            listed += _in(each.stripes, total.currency) - _in(each.ours, total.currency)
        assert listed == total.difference
        waiting = Money(0, total.currency)
        for each in found.under_way:
            waiting += _in(each.stripes, total.currency) - _in(each.ours, total.currency)
        assert waiting == total.under_way
    assert (found.real, found.waiting) == (len(found.differences), len(found.under_way))
    return found


def _in(amount: Money | None, currency: str) -> Money:
    return amount if amount is not None and amount.currency == currency else Money(0, currency)


def kinds(found: Reconciliation) -> list[str]:
    return sorted(each.kind for each in found.differences)


def charge_of(shop: Shop, order_id: UUID) -> str:
    with shop.transaction() as session:
        return str(
            session.execute(
                text("SELECT charge_id FROM payment_attempts WHERE partner_id = :p AND order_id = :o"),
                {"p": shop.partner_id, "o": order_id},
            ).scalar_one()
        )


def refund_by_hand(shop: Shop, order_id: UUID, amount: int) -> str:
    """Give money back as somebody does in Stripe's dashboard: without a word of ours in it."""
    return shop.world.services.gateway.refund(
        shop.world.services.gateway.read_session(shop.session_id(order_id)).payment_intent_id or "",
        amount=amount,
        metadata={},
        key=f"by-hand:{order_id}:{amount}",
    ).refund_id


@contextmanager
def changed(world: World, statement: str, undo: str, **values: object) -> Iterator[None]:
    """Change the ledger as nobody but the database's owner can, and change it back."""
    owner = create_engine(world.services.database.owner_url)

    def run(change: str) -> None:
        with owner.begin() as connection:
            connection.execute(text("ALTER TABLE ledger_entries NO FORCE ROW LEVEL SECURITY"))
            assert connection.execute(text(change), values).rowcount
            connection.execute(text("ALTER TABLE ledger_entries FORCE ROW LEVEL SECURITY"))

    run(statement)
    try:
        yield
    finally:
        if undo:
            run(undo)
        owner.dispose()


def test_what_was_bought_and_given_back_agrees_to_the_unit(world: World) -> None:
    ada, ben = world.ada, world.ben
    order_id = ada.buy((world.mug, 3), (world.tote, 1))
    other = ben.buy((world.mug, 2), contact=GERMAN)
    give_back(ada, order_id, RefundAsked({lines(ada, order_id)[0]: 1}))
    give_back(ben, other, RefundAsked(goodwill=100))
    found = compare(world)
    assert found.sound
    assert (found.differences, found.under_way, found.movements) == ([], [], 4)
    assert [total.currency for total in found.totals] == ["EUR", "USD"]
    for total in found.totals:
        assert total.ours == total.stripes
        assert total.ours.minor > 0


@pytest.mark.parametrize("known", [True, False])
def test_a_payment_that_came_too_late_agrees_on_both_ways(world: World, known: bool) -> None:
    started = world.ada.start(world.ada.fill_cart((world.scarce_mug, 3)))
    assert world.ada.pay(started.order_id) == PAID
    gateway = world.services.gateway
    snapshot = gateway.read_session(world.ada.session_id(started.order_id))
    reference = Reference(world.ada.partner_id, started.order_id, 1)
    with world.ada.transaction() as session:
        end(session, reference=reference, payment="expired", now=world.now)
    gateway.refund_in_full(snapshot.payment_intent_id or "", key=f"refund-unsold:{started.order_id}")
    with world.ada.transaction() as session:
        seen = snapshot if known else replace(snapshot, fee=None, fee_currency=None)
        record_unsold(session, reference=reference, snapshot=seen, now=world.now)
    if not known:
        assert [each.kind for each in compare(world).under_way] == ["fee_waiting"]
        post_fee(world.ada.tenant, gateway=gateway, reference=reference, now=world.now)
    found = compare(world)
    assert (found.differences, found.under_way, found.movements) == ([], [], 2)


def test_a_refund_made_by_hand_is_named_with_its_order(world: World) -> None:
    order_id = world.ada.buy((world.mug, 2))
    sound = world.ben.buy((world.mug, 1), contact=GERMAN)
    refund_id = refund_by_hand(world.ada, order_id, 700)
    assert [one.kind for one in compare(world).under_way] == ["refund_by_hand_settling"]
    world.later(hours=3)
    found = compare(world)
    (difference,) = found.differences
    assert (difference.kind, difference.stripe_id) == ("refund_by_hand", refund_id)
    assert (difference.ours, difference.stripes) == (None, Money(-700, "USD"))
    assert (difference.partner_id, difference.order_id) == (world.ada.partner_id, order_id)
    assert difference.number
    assert order_id != sound
    assert "dashboard" in difference.cause.why
    assert {t.currency: t.difference.minor for t in found.totals} == {"USD": -700, "EUR": 0}
    hear(world)
    assert compare(world).sound


def test_a_refund_whose_answer_was_lost_is_under_way_and_then_not_recorded(world: World) -> None:
    order_id = world.ada.buy((world.mug, 1))
    gateway = world.services.gateway
    gateway.refund(
        gateway.read_session(world.ada.session_id(order_id)).payment_intent_id or "",
        amount=100,
        metadata={"partner": str(world.ada.partner_id), "order": str(order_id), "refund": str(order_id)},
        key=f"lost:{order_id}",
    )
    assert [each.kind for each in compare(world).under_way] == ["refund_settling"]
    world.later(hours=3)
    assert kinds(compare(world)) == ["refund_unheard"]


def test_a_refund_that_the_bank_sent_back_is_under_way_until_it_is_heard(world: World) -> None:
    ada = world.ada
    order_id = ada.buy((world.mug, 1))
    refund_id = give_back(ada, order_id, RefundAsked(goodwill=150))
    with ada.transaction() as session:
        stripe_id = session.execute(
            text("SELECT stripe_id FROM refunds WHERE partner_id = :p AND refund_id = :r"),
            {"p": ada.partner_id, "r": refund_id},
        ).scalar_one()
    control(world, f"refunds/{stripe_id}/fail")
    found = compare(world)
    assert found.sound
    assert [(each.kind, each.stripe_id) for each in found.under_way] == [("refund_back_settling", stripe_id)]
    world.deliver_webhooks()
    drain(world.services.face, gateway=world.services.gateway, now=world.now, patience=HEAD_START)
    assert compare(world).under_way == []


def test_a_dispute_is_under_way_until_it_is_heard_and_a_won_one_leaves_its_fee(world: World) -> None:
    order_id = world.ben.buy((world.mug, 1), contact=GERMAN)
    control(world, f"charges/{charge_of(world.ben, order_id)}/dispute")
    found = compare(world)
    (difference,) = found.under_way
    assert (difference.kind, difference.order_id) == ("dispute_settling", order_id)
    # All that was paid, and what Stripe keeps of a dispute.
    assert difference.stripes is not None
    assert difference.stripes.minor < -1500
    hear(world)
    assert (compare(world).differences, compare(world).under_way) == ([], [])
    control(world, f"disputes/{difference.stripe_id}/win")
    world.later(hours=3)
    assert kinds(compare(world)) == ["dispute_unheard"]
    hear(world)
    found = compare(world)
    assert (found.differences, found.under_way) == ([], [])
    # Of each dispute, only what is of the period counts.
    since = world.now - timedelta(hours=2)
    made = world.services
    assert reconcile(made.console, made.gateway, since=since, until=world.now).sound


def test_a_fee_that_a_job_will_post_is_under_way(world: World) -> None:
    ada = world.ada
    order_id = ada.buy((world.mug, 1))
    charge = charge_of(ada, order_id)
    # Without its entry, the fee is as it is before Stripe knows it. The job's own code posts it again.
    with changed(world, "DELETE FROM ledger_entries WHERE source = :s", "", s=f"fee:{charge}"):
        pass
    found = compare(world)
    assert kinds(found) == ["fee_missing"]
    (difference,) = found.differences
    assert difference.order_id == order_id
    reference = Reference(ada.partner_id, order_id, 1)
    with ada.transaction() as session:
        enqueue(session, Job("payment.fee", reference.as_json()))
    found = compare(world)
    assert found.sound
    assert [each.kind for each in found.under_way] == ["fee_waiting"]
    post_fee(ada.tenant, gateway=world.services.gateway, reference=reference, now=world.now)
    found = compare(world)
    assert (found.differences, found.under_way) == ([], [])


def test_an_amount_and_a_currency_that_were_changed_are_named(world: World) -> None:
    order_id = world.ada.buy((world.mug, 1))
    keys = {"o": order_id}
    where = "WHERE order_id = :o AND credit = 'partner_payable'"
    with changed(
        world,
        f"UPDATE ledger_entries SET amount = amount + 1 {where}",
        f"UPDATE ledger_entries SET amount = amount - 1 {where}",
        **keys,
    ):
        (difference,) = compare(world).differences
        assert difference.kind == "payment_amount"
        assert difference.ours is not None
        assert difference.stripes is not None
        assert (difference.ours - difference.stripes).minor == 1
    where = "WHERE order_id = :o AND source LIKE 'sale:%'"
    with changed(
        world,
        f"UPDATE ledger_entries SET currency = 'EUR' {where}",
        f"UPDATE ledger_entries SET currency = 'USD' {where}",
        **keys,
    ):
        (difference,) = compare(world).differences
        assert difference.kind == "currency"
        assert difference.ours is not None
        assert difference.stripes is not None
        assert (difference.ours.currency, difference.stripes.currency) == ("EUR", "USD")
        assert difference.ours.minor == difference.stripes.minor
    assert compare(world).sound


def test_an_entry_that_stripe_does_not_have_is_named(world: World) -> None:
    order_id = world.ada.buy((world.mug, 1))
    with world.ada.transaction() as session:
        post(
            session, partner_id=world.ada.partner_id, order_id=order_id, currency="USD",
            entries=[Entry(f"fee:ch_nobody_{order_id}", "processing_fees", "stripe_clearing", 42)],
            available_on=None, now=world.now,
        )  # fmt: skip
    (difference,) = compare(world).differences
    assert (difference.kind, difference.ours, difference.stripes) == (
        "not_at_stripe", Money(-42, "USD"), None,
    )  # fmt: skip


def test_a_payment_that_was_not_heard_of_is_under_way_and_then_lost(world: World) -> None:
    started = world.ada.start(world.ada.fill_cart((world.mug, 1)))
    assert world.ada.pay(started.order_id) == PAID
    (waiting,) = compare(world).under_way
    assert (waiting.kind, waiting.order_id) == ("payment_settling", started.order_id)
    began = world.began
    world.later(hours=3)
    assert kinds(compare(world)) == ["payment_unheard"]
    # A period that begins after it knows nothing of it.
    world.later(days=30)
    world.began = world.now
    assert compare(world).movements == 0
    # Heard of at last, it was posted in this period, and at Stripe in the one before.
    assert settle_again(world, world.ada, started.order_id) == "paid"
    found = compare(world)
    assert (found.differences, found.under_way, found.movements) == ([], [], 0)
    world.began = began
    found = compare(world)
    assert (found.differences, found.under_way, found.movements) == ([], [], 1)


def test_a_payment_of_no_order_of_ours_is_named(world: World) -> None:
    gateway = world.services.gateway
    order_id = world.ada.start(world.ada.fill_cart((world.mug, 1))).order_id
    with world.ada.transaction() as session:
        request = session.execute(
            text("SELECT request FROM payment_attempts WHERE partner_id = :p AND order_id = :o"),
            {"p": world.ada.partner_id, "o": order_id},
        ).scalar_one()
    request = {**request, "metadata": {}, "payment_intent_data": {}}
    foreign = gateway.open_session(request, key=f"foreign:{order_id}")
    control(world, f"sessions/{foreign.session_id}/pay", card="4242424242424242")
    found = compare(world)
    assert kinds(found) == ["payment_foreign"]
    charge = gateway.read_session(foreign.session_id)
    gateway.refund_in_full(charge.payment_intent_id or "", key=f"back:{order_id}")
    assert kinds(compare(world)) == ["payment_foreign", "refund_foreign"]


def test_what_is_sent_to_the_bank_is_listed_apart(world: World) -> None:
    world.ada.buy((world.mug, 1))
    before = {t.currency: t.to_bank.minor for t in compare(world).totals}
    world.later(days=8)
    control(world, "payouts", currency="usd")
    found = compare(world)
    assert found.sound
    assert before == {"USD": 0}
    assert found.totals[-1].to_bank.minor < 0


def test_stripe_that_does_not_answer_and_one_that_takes_too_long(world: World) -> None:
    world.ada.buy((world.mug, 1))
    made = world.services
    control(world, "faults/api", kind="error", path="/v1/balance_transactions", count=9)
    with pytest.raises(GatewayUnavailable):
        compare(world)
    made_faults = world.installation.sandbox.faults
    made_faults.clear()
    with pytest.raises(TooSlow, match="awning reconcile"):
        reconcile(made.console, made.gateway, since=world.began, until=world.now, seconds=-1)


def test_more_than_is_kept_is_still_counted(world: World) -> None:
    order_id = world.ada.buy((world.mug, 3))
    for amount in (100, 200, 300):
        refund_by_hand(world.ada, order_id, amount)
    world.later(hours=3)
    made = world.services
    found = reconcile(made.console, made.gateway, since=world.began, until=world.now, most=1)
    assert (len(found.differences), found.real) == (1, 3)
    assert found.totals[0].difference.minor == -600


def test_what_is_asked_of_stripe_is_as_published() -> None:
    asked = {
        "limit": 100,
        "expand": ["data.source"],
        "created": {"gte": 1, "lte": 2},
        "starting_after": "txn_1",
    }
    validate_request("GET", "/v1/balance_transactions", asked)


def test_every_cause_says_what_why_and_what_to_do() -> None:
    for kind, cause in CAUSES.items():
        assert cause.what, kind
        assert cause.why.endswith("."), kind
        assert cause.then.endswith("."), kind


def run(monkeypatch: pytest.MonkeyPatch, world: World, *words: str) -> int:
    monkeypatch.setattr(cli, "_services", lambda: world.services)
    monkeypatch.setattr(sys, "argv", ["awning", "reconcile", *words])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    return int(ended.value.code or 0)


def test_the_command(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    order_id = world.ada.buy((world.mug, 2))
    # The day begins at nine here; the command's at midnight, when nothing had happened yet.
    today = f"{world.now:%Y-%m-%d}"
    assert run(monkeypatch, world, "--since", today) == 0
    told = capsys.readouterr().out
    assert "0 differences, 0 under way." in told
    refund_by_hand(world.ada, order_id, 250)
    world.later(hours=3)
    assert run(monkeypatch, world, "--since", today) == 1
    told = capsys.readouterr().out
    assert "Differs: Refund made outside Awning" in told
    assert "ours nothing, Stripe's USD -2.50" in told
    control(world, "faults/api", kind="error", path="/v1/balance_transactions", count=9)
    assert run(monkeypatch, world) == 1
    assert "Stripe did not answer" in capsys.readouterr().err
    world.installation.sandbox.faults.clear()


@pytest.mark.parametrize("typed", ["soon", "2026-02-30", "9999-01-01", "01.03.2026"])
def test_a_day_that_cannot_be_is_refused(world: World, typed: str) -> None:
    with pytest.raises(Refusal) as refused:
        first_day(typed, now=world.now)
    assert refused.value.field == "since"
    assert first_day(" ", now=world.now) is None
    assert first_day("2026-03-01", now=world.now + timedelta(days=1)) is not None
