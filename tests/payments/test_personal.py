"""What is kept of a shopper: given out whole, erased at once where nothing needs it, and else when it is due."""

from __future__ import annotations

import json
from uuid import UUID

import pytest
from sqlalchemy import text, update

from app.keepers import KEEPERS
from orders.accounts.addresses import keep_address
from orders.cart import cart_key
from orders.customers import CustomerView, list_customers
from orders.fulfilment import confirm_delivery
from orders.keepers import Keeper, Whose
from orders.reading import newest_orders, read_order
from payments.holds import place_hold
from payments.personal.due import kept_orders, partners_with_due
from payments.personal.erasing import (
    Erased,
    erase_beside_settled,
    erase_due,
    erase_shopper,
    forget_events,
)
from payments.personal.giving import as_text, give_all
from payments.returns.asking import cancel_return
from payments.verify import verify
from storage.database import transaction
from tenants.models import Company
from tests.orders.accounts_world import Account, buy, from_order, proven, registered, waiting
from tests.payments.returns.test_returns import accept, ask, line_ids, receive, refund, sent
from tests.world import CONTACT, Shop, World

ALL = frozenset({"name", "email", "phone", "address"})
# Parts of what CONTACT says, which stand nowhere else.
SECRETS = ("12 Harbour Street", "Maya Lind", "97201", "Hafenallee")


def whose(shop: Shop, email: str) -> Whose:
    with shop.transaction() as session:
        customer_id = session.execute(
            text(
                "SELECT c.customer_id FROM customers c"
                " WHERE c.partner_id = :p AND c.store_id = :s AND c.email = :e"
            ),
            {"p": shop.partner_id, "s": shop.store_id, "e": email},
        ).scalar()
    return Whose(shop.partner_id, shop.store_id, email, customer_id)


def erase(shop: Shop, email: str, *carts: UUID, keepers: tuple[Keeper, ...] = KEEPERS) -> Erased:
    meant = whose(shop, email)
    with shop.transaction() as session:
        return erase_shopper(session, keepers=keepers, whose=meant, carts=carts, now=shop.world.now)


def due(shop: Shop) -> int:
    with shop.transaction() as session:
        return erase_due(session, keepers=KEEPERS, partner_id=shop.partner_id, now=shop.world.now)


def keep_for(world: World, months: int) -> None:
    with transaction(world.services.console) as session:
        session.execute(update(Company).values(keep_orders_months=months))


def customers(shop: Shop, search: str = "") -> list[CustomerView]:
    with shop.transaction() as session:
        return list_customers(session, **shop.keys, fields=ALL, search=search)[0]


def everything_of(shop: Shop) -> str:
    """All that the database holds of a partner, in one text."""
    found = []
    with transaction(shop.world.services.console) as session:
        tables = session.execute(
            text(
                "SELECT DISTINCT a.attrelid::regclass::text FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid"
                " WHERE a.attname = 'partner_id' AND c.relkind = 'r' AND has_table_privilege(c.oid, 'SELECT')"
            )
        ).scalars()
        for table in sorted(tables):
            rows = session.execute(
                text(f"SELECT t::text FROM {table} t WHERE t.partner_id = :p"), {"p": shop.partner_id}
            )
            found += list(rows.scalars())
    return "\n".join(found)


def sound(world: World) -> None:
    with transaction(world.services.console) as session:
        assert list(verify(session)) == []


