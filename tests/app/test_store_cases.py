"""Writing to a store over HTTP: from the contact page and from an order, the thread by its link, and its mails."""

from __future__ import annotations

import re
from email.message import EmailMessage
from html import unescape
from uuid import UUID

import pytest

from app.store.links import case_token, leave_token, order_token
from orders.cases.answering import answer, bring_in_company, close_case, leave_to_store, note
from orders.cases.reading import CaseView, list_cases, read_case
from orders.cases.writing import Writer
from orders.reading import read_order
from storage.database import transaction
from tests.app.faces import Visitor, words
from tests.app.test_store import Shopper
from tests.app.test_store_newsletter import address, mails, plain
from tests.world import GERMAN, Shop, World

STORE = Writer("store", "ada@example.com", "Ada Lark")
COMPANY = Writer("company", "kofi@example.com", "Kofi Mensah")


def order_path(shop: Shop, order_id: UUID) -> str:
    secret = shop.world.services.config.secret
    return f"/order/{order_token(secret, partner_id=shop.partner_id, order_id=order_id)}"


def case_path(shop: Shop, case: CaseView) -> str:
    secret = shop.world.services.config.secret
    return f"/support/{case_token(secret, partner_id=shop.partner_id, case_id=case.case_id)}"


def cases(shop: Shop) -> list[CaseView]:
    with shop.transaction() as session:
        found = list_cases(session, **shop.keys, fields=frozenset({"name", "email"}))
        return [read_case(session, partner_id=shop.partner_id, case_id=each.case_id) for each in found]


def write(shop: Shop, **changed: str) -> CaseView:
    """Open a case from the contact page."""
    shopper = Shopper(shop)
    shopper.get("/help/contact")
    form = {
        "name": "Maya Lind", "email": address(shop.world), "subject": "product", "order": "",
        "message": "The handle is <loose>.\nhttps://evil.example", **changed,
    }  # fmt: skip
    assert shopper.post("/support", **form).location == "/support/sent"
    return cases(shop)[0]


def to_company(world: World, case: CaseView) -> list[EmailMessage]:
    """What the company was told of a case. It has its mails from other tests, too."""
    return [mail for mail in mails(world, "help@northlight.example") if str(case.case_id) in plain(mail)]


def test_from_the_contact_page_the_link_goes_by_mail_alone(world: World) -> None:
    ada, email = world.ada, address(world)
    owner = Visitor(world, "portal", "owner", ada)
    Visitor(world, "portal", "analyst", ada)
    Visitor(world, "portal", "owner", world.ben)
    contact = Shopper(ada).get("/help/contact")
    assert 'action="/support"' in contact.text
    case = write(ada)
    sent = Shopper(ada).get("/support/sent")
    assert "We have your message" in words(sent)
    assert case_path(ada, case) not in sent.text
    (mail,) = mails(world, email)
    assert mail["Subject"] == f"We have your message: case {case.number} at Ada & Co"
    assert mail["Reply-To"] == "hello@ada.example"
    path = case_path(ada, case)
    assert f"http://{ada.slug}.localhost:8000{path}" in plain(mail)
    # Somebody else's address may have been typed: nothing that was typed goes there.
    for typed in ("Maya Lind", "loose", "evil.example"):
        assert typed not in mail.as_string()
    (told,) = mails(world, owner.email)
    assert str(told["Subject"]).endswith("a customer has written")
    assert f"/support/{case.case_id}" in plain(told)
    for secret in (email, "Maya", "loose", path):
        assert secret not in told.as_string()
    assert mails(world, f"portal-analyst-{ada.slug}@example.com") == []
    assert mails(world, f"portal-owner-{world.ben.slug}@example.com") == []
    assert to_company(world, case) == []
    page = Shopper(ada).get(path)
    assert "The handle is <loose>." in words(page)
    assert "<loose>" not in page.text
    assert 'href="https://evil.example"' not in page.text
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert '<meta name="robots" content="noindex">' in page.text


