"""Money given back: each unit once, all of them exactly what was paid, and Stripe's balance is ours."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from kit.errors import NotFound, Refusal
from orders.fulfilment import ship
from orders.reading import read_order
from payments.inbox import HEAD_START, drain
from payments.reconciliation.comparing import reconcile
from payments.refunds.asking import RefundAsked, ask_refund, refund_effect, refundable
from payments.refunds.sending import RefundReference, apply_refund, send_refund
from payments.verify import verify
from storage.database import transaction
from tests.payments.test_settlement import control
from tests.world import GERMAN, Shop, World


def lines(shop: Shop, order_id: UUID) -> list[UUID]:
    with shop.transaction() as session:
        found = refundable(session, partner_id=shop.partner_id, order_id=order_id)
    assert found is not None
    return [line.line_id for line in found.lines]


def ask(shop: Shop, order_id: UUID, asked: RefundAsked) -> UUID:
    with transaction(shop.world.services.console) as session:
        return ask_refund(
            session, partner_id=shop.partner_id, order_id=order_id, asked=asked, actor="staff@example.com",
            now=shop.world.now,
        )  # fmt: skip


def give_back(shop: Shop, order_id: UUID, asked: RefundAsked) -> UUID:
    refund_id = ask(shop, order_id, asked)
    send_refund(shop.tenant, gateway=shop.world.services.gateway, refund_id=refund_id, now=shop.world.now)
    return refund_id


def one(shop: Shop, statement: str, **values: Any) -> Any:
    with shop.transaction() as session:
        return session.execute(text(statement), {"p": shop.partner_id, **values}).scalar_one()


def state(shop: Shop, refund_id: UUID) -> str:
    return str(one(shop, "SELECT state FROM refunds WHERE partner_id = :p AND refund_id = :r", r=refund_id))


def accounts(shop: Shop, order_id: UUID) -> Mapping[str, int]:
    """What each account holds of an order, fees apart; nothing where all was given back."""
    with shop.transaction() as session:
        rows = session.execute(
            text("""
                SELECT a.account, sum(a.amount) AS amount FROM ledger_entries e
                 CROSS JOIN LATERAL (VALUES (e.debit, -e.amount), (e.credit, e.amount)) a (account, amount)
                 WHERE e.partner_id = :p AND e.order_id = :o AND e.source NOT LIKE 'fee:%'
                 GROUP BY a.account
            """),
            {"p": shop.partner_id, "o": order_id},
        )
        return {row.account: int(row.amount) for row in rows if row.amount}


def rename_payment(shop: Shop, order_id: UUID, name: str) -> str:
    """Call an order's payment otherwise; returns what it was called."""
    keys = {"p": shop.partner_id, "o": order_id}
    with shop.transaction() as session:
        known = session.execute(
            text("SELECT payment_intent_id FROM payment_attempts WHERE partner_id = :p AND order_id = :o"),
            keys,
        ).scalar_one()
        session.execute(
            text(
                "UPDATE payment_attempts SET payment_intent_id = :name WHERE partner_id = :p AND order_id = :o"
            ),
            {**keys, "name": name},
        )
    return str(known)


def sound(world: World) -> None:
    with transaction(world.services.console) as session:
        assert list(verify(session)) == []
    made = world.services
    found = reconcile(made.console, made.gateway, since=world.began, until=world.now)
    assert (found.differences, found.under_way) == ([], [])


def test_a_unit_is_given_back_and_then_the_rest(world: World) -> None:
    ada, ben = world.ada, world.ben
    order_id = ada.buy((world.mug, 3), (world.tote, 1))
    other = ben.buy((world.mug, 1), contact=GERMAN)
    theirs = accounts(ben, other)
    mug, tote = lines(ada, order_id)
    with ada.transaction() as session:
        effect = refund_effect(
            session, partner_id=ada.partner_id, order_id=order_id, asked=RefundAsked({mug: 1})
        )
    # A mug is sold at 21.60, of which 12.00 are the company's.
    assert effect.amount.minor == 2160
    assert {name: lost.minor for name, lost in effect.accounts.items()} == {
        "wholesale_revenue": 1200, "partner_payable": 960,
    }  # fmt: skip
    refund_id = give_back(ada, order_id, RefundAsked({mug: 1}, reason="chipped"))
    assert state(ada, refund_id) == "succeeded"
    with ada.transaction() as session:
        order = read_order(session, partner_id=ada.partner_id, order_id=order_id)
    assert order.payment == "partly_refunded"
    give_back(ada, order_id, RefundAsked({mug: 2, tote: 1}, delivery=order.delivery.minor))
    assert accounts(ada, order_id) == {}
    with ada.transaction() as session:
        order = read_order(session, partner_id=ada.partner_id, order_id=order_id)
        assert refundable(session, partner_id=ada.partner_id, order_id=order_id) is None
    assert (order.payment, order.fulfilment) == ("refunded", "cancelled")
    assert accounts(ben, other) == theirs
    sound(world)


