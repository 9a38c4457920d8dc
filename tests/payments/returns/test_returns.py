"""Goods that come back: in time, no unit twice, into stock or not, and their money by the refunds' arithmetic."""

from __future__ import annotations

import re
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from kit.errors import NotFound, Refusal, Refusals
from orders.fulfilment import confirm_delivery, ship
from orders.reading import read_order
from payments.refunds.asking import RefundAsked, ask_refund
from payments.refunds.sending import send_refund
from payments.returns.asking import ask_return, cancel_return, withdraw
from payments.returns.deciding import (
    Receipt,
    accept_return,
    decline_return,
    receive_return,
    refund_of_return,
    settle_return,
)
from payments.returns.reading import ReturnView, all_returns, count_returns, read_return, returns_of_order
from payments.returns.units import NotReturnable, Returnable, returnable
from storage.database import transaction
from tests.payments.test_disputes import dispute
from tests.payments.test_refunds import accounts, give_back, lines, one, sound
from tests.world import GERMAN, Shop, World

STAFF = "staff@example.com"


def sent(shop: Shop, order_id: UUID, *, arrived: bool = True) -> UUID:
    """Send an order, and let it arrive a day later."""
    keys = {"partner_id": shop.partner_id, "order_id": order_id, "actor": STAFF}
    with transaction(shop.world.services.console) as session:
        ship(session, **keys, carrier="Post", number="1", url="", now=shop.world.now)
    if arrived:
        shop.world.later(days=1)
        with transaction(shop.world.services.console) as session:
            confirm_delivery(session, **keys, now=shop.world.now)
    return order_id


def left(shop: Shop, order_id: UUID) -> Returnable:
    with shop.transaction() as session:
        return returnable(session, partner_id=shop.partner_id, order_id=order_id, now=shop.world.now)


def line_ids(shop: Shop, order_id: UUID) -> list[UUID]:
    return [line.line_id for line in left(shop, order_id).lines]


def ask(shop: Shop, order_id: UUID, units: dict[UUID, int], *, why: str = "other") -> UUID:
    with shop.transaction() as session:
        return ask_return(
            session, partner_id=shop.partner_id, order_id=order_id, units=units,
            reasons=dict.fromkeys(units, why), note="The handle is loose", now=shop.world.now,
        )  # fmt: skip


def take_back(shop: Shop, order_id: UUID, units: dict[UUID, int] | None = None) -> UUID:
    with shop.transaction() as session:
        return withdraw(
            session, partner_id=shop.partner_id, order_id=order_id, units=units or {}, note="",
            now=shop.world.now,
        )  # fmt: skip


def accept(shop: Shop, return_id: UUID) -> None:
    with transaction(shop.world.services.console) as session:
        accept_return(
            session, partner_id=shop.partner_id, return_id=return_id, actor=STAFF, now=shop.world.now
        )


def decline(shop: Shop, return_id: UUID, reason: str = "It was used") -> None:
    with transaction(shop.world.services.console) as session:
        decline_return(
            session, partner_id=shop.partner_id, return_id=return_id, reason=reason, actor=STAFF,
            now=shop.world.now,
        )  # fmt: skip


def receive(shop: Shop, return_id: UUID, units: dict[UUID, int], *, restock: bool = True) -> None:
    with transaction(shop.world.services.console) as session:
        receive_return(
            session, partner_id=shop.partner_id, return_id=return_id,
            receipts={key: Receipt(count, restock) for key, count in units.items()}, actor=STAFF,
            now=shop.world.now,
        )  # fmt: skip


def refund(shop: Shop, return_id: UUID) -> UUID:
    """Give back what a return came to, as the console does, and let Stripe have it."""
    keys = {"partner_id": shop.partner_id}
    with transaction(shop.world.services.console) as session:
        asked = refund_of_return(session, **keys, return_id=return_id)
        order_id = read_return(session, **keys, return_id=return_id).order_id
        refund_id = ask_refund(
            session, **keys, order_id=order_id, asked=asked, actor=STAFF, now=shop.world.now
        )
        settle_return(
            session, **keys, return_id=return_id, refund_id=refund_id, actor=STAFF, now=shop.world.now
        )
    send_refund(shop.tenant, gateway=shop.world.services.gateway, refund_id=refund_id, now=shop.world.now)
    return refund_id


def seen(shop: Shop, return_id: UUID) -> ReturnView:
    with shop.transaction() as session:
        return read_return(session, partner_id=shop.partner_id, return_id=return_id)


