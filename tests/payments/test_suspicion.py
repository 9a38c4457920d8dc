"""A partner's own purchase, and one that Stripe warns of, are sold and paid, and their margin is held."""

from __future__ import annotations

from dataclasses import replace

import pytest

from payments.checkout import resume
from payments.holds import holds_of_order
from payments.suspicion import mailbox, suspicions
from storage.database import transaction
from tenants.access import invite
from tests.payments.test_balances import owed
from tests.payments.test_refunds import sound
from tests.world import CONTACT, PAID, World


@pytest.mark.parametrize(
    ("typed", "same"),
    [
        ("Ada@Example.com", "ada@example.com"),
        ("ada+shop@example.com", "ada@example.com"),
        ("a.d.a+x@googlemail.com", "ada@gmail.com"),
        (" ada@example.com ", "ada@example.com"),
    ],
)
def test_a_mailbox_has_many_addresses(typed: str, same: str) -> None:
    assert mailbox(typed) == same


def test_dots_make_another_mailbox_nearly_everywhere() -> None:
    assert mailbox("a.da@example.com") != mailbox("ada@example.com")


def test_nothing_is_found_of_nearly_all() -> None:
    assert suspicions(email="maya@example.com", own=["ada@example.com"], risk="normal") == {}
    assert suspicions(email="maya@example.com", own=[], risk="") == {}


def test_a_purchase_of_the_partners_own_person_is_held_and_of_another_partners_is_not(world: World) -> None:
    ada, ben = world.ada, world.ben
    email = f"owner{world.number}@example.com"
    with transaction(world.services.console) as session:
        invite(
            session, partner_id=ada.partner_id, name="Ada", email=email, role="analyst", face="portal",
            now=world.now,
        )  # fmt: skip
    contact = replace(CONTACT, email=f"owner{world.number}+me@EXAMPLE.com")
    order_id = ada.buy((world.mug, 1), contact=contact)
    berlin = replace(contact, country="DE", region="", postcode="10115", city="Berlin")
    theirs = ben.buy((world.mug, 1), contact=berlin)
    assert owed(ada).held.minor == 960
    with ada.transaction() as session:
        (hold,) = holds_of_order(session, partner_id=ada.partner_id, order_id=order_id)
    assert (hold.kind, hold.releasable) == ("own_purchase", True)
    with ben.transaction() as session:
        assert holds_of_order(session, partner_id=ben.partner_id, order_id=theirs) == []
    sound(world)


def test_a_payment_that_stripe_warns_of_is_held(world: World) -> None:
    ada = world.ada
    started = ada.start(ada.fill_cart((world.mug, 1)))
    assert ada.pay(started.order_id, "4000000000009235") == PAID
    resume(ada.tenant, gateway=world.services.gateway, order_id=started.order_id, now=world.now)
    with ada.transaction() as session:
        (hold,) = holds_of_order(session, partner_id=ada.partner_id, order_id=started.order_id)
    assert (hold.kind, hold.reason) == ("risk", "Stripe sees a raised risk of fraud.")
    assert owed(ada).held.minor == 960
    sound(world)
