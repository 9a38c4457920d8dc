"""What shoppers wrote and asked for, given out with the rest of their data and erased with it."""

from __future__ import annotations

import json

from sqlalchemy import text

from app.keepers import KEEPERS
from orders.cases.answering import answer, note
from orders.cases.keeping import ERASED
from orders.cases.reading import read_case
from orders.keepers import Whose
from orders.newsletter.reading import newsletter_figures
from payments.personal.giving import give_all
from storage.database import transaction
from tests.orders.accounts_world import buy
from tests.orders.cases.test_cases import STORE, opened, seen
from tests.orders.newsletter.test_newsletter import subscribe
from tests.payments.returns.test_returns import sent
from tests.payments.test_personal import due, erase, everything_of, keep_for, whose
from tests.world import World


def test_messages_and_news_are_given_out_with_the_rest(world: World) -> None:
    ada, email = world.ada, f"maya-{world.number}@example.com"
    order_id = buy(ada, email)
    case = opened(ada, email=email, order_id=order_id, message="Where is it?")
    opened(ada, email=f"other-{world.number}@example.com", message="Another's words")
    opened(world.ben, email=email, message="Words for Ben")
    other = opened(ada, email=email, message="Something else")
    subscribe(ada, email, page="/collections/all")
    keys = {"partner_id": ada.partner_id, "case_id": case.case_id}
    with ada.transaction() as session:
        answer(session, **keys, writer=STORE, message="On its way.", now=world.later(minutes=1))
        note(session, **keys, writer=STORE, message="Between us", now=world.later(minutes=1))

    def given(meant: Whose) -> dict[str, object]:
        with ada.transaction() as session:
            return give_all(session, keepers=KEEPERS, whose=meant, store="", company="", now=world.now)

    all_of_it = given(whose(ada, email))
    file = json.dumps(all_of_it)
    for words in ("Another's", "Words for Ben", "Between us", STORE.email):
        assert words not in file
    first, second = all_of_it["messages"]  # type: ignore[misc]
    assert [(said["by"], said["words"]) for said in first["said"]] == [
        ("shopper", "Where is it?"), ("store", "On its way."),
    ]  # fmt: skip
    assert second["number"] == other.number
    assert all_of_it["newsletter"]["page"] == "/collections/all"  # type: ignore[index]
    # Who may see one order alone reads what was said about that one.
    one = given(Whose(ada.partner_id, ada.store_id, email, None, order_id=order_id))
    assert [each["number"] for each in one["messages"]] == [case.number]  # type: ignore[attr-defined]
    assert one["newsletter"] is None


def test_what_was_said_is_erased_with_whom_it_was_said_to(world: World) -> None:
    ada, email = world.ada, f"maya-{world.number}@example.com"
    keep_for(world, 12)
    order_id = sent(ada, buy(ada, email), arrived=False)
    about = opened(ada, email=email, order_id=order_id, message="The blue secret")
    alone = opened(ada, email=email, order_said=f"call {email}", message="The red secret")
    subscribe(ada, email)
    kept = opened(world.ben, email=email, message="The blue secret")
    erase(ada, email)
    found = seen(ada, alone.case_id)
    assert (found.email, found.name, found.order_said, found.state) == ("", "", "", "closed")
    assert [entry.body for entry in found.entries] == [ERASED]
    with ada.transaction() as session:
        assert newsletter_figures(session, **ada.keys, now=world.now).confirmed == 0
    # What is about an order waits while something of that is open.
    assert seen(ada, about.case_id).last == "The blue secret"
    world.later(days=500)
    assert due(ada) == 1
    assert seen(ada, about.case_id).email == ""
    with transaction(world.services.console) as session:
        rows = session.execute(
            text("SELECT c::text FROM support_cases c WHERE c.partner_id = :p"), {"p": ada.partner_id}
        ).scalars()
        assert not [row for row in rows if email in row or "Maya" in row]
    assert "secret" not in everything_of(ada)
    with world.ben.transaction() as session:
        assert read_case(session, partner_id=world.ben.partner_id, case_id=kept.case_id).email == email