def fulfilment(shop: Shop, order_id: UUID) -> str:
    with shop.transaction() as session:
        return read_order(session, partner_id=shop.partner_id, order_id=order_id).fulfilment


def on_hand(shop: Shop, sku: str) -> int:
    statement = "SELECT on_hand FROM stock_levels WHERE variant_id = :v AND :p IS NOT NULL"
    return int(one(shop, statement, v=shop.world.variant(sku)))


def test_a_return_from_asking_to_the_money(world: World) -> None:
    ada, ben = world.ada, world.ben
    order_id = sent(ada, ada.buy((world.mug, 2), (world.tote, 1)))
    other = sent(ben, ben.buy((world.mug, 1), contact=GERMAN))
    theirs = accounts(ben, other)
    stock = on_hand(ada, world.mug)
    mug, tote = line_ids(ada, order_id)
    return_id = ask(ada, order_id, {mug: 1, tote: 0}, why="damaged")
    assert seen(ada, return_id).state == "requested"
    assert left(ada, order_id).left == {mug: 1, tote: 1}
    accept(ada, return_id)
    receive(ada, return_id, {mug: 1})
    assert on_hand(ada, world.mug) == stock + 1
    before = accounts(ada, order_id)
    refund(ada, return_id)
    # A mug is sold at 21.60, of which 12.00 are the company's; it is in stock already.
    after = accounts(ada, order_id)
    assert before["partner_payable"] - after["partner_payable"] == 960
    assert before["stripe_clearing"] - after["stripe_clearing"] == -2160
    assert on_hand(ada, world.mug) == stock + 1
    found = seen(ada, return_id)
    assert (found.state, found.amount.minor if found.amount else 0) == ("refunded", 2160)
    assert [(line.title, line.reason, line.received, line.restocked) for line in found.lines] == [
        ("Mug, Oat", "damaged", 1, True)
    ]
    assert left(ada, order_id).left == {mug: 1, tote: 1}
    assert fulfilment(ada, order_id) == "delivered"
    last = ask(ada, order_id, {mug: 1, tote: 1})
    receive(ada, last, {mug: 1, tote: 1}, restock=False)
    assert fulfilment(ada, order_id) == "returned"
    assert on_hand(ada, world.mug) == stock + 1
    refund(ada, last)
    assert left(ada, order_id).problem == "nothing"
    assert accounts(ben, other) == theirs
    sound(world)


def test_the_last_day_is_over_when_it_is_over_everywhere(world: World) -> None:
    ada = world.ada
    order_id = sent(ada, ada.buy((world.mug, 2)))
    (mug,) = line_ids(ada, order_id)
    found = left(ada, order_id)
    assert found.last_day == (world.now + timedelta(days=30)).date()
    over = datetime(found.last_day.year, found.last_day.month, found.last_day.day, tzinfo=UTC) + timedelta(
        days=1, hours=12
    )
    world.installation.clock.moment = over - timedelta(microseconds=1)
    first = ask(ada, order_id, {mug: 1})
    world.installation.clock.moment = over
    named = rf"last day was {found.last_day:%d %B %Y}"
    with pytest.raises(NotReturnable, match=named):
        ask(ada, order_id, {mug: 1})
    with pytest.raises(NotReturnable, match=named):
        take_back(ada, order_id, {mug: 1})
    # What was asked for in time goes on.
    accept(ada, first)
    receive(ada, first, {mug: 1})
    refund(ada, first)
    sound(world)


def test_delivery_is_assumed_and_the_time_is_that_of_the_day_of_sale(world: World) -> None:
    ada = world.ada
    order_id = sent(ada, ada.buy((world.mug, 1)), arrived=False)
    with transaction(world.services.console) as session:
        session.execute(text("UPDATE company SET returns_days = 5"))
    try:
        later = sent(ada, ada.buy((world.mug, 1)), arrived=False)
        # A parcel is assumed to arrive after seven days; the first was sold with thirty days to return.
        assert left(ada, order_id).last_day == (world.now + timedelta(days=37)).date()
        assert left(ada, later).last_day == (world.now + timedelta(days=12)).date()
    finally:
        with transaction(world.services.console) as session:
            session.execute(text("UPDATE company SET returns_days = 30"))


