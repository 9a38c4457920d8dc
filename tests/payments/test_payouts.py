"""Partners are paid once what two people approved, whatever becomes of Stripe, its answers and its events."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text, update

from kit.errors import NotFound, Refusal
from payments.gateway.errors import GatewayUnavailable
from payments.payouts.reading import hanging, open_draft, paid_for, payouts, read_run, run_lines
from payments.payouts.runs import (
    BY_SCHEDULE,
    draft_by_schedule,
    draft_run,
    exclude_line,
    include_line,
    review_run,
    withdraw_run,
)
from payments.payouts.sending import send_line
from payments.payouts.terms import Terms, change_terms, read_terms
from payments.reconciliation.comparing import reconcile
from payments.refunds.asking import RefundAsked
from payments.sweep import sweep
from storage.database import transaction
from tenants.models import Partner
from tests.payments.payout_world import (
    FINANCE,
    OWNER,
    account,
    approve,
    available,
    control,
    draft,
    earn,
    hear,
    line_of,
    pay,
    posted,
    send,
    transfers,
)
from tests.payments.test_refunds import give_back, lines, sound
from tests.world import World


def reasons(world: World, run_id: Any) -> dict[str, str]:
    with transaction(world.services.console) as session:
        found = run_lines(session, run_id=run_id, excluded=True, limit=10_000)
    mine = {world.ada.partner_id: "ada", world.ben.partner_id: "ben"}
    return {mine[line.partner_id]: line.reason for line in found if line.partner_id in mine}


def test_two_people_pay_two_partners_what_is_available(world: World) -> None:
    ada, ben = world.ada, world.ben
    accounts = {account(ada), account(ben)}
    earn(ada, 3), earn(ben, 2)
    owed = {ada: available(ada), ben: available(ben)}
    assert owed[ada] == 3 * 960
    run_id = draft(world)
    assert (line_of(ada, run_id).amount, line_of(ada, run_id).state) == (owed[ada], "draft")
    assert approve(world, run_id) == 2
    for shop in (ada, ben):
        assert send(shop, run_id) == "paid"
        assert send(shop, run_id) == "already"
        assert available(shop) == 0
        assert posted(shop, "payout:%") == 1
    made = transfers(world, run_id)
    assert {each["destination"] for each in made} == accounts
    assert {each["amount"] for each in made} == set(owed.values())
    with transaction(world.services.console) as session:
        run = read_run(session, run_id=run_id)
    assert (run.state, run.sending, run.failed) == ("done", 0, 0)
    assert {total.paid for total in run.totals} == {total.amount for total in run.totals}
    with ada.transaction() as session:
        (mine,) = payouts(session, partner_id=ada.partner_id)
        found = paid_for(session, partner_id=ada.partner_id, line_id=mine.line_id)
        assert sum(entry.amount.minor for entry in found.entries) == owed[ada]
        assert (found.brought.minor, found.count) == (0, 1)
        with pytest.raises(NotFound):
            paid_for(session, partner_id=ada.partner_id, line_id=line_of(ben, run_id).line_id)
    sound(world)


def test_whoever_drafted_or_reviewed_a_run_never_approves_it(world: World) -> None:
    account(world.ada), earn(world.ada)
    run_id = draft(world)
    with pytest.raises(Refusal, match="you are the first"):
        approve(world, run_id, FINANCE)
    assert line_of(world.ada, run_id).state == "draft"
    scheduled = draft(world, BY_SCHEDULE)
    with pytest.raises(Refusal, match="somebody reviews it first"):
        approve(world, scheduled)
    with transaction(world.services.console) as session:
        review_run(session, run_id=scheduled, actor=OWNER, now=world.now)
    with pytest.raises(Refusal, match="has reviewed"), transaction(world.services.console) as session:
        review_run(session, run_id=scheduled, actor=FINANCE, now=world.now)
    with pytest.raises(Refusal, match="you are the first"):
        approve(world, scheduled)
    assert approve(world, scheduled, FINANCE) == 1
    with pytest.raises(Refusal, match="approved or withdrawn"):
        approve(world, scheduled, FINANCE)
    assert send(world.ada, scheduled) == "paid"


def test_each_partner_that_is_left_out_is_told_why(world: World) -> None:
    ada, ben = world.ada, world.ben
    earn(ada), earn(ben)
    assert reasons(world, draft(world)) == {"ada": "no_account", "ben": "no_account"}
    account(ada, able=False), account(ben)
    assert reasons(world, draft(world)) == {"ada": "account_needs"}
    with transaction(world.services.console) as session:
        change_terms(session, wanted=Terms("manual", 1, {"EUR": 10**6}), actor=OWNER, now=world.now)
        session.execute(update(Partner).where(Partner.partner_id == ada.partner_id).values(state="paused"))
    assert reasons(world, draft(world)) == {"ada": "paused", "ben": "too_small"}
    with transaction(world.services.console) as session:
        change_terms(session, wanted=Terms("manual", 1, {}), actor=OWNER, now=world.now)
        session.execute(update(Partner).where(Partner.partner_id == ada.partner_id).values(state="active"))
    order_id = earn(ben)
    pay(ben)
    give_back(ben, order_id, RefundAsked({lines(ben, order_id)[0]: 1}))
    assert reasons(world, draft(world))["ben"] == "negative"


def test_a_line_is_left_out_by_hand_with_a_reason_and_taken_back(world: World) -> None:
    account(world.ada), earn(world.ada)
    run_id = draft(world)
    keys = {"run_id": run_id, "partner_id": world.ada.partner_id, "actor": FINANCE, "now": world.now,
            "line_id": line_of(world.ada, run_id).line_id}  # fmt: skip
    with transaction(world.services.console) as session:
        with pytest.raises(Refusal) as refused:
            exclude_line(session, note="  ", **keys)
        assert refused.value.field == "note"
        exclude_line(session, note="Waits for their invoice", **keys)
        with pytest.raises(NotFound):
            exclude_line(session, note="again", **keys)
    with pytest.raises(Refusal, match="Nobody would be paid"):
        approve(world, run_id)
    with transaction(world.services.console) as session:
        include_line(session, **keys)
    assert approve(world, run_id) == 1


def test_only_one_draft_waits_and_one_that_is_given_up_sends_nothing(world: World) -> None:
    account(world.ada), earn(world.ada)
    run_id = draft(world)
    with pytest.raises(Refusal, match="A draft waits"), transaction(world.services.console) as session:
        draft_run(session, actor=FINANCE, now=world.now)
    with transaction(world.services.console) as session:
        withdraw_run(session, run_id=run_id, actor=FINANCE, now=world.now)
        assert open_draft(session) is None
    with pytest.raises(Refusal):
        approve(world, run_id)


def test_what_is_being_sent_is_kept_aside_from_the_next_run(world: World) -> None:
    account(world.ada), earn(world.ada)
    first = draft(world)
    approve(world, first)
    again = draft(world)
    assert line_of(world.ada, again) is None
    earn(world.ada, 1)
    again = draft(world)
    assert line_of(world.ada, again).amount == 960
    approve(world, again)
    assert [send(world.ada, again), send(world.ada, first)] == ["paid", "paid"]
    assert available(world.ada) == 0
    sound(world)


def test_two_people_who_approve_at_once_send_once(world: World) -> None:
    account(world.ada), earn(world.ada)
    run_id = draft(world)

    def press(actor: str) -> str:
        try:
            return str(approve(world, run_id, actor))
        except Refusal as refusal:
            return refusal.message[:20]

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(press, ["a@example.com", "b@example.com"]))[0] == "1"
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda _: send(world.ada, run_id), range(2)))
    assert len(transfers(world, run_id)) == 1
    assert posted(world.ada, "payout:%") == 1


def test_a_refund_between_approval_and_sending_fails_the_line_and_keeps_the_money(world: World) -> None:
    account(world.ada)
    order_id = earn(world.ada)
    run_id = draft(world)
    approve(world, run_id)
    give_back(world.ada, order_id, RefundAsked({lines(world.ada, order_id)[0]: 1}))
    assert send(world.ada, run_id) == "failed"
    assert line_of(world.ada, run_id).failure == "balance_changed"
    assert transfers(world, run_id) == []
    assert available(world.ada) == 960
    pay(world.ada)
    sound(world)


def test_an_answer_that_is_lost_after_the_work_sends_and_posts_nothing_twice(world: World) -> None:
    ada = world.ada
    account(ada), earn(ada)
    run_id = draft(world)
    approve(world, run_id)
    control(world, "faults/api", kind="answer_lost", path="/v1/transfers", method="POST", count=3)
    with pytest.raises(GatewayUnavailable):
        send(ada, run_id)
    # Stripe has the transfer; we died before we knew.
    assert len(transfers(world, run_id)) == 1
    assert (line_of(ada, run_id).state, posted(ada, "payout:%")) == ("sending", 0)
    # A refund meanwhile does not make it fail: only Stripe knows what has become of it.
    earn(ada, 1)
    assert send(ada, run_id) == "paid"
    assert (len(transfers(world, run_id)), posted(ada, "payout:%")) == (1, 1)
    sound(world)


def test_what_was_sent_longer_ago_than_stripe_keeps_keys_is_found_and_not_sent_again(world: World) -> None:
    ada = world.ada
    account(ada), earn(ada)
    run_id = draft(world)
    approve(world, run_id)
    control(world, "faults/api", kind="answer_lost", path="/v1/transfers", method="POST", count=3)
    with pytest.raises(GatewayUnavailable):
        send(ada, run_id)
    world.later(days=3)
    world.installation.sandbox.store.execute("DELETE FROM answers")
    assert send(ada, run_id) == "paid"
    assert len(transfers(world, run_id)) == 1


def test_the_webhook_or_the_sweep_settles_a_line_that_hangs(world: World) -> None:
    ada, ben = world.ada, world.ben
    account(ada), account(ben), earn(ada), earn(ben)
    hear(world)
    run_id = draft(world)
    approve(world, run_id)
    control(world, "faults/api", kind="answer_lost", path="/v1/transfers", method="POST", count=3)
    with pytest.raises(GatewayUnavailable):
        send(ada, run_id)
    hear(world)
    assert (line_of(ada, run_id).state, posted(ada, "payout:%")) == ("paid", 1)
    # Nobody sent the other line: its job was lost.
    world.later(minutes=11)
    made = world.services
    sweep(face=made.face, console=made.console, gateway=made.gateway, now=world.now)
    assert (line_of(ben, run_id).state, posted(ben, "payout:%")) == ("paid", 1)
    sound(world)


def test_while_stripe_is_down_the_line_waits_and_says_so(world: World) -> None:
    ada = world.ada
    account(ada), earn(ada)
    run_id = draft(world)
    approve(world, run_id)
    control(world, "faults/api", kind="error", path="/v1/transfers*", count=60)
    for _ in range(4):
        with pytest.raises(GatewayUnavailable):
            send(ada, run_id)
        world.later(minutes=20)
    with transaction(world.services.console) as session:
        waiting = [each for each in hanging(session, before=world.now) if each.run_id == run_id]
        assert read_run(session, run_id=run_id).state == "sending"
    assert [(each.waits_for, each.lines) for each in waiting] == [("stripe", 1)]
    world.installation.sandbox.faults.clear()
    assert send(ada, run_id) == "paid"
    assert (len(transfers(world, run_id)), line_of(ada, run_id).waits_for) == (1, "")


def test_a_line_waits_for_the_companys_balance_and_is_tried_under_a_new_key(world: World) -> None:
    ada = world.ada
    account(ada), earn(ada)
    run_id = draft(world)
    approve(world, run_id)
    sandbox = world.installation.sandbox
    with sandbox.store.transaction():
        sandbox.store.execute("INSERT INTO movements VALUES ('gone', 'usd', -1000000000, 0, NULL)")
    try:
        assert send(ada, run_id) == "waiting"
        line = line_of(ada, run_id)
        assert (line.state, line.waits_for, line.tries) == ("sending", "balance", 1)
    finally:
        with sandbox.store.transaction():
            sandbox.store.execute("DELETE FROM movements WHERE id = 'gone'")
    assert send(ada, run_id) == "paid"
    assert len(transfers(world, run_id)) == 1


def test_an_account_that_was_closed_meanwhile_fails_its_line_alone(world: World) -> None:
    ada, ben = world.ada, world.ben
    closed = account(ada)
    account(ben), earn(ada), earn(ben)
    run_id = draft(world)
    approve(world, run_id)
    control(world, f"accounts/{closed}/close")
    assert [send(ada, run_id), send(ben, run_id)] == ["failed", "paid"]
    assert line_of(ada, run_id).failure == "account_closed"
    assert (available(ada), posted(ada, "payout%")) == (2 * 960, 0)
    assert reasons(world, draft(world))["ada"] == "account_closed"
    sound(world)


def test_an_account_that_stripe_restricts_fails_its_line(world: World) -> None:
    stripe_id = account(world.ada)
    earn(world.ada)
    run_id = draft(world)
    approve(world, run_id)
    control(world, f"accounts/{stripe_id}/onboard", active=False)
    assert send(world.ada, run_id) == "failed"
    assert line_of(world.ada, run_id).failure == "account_needs"
    assert reasons(world, draft(world))["ada"] == "account_needs"


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(parts=st.lists(st.integers(1, 900), min_size=1, max_size=12), seed=st.integers(0, 999))
def test_what_comes_back_is_owed_again_once_and_never_more_than_was_sent(
    world: World, parts: list[int], seed: int
) -> None:
    world = World(world.installation)
    ada = world.ada
    account(ada), earn(ada), account(world.ben), earn(world.ben)
    run_id = pay(ada, world.ben)
    line = line_of(ada, run_id)
    back = 0
    for part in parts:
        if back + part > line.amount:
            break
        control(world, f"transfers/{line.stripe_id}/reverse", amount=part)
        back += part
    world.deliver_webhooks()
    # Events come in any order, some twice, some never; the object is fetched anew each time.
    with transaction(world.services.console) as session:
        events = session.execute(
            text("SELECT event_id FROM stripe_events WHERE type LIKE 'transfer.%' AND object_id = :t"),
            {"t": line.stripe_id},
        ).scalars().all()  # fmt: skip
    dice = random.Random(seed)
    for event_id in dice.sample(list(events) * 3, len(events) * 3):
        with transaction(world.services.face) as session:
            session.execute(
                text("UPDATE stripe_events SET handled_at = NULL WHERE event_id = :e"), {"e": event_id}
            )
        hear(world)
    line = line_of(ada, run_id)
    assert (line.reversed, available(ada)) == (back, back)
    assert line.state == ("reversed" if back == line.amount else "paid")
    assert posted(ada, "payout_reversed:%") == sum(1 for _ in _taken(parts, line.amount))
    assert line_of(world.ben, run_id).reversed == 0
    control(world, f"transfers/{line.stripe_id}/reverse") if back < line.amount else None
    hear(world)
    line = line_of(ada, run_id)
    assert (line.state, line.reversed, available(ada)) == ("reversed", line.amount, line.amount)
    sound(world)


def _taken(parts: list[int], most: int) -> list[int]:
    taken: list[int] = []
    for part in parts:
        if sum(taken) + part > most:
            break
        taken.append(part)
    return taken


def test_a_transfer_of_another_amount_is_not_taken_for_ours(world: World) -> None:
    ada = world.ada
    destination = account(ada)
    earn(ada)
    run_id = draft(world)
    approve(world, run_id)
    line = line_of(ada, run_id)
    world.services.gateway.transfer(
        amount=1, currency="USD", destination=destination, group="other",
        metadata={"partner": str(ada.partner_id), "payout": str(line.line_id)}, key=f"by-hand-{line.line_id}",
    )  # fmt: skip
    hear(world)
    assert (line_of(ada, run_id).state, posted(ada, "payout%")) == ("sending", 0)


def test_another_partners_line_is_not_sent(world: World) -> None:
    account(world.ada), earn(world.ada)
    run_id = draft(world)
    approve(world, run_id)
    line_id = line_of(world.ada, run_id).line_id
    made = world.services
    assert send_line(world.ben.tenant, gateway=made.gateway, line_id=line_id, now=world.now) == "already"
    assert line_of(world.ada, run_id).state == "sending"


def test_each_transfer_and_reversal_is_compared_and_named(world: World) -> None:
    ada, ben = world.ada, world.ben
    destination = account(ada)
    account(ben), earn(ada), earn(ben)
    hear(world)
    run_id = pay(ada, ben)
    control(world, f"transfers/{line_of(ben, run_id).stripe_id}/reverse", amount=100)
    by_hand = world.services.gateway.transfer(
        amount=7, currency="USD", destination=destination, group="by hand", metadata={},
        key=f"by-hand-{run_id}",
    )  # fmt: skip
    made = world.services
    found = reconcile(made.console, made.gateway, since=world.began, until=world.now)
    assert [(each.kind, each.stripe_id) for each in found.differences] == [
        ("payout_by_hand", by_hand.transfer_id)
    ]
    assert [each.kind for each in found.under_way] == ["payout_settling"]
    totals = {total.currency: total for total in found.totals}
    assert totals["USD"].to_partners.minor == -(2 * 960 + 7)
    assert totals["USD"].difference.minor == -7
    hear(world)
    found = reconcile(made.console, made.gateway, since=world.began, until=world.now)
    assert found.under_way == []
    assert totals["EUR"].to_partners.minor == 100 - line_of(ben, run_id).amount


# Schedules


@pytest.mark.parametrize(
    ("terms", "days"),
    [
        (Terms("manual", 1, {}), []),
        (Terms("weekly", 1, {}), [date(2026, 3, 2), date(2026, 3, 9), date(2026, 3, 16)]),
        (Terms("weekly", 7, {}), [date(2026, 3, 8), date(2026, 3, 15), date(2026, 3, 22)]),
        (Terms("monthly", 28, {}), [date(2026, 3, 28), date(2026, 4, 28), date(2026, 5, 28)]),
        (Terms("monthly", 1, {}), [date(2026, 4, 1), date(2026, 5, 1), date(2026, 6, 1)]),
    ],
)
def test_the_next_days_of_a_schedule(terms: Terms, days: list[date]) -> None:
    assert terms.next_days(date(2026, 3, 2), 3) == days


def test_the_schedule_drafts_once_a_day_and_catches_up(world: World) -> None:
    account(world.ada), earn(world.ada)
    run_id = draft(world)
    today = world.now.date()
    made = world.services

    def tick() -> Any:
        with transaction(made.console) as session:
            return draft_by_schedule(session, now=world.now)

    tomorrow = (today + timedelta(days=1)).isoweekday()
    try:
        with transaction(made.console) as session:
            assert change_terms(session, wanted=Terms("weekly", tomorrow, {}), actor=OWNER, now=world.now)
            assert not change_terms(session, wanted=Terms("weekly", tomorrow, {}), actor=OWNER, now=world.now)
        # What has passed is not caught up with when a schedule begins.
        assert tick() is None
        world.later(days=2)
        # A draft waits; the day is tried again until it is decided.
        assert tick() is None
        with transaction(made.console) as session:
            withdraw_run(session, run_id=run_id, actor=OWNER, now=world.now)
        found = tick()
        assert found
        assert line_of(world.ada, found).state == "draft"
        assert tick() is None
        with transaction(made.console) as session:
            assert read_run(session, run_id=found).drafted_by == BY_SCHEDULE
            withdraw_run(session, run_id=found, actor=OWNER, now=world.now)
        assert tick() is None
    finally:
        with transaction(made.console) as session:
            change_terms(session, wanted=Terms("manual", 1, {}), actor=OWNER, now=world.now)
            assert read_terms(session).schedule == "manual"


@pytest.mark.parametrize(
    ("terms", "field"),
    [
        (Terms("yearly", 1, {}), "schedule"),
        (Terms("weekly", 8, {}), "day"),
        (Terms("monthly", 29, {}), "day"),
        (Terms("manual", 1, {"USD": 0}), "smallest_USD"),
    ],
)
def test_terms_that_cannot_hold_are_refused_at_their_field(world: World, terms: Terms, field: str) -> None:
    with pytest.raises(Refusal) as refused, transaction(world.services.console) as session:
        change_terms(session, wanted=terms, actor=OWNER, now=world.now)
    assert list(refused.value.errors) == [field]  # type: ignore[attr-defined]
