"""Support in the portal and the console: who sees which case, whose words reach whom, and what is refused how."""

from __future__ import annotations

from html import unescape
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from orders.cases.reading import CaseView, read_case
from storage.database import transaction
from tenants.terms import set_grants
from tests.app.faces import Visitor, words
from tests.app.test_store_cases import case_path, mails, write
from tests.app.test_store_newsletter import address, plain
from tests.orders.cases.test_cases import opened
from tests.world import Shop, World


def grant(world: World, *fields: str) -> None:
    with transaction(world.services.console) as session:
        set_grants(
            session, partner_id=world.ada.partner_id, fields=list(fields), actor="staff", now=world.now
        )


def at(shop: Shop, case_id: UUID) -> CaseView:
    with shop.transaction() as session:
        return read_case(session, partner_id=shop.partner_id, case_id=case_id)


def test_support_answers_asks_notes_settles_and_opens_again(world: World) -> None:
    ada, email = world.ada, address(world)
    order_id = ada.buy((world.mug, 1))
    case = write(ada)
    support = Visitor(world, "portal", "support", ada)
    assert "1 customer waits for an answer" in words(support.get("/"))
    listed = support.get("/support")
    assert "Broken or wrong" in words(listed)
    assert "To answer 1" in words(listed)
    path = f"/support/{case.case_id}"
    page = support.get(path)
    assert "The handle is <loose>." in words(page)
    # What shoppers write is text for those who work here, and never a link to somewhere.
    assert 'href="https://evil' not in page.text
    world.later(minutes=1)
    assert support.post(f"{path}/answer", message="We look <into> it.").location == f"{path}#last"
    assert "Answered" in words(support.get(path))
    assert "We look <into> it." in plain(mails(world, email)[-1])
    world.later(minutes=1)
    support.post(f"{path}/company", ask="Is the batch known?")
    page = words(support.get(path))
    assert "asked Northlight Goods to help" in page
    assert "Not seen by the customer" in page
    assert "Looks at it" in page
    refused = support.post(f"{path}/company", ask="And now?")
    assert refused.status_code == 422
    assert "The company is asked already" in words(refused)
    world.later(minutes=1)
    support.post(f"{path}/note", note="Third one this week")
    world.later(minutes=1)
    assert support.post(f"{path}/close").location == "/support"
    assert "Case 1 is settled." in words(support.get("/support"))
    assert "Settled 1" in words(support.get("/support"))
    assert 'name="message"' not in support.get(path).text
    assert support.post(f"{path}/reopen").location == path
    found = at(ada, case.case_id)
    assert [entry.kind for entry in found.entries] == [
        "message", "message", "company", "note", "closed", "reopened",
    ]  # fmt: skip
    assert {entry.author for entry in found.entries} == {"", support.email}
    assert "/support" not in support.get(f"/orders/{order_id}").text.partition("<main")[2]


def test_an_orders_page_names_its_cases(world: World) -> None:
    ada = world.ada
    order_id = ada.buy((world.mug, 1))
    case = opened(ada, order_id=order_id, subject="delivery")
    path = f"/support/{case.case_id}"
    for role, linked in (("owner", True), ("support", True), ("analyst", False)):
        visitor = Visitor(world, "portal", role, ada)
        page = visitor.get(f"/orders/{order_id}")
        assert "Delivery" in words(page)
        assert (f'href="{path}"' in page.text) == linked
        assert ('href="/support"' in page.text) == linked
        assert "The handle is loose" not in page.text
        # An analyst sees nobody's personal data, and messages are full of it.
        assert (
            visitor.get(path).status_code == visitor.get("/support").status_code == (200 if linked else 403)
        )
    staff = Visitor(world, "console", "support")
    page = staff.get(f"/orders/{ada.partner_id}/{order_id}")
    assert f'href="/cases/{ada.partner_id}/{case.case_id}"' in page.text
    assert "Support case opened" in words(page)


@pytest.mark.parametrize("granted", [[], ["name"], ["email"], ["name", "email"]])
def test_who_wrote_is_shown_as_it_was_granted(world: World, granted: list[str]) -> None:
    grant(world, *granted)
    case = write(world.ada, message="Hello")
    email = address(world)
    owner = Visitor(world, "portal", "owner", world.ada)
    for path in ("/support", f"/support/{case.case_id}", "/"):
        page = owner.get(path).text
        assert ("Maya Lind" in page) <= ("name" in granted), path
        assert (email in page) <= ("email" in granted), path
    page = owner.get(f"/support/{case.case_id}").text
    assert ("Maya Lind" in page, email in page) == ("name" in granted, "email" in granted)
    notices = mails(world, owner.email)
    assert not [mail for mail in notices if "Maya" in mail.as_string() or email in mail.as_string()]