def test_no_unit_is_asked_for_twice_by_two_at_once(world: World) -> None:
    ada = world.ada
    order_id = sent(ada, ada.buy((world.mug, 3)))
    (mug,) = line_ids(ada, order_id)
    barrier = threading.Barrier(2)

    def both(units: int) -> str:
        barrier.wait()
        try:
            ask(ada, order_id, {mug: units})
        except NotReturnable as refusal:
            return refusal.message
        return "asked"

    with ThreadPoolExecutor(2) as pool:
        found = sorted(pool.map(both, (2, 2)))
    assert found == ["0 to 1 of these can come back.", "asked"]
    assert left(ada, order_id).left == {mug: 1}


def test_what_was_given_back_or_cancelled_is_not_asked_for(world: World) -> None:
    ada = world.ada
    order_id = ada.buy((world.mug, 4))
    (mug,) = lines(ada, order_id)
    give_back(ada, order_id, RefundAsked({mug: 1}))
    sent(ada, order_id)
    assert left(ada, order_id).left == {mug: 3}
    give_back(ada, order_id, RefundAsked({mug: 1}))
    assert left(ada, order_id).left == {mug: 2}
    first = ask(ada, order_id, {mug: 2})
    for units in (1, 2):
        with pytest.raises(NotReturnable, match="Everything of this order"):
            ask(ada, order_id, {mug: units})
    # Declined or cancelled units can be asked for again.
    decline(ada, first)
    assert left(ada, order_id).left == {mug: 2}
    second = ask(ada, order_id, {mug: 2})
    with ada.transaction() as session:
        cancel_return(session, partner_id=ada.partner_id, order_id=order_id, return_id=second, now=world.now)
    assert left(ada, order_id).left == {mug: 2}
    third = ask(ada, order_id, {mug: 2})
    # One of two arrives: the other may still be sent back.
    receive(ada, third, {mug: 1})
    assert left(ada, order_id).left == {mug: 1}
    refund(ada, third)
    assert left(ada, order_id).left == {mug: 1}
    sound(world)


def test_an_unsent_order_is_withdrawn_from_at_once_and_whole(world: World) -> None:
    ben = world.ben
    order_id = ben.buy((world.mug, 2), (world.tote, 1), contact=GERMAN)
    (mug, tote) = line_ids(ben, order_id)
    with pytest.raises(NotReturnable, match="not been sent"):
        ask(ben, order_id, {mug: 1})
    held = one(
        ben,
        "SELECT held FROM stock_levels WHERE variant_id = :v AND :p IS NOT NULL",
        v=world.variant(world.mug),
    )
    return_id = take_back(ben, order_id)
    found = seen(ben, return_id)
    assert (found.kind, found.state, found.at_once) == ("withdrawal", "refunded", True)
    assert found.refund_id
    send_refund(ben.tenant, gateway=world.services.gateway, refund_id=found.refund_id, now=world.now)
    assert accounts(ben, order_id) == {}
    assert fulfilment(ben, order_id) == "cancelled"
    free = one(
        ben,
        "SELECT held FROM stock_levels WHERE variant_id = :v AND :p IS NOT NULL",
        v=world.variant(world.mug),
    )
    assert held - free == 2
    with pytest.raises(Refusal, match="can be marked as sent"):
        sent(ben, order_id)
    with pytest.raises(NotReturnable, match="Everything"):
        take_back(ben, order_id)
    assert tote
    sound(world)


def test_who_withdraws_while_it_is_sent_does_one_of_both(world: World) -> None:
    ada = world.ada
    order_id = ada.buy((world.mug, 1))
    (mug,) = line_ids(ada, order_id)
    barrier = threading.Barrier(2)

    def away() -> str:
        barrier.wait()
        try:
            sent(ada, order_id, arrived=False)
        except Refusal:
            return "not sent"
        return "sent"

    def back() -> str:
        barrier.wait()
        return seen(ada, take_back(ada, order_id, {mug: 1})).state

    with ThreadPoolExecutor(2) as pool:
        one_of, other = pool.submit(away), pool.submit(back)
        found = (one_of.result(), other.result())
    assert found in {("sent", "accepted"), ("not sent", "refunded")}


@pytest.mark.parametrize("shop", ["ada", "ben"])
def test_a_withdrawal_of_everything_gives_back_the_cheapest_delivery(world: World, shop: str) -> None:
    """Both were sent by the only way there is, so all of it goes back, with its tax."""
    seller: Shop = getattr(world, shop)
    contact = {"contact": GERMAN} if shop == "ben" else {}
    order_id = sent(seller, seller.buy((world.mug, 1), **contact))
    (mug,) = line_ids(seller, order_id)
    return_id = take_back(seller, order_id, {mug: 1})
    assert seen(seller, return_id).state == "accepted"
    receive(seller, return_id, {mug: 1})
    refund(seller, return_id)
    assert accounts(seller, order_id) == {}
    assert fulfilment(seller, order_id) == "returned"
    sound(world)


