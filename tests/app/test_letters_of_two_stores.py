"""Two stores of one partner keep their readers and their shoppers apart; and who is invited sees its own store."""

from __future__ import annotations

from dataclasses import replace
from email.message import EmailMessage
from html import unescape

import pytest

from app.mail.people import invitation
from app.onboarding import FirstLook, open_store
from orders.cases.opening import open_case
from orders.newsletter.reading import list_subscribers
from storage.database import transaction
from tenants.partners import NewStore, create_partner, set_store_state
from tests.app.faces import Visitor, words
from tests.app.test_store import Shopper
from tests.app.test_store_cases import case_path, cases, order_path
from tests.app.test_store_newsletter import address, link, mails, plain, sign_up, subscribers
from tests.orders.newsletter.test_newsletter import subscribe
from tests.world import Shop, World


@pytest.fixture
def second(world: World) -> Shop:
    """Another store of Ada's."""
    ada, slug = world.ada, f"{world.ada.slug}-two"
    with transaction(world.services.console) as session:
        store_id = open_store(
            session,
            partner_id=ada.partner_id,
            store=NewStore(
                slug=slug, name="Ada's Other", currency="USD", country="US", locale="en_US", tax_inclusive=False,
                support_email="other@ada.example",
            ),
            look=FirstLook("market", {}, {"home": []}),
            markup_bps=8000,
            rounding="none",
            stores_domain="localhost",
            actor="tests",
            now=world.later(minutes=1),
        )  # fmt: skip
        set_store_state(
            session, partner_id=ada.partner_id, store_id=store_id, state="live", actor="tests", now=world.now
        )
    return replace(ada, store_id=store_id, slug=slug)


def test_news_of_one_store_are_not_those_of_the_other(world: World, second: Shop) -> None:
    ada, email = world.ada, address(world)
    sign_up(Shopper(ada), email)
    (mail,) = mails(world, email)
    confirming, leaving = link(ada, mail, "confirm"), link(ada, mail, "leave")
    there = Shopper(second)
    there.get("/newsletter")
    # The key is the partner's, and the store is another one: nothing is done, and nothing is said to be.
    assert there.post(confirming).status_code == 410
    here = Shopper(ada)
    here.get(confirming)
    assert "You are in" in words(here.post(confirming))
    assert there.get(leaving).status_code == there.post(leaving).status_code == 404
    assert subscribers(ada) == [email]
    assert subscribers(second) == []
    sign_up(Shopper(second), email)
    assert "Please confirm: news of Ada's Other" in [str(each["Subject"]) for each in mails(world, email)]
    subscribe(second, "other@example.com")
    owner = Visitor(world, "portal", "owner", ada)
    assert "other@example.com" not in words(owner.get(f"/newsletter?store={ada.slug}"))
    assert "other@example.com" in words(owner.get(f"/newsletter?store={second.slug}"))
    file = owner.post(f"/newsletter/file?store={second.slug}", purpose="News", kind="csv")
    assert f"http://{second.slug}.localhost:8000/newsletter/leave/" in file.text
    with second.transaction() as session:
        assert len(list_subscribers(session, **second.keys, fields=frozenset())) == 1


def test_a_thread_opens_in_its_own_store_alone(world: World, second: Shop) -> None:
    ada = world.ada
    order_id = ada.buy((world.mug, 1))
    with second.transaction() as session:
        open_case(
            session, **second.keys, email="maya@example.com", name="Maya", subject="other", message="Hello there",
            locale="en_US", order_said="1001", now=world.now,
        )  # fmt: skip
    (case,) = cases(second)
    # The number is that of an order of the other store.
    assert case.order_id is None
    assert "Hello there" in words(Shopper(second).get(case_path(second, case)))
    assert Shopper(ada).get(case_path(ada, case)).status_code == 404
    assert Shopper(second).get(f"{order_path(ada, order_id)}/support").status_code == 404
    owner = Visitor(world, "portal", "owner", ada)
    assert "Hello there" not in words(owner.get(f"/support?store={ada.slug}"))
    assert "Hello there" in words(owner.get(f"/support?store={second.slug}"))
    assert "Hello there" in words(owner.get(f"/support/{case.case_id}?store={ada.slug}"))


def html(mail: EmailMessage) -> str:
    body = mail.get_body(("html",))
    return unescape(str(body.get_content())) if body is not None else ""


def test_who_is_invited_sees_the_store_that_it_is_to_look_after(world: World, second: Shop) -> None:
    ada, ben = world.ada, world.ben
    with transaction(world.services.console) as session:
        alone = create_partner(
            session, name="No store yet", price_list_id=world.installation.price_list_id, actor="tests",
            now=world.now,
        )  # fmt: skip
    found = {}
    for name, face, partner_id in (
        ("ada", "portal", ada.partner_id), ("ben", "portal", ben.partner_id), ("alone", "portal", alone),
        ("staff", "console", None),
    ):  # fmt: skip
        url = invitation(
            world.services, email=address(world, name), name="Kim <b>", face=face, token=f"token-{name}",
            now=world.now, partner_id=partner_id,
        )  # fmt: skip
        (mail,) = mails(world, address(world, name))
        assert url in plain(mail)
        assert "Kim <b>" in plain(mail)
        assert str(mail["From"]).startswith("Northlight Goods <")
        found[name] = mail
    assert found["ada"]["Subject"] == "Northlight Goods invites you to Ada & Co"
    assert found["ben"]["Subject"] == "Northlight Goods invites you to Ben & Co"
    assert "Ben & Co" not in html(found["ada"]) + plain(found["ada"])
    assert "Ada's Other" not in html(found["ada"])
    assert "Ada" not in html(found["ben"]) + plain(found["ben"])
    assert "<b>" not in str(found["ada"].get_body(("html",)).get_content())  # type: ignore[union-attr]
    # Where there is no store, there is no brand to show.
    for name in ("alone", "staff"):
        assert html(found[name]) == ""
        assert found[name]["Subject"] == "Northlight Goods invites you"