def test_tax_inside_the_price_goes_back_with_it(world: World) -> None:
    ben = world.ben
    order_id = ben.buy((world.mug, 3), contact=GERMAN)
    (mug,) = lines(ben, order_id)
    before = accounts(ben, order_id)
    amounts = []
    for _ in range(3):
        refund_id = give_back(ben, order_id, RefundAsked({mug: 1}))
        amounts.append(
            one(ben, "SELECT amount FROM refunds WHERE partner_id = :p AND refund_id = :r", r=refund_id)
        )
    assert amounts == [2571, 2571, 2571]
    left = accounts(ben, order_id)
    assert left.keys() == {"stripe_clearing", "delivery_revenue", "tax_payable"}
    assert left["delivery_revenue"] == before["delivery_revenue"]
    sound(world)


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"mugs": 4}, "units-{line}"),
        ({"mugs": -1}, "units-{line}"),
        ({"delivery": 491}, "delivery"),
        ({"delivery": -1}, "delivery"),
        ({"goodwill": 10**6}, "goodwill"),
        ({"mugs": 2, "goodwill": 1801}, "goodwill"),
        ({"goodwill": 5, "funder": "stripe"}, "funder"),
        ({}, "units"),
    ],
)
def test_what_is_not_left_is_refused_at_its_field(world: World, asked: dict[str, Any], field: str) -> None:
    asked = dict(asked)
    order_id = world.ada.buy((world.mug, 2), (world.tote, 1))
    line = lines(world.ada, order_id)[0]
    mugs = asked.pop("mugs", 0)
    with pytest.raises(Refusal) as refused:
        ask(world.ada, order_id, RefundAsked({line: mugs}, **asked))
    assert refused.value.field == field.format(line=line)
    assert one(world.ada, "SELECT count(*) FROM refunds WHERE partner_id = :p") == 0


def test_another_partners_order_is_not_found(world: World) -> None:
    order_id = world.ada.buy((world.mug, 1))
    with pytest.raises(NotFound), world.ben.transaction() as session:
        ask_refund(
            session, partner_id=world.ben.partner_id, order_id=order_id, asked=RefundAsked(goodwill=1),
            actor="x", now=world.now,
        )  # fmt: skip


def test_goodwill_is_not_given_twice_when_the_goods_come_back(world: World) -> None:
    ada = world.ada
    order_id = ada.buy((world.mug, 1))
    (mug,) = lines(ada, order_id)
    give_back(ada, order_id, RefundAsked(goodwill=500, funder="company"))
    give_back(ada, order_id, RefundAsked(goodwill=300, funder="partner"))
    assert accounts(ada, order_id)["goodwill"] == -500
    assert accounts(ada, order_id)["partner_payable"] == 960 - 300
    with ada.transaction() as session:
        found = refundable(session, partner_id=ada.partner_id, order_id=order_id)
    assert found is not None
    give_back(ada, order_id, RefundAsked({mug: 1}, delivery=found.delivery.minor))
    assert accounts(ada, order_id) == {}
    sound(world)


def test_a_refund_that_the_bank_sends_back_is_taken_back_everywhere(world: World) -> None:
    ada = world.ada
    order_id = ada.buy((world.mug, 2))
    (mug,) = lines(ada, order_id)
    before = accounts(ada, order_id)
    refund_id = give_back(ada, order_id, RefundAsked({mug: 1}))
    stripe_id = one(
        ada, "SELECT stripe_id FROM refunds WHERE partner_id = :p AND refund_id = :r", r=refund_id
    )
    control(world, f"refunds/{stripe_id}/fail")
    world.deliver_webhooks()
    drain(world.services.face, gateway=world.services.gateway, now=world.now, patience=HEAD_START)
    assert state(ada, refund_id) == "failed"
    assert accounts(ada, order_id) == before
    # The unit that went back into stock is not put back twice when the money is sent again.
    free = one(
        ada,
        "SELECT held FROM stock_levels WHERE variant_id = :v AND :p IS NOT NULL",
        v=world.variant(world.mug),
    )
    give_back(ada, order_id, RefundAsked({mug: 1}))
    assert free == one(
        ada,
        "SELECT held FROM stock_levels WHERE variant_id = :v AND :p IS NOT NULL",
        v=world.variant(world.mug),
    )
    sound(world)