def test_a_dearer_way_is_the_shoppers_own_choice(world: World) -> None:
    ben = world.ben
    order_id = sent(ben, ben.buy((world.mug, 1), contact=GERMAN))
    (mug,) = line_ids(ben, order_id)
    return_id = take_back(ben, order_id, {mug: 1})
    receive(ben, return_id, {mug: 1})
    rate = world.installation.rates["EUR"]
    with transaction(world.services.console) as session:
        session.execute(text("UPDATE delivery_rates SET amount = 300 WHERE rate_id = :r"), {"r": rate})
        asked = refund_of_return(session, partner_id=ben.partner_id, return_id=return_id)
        session.execute(text("UPDATE delivery_rates SET amount = 450 WHERE rate_id = :r"), {"r": rate})
    assert asked == RefundAsked({mug: 1}, delivery=300, restock=False)


def test_part_of_a_withdrawal_leaves_the_delivery(world: World) -> None:
    ada = world.ada
    order_id = sent(ada, ada.buy((world.mug, 2)))
    (mug,) = line_ids(ada, order_id)
    return_id = take_back(ada, order_id, {mug: 1})
    receive(ada, return_id, {mug: 1})
    with transaction(world.services.console) as session:
        asked = refund_of_return(session, partner_id=ada.partner_id, return_id=return_id)
    assert asked == RefundAsked({mug: 1}, restock=False)


def test_a_withdrawal_is_a_right_and_only_closed_where_nothing_came(world: World) -> None:
    ada = world.ada
    order_id = sent(ada, ada.buy((world.mug, 2)))
    (mug,) = line_ids(ada, order_id)
    first = take_back(ada, order_id, {mug: 1})
    with pytest.raises(Refusal, match="waits for a decision"):
        accept(ada, first)
    decline(ada, first, "Nothing came in 60 days")
    second = take_back(ada, order_id, {mug: 1})
    receive(ada, second, {mug: 1})
    with pytest.raises(Refusal, match="money goes back"):
        decline(ada, second)
    refund(ada, second)
    sound(world)


def test_goods_that_came_worn_go_back_to_the_shopper(world: World) -> None:
    ada = world.ada
    order_id = sent(ada, ada.buy((world.mug, 1)))
    (mug,) = line_ids(ada, order_id)
    return_id = ask(ada, order_id, {mug: 1})
    receive(ada, return_id, {mug: 1}, restock=False)
    assert fulfilment(ada, order_id) == "returned"
    decline(ada, return_id, "It was worn")
    assert fulfilment(ada, order_id) == "delivered"
    assert left(ada, order_id).left == {mug: 1}
    again = ask(ada, order_id, {mug: 1})
    receive(ada, again, {mug: 1}, restock=True)
    with pytest.raises(Refusal, match="for sale again"):
        decline(ada, again)
    refund(ada, again)
    sound(world)


def test_what_a_bank_asks_back_is_not_returned(world: World) -> None:
    ada = world.ada
    order_id = sent(ada, ada.buy((world.mug, 1)))
    (mug,) = line_ids(ada, order_id)
    dispute(ada, order_id)
    with pytest.raises(NotReturnable, match="bank"):
        ask(ada, order_id, {mug: 1})
    with pytest.raises(NotReturnable, match="bank"):
        take_back(ada, order_id, {mug: 1})


@pytest.mark.parametrize(
    ("units", "reasons", "field"),
    [
        ({0: 0}, {}, "units"),
        ({0: 3}, {0: "other"}, "units-0"),
        ({0: -1}, {0: "other"}, "units-0"),
        ({9: 1}, {9: "other"}, "units-9"),
        ({0: 1}, {0: "revenge"}, "reason-0"),
        ({0: 1}, {}, "reason-0"),
    ],
)
def test_bad_input_is_refused_at_its_field(
    world: World, units: dict[int, int], reasons: dict[int, str], field: str
) -> None:
    ada = world.ada
    order_id = sent(ada, ada.buy((world.mug, 2)))
    known = line_ids(ada, order_id)
    theirs = line_ids(world.ben, world.ben.buy((world.mug, 1), contact=GERMAN))
    key = {0: known[0], 9: theirs[0]}
    with pytest.raises((NotReturnable, Refusals)) as refused, ada.transaction() as session:
        ask_return(
            session, partner_id=ada.partner_id, order_id=order_id,
            units={key[n]: count for n, count in units.items()},
            reasons={key[n]: why for n, why in reasons.items()}, note="", now=world.now,
        )  # fmt: skip
    error = refused.value
    named = set(error.errors) if isinstance(error, Refusals) else {error.field}
    assert named == {re.sub(r"-(\d)$", lambda found: f"-{key[int(found[1])]}", field)}
    assert returns_by(ada, order_id) == []


