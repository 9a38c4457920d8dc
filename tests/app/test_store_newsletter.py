"""The newsletter over HTTP: from the field to the confirmed link, out again with one click, and what nobody learns."""

from __future__ import annotations

import re
from email.message import EmailMessage
from html import unescape
from typing import cast

import pytest
from sqlalchemy import text

from app.store.links import confirm_token, leave_token, order_token
from orders.newsletter.reading import list_subscribers, newsletter_figures
from storage.database import transaction
from tenants.partners import set_store_state
from tests.app.faces import words
from tests.app.test_store import Shopper
from tests.app.test_store_sections import show
from tests.world import Shop, World
from themes.looks import publish_look


def mails(world: World, to: str) -> list[EmailMessage]:
    """What an address got, the oldest first, once the queue is empty."""
    world.run_jobs()
    found = [mail for _, mail in world.services.mailer.messages() if mail["To"] == to]  # type: ignore[attr-defined]
    return cast("list[EmailMessage]", found[::-1])


def plain(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body is not None
    return str(body.get_content()).replace("\r\n", "\n")


def link(shop: Shop, mail: EmailMessage, step: str) -> str:
    """The path of a link in a mail, which has to lead to this shop's own host."""
    found = re.search(rf"http://{shop.slug}\.localhost:8000(/newsletter/{step}/\S+)", plain(mail))
    assert found, plain(mail)
    return found[1]


def address(world: World, name: str = "maya") -> str:
    return f"{name}-{world.number}@example.com"


def subscribers(shop: Shop) -> list[str]:
    with shop.transaction() as session:
        return [each.email for each in list_subscribers(session, **shop.keys, fields=frozenset({"email"}))]


def sign_up(shopper: Shopper, email: str) -> None:
    shopper.get("/newsletter")
    assert shopper.post("/newsletter", email=email).location == "/newsletter/asked"


def test_from_the_field_on_the_home_page_to_the_news_and_out_again(world: World) -> None:
    ada, email = world.ada, address(world)
    show(ada, {"type": "newsletter", "settings": {"heading": "Letters <from> us"}})
    shopper = Shopper(ada)
    home = shopper.get("/")
    assert "Letters <from> us" in words(home)
    sentence = "News of Ada & Co by e-mail. You confirm it first, and can leave with one click in each mail."
    assert sentence in words(home)
    asked = shopper.client.post(
        "/newsletter", base_url=shopper.base, headers={"Referer": f"{shopper.base}/?lang=en"},
        data={"csrf_token": shopper.token, "email": email.upper()},
    )  # fmt: skip
    assert asked.location == "/newsletter/asked"
    assert email not in shopper.get(asked.location).text
    assert subscribers(ada) == []
    (mail,) = mails(world, email)
    assert mail["Subject"] == "Please confirm: news of Ada & Co"
    assert str(mail["From"]).startswith("Ada & Co <")
    assert "the news of Ada & Co by e-mail" in plain(mail)
    assert "the news of Ada &amp; Co by e-mail" in mail.get_body(("html",)).get_content()  # type: ignore[union-attr]
    path = link(ada, mail, "confirm")
    # Mail programs lose what does not look like the end of an address.
    assert path[-1] != "="
    # Looking at the page, as programs that check links do, confirms nothing.
    page = shopper.get(path)
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert page.headers["Cache-Control"] == "private, no-store"
    assert '<meta name="robots" content="noindex">' in page.text
    assert subscribers(ada) == []
    assert "You are in" in words(shopper.post(path))
    assert "You are in" in words(shopper.post(path))
    assert subscribers(ada) == [email]
    with ada.transaction() as session:
        (kept,) = list_subscribers(session, **ada.keys, fields=frozenset())
    assert (kept.words, kept.page, kept.confirmed_at) == (sentence, "/", world.now)
    _, welcome = mails(world, email)
    assert welcome["Subject"] == "Welcome to the news of Ada & Co"
    # What a mail program posts when its reader has had enough: RFC 8058.
    leaving = link(ada, welcome, "leave")
    assert str(welcome["List-Unsubscribe"]).strip() == f"<http://{ada.slug}.localhost:8000{leaving}>"
    assert welcome["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    program = ada.world.installation.store_app.test_client()
    one_click = program.post(leaving, base_url=shopper.base, data={"List-Unsubscribe": "One-Click"})
    assert one_click.status_code == 200
    assert subscribers(ada) == []


def test_leaving_by_hand_needs_no_script_and_no_sign_in(world: World) -> None:
    ada, email = world.ada, address(world)
    shopper = Shopper(ada)
    sign_up(shopper, email)
    (mail,) = mails(world, email)
    shopper.get(link(ada, mail, "confirm"))
    shopper.post(link(ada, mail, "confirm"))
    assert subscribers(ada) == [email]
    other = Shopper(ada)
    path = link(ada, mail, "leave")
    assert "You get no more news" in words(other.get(path))
    assert subscribers(ada) == [email]
    assert "You have left" in words(other.post(path))
    assert "You have left" in words(other.post(path))
    assert subscribers(ada) == []
    # The link of the first mail lets nobody in again.
    assert other.get("/newsletter").status_code == 200
    spent = other.post(link(ada, mail, "confirm"))
    assert spent.status_code == 410
    assert "This link no longer works" in words(spent)


def test_the_answer_never_tells_whether_an_address_is_known(world: World) -> None:
    ada = world.ada
    known, unknown = address(world, "known"), address(world, "unknown")
    shopper = Shopper(ada)
    sign_up(shopper, known)
    (mail,) = mails(world, known)
    shopper.get(link(ada, mail, "confirm"))
    shopper.post(link(ada, mail, "confirm"))
    world.later(days=2)
    answers = []
    for email in (known, unknown, unknown):
        shopper.get("/newsletter")
        answer = shopper.post("/newsletter", email=email)
        answers.append((answer.status_code, answer.location, answer.text.replace(email, "")))
    assert len(set(answers)) == 1
    subjects = [str(mail["Subject"]) for mail in mails(world, known)]
    assert subjects.count("You get the news of Ada & Co already") == 1
    assert len(mails(world, unknown)) == 1


@pytest.mark.parametrize("typed", ["", "maya", "maya@example", '"><script>', "a" * 5000])
def test_what_is_no_address_is_named_at_its_field(world: World, typed: str) -> None:
    shopper = Shopper(world.ada)
    shopper.get("/newsletter")
    refused = shopper.post("/newsletter", email=typed)
    assert refused.status_code == 422
    assert "Enter your e-mail address, such as name@example.com." in words(refused)
    assert re.search(r'<input id="email" name="email"[^>]* aria-invalid="true"', refused.text)
    assert f'value="{typed[:300]}"' in unescape(refused.text)
    assert "<script>" not in refused.text
    shopper.get("/newsletter?lang=de")
    assert "Gib deine E-Mail-Adresse an" in words(shopper.post("/newsletter", email=typed))


def test_a_link_that_is_old_made_up_or_anothers_does_nothing(world: World) -> None:
    ada, ben, email = world.ada, world.ben, address(world)
    secret = world.services.config.secret
    sign_up(Shopper(ada), email)
    (mail,) = mails(world, email)
    path, leaving = link(ada, mail, "confirm"), link(ada, mail, "leave")
    with transaction(world.services.console) as session:
        mine = session.execute(
            text("SELECT subscriber_id FROM newsletter_subscribers WHERE email = :e"), {"e": email}
        ).scalar_one()
    keys = {"partner_id": ada.partner_id}
    wrong_key = confirm_token("another key", **keys, subscriber_id=mine, at=world.now)
    swapped = leave_token(secret, **keys, subscriber_id=mine)
    an_order = order_token(secret, **keys, order_id=mine)
    shopper, stranger = Shopper(ada), Shopper(ben)
    for token in (wrong_key, swapped, an_order, "x", "", f"{path.rsplit('/', 1)[1][:-4]}AAAA"):
        assert shopper.get(f"/newsletter/confirm/{token}").status_code == 404
    for token in (wrong_key, path.rsplit("/", 1)[1], an_order, "x"):
        assert shopper.get(f"/newsletter/leave/{token}").status_code == 404
        assert shopper.post(f"/newsletter/leave/{token}").status_code == 404
    stranger.get("/newsletter")
    for theirs in (path, leaving):
        assert stranger.get(theirs).status_code == 404
        assert stranger.post(theirs).status_code == 404
    # Another partner's key with this subscriber: the token is genuine, and there is nobody to confirm.
    other = confirm_token(secret, partner_id=ben.partner_id, subscriber_id=mine, at=world.now)
    assert stranger.post(f"/newsletter/confirm/{other}").status_code == 410
    world.later(days=7)
    shopper.get(path)
    assert "One more click" in words(shopper.get(path))
    world.later(seconds=1)
    assert shopper.get(path).status_code == shopper.post(path).status_code == 410
    with ada.transaction() as session:
        assert newsletter_figures(session, **ada.keys, now=world.now).asked == 1
    assert subscribers(ada) == subscribers(ben) == []


def test_one_place_does_not_fill_the_mailboxes_of_others(world: World) -> None:
    shopper = Shopper(world.ada)
    for number in range(23):
        sign_up(shopper, address(world, f"victim{number}"))
    with world.ada.transaction() as session:
        assert newsletter_figures(session, **world.ada.keys, now=world.now).asked == 20


def test_a_box_at_checkout_asks_once_the_order_is_paid(world: World) -> None:
    ada = world.ada
    for name, ticked in (("ticked", {"newsletter": "1"}), ("empty", {"newsletter": ""}), ("without", {})):
        shopper = Shopper(ada)
        shopper.add(world.tote)
        form = shopper.get("/checkout")
        assert not re.search(r'<input type="checkbox" id="newsletter"[^>]* checked', form.text)
        refused = shopper.checkout(email="", **ticked)
        assert bool(re.search(r'id="newsletter"[^>]* checked', refused.text)) == (name == "ticked")
        assert shopper.checkout(email=address(world, name), **ticked).status_code == 303
        with ada.transaction() as session:
            order_id = session.execute(
                text("SELECT order_id FROM orders WHERE partner_id = :p AND email = :e"),
                {"p": ada.partner_id, "e": address(world, name)},
            ).scalar_one()
        assert mails(world, address(world, name)) == []
        assert ada.pay(order_id) == "paid"
        world.deliver_webhooks()
        subjects = [str(mail["Subject"]) for mail in mails(world, address(world, name))]
        assert ("Please confirm: news of Ada & Co" in subjects) == (name == "ticked")
        assert len(subjects) == (2 if name == "ticked" else 1)


def test_the_foot_of_each_page_has_the_field_where_the_theme_says_so(world: World) -> None:
    ada = world.ada
    shopper = Shopper(ada)
    assert 'id="foot-news"' not in shopper.get("/collections/all").text
    with ada.transaction() as session:
        publish_look(
            session, **ada.keys, theme="aurora", settings={"newsletter": True}, pages={}, actor="partner",
            now=world.now,
        )  # fmt: skip
    page = shopper.get("/collections/all")
    assert 'id="foot-news"' in page.text
    asked = shopper.client.post(
        "/newsletter", base_url=shopper.base, headers={"Referer": f"{shopper.base}/collections/all?page=2"},
        data={"csrf_token": shopper.token, "email": address(world)},
    )  # fmt: skip
    assert asked.status_code == 303
    with ada.transaction() as session:
        row = session.execute(
            text("SELECT page FROM newsletter_subscribers n WHERE n.partner_id = :p"), {"p": ada.partner_id}
        ).one()
    assert row.page == "/collections/all"


def test_a_store_that_is_closed_takes_nobody_in_and_lets_everybody_out(world: World) -> None:
    ada, email = world.ada, address(world)
    shopper = Shopper(ada)
    sign_up(shopper, email)
    (mail,) = mails(world, email)
    with transaction(world.services.console) as session:
        set_store_state(session, **ada.keys, state="paused", actor="staff", now=world.now)
    assert shopper.get("/newsletter").status_code == 503
    assert "You have left" in words(shopper.post(link(ada, mail, "leave")))