def test_stripe_says_it_again_and_late(world: World) -> None:
    """The job, the webhook and the sweep come in any order; the ledger has the refund once."""
    ada = world.ada
    order_id = ada.buy((world.mug, 1))
    (mug,) = lines(ada, order_id)
    refund_id = ask(ada, order_id, RefundAsked({mug: 1}))
    gateway = world.services.gateway
    send_refund(ada.tenant, gateway=gateway, refund_id=refund_id, now=world.now)
    posted = accounts(ada, order_id)
    snapshot = gateway.read_refund(
        one(ada, "SELECT stripe_id FROM refunds WHERE partner_id = :p AND refund_id = :r", r=refund_id)
    )
    reference = RefundReference(ada.partner_id, order_id, refund_id)
    assert RefundReference.of(snapshot.metadata) == reference
    with ada.transaction() as session:
        assert apply_refund(session, reference=reference, snapshot=snapshot, now=world.now) == "already"
    send_refund(ada.tenant, gateway=gateway, refund_id=refund_id, now=world.now)
    world.deliver_webhooks()
    drain(world.services.face, gateway=gateway, now=world.now, patience=HEAD_START)
    assert accounts(ada, order_id) == posted
    sound(world)


def test_what_stripe_will_not_do_is_said_and_can_be_asked_again(world: World) -> None:
    ada = world.ada
    order_id = ada.buy((world.mug, 2))
    (mug,) = lines(ada, order_id)
    refund_id = ask(ada, order_id, RefundAsked({mug: 2}))
    # What Stripe does not know as a payment it cannot give back.
    known = rename_payment(ada, order_id, "pi_nobody_paid")
    send_refund(ada.tenant, gateway=world.services.gateway, refund_id=refund_id, now=world.now)
    assert state(ada, refund_id) == "refused"
    why = one(ada, "SELECT failure FROM refunds WHERE partner_id = :p AND refund_id = :r", r=refund_id)
    assert "pi_nobody_paid" in why
    rename_payment(ada, order_id, known)
    with ada.transaction() as session:
        found = refundable(session, partner_id=ada.partner_id, order_id=order_id)
    assert found is not None
    assert found.lines[0].left == 2
    give_back(ada, order_id, RefundAsked({mug: 2}))
    sound(world)


def test_only_what_was_not_cancelled_is_sent(world: World) -> None:
    ada = world.ada
    order_id = ada.buy((world.mug, 3))
    (mug,) = lines(ada, order_id)
    variant = world.variant(world.mug)
    give_back(ada, order_id, RefundAsked({mug: 1}, restock=True))
    give_back(ada, order_id, RefundAsked({mug: 1}, restock=False))
    with ada.transaction() as session:
        (line,) = read_order(session, partner_id=ada.partner_id, order_id=order_id).lines
    assert (line.quantity, line.cancelled) == (3, 2)
    with transaction(world.services.console) as session:
        ship(
            session, partner_id=ada.partner_id, order_id=order_id, carrier="Post", number="", url="",
            actor="staff", now=world.now,
        )  # fmt: skip
        level = session.execute(
            text("SELECT on_hand, held FROM stock_levels WHERE variant_id = :v"), {"v": variant}
        ).one()
    # Of 40, one was written off and one went with the parcel.
    assert tuple(level) == (38, 0)
    give_back(ada, order_id, RefundAsked({mug: 1}, restock=True))
    assert (
        one(ada, "SELECT on_hand FROM stock_levels WHERE variant_id = :v AND :p IS NOT NULL", v=variant) == 39
    )
    sound(world)


def test_goodwill_that_came_back_after_it_was_counted_leaves_the_rest_to_give(world: World) -> None:
    ada = world.ada
    order_id = ada.buy((world.mug, 1))
    (mug,) = lines(ada, order_id)
    goodwill = give_back(ada, order_id, RefundAsked(goodwill=500))
    give_back(ada, order_id, RefundAsked({mug: 1}))
    stripe_id = one(ada, "SELECT stripe_id FROM refunds WHERE partner_id = :p AND refund_id = :r", r=goodwill)
    control(world, f"refunds/{stripe_id}/fail")
    world.deliver_webhooks()
    drain(world.services.face, gateway=world.services.gateway, now=world.now, patience=HEAD_START)
    give_back(ada, order_id, RefundAsked(delivery=490, goodwill=10))
    assert accounts(ada, order_id) == {}
    sound(world)