def returns_by(shop: Shop, order_id: UUID) -> list[ReturnView]:
    with shop.transaction() as session:
        return returns_of_order(session, partner_id=shop.partner_id, order_id=order_id)


def test_receiving_and_deciding_say_what_they_do_not_take(world: World) -> None:
    ada = world.ada
    order_id = sent(ada, ada.buy((world.mug, 2)))
    (mug,) = line_ids(ada, order_id)
    return_id = ask(ada, order_id, {mug: 1})
    for units in (2, -1):
        with pytest.raises(Refusals) as refused:
            receive(ada, return_id, {mug: units})
        assert refused.value.errors == {f"received-{mug}": "0 to 1 can have arrived."}
    with pytest.raises(Refusal, match="what arrived"):
        receive(ada, return_id, {mug: 0})
    with pytest.raises(Refusal, match="Say why"):
        decline(ada, return_id, "  ")
    with pytest.raises(Refusal, match="came back"):
        refund(ada, return_id)
    accept(ada, return_id)
    with pytest.raises(Refusal, match="waits for a decision"):
        accept(ada, return_id)
    receive(ada, return_id, {mug: 1})
    with pytest.raises(Refusal, match="under way"):
        receive(ada, return_id, {mug: 1})
    with pytest.raises(Refusal, match="no longer"), ada.transaction() as session:
        cancel_return(
            session, partner_id=ada.partner_id, order_id=order_id, return_id=return_id, now=world.now
        )
    refund(ada, return_id)
    with pytest.raises(Refusal):
        refund(ada, return_id)
    sound(world)


def test_two_who_pay_back_one_return_do_it_once(world: World) -> None:
    ada = world.ada
    order_id = sent(ada, ada.buy((world.mug, 2)))
    (mug,) = line_ids(ada, order_id)
    return_id = ask(ada, order_id, {mug: 1})
    receive(ada, return_id, {mug: 1})

    def pay(_: int) -> str:
        try:
            refund(ada, return_id)
        except Refusal:
            return "refused"
        return "paid"

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(pay, range(2))) == ["paid", "refused"]
    sound(world)


def test_a_refund_by_hand_does_not_put_received_goods_into_stock_again(world: World) -> None:
    ada = world.ada
    order_id = sent(ada, ada.buy((world.mug, 2)))
    stock = on_hand(ada, world.mug)
    (mug,) = line_ids(ada, order_id)
    return_id = ask(ada, order_id, {mug: 1})
    receive(ada, return_id, {mug: 1})
    give_back(ada, order_id, RefundAsked({mug: 1}, restock=True))
    assert on_hand(ada, world.mug) == stock + 1
    give_back(ada, order_id, RefundAsked({mug: 1}, restock=True))
    assert on_hand(ada, world.mug) == stock + 2
    sound(world)


def test_another_partners_return_is_as_good_as_none(world: World) -> None:
    ada, ben = world.ada, world.ben
    order_id = sent(ada, ada.buy((world.mug, 1)))
    (mug,) = line_ids(ada, order_id)
    return_id = ask(ada, order_id, {mug: 1})
    with pytest.raises(NotFound):
        ask(ben, order_id, {mug: 1})
    with pytest.raises(NotFound), ben.transaction() as session:
        read_return(session, partner_id=ben.partner_id, return_id=return_id)
    with pytest.raises(NotFound), ben.transaction() as session:
        cancel_return(
            session, partner_id=ben.partner_id, order_id=order_id, return_id=return_id, now=world.now
        )
    # A return of one order is not cancelled by who holds the key to another.
    second = sent(ada, ada.buy((world.mug, 1)))
    with pytest.raises(NotFound), ada.transaction() as session:
        cancel_return(session, partner_id=ada.partner_id, order_id=second, return_id=return_id, now=world.now)
    assert returns_by(ben, order_id) == []
    with transaction(world.services.console) as session:
        assert return_id in {found.return_id for found in all_returns(session, state="open")}
        assert return_id in {found.return_id for found in all_returns(session, state="requested")}
        assert return_id not in {found.return_id for found in all_returns(session, state="received")}
        assert count_returns(session).requested >= 1