def test_the_company_is_asked_answers_and_leaves_it_to_the_store(world: World) -> None:
    ada, ben, email = world.ada, world.ben, address(world)
    case = write(ada)
    theirs = write(ben)
    owner = Visitor(world, "portal", "owner", ada)
    staff = Visitor(world, "console", "support")
    desk = f"/cases/{ada.partner_id}/{case.case_id}"
    assert desk not in staff.get("/").text
    assert desk not in staff.get("/cases/").text
    # All cases of a partner can be looked at, as all of its orders can.
    listed = staff.get(f"/cases/?view=all&partner={ada.partner_id}")
    assert desk in listed.text
    assert str(theirs.case_id) not in listed.text
    world.later(minutes=1)
    owner.post(f"/support/{case.case_id}/company", ask="Please help")
    assert desk in staff.get("/").text
    assert desk in staff.get("/cases/").text
    page = words(staff.get(desk))
    assert "Please help" in page
    assert email in page
    world.later(minutes=1)
    assert staff.post(f"{desk}/answer", message="A new one is sent.").location == f"{desk}#last"
    assert "Northlight Goods has answered." in plain(mails(world, email)[-1])
    assert "has answered the customer" in str(mails(world, owner.email)[-1]["Subject"])
    assert "A new one is sent." in words(owner.get(f"/support/{case.case_id}"))
    assert desk not in staff.get("/cases/").text
    world.later(minutes=1)
    owner.post(f"/support/{case.case_id}/company", ask="And this?")
    world.later(minutes=1)
    assert staff.post(f"{desk}/back", back="That is yours").status_code == 303
    assert "leaves it to you" in str(mails(world, owner.email)[-1]["Subject"])
    page = words(owner.get(f"/support/{case.case_id}"))
    assert "That is yours" in page
    again = staff.post(f"{desk}/back", back="")
    assert again.status_code == 422
    assert "Nothing of this case waits for you." in words(again)
    staff.post(f"{desk}/note", note="Between us")
    staff.post(f"{desk}/close")
    assert at(ada, case.case_id).state == "closed"
    staff.post(f"{desk}/reopen")
    assert at(ada, case.case_id).state == "open"
    shopper = Visitor(world, "store", shop=ada)
    page = words(shopper.get(case_path(ada, at(ada, case.case_id))))
    for words_inside in ("Please help", "That is yours", "Between us", "And this?"):
        assert words_inside not in page
    with transaction(world.services.console) as session:
        actions = session.execute(
            text("SELECT action, actor FROM audit_log WHERE subject = :s ORDER BY entry_id"),
            {"s": f"case:{case.case_id}"},
        ).all()
    assert ("case.back", staff.email) in [tuple(row) for row in actions]


@pytest.mark.parametrize(
    ("role", "reads", "writes"),
    [("owner", 200, 303), ("support", 200, 303), ("viewer", 200, 403), ("finance", 403, 403),
     ("catalogue", 403, 403)],
)  # fmt: skip
def test_what_each_role_of_the_company_may(world: World, role: str, reads: int, writes: int) -> None:
    case = opened(world.ada)
    staff = Visitor(world, "console", role)
    path = f"/cases/{world.ada.partner_id}/{case.case_id}"
    assert staff.get("/cases/").status_code == staff.get(path).status_code == reads
    assert ("Answer the customer" in words(staff.get(path))) == (writes == 303)
    assert staff.post(f"{path}/answer", message="Hello").status_code == writes


@pytest.mark.parametrize("typed", [" ", "x" * 4001])
def test_what_is_refused_stays_in_its_field(world: World, typed: str) -> None:
    case = opened(world.ada)
    owner, staff = Visitor(world, "portal", "owner", world.ada), Visitor(world, "console", "owner")
    for visitor, path, acts in (
        (owner, f"/support/{case.case_id}", {"answer": "message", "note": "note", "company": "ask"}),
        (staff, f"/cases/{world.ada.partner_id}/{case.case_id}", {"answer": "message", "note": "note"}),
    ):
        for act, field in acts.items():
            refused = visitor.post(f"{path}/{act}", **{field: typed})
            assert refused.status_code == 422, (path, act)
            assert f'name="{field}"' in refused.text
            assert 'aria-invalid="true"' in refused.text
            assert typed.strip() in unescape(refused.text)
            assert ("At most 4000 characters." if typed.strip() else "") in words(refused)
    assert len(at(world.ada, case.case_id).entries) == 1


def test_a_case_of_another_partner_is_answered_as_if_it_were_none(world: World) -> None:
    case = opened(world.ada)
    ben = Visitor(world, "portal", "owner", world.ben)
    theirs, nobodys = ben.get(f"/support/{case.case_id}"), ben.get(f"/support/{uuid4()}")
    assert theirs.status_code == nobodys.status_code == 404
    assert words(theirs) == words(nobodys)
    for act in ("answer", "note", "company", "close", "reopen"):
        form = {"message": "x", "note": "x", "ask": "x"}
        assert ben.post(f"/support/{case.case_id}/{act}", **form).status_code == 404
    assert (
        Visitor(world, "console", "owner").get(f"/cases/{world.ben.partner_id}/{case.case_id}").status_code
        == 404
    )
    assert len(at(world.ada, case.case_id).entries) == 1


def test_lists_have_pages(world: World) -> None:
    ada = world.ada
    for number in range(27):
        opened(ada, email=f"a{number}@example.com", subject="other", message=f"Words {number}")
        world.later(minutes=1)
    owner = Visitor(world, "portal", "owner", ada)
    first, second = owner.get("/support"), owner.get("/support?page=2")
    assert "Words 26" in words(first)
    assert "Words 1 " not in words(first)
    assert "Words 0 " in words(second)
    assert "Page 2 of 2" in words(owner.get("/support?page=99"))
    assert "No case is of this kind." in words(owner.get("/support?show=closed"))
    assert "Words 26" in words(owner.get("/support?show=nonsense"))
