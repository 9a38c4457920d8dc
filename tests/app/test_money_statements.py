"""How many statements money takes: the same for two partners and for twelve, for ten entries and for hundreds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from uuid import UUID

import pytest
from sqlalchemy import event

from kit.ids import new_id
from payments.inbox import HEAD_START, drain, receive
from payments.ledger.posting import Entry, post
from payments.payouts.reading import open_draft
from payments.payouts.runs import draft_run, withdraw_run
from storage.database import transaction
from tests.app.faces import Visitor
from tests.app.test_statement_pages import long_statement
from tests.payments.payout_world import FINANCE, OWNER, account
from tests.payments.test_inbox import paid_event, payment
from tests.world import CONTACT, GERMAN, PAID, Shop, World


@contextmanager
def statements(world: World) -> Iterator[list[str]]:
    """The statements that both roles send meanwhile, ends of transactions apart."""
    seen: list[str] = []

    def note(connection: object, cursor: object, statement: str, *_: object) -> None:
        seen.append(statement)

    engines = (world.services.face, world.services.console)
    for engine in engines:
        event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        for engine in engines:
            event.remove(engine, "before_cursor_execute", note)


def counted(world: World, act: Callable[[], object]) -> int:
    """How many statements an act takes once plans and pages are warm."""
    act()
    with statements(world) as seen:
        act()
    return len(seen)


def owe(shop: Shop, entries: int) -> None:
    """Let a partner have earned so many entries that may be paid."""
    made = [Entry(f"sale:{new_id()}", "stripe_clearing", "partner_payable", 900 + n) for n in range(entries)]
    with shop.transaction() as session:
        post(
            session, partner_id=shop.partner_id, order_id=None, currency=shop.currency, entries=made,
            available_on=shop.world.now, now=shop.world.now,
        )  # fmt: skip


def settle(world: World, shop: Shop, goods: tuple[tuple[str, int], ...]) -> int:
    """Settle an order of these goods by its webhook; returns what that takes, without taking it up."""
    contact = CONTACT if shop is world.ada else GERMAN
    order_id = shop.start(shop.fill_cart(*goods), contact=contact).order_id
    assert shop.pay(order_id) == PAID
    for found in world.services.gateway.events_since(world.now - timedelta(minutes=1)):
        named = found.payload["data"]["object"].get("metadata", {})
        if found.type == "checkout.session.completed" and named.get("order") == str(order_id):
            receive(world.services.face, event=found, now=world.now)
    with statements(world) as seen:
        drain(world.services.face, gateway=world.services.gateway, now=world.now, patience=HEAD_START)
    assert payment(shop, order_id) == "paid"
    return len(seen)


def test_settling_an_order_takes_as_many_statements_for_three_lines_as_for_one(world: World) -> None:
    world.goods(f"third-{world.number},Third,,,third-{world.number},9.00,50\n")
    three = ((world.mug, 2), (world.tote, 1), (f"third-{world.number}", 4))
    settle(world, world.ben, three[:1])
    taken = {settle(world, shop, goods) for shop in (world.ada, world.ben) for goods in (three[:1], three)}
    assert len(taken) == 1
    # Two looks at the inbox, the tenant, lock, payment, entries, what is owed, and the event's end.
    assert taken.pop() <= 9


def test_an_event_that_only_repeats_what_is_known_costs_one_statement(world: World) -> None:
    order_id, told = paid_event(world, world.ada)
    receive(world.services.face, event=told, now=world.now)
    drain(world.services.face, gateway=world.services.gateway, now=world.now, patience=HEAD_START)
    assert payment(world.ada, order_id) == "paid"
    with statements(world) as seen:
        receive(world.services.face, event=told, now=world.now)
    assert len([each for each in seen if "SET LOCAL" not in each]) == 1


def draft(world: World) -> UUID:
    with transaction(world.services.console) as session:
        left = open_draft(session)
        if left:
            withdraw_run(session, run_id=left.run_id, actor=OWNER, now=world.now)
    with transaction(world.services.console) as session:
        return draft_run(session, actor=FINANCE, now=world.now)


def test_drafting_a_payout_run_takes_as_many_statements_for_twelve_partners_as_for_two(
    world: World,
) -> None:
    def ready(shop: Shop) -> None:
        account(shop)
        owe(shop, 3)

    for shop in (world.ada, world.ben):
        ready(shop)
    few = counted(world, lambda: draft(world))
    for number in range(10):
        ready(world.shop(f"more{number}", "USD", "US", tax_inclusive=False))
    assert counted(world, lambda: draft(world)) == few
    with transaction(world.services.console) as session:
        left = open_draft(session)
        assert left
        withdraw_run(session, run_id=left.run_id, actor=OWNER, now=world.now)


@pytest.mark.parametrize("path", ["/earnings", "/earnings?figure=available"])
def test_the_earnings_page_takes_as_many_statements_for_any_number_of_entries(
    world: World, path: str
) -> None:
    person = Visitor(world, "portal", "owner", world.ada)
    owe(world.ada, 10)
    assert person.get(path).status_code == 200
    few = counted(world, lambda: person.get(path))
    owe(world.ada, 400)
    assert counted(world, lambda: person.get(path)) == few
    assert few <= 14


def test_a_statements_page_takes_as_many_statements_for_any_number_of_entries(world: World) -> None:
    pages = [f"/statements/{long_statement(world, entries).statement_id}" for entries in (5, 400)]
    person = Visitor(world, "portal", "owner", world.ada)
    assert [person.get(path).status_code for path in pages] == [200, 200]
    few, many = (counted(world, partial(person.get, path)) for path in pages)
    assert few == many
    assert few <= 12