def test_a_conversation_by_the_link(world: World) -> None:
    ada, email = world.ada, address(world)
    case = write(ada)
    path, shopper = case_path(ada, case), Shopper(ada)
    keys = {"partner_id": ada.partner_id, "case_id": case.case_id}
    world.later(minutes=1)
    with ada.transaction() as session:
        answer(session, **keys, writer=STORE, message="Send us a\npicture & a date.", now=world.now)
    _, mail = mails(world, email)
    assert mail["Subject"] == f"An answer to your message: case {case.number} at Ada & Co"
    assert "Ada & Co has answered." in plain(mail)
    assert "Send us a\npicture & a date." in plain(mail)
    assert "picture &amp; a date." in mail.get_body(("html",)).get_content()
    page = shopper.get(path)
    assert "We have answered" in words(page)
    assert "Ada Lark" not in page.text
    assert "ada@example.com" not in page.text
    world.later(minutes=1)
    assert shopper.post(path, message="Here it is.").location == f"{path}#last"
    # What store and company say to each other is nobody else's.
    with ada.transaction() as session:
        note(session, **keys, writer=STORE, message="A secret about stock", now=world.later(minutes=1))
        bring_in_company(session, **keys, writer=STORE, message="A secret plea", now=world.later(minutes=1))
    with transaction(world.services.console) as session:
        leave_to_store(session, **keys, writer=COMPANY, message="A secret reply", now=world.later(minutes=1))
        answer(session, **keys, writer=COMPANY, message="A new one is sent.", now=world.later(minutes=1))
        close_case(session, **keys, writer=COMPANY, now=world.later(minutes=1))
    page = shopper.get(path)
    assert "secret" not in page.text
    assert "Kofi" not in page.text
    assert "Northlight Goods" in words(page)
    assert "Marked as settled." in words(page)
    assert len(mails(world, email)) == 3
    assert "Northlight Goods has answered." in plain(mails(world, email)[-1])
    assert "secret" not in "".join(mail.as_string() for mail in mails(world, email))
    world.later(minutes=1)
    assert shopper.post(path, message="It broke again").status_code == 303
    assert cases(ada)[0].state == "open"
    # The mails of a step leave once, however often the queue is worked on.
    assert len(mails(world, email)) == 3


def test_the_shopper_brings_in_the_company_and_both_are_told(world: World) -> None:
    ada = world.ada
    owner = Visitor(world, "portal", "owner", ada)
    case = write(ada)
    path, shopper = case_path(ada, case), Shopper(ada)
    world.later(minutes=1)
    shopper.get(path)
    assert to_company(world, case) == []
    for _ in range(2):
        assert shopper.post(f"{path}/company").status_code == 303
    page = words(shopper.get(path))
    assert "You asked Northlight Goods to look at it too." in page
    assert "Ask Northlight Goods" not in page
    (told,) = to_company(world, case)
    assert f"/cases/{ada.partner_id}/{case.case_id}" in plain(told)
    assert "asked Northlight Goods" in str(mails(world, owner.email)[-1]["Subject"])


def test_from_an_order_the_thread_opens_at_once_and_stands_on_its_page(world: World) -> None:
    ben = world.ben
    order_id = ben.buy((world.mug, 1), contact=GERMAN)
    path, shopper = order_path(ben, order_id), Shopper(ben)
    assert f'href="{path}/support"' in shopper.get(path).text
    form = shopper.get(f"{path}/support?about=return")
    assert 'value="return" selected' in form.text
    assert 'name="email"' not in form.text.partition("</main>")[0]
    done = shopper.post(
        f"{path}/support", subject="delivery", message="Where is it?", email="eve@example.com"
    )
    (case,) = cases(ben)
    assert done.location == case_path(ben, case)
    assert (case.order_id, case.email, case.name) == (order_id, GERMAN.email, GERMAN.name)
    page = shopper.get(path)
    assert f'href="{case_path(ben, case)}"' in page.text
    assert "Support case opened" in words(page)
    mails(world, GERMAN.email)
    assert "Shopper told that its message has arrived" in words(shopper.get(path))
    with ben.transaction() as session:
        number = read_order(session, partner_id=ben.partner_id, order_id=order_id).number
    assert f"Order {number}" in words(shopper.get(done.location))
    # Another order's page, and that of another store, know nothing of it.
    other = Shopper(ben)
    assert "Where is it?" not in other.get(order_path(ben, ben.buy((world.mug, 1), contact=GERMAN))).text
    for stranger in (path, f"{path}/support", case_path(ben, case)):
        assert Shopper(world.ada).get(stranger).status_code == 404


