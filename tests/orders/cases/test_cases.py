"""Support cases: who opens, answers, closes and is asked; whose turn it is; and what each may read."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from kit.errors import NotFound, Refusal, Refusals
from orders.cases.answering import answer, bring_in_company, close_case, leave_to_store, note, reopen_case
from orders.cases.opening import (
    MOST_AN_HOUR,
    MOST_MESSAGES_AN_HOUR,
    MOST_OPEN,
    Opened,
    ask_company,
    open_case,
    write_on,
)
from orders.cases.reading import (
    CaseView,
    cases_of_order,
    count_cases,
    count_company_cases,
    desk_cases,
    list_cases,
    read_case,
)
from orders.cases.writing import LONGEST_MESSAGE, Writer
from orders.reading import read_order
from storage.database import transaction
from tests.world import CONTACT, Shop, World

STORE = Writer("store", "ada@example.com", "Ada Lark")
COMPANY = Writer("company", "kofi@example.com", "Kofi Mensah")


def opened(shop: Shop, **given: Any) -> Opened:
    asked = {
        "email": "maya@example.com", "name": "Maya Lind", "subject": "product",
        "message": "The handle is loose.", "locale": "en_US", **given,
    }  # fmt: skip
    with shop.transaction() as session:
        return open_case(session, **shop.keys, **asked, now=shop.world.now)


def seen(shop: Shop, case_id: UUID, *fields: str) -> CaseView:
    with shop.transaction() as session:
        return read_case(
            session,
            partner_id=shop.partner_id,
            case_id=case_id,
            fields=frozenset(fields or ("name", "email")),
        )


def act(shop: Shop, do: Any, case_id: UUID, message: str | None = None, **more: Any) -> None:
    """Let somebody do something: the company through its own role."""
    given = {"partner_id": shop.partner_id, "case_id": case_id, "now": shop.world.later(seconds=1), **more}
    if message is not None:
        given["message"] = message
    if more.get("writer") is COMPANY:
        with transaction(shop.world.services.console) as session:
            do(session, **given)
    else:
        with shop.transaction() as session:
            do(session, **given)


def test_a_case_from_question_to_close(world: World) -> None:
    ada = world.ada
    order_id = ada.buy((world.mug, 1))
    case = opened(ada, order_id=order_id, message="  One\r\ntwo <b>\n ")
    found = seen(ada, case.case_id)
    assert (found.state, found.number, found.order_id, found.company_since) == ("open", 1, order_id, None)
    assert [(entry.side, entry.body) for entry in found.entries] == [("shopper", "One\ntwo <b>")]
    act(ada, answer, case.case_id, "Send us a picture.", writer=STORE)
    assert seen(ada, case.case_id).state == "waiting"
    act(ada, write_on, case.case_id, "Here it is.")
    assert seen(ada, case.case_id).state == "open"
    act(ada, bring_in_company, case.case_id, "Is this batch known?", writer=STORE)
    found = seen(ada, case.case_id)
    assert (found.state, found.company_waits) == ("open", True)
    act(ada, note, case.case_id, "It is. Send a new one.", writer=COMPANY)
    act(ada, answer, case.case_id, "A new one is on its way.", writer=COMPANY)
    found = seen(ada, case.case_id)
    assert (found.state, found.company_waits, found.last, found.last_side) == (
        "waiting", False, "A new one is on its way.", "company",
    )  # fmt: skip
    act(ada, write_on, case.case_id, "Thank you!")
    # The company is beside them from now on, and is to see what is written.
    assert seen(ada, case.case_id).company_waits
    act(ada, leave_to_store, case.case_id, "", writer=COMPANY)
    assert not seen(ada, case.case_id).company_waits
    act(ada, close_case, case.case_id, writer=STORE)
    act(ada, close_case, case.case_id, writer=COMPANY)
    found = seen(ada, case.case_id)
    assert found.state == "closed"
    assert found.closed_at is not None
    assert [(entry.side, entry.kind) for entry in found.entries] == [
        ("shopper", "message"), ("store", "message"), ("shopper", "message"), ("store", "company"),
        ("company", "note"), ("company", "message"), ("shopper", "message"), ("company", "back"),
        ("store", "closed"),
    ]  # fmt: skip
    # What store and company say to each other is not for the shopper.
    assert [entry.body for entry in found.shown_to_shopper] == [
        "One\ntwo <b>", "Send us a picture.", "Here it is.", "A new one is on its way.", "Thank you!", "",
    ]  # fmt: skip
    with ada.transaction() as session:
        told = [e.text for e in read_order(session, partner_id=ada.partner_id, order_id=order_id).timeline]
        assert [
            each.case_id for each in cases_of_order(session, partner_id=ada.partner_id, order_id=order_id)
        ]
    assert told[-3:] == [
        "Support case opened",
        "Company brought into the support case",
        "Support case closed",
    ]
    act(ada, write_on, case.case_id, "It broke again.")
    found = seen(ada, case.case_id)
    assert (found.state, found.closed_at) == ("open", None)


def test_a_case_is_closed_and_reopened_by_either_side(world: World) -> None:
    ada = world.ada
    case = opened(ada)
    act(ada, reopen_case, case.case_id, writer=STORE)
    assert len(seen(ada, case.case_id).entries) == 1
    act(ada, close_case, case.case_id, writer=COMPANY)
    for do, words, field in (
        (answer, "Too late", "message"), (bring_in_company, "Help", "ask"), (leave_to_store, "", "back"),
    ):  # fmt: skip
        with pytest.raises(Refusal) as refused:
            act(ada, do, case.case_id, words, writer=STORE)
        assert refused.value.field == field
    with pytest.raises(Refusal):
        act(ada, ask_company, case.case_id)
    act(ada, reopen_case, case.case_id, writer=STORE)
    assert seen(ada, case.case_id).state == "open"


def test_the_shopper_brings_in_the_company_once(world: World) -> None:
    ada = world.ada
    case = opened(ada)
    act(ada, ask_company, case.case_id)
    act(ada, ask_company, case.case_id)
    found = seen(ada, case.case_id)
    assert [entry.kind for entry in found.entries] == ["message", "company"]
    assert found.company_waits
    with pytest.raises(Refusal, match="asked already"):
        act(ada, bring_in_company, case.case_id, "Help", writer=STORE)
    with transaction(world.services.console) as session:
        waits = desk_cases(session, view="company", partner_id=ada.partner_id)
        assert [each.case_id for each in waits] == [case.case_id]
        assert count_company_cases(session) >= 1
        assert desk_cases(session, view="company", partner_id=world.ben.partner_id) == []
        assert [each.number for each in desk_cases(session, partner_id=ada.partner_id)] == [1]


def test_a_number_joins_an_order_only_where_it_fits_the_address(world: World) -> None:
    ada, ben = world.ada, world.ben
    order_id = ada.buy((world.mug, 1), contact=replace(CONTACT, email="Maya@example.com"))
    ada.start(ada.fill_cart((world.mug, 1)))
    with ada.transaction() as session:
        number = read_order(session, partner_id=ada.partner_id, order_id=order_id).number
    joined = {
        "mine": opened(ada, order_said=f" #{number} "),
        "another's": opened(ada, order_said=str(number), email="eve@example.com"),
        "unpaid": opened(ada, order_said=str(number + 1)),
        "nonsense": opened(ada, order_said="1' OR 1=1", email="ivo@example.com"),
        "endless": opened(ada, order_said="9" * 300, email="ivo@example.com"),
    }
    orders = {name: seen(ada, case.case_id).order_id for name, case in joined.items()}
    assert orders == {"mine": order_id, "another's": None, "unpaid": None, "nonsense": None, "endless": None}
    assert seen(ada, joined["another's"].case_id).said_elsewhere == str(number)
    assert seen(ada, joined["mine"].case_id).said_elsewhere == ""
    assert seen(ben, opened(ben, order_said=str(number)).case_id).order_id is None


def test_each_field_that_is_wrong_is_named(world: World) -> None:
    with pytest.raises(Refusals) as refused:
        opened(world.ada, email="maya", name=" ", subject="weather", message="x" * (LONGEST_MESSAGE + 1))
    assert set(refused.value.errors) == {"email", "name", "subject", "message"}
    with pytest.raises(Refusals) as refused:
        opened(world.ada, name="x" * 201, message=" \n ")
    assert set(refused.value.errors) == {"name", "message"}
    case = opened(world.ada, message="x" * LONGEST_MESSAGE)
    for do, field in ((answer, "message"), (note, "note"), (bring_in_company, "ask")):
        for words in (" ", "x" * (LONGEST_MESSAGE + 1)):
            with pytest.raises(Refusal) as refusal:
                act(world.ada, do, case.case_id, words, writer=STORE)
            assert refusal.value.field == field


def test_one_address_opens_so_many_and_writes_so_often(world: World) -> None:
    ada = world.ada
    for _ in range(MOST_AN_HOUR):
        case = opened(ada)
    with pytest.raises(Refusal, match="several times already"):
        opened(ada, email="MAYA@example.com")
    # Another address, and the same one in another store, are not held up.
    opened(ada, email="ivo@example.com")
    opened(world.ben)
    while True:
        world.later(hours=1)
        with ada.transaction() as session:
            found = list_cases(session, **ada.keys, fields=frozenset({"email"}))
        if len([each for each in found if each.email == "maya@example.com"]) == MOST_OPEN:
            break
        opened(ada)
    with pytest.raises(Refusal):
        opened(ada)
    act(ada, close_case, case.case_id, writer=STORE)
    opened(ada)
    for _ in range(MOST_MESSAGES_AN_HOUR):
        act(ada, write_on, case.case_id, "And")
    with pytest.raises(Refusal, match="very often"):
        act(ada, write_on, case.case_id, "And")
    world.later(hours=1)
    act(ada, write_on, case.case_id, "And")


def test_another_partner_has_no_part_in_it(world: World) -> None:
    ada, ben = world.ada, world.ben
    order_id = ada.buy((world.mug, 1))
    case = opened(ada, order_id=order_id)
    before = seen(ada, case.case_id)
    for do, given in (
        (answer, {"message": "Mine", "writer": STORE}), (note, {"message": "Mine", "writer": STORE}),
        (bring_in_company, {"message": "Mine", "writer": STORE}), (close_case, {"writer": STORE}),
        (reopen_case, {"writer": STORE}), (write_on, {"message": "Mine"}), (ask_company, {}),
    ):  # fmt: skip
        with pytest.raises(NotFound):
            act(ben, do, case.case_id, **given)
    with pytest.raises(NotFound):
        seen(ben, case.case_id)
    with ben.transaction() as session:
        assert list_cases(session, **ben.keys, fields=frozenset({"email"})) == []
        assert cases_of_order(session, partner_id=ben.partner_id, order_id=order_id) == []
        assert count_cases(session, **ben.keys).open == 0
    assert seen(ada, case.case_id) == before


def test_what_was_not_granted_is_not_read(world: World) -> None:
    ada = world.ada
    case = opened(ada, order_id=ada.buy((world.mug, 1)))
    assert (seen(ada, case.case_id, "phone").name, seen(ada, case.case_id, "phone").email) == ("", "")
    assert seen(ada, case.case_id, "name").name == "Maya Lind"
    with ada.transaction() as session:
        (found,) = list_cases(session, **ada.keys, fields=frozenset({"email"}))
    assert (found.name, found.email, found.entries) == ("", "maya@example.com", ())


def test_the_log_says_who_did_what_and_not_what_was_said(world: World) -> None:
    ada = world.ada
    case = opened(ada)
    act(ada, answer, case.case_id, "Dear Maya, private words", writer=STORE)
    act(ada, bring_in_company, case.case_id, "More private words", writer=STORE)
    act(ada, answer, case.case_id, "Private, too", writer=COMPANY)
    with transaction(world.services.console) as session:
        rows = session.execute(
            text(
                "SELECT action, actor, audit_log::text AS all FROM audit_log WHERE subject = :s ORDER BY entry_id"
            ),
            {"s": f"case:{case.case_id}"},
        ).all()
    assert [(row.action, row.actor) for row in rows] == [
        ("case.message", STORE.email), ("case.company", STORE.email), ("case.message", COMPANY.email),
    ]  # fmt: skip
    assert not [row for row in rows if "rivate" in row.all]