def test_a_shopper_gets_everything_and_nothing_of_others(world: World) -> None:
    ada, email = world.ada, f"maya-{world.number}@example.com"
    other = f"other-{world.number}@example.com"
    order_id = sent(ada, buy(ada, email, (world.mug, 2)))
    ask(ada, order_id, {line_ids(ada, order_id)[0]: 1})
    buy(ada, other)
    buy(world.ben, email)
    account = proven(from_order(ada, order_id, email))
    with ada.transaction() as session:
        keep_address(
            session, shopper=account.known, typed={**CONTACT.address(), "line2": "Second floor"},
            countries=["US"], without_postcode=frozenset(), now=world.now,
        )  # fmt: skip
        given = give_all(
            session, keepers=KEEPERS, whose=whose(ada, email), store="Ada & Co", company="Northlight",
            now=world.now,
        )  # fmt: skip
    file = json.dumps(given)
    assert json.loads(file) == given
    assert other not in file
    assert "password" not in file
    (order,) = given["orders"]
    assert order["total"] == {"amount": "48.10", "currency": "USD"}
    assert order["returns"][0]["note"] == "The handle is loose"
    assert order["lines"][0]["quantity"] == 2
    assert not [step for step in order["story"] if "Partner" in step["what"]]
    assert given["customer"]["name"] == "Maya Lind"
    assert given["account"]["accounts"][0]["addresses"][0]["line2"] == "Second floor"
    readable = as_text(given)
    for words in (email, "12 Harbour Street", "48.10 USD", "Second floor"):
        assert words in readable


def test_who_has_not_proven_the_address_gets_that_one_order(world: World) -> None:
    ada, email = world.ada, f"maya-{world.number}@example.com"
    buy(ada, email)
    shown = buy(ada, email, (world.tote, 1))
    account = from_order(ada, shown, email).known
    meant = Whose(ada.partner_id, ada.store_id, email, account.customer_id, order_id=shown)
    with ada.transaction() as session:
        given = give_all(session, keepers=KEEPERS, whose=meant, store="", company="", now=world.now)
        assert [order["number"] for order in given["orders"]] == [1002]
        assert given["customer"] == {"email": email}
        with pytest.raises(ValueError, match="one order"):
            erase_shopper(session, keepers=KEEPERS, whose=meant, now=world.now)


def test_what_nothing_needs_is_erased_at_once_and_money_stays(world: World) -> None:
    ada, email = world.ada, f"maya-{world.number}@example.com"
    keep_for(world, 0)
    order_id = sent(ada, buy(ada, email, (world.mug, 2)))
    kept = buy(world.ben, email)
    account = proven(from_order(ada, order_id, email))
    bag = ada.fill_cart((world.tote, 1), token=f"bag-{world.number}")
    unpaid = ada.start(ada.fill_cart((world.tote, 1)), contact=_contact(email)).order_id
    world.later(days=31)
    with ada.transaction() as session:
        before = read_order(session, partner_id=ada.partner_id, order_id=order_id)
    done = erase(ada, email, bag)
    assert [order.order_id for order in done.at_once] == [order_id]
    assert [(order.order_id, order.waits) for order in done.later] == [(unpaid, "payment")]
    assert account.shopper is None
    (customer,) = customers(ada)
    assert (customer.erased_at, customer.name, customer.email) == (world.now, "", "")
    assert customer.orders == 1
    assert customers(ada, "maya") == customers(ada, "erased") == []
    with ada.transaction() as session:
        order = read_order(session, partner_id=ada.partner_id, order_id=order_id)
    assert order.erased_at == world.now
    assert (order.email, order.address) == ("", {"country": "US", "region": "OR"})
    assert (order.lines, order.total, order.timeline) == (before.lines, before.total, before.timeline)
    assert waiting(ada, email, "prove") is None
    with ada.transaction() as session:
        left = session.execute(
            text("SELECT count(*) FROM carts c WHERE c.partner_id = :p AND c.cart_id = :c"),
            {"p": ada.partner_id, "c": cart_key(f"bag-{world.number}")},
        ).scalar()
    assert left == 0
    with world.ben.transaction() as session:
        assert read_order(session, partner_id=world.ben.partner_id, order_id=kept).email == email
    # The order that waits for its payment is erased when that has not come, and then nothing is left.
    _expire(ada, unpaid)
    assert due(ada) == 1
    left_over = everything_of(ada)
    for secret in (email, *SECRETS):
        assert secret not in left_over, secret
    sound(world)


def _contact(email: str):  # type: ignore[no-untyped-def]
    from dataclasses import replace

    return replace(CONTACT, email=email)


def _expire(shop: Shop, order_id: UUID) -> None:
    from payments.checkout import resume

    shop.world.later(days=2)
    resume(shop.tenant, gateway=shop.world.services.gateway, order_id=order_id, now=shop.world.now)