@pytest.mark.parametrize(
    ("changed", "field", "sentence"),
    [
        ({"name": " "}, "name", "Enter your name."),
        ({"name": "x" * 300}, "name", "At most 200 characters."),
        ({"email": "maya"}, "email", "Enter your e-mail address"),
        ({"subject": ""}, "subject", "Choose what it is about."),
        ({"subject": "<b>"}, "subject", "Choose what it is about."),
        ({"message": "\n"}, "message", "Write what it is about."),
        ({"message": "x" * 4001}, "message", "At most 4000 characters."),
    ],
)
def test_bad_input_names_its_field_and_loses_nothing(
    world: World, changed: dict[str, str], field: str, sentence: str
) -> None:
    shopper = Shopper(world.ada)
    shopper.get("/help/contact")
    form = {"name": "Maya", "email": "maya@example.com", "subject": "other", "message": "Kept <as> typed"}
    refused = shopper.post("/support", **{**form, **changed})
    assert refused.status_code == 422
    assert sentence in words(refused)
    marked = re.findall(
        r'<(?:input|select|textarea)[^>]*name="([^"]+)"[^>]*aria-invalid="true"', refused.text
    )
    assert marked == [field]
    if field != "message":
        assert "Kept <as> typed" in unescape(refused.text)
    assert cases(world.ada) == []


def test_the_thread_refuses_what_is_empty_or_too_long(world: World) -> None:
    case = write(world.ada)
    path, shopper = case_path(world.ada, case), Shopper(world.ada)
    shopper.get(path)
    for typed, sentence in (("", "Write what it is about."), ("<b>" * 1500, "At most 4000 characters.")):
        refused = shopper.post(path, message=typed)
        assert refused.status_code == 422
        assert sentence in words(refused)
        assert typed in unescape(refused.text)
    assert len(cases(world.ada)[0].entries) == 1


def test_many_cases_from_one_address_or_one_place_are_refused_in_words(world: World) -> None:
    ada = world.ada
    for _ in range(3):
        write(ada)
    shopper = Shopper(ada)
    shopper.get("/help/contact")
    form = {"name": "Maya", "email": address(world), "subject": "other", "message": "More"}
    refused = shopper.post("/support", **form)
    assert refused.status_code == 422
    assert "You have written to us several times already." in words(refused)
    for number in range(7):
        write(ada, email=address(world, f"else{number}"))
    refused = shopper.post("/support", **{**form, "email": address(world, "another")})
    assert refused.status_code == 422
    assert "Very much was sent from your network." in words(refused)
    assert "hello@ada.example" in words(refused)
    world.later(minutes=16)
    write(ada, email=address(world, "another"))
    assert len(cases(ada)) == 11


def test_a_made_up_or_foreign_link_opens_nothing(world: World) -> None:
    ada = world.ada
    case = write(ada)
    keys, secret = {"partner_id": ada.partner_id}, world.services.config.secret
    path = case_path(ada, case)
    forged = (
        case_token("another key", **keys, case_id=case.case_id),
        order_token(secret, **keys, order_id=case.case_id),
        leave_token(secret, **keys, subscriber_id=case.case_id),
        case_token(secret, **keys, case_id=UUID(int=7)),
        f"{path.rsplit('/', 1)[1][:-4]}AAAA", "x", "%00",
    )  # fmt: skip
    shopper, stranger = Shopper(ada), Shopper(world.ben)
    shopper.get("/newsletter")
    stranger.get("/newsletter")
    for token in forged:
        assert shopper.get(f"/support/{token}").status_code == 404, token
        assert shopper.post(f"/support/{token}", message="x").status_code == 404
        assert shopper.post(f"/support/{token}/company").status_code == 404
    assert stranger.get(path).status_code == stranger.post(path, message="x").status_code == 404
    assert stranger.post(f"{path}/company").status_code == 404
    moved = case_token(secret, partner_id=world.ben.partner_id, case_id=case.case_id)
    assert stranger.get(f"/support/{moved}").status_code == 404
    assert [len(each.entries) for each in cases(ada)] == [1]


def test_it_speaks_the_shoppers_language(world: World) -> None:
    ada, email = world.ada, address(world)
    shopper = Shopper(ada)
    shopper.get("/help/contact?lang=ar")
    form = {"name": "Maya", "email": email, "subject": "other", "message": "سؤال"}
    assert shopper.post("/support", **form).status_code == 303
    (case,) = cases(ada)
    (mail,) = mails(world, email)
    assert mail["Subject"] == f"وصلتنا رسالتك: الحالة {case.number} لدى Ada & Co"
    assert 'dir="rtl"' in mail.get_body(("html",)).get_content()
    page = shopper.get(case_path(ada, case))
    assert "موضوع آخر" in words(page)
    assert "سؤال" in page.text
