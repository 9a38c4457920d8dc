"""Where a partner is paid: made once at Stripe, read again when it changes, and changed only with a wait."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from kit.errors import Refusal
from payments.gateway.errors import GatewayUnavailable
from payments.gateway.records import GatewayEvent
from payments.inbox import receive
from payments.payouts.accounts import make_account, open_details, paid_to, set_up_account, stop_change
from tests.payments.payout_world import (
    account,
    approve,
    control,
    draft,
    earn,
    hear,
    line_of,
    send,
    transfers,
)
from tests.world import Shop, World


def standing(shop: Shop):  # type: ignore[no-untyped-def]
    with shop.transaction() as session:
        found = paid_to(session, partner_id=shop.partner_id)
    assert found
    return found


def change(shop: Shop) -> str:
    """Set up another account in place of the present one; returns Stripe's id of it."""
    world = shop.world
    with shop.transaction() as session:
        set_up_account(
            session, partner_id=shop.partner_id, country="US", actor="them", now=world.now, change=True
        )
    made = make_account(shop.tenant, gateway=world.services.gateway, now=world.now)
    assert made.stripe_id
    control(world, f"accounts/{made.stripe_id}/onboard")
    hear(world)
    return made.stripe_id


def test_an_account_is_made_once_though_the_answer_was_lost(world: World) -> None:
    ada = world.ada
    with ada.transaction() as session:
        set_up_account(session, partner_id=ada.partner_id, country="US", actor="them", now=world.now)
    control(world, "faults/api", kind="answer_lost", path="/v2/core/accounts", method="POST", count=3)
    with pytest.raises(GatewayUnavailable):
        make_account(ada.tenant, gateway=world.services.gateway, now=world.now)
    made = make_account(ada.tenant, gateway=world.services.gateway, now=world.now)
    again = make_account(ada.tenant, gateway=world.services.gateway, now=world.now)
    assert made.stripe_id == again.stripe_id
    kept = world.installation.sandbox.store.execute(
        "SELECT count(*) FROM objects WHERE body LIKE ? AND body LIKE ?",
        ('%"v2.core.account"%', f"%{made.account_id}%"),
    )
    assert [tuple(row) for row in kept] == [(1,)]


def test_what_stripe_needs_is_read_when_it_says_so(world: World) -> None:
    ada, ben = world.ada, world.ben
    stripe_id = account(ada)
    account(ben)
    control(world, f"accounts/{stripe_id}/require", entry="identity.individual.id_numbers", seconds=86400)
    hear(world)
    (need,) = standing(ada).needs
    assert (need.what, need.stops, standing(ada).able) == ("identity.individual.id_numbers", False, True)
    assert (need.by - world.now).total_seconds() == 86400
    control(world, f"accounts/{stripe_id}/require", entry="identity.individual.address")
    # Events of Stripe's second version carry no object: it is fetched by what it is called.
    event = {"id": f"evt_thin_{stripe_id}", "object": "v2.core.event",
             "type": "v2.core.account[requirements].updated",
             "related_object": {"id": stripe_id, "type": "v2.core.account"}}  # fmt: skip
    told = GatewayEvent(str(event["id"]), str(event["type"]), stripe_id, event)
    assert receive(world.services.face, event=told, now=world.now)
    hear(world)
    assert [each.stops for each in standing(ada).needs] == [False, True]
    assert not standing(ada).able
    assert (standing(ben).able, standing(ben).needs) == (True, ())
    control(world, f"accounts/{stripe_id}/close")
    hear(world)
    assert standing(ada).closed


def test_a_changed_account_is_paid_after_a_day_and_not_before(world: World) -> None:
    ada = world.ada
    account(ada), earn(ada)
    new = change(ada)
    assert line_of(ada, draft(world)).reason == "account_changed"
    world.later(hours=23)
    assert line_of(ada, draft(world)).reason == "account_changed"
    world.later(hours=1)
    run_id = draft(world)
    approve(world, run_id)
    assert send(ada, run_id) == "paid"
    assert [each["destination"] for each in transfers(world, run_id)] == [new]


def test_a_change_that_is_stopped_leaves_the_account_before_it(world: World) -> None:
    ada = world.ada
    old = account(ada)
    earn(ada)
    change(ada)
    with pytest.raises(Refusal, match="A change waits"):
        change(ada)
    with ada.transaction() as session:
        assert stop_change(session, partner_id=ada.partner_id, actor="them", now=world.now)
    with pytest.raises(Refusal, match="No change waits"), ada.transaction() as session:
        stop_change(session, partner_id=ada.partner_id, actor="them", now=world.now)
    run_id = draft(world)
    approve(world, run_id)
    assert send(ada, run_id) == "paid"
    assert [each["destination"] for each in transfers(world, run_id)] == [old]


def test_a_change_between_approval_and_sending_fails_the_line(world: World) -> None:
    ada = world.ada
    account(ada), earn(ada)
    run_id = draft(world)
    approve(world, run_id)
    with ada.transaction() as session:
        open_details(session, partner_id=ada.partner_id, actor="them", now=world.now)
    assert send(ada, run_id) == "failed"
    assert (line_of(ada, run_id).failure, transfers(world, run_id)) == ("account_changed", [])
    with ada.transaction() as session:
        # There is no account before it, so nothing is paid until another one is set up.
        assert not stop_change(session, partner_id=ada.partner_id, actor="them", now=world.now)
        assert paid_to(session, partner_id=ada.partner_id) is None
    assert line_of(ada, draft(world)).reason == "no_account"


def test_a_second_account_is_a_change_and_the_country_is_one_of_stripes(world: World) -> None:
    ada, ben = world.ada, world.ben
    account(ada)
    with pytest.raises(Refusal, match="Change it instead"), ada.transaction() as session:
        set_up_account(session, partner_id=ada.partner_id, country="US", actor="them", now=world.now)
    with pytest.raises(Refusal) as refused, ben.transaction() as session:
        set_up_account(session, partner_id=ben.partner_id, country="XX", actor="them", now=world.now)
    assert refused.value.field == "country"
    with ben.transaction() as session:
        assert paid_to(session, partner_id=ben.partner_id) is None
        rows = session.execute(
            text("SELECT count(*) FROM payout_accounts WHERE partner_id = :p"), {"p": ben.partner_id}
        )
        assert rows.scalar_one() == 0