def test_an_order_that_is_open_or_kept_by_law_is_erased_later_by_the_job(world: World) -> None:
    ada, email = world.ada, f"maya-{world.number}@example.com"
    keep_for(world, 2)
    arrived = sent(ada, buy(ada, email))
    under_way = sent(ada, buy(ada, email), arrived=False)
    done = erase(ada, email)
    assert done.at_once == ()
    assert {order.order_id: order.waits for order in done.later} == {arrived: "", under_way: "delivery"}
    until = {order.order_id: order.until for order in done.later}[arrived]
    assert until is not None
    assert 58 < (until - world.now).days < 63
    # The company sees who it is until then; the partner does not any more.
    with ada.transaction() as session:
        keys = {"partner_id": ada.partner_id, "order_id": arrived}
        assert read_order(session, **keys).email == email
        seen = read_order(session, **keys, fields=ALL)
        assert (seen.email, seen.address, seen.erase_asked_at) == ("", {}, world.now)
        for order in newest_orders(session, partner_id=ada.partner_id, fields=ALL):
            assert (order.email, order.address) == ("", {})
    assert due(ada) == 0
    world.later(days=62)
    with transaction(world.services.console) as session:
        assert ada.partner_id in partners_with_due(session, now=world.now)
    assert due(ada) == 1
    world.later(days=10)
    assert due(ada) == 1
    assert due(ada) == 0
    text_of_all = everything_of(ada)
    for secret in (email, *SECRETS):
        assert secret not in text_of_all, secret
    sound(world)


def test_a_return_a_refund_a_hold_each_keep_an_order_open(world: World) -> None:
    ada, email = world.ada, f"maya-{world.number}@example.com"
    keep_for(world, 0)
    order_id = sent(ada, buy(ada, email, (world.mug, 2)))
    line = line_ids(ada, order_id)[0]
    returned = ask(ada, order_id, {line: 1})
    world.later(days=31)
    assert erase(ada, email).later[0].waits == "return"
    assert due(ada) == 0
    accept(ada, returned)
    receive(ada, returned, {line: 1})
    refund(ada, returned)
    with ada.transaction() as session:
        place_hold(
            session, partner_id=ada.partner_id, order_id=order_id, kind="by_hand", reason="Look at it",
            actor="staff", now=world.now,
        )  # fmt: skip
        (kept,) = kept_orders(session, whose=Whose(ada.partner_id, ada.store_id, email, None), now=world.now)
        assert kept.waits in ("refund", "hold")
    assert due(ada) == 0
    with ada.transaction() as session:
        session.execute(
            text(
                "UPDATE holds SET released_at = :n, released_by = 'staff', released_for = 'fine'"
                " WHERE holds.partner_id = :p"
            ),
            {"n": world.now, "p": ada.partner_id},
        )
    world.run_jobs()
    assert due(ada) == 1
    assert "The handle is loose" not in everything_of(ada)
    sound(world)


def test_what_stands_beside_an_order_goes_at_once_where_nothing_is_open(world: World) -> None:
    ada, email = world.ada, f"maya-{world.number}@example.com"
    kept = sent(ada, buy(ada, email, (world.mug, 2)))
    line = line_ids(ada, kept)[0]
    returned = ask(ada, kept, {line: 1})
    with ada.transaction() as session:
        cancel_return(session, partner_id=ada.partner_id, order_id=kept, return_id=returned, now=world.now)
    under_way = sent(ada, buy(ada, email), arrived=False)
    told: list[UUID] = []
    room = Keeper("x", lambda *_: {}, erase_order=lambda session, partner, order, now: told.append(order))
    assert len(erase(ada, email, keepers=(*KEEPERS, room)).later) == 2
    assert told == [kept]
    # The other one follows in the night after it has arrived.
    with transaction(world.services.console) as session:
        confirm_delivery(session, partner_id=ada.partner_id, order_id=under_way, actor="staff", now=world.now)
    for _ in range(2):
        with ada.transaction() as session:
            erase_beside_settled(
                session, keepers=(*KEEPERS, room), partner_id=ada.partner_id, now=world.later(days=1)
            )
    assert set(told) == {kept, under_way}
    assert "The handle is loose" not in everything_of(ada)
    with ada.transaction() as session:
        assert read_order(session, partner_id=ada.partner_id, order_id=kept).email == email


def test_the_time_for_returns_is_waited_for(world: World) -> None:
    ada, email = world.ada, f"maya-{world.number}@example.com"
    keep_for(world, 0)
    order_id = sent(ada, buy(ada, email))
    (later,) = erase(ada, email).later
    assert (later.order_id, later.waits) == (order_id, "")
    assert due(ada) == 0
    world.later(days=31)
    assert due(ada) == 1


def test_the_time_of_all_orders_ends_with_those_who_never_asked(world: World) -> None:
    ada = world.ada
    guest, member = f"guest-{world.number}@example.com", f"member-{world.number}@example.com"
    keep_for(world, 1)
    sent(ada, buy(ada, guest))
    registered(ada, member)
    sent(ada, buy(ada, member))
    unpaid = ada.start(ada.fill_cart((world.tote, 1)), contact=_contact(guest)).order_id
    _expire(ada, unpaid)
    assert due(ada) == 0
    world.later(days=40)
    assert due(ada) == 3
    # Who has an account keeps it; a guest of whom nothing is left is forgotten.
    assert {(each.email, each.erased_at is not None) for each in customers(ada)} == {
        (member, False),
        ("", True),
    }
    assert guest not in everything_of(ada)
    # Whoever was erased and buys again is new.
    buy(ada, guest)
    assert len(customers(ada)) == 3


def test_a_room_of_its_own_is_asked_too(world: World) -> None:
    ada, email = world.ada, f"maya-{world.number}@example.com"
    keep_for(world, 0)
    order_id = sent(ada, buy(ada, email))
    world.later(days=31)
    told: list[str] = []
    room = Keeper(
        "letters",
        lambda session, whose: {"letters": [whose.email]},
        erase=lambda session, whose, now: told.append(whose.email),
        erase_order=lambda session, partner, order, now: told.append(str(order)),
    )
    with ada.transaction() as session:
        given = give_all(
            session, keepers=(*KEEPERS, room), whose=whose(ada, email), store="", company="", now=world.now
        )
    assert given["letters"] == [email]
    erase(ada, email, keepers=(*KEEPERS, room))
    assert told == [email, str(order_id)]


def test_the_log_says_that_it_was_done_and_not_of_whom(world: World) -> None:
    ada, email = world.ada, f"maya-{world.number}@example.com"
    buy(ada, email)
    meant = whose(ada, email)
    erase(ada, email)
    with transaction(world.services.console) as session:
        entry = session.execute(
            text("SELECT * FROM audit_log WHERE subject = :s"), {"s": f"customer:{meant.customer_id}"}
        ).one()
    assert (entry.actor, entry.action, entry.partner_id) == ("shopper", "customer.erased", ada.partner_id)
    assert entry.after == {"orders": 0, "later": 1}
    assert email not in str(entry)


def test_what_webhooks_carried_is_dropped_after_a_while(world: World) -> None:
    email = f"maya-{world.number}@example.com"
    buy(world.ada, email)
    world.deliver_webhooks()
    world.run_jobs()
    with transaction(world.services.console) as session:
        held = text("SELECT count(*) FROM stripe_events WHERE payload::text LIKE :e")
        assert session.execute(held, {"e": f"%{email}%"}).scalar()
        forget_events(session, before=world.now)
        assert session.execute(held, {"e": f"%{email}%"}).scalar()
        forget_events(session, before=world.later(minutes=1))
        assert not session.execute(held, {"e": f"%{email}%"}).scalar()


def test_nothing_is_known_of_an_address_and_nothing_breaks(world: World) -> None:
    email = f"nobody-{world.number}@example.com"
    assert erase(world.ada, email) == Erased((), ())
    only_registered = Account(world.ada, email, registered(world.ada, email).cookie)
    assert erase(world.ada, email) == Erased((), ())
    assert only_registered.shopper is None
    (customer,) = customers(world.ada)
    assert customer.erased_at == world.now
