"""The newsletter: asked for, confirmed, left; no address is written to more often than it should be."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from kit.errors import NotFound, Refusal
from orders.newsletter.asking import (
    MAIL_EVERY,
    MOST_ASKS,
    ask,
    confirm,
    forget_old,
    grant_wish,
    leave,
)
from orders.newsletter.reading import Figures, list_subscribers, newsletter_figures, read_addressee
from storage.database import transaction
from tests.world import CONTACT, Shop, World

WORDS = "News of the store, by e-mail."


def ask_for(shop: Shop, email: str = "Maya@Example.com", **given: Any) -> None:
    with shop.transaction() as session:
        ask(
            session, **shop.keys, email=email, now=shop.world.now,
            **{"words": WORDS, "page": "/", "locale": "en_US", **given},
        )  # fmt: skip


def jobs(world: World) -> list[tuple[str, UUID]]:
    """The newsletter's mails that were ordered since this was asked last."""
    with transaction(world.services.console) as session:
        rows = session.execute(
            text("SELECT args FROM procrastinate_jobs WHERE task_name = 'newsletter.mail' ORDER BY id")
        ).scalars()
        found = [(row["kind"], UUID(row["subscriber_id"])) for row in rows]
        session.execute(text("DELETE FROM procrastinate_jobs WHERE task_name = 'newsletter.mail'"))
    return found


def subscribe(shop: Shop, email: str, **given: Any) -> UUID:
    """Ask and confirm; no mail leaves."""
    ask_for(shop, email, **given)
    _, subscriber_id = jobs(shop.world)[-1]
    with shop.transaction() as session:
        assert confirm(session, **shop.keys, subscriber_id=subscriber_id, now=shop.world.now)
    jobs(shop.world)
    return subscriber_id


def listed(shop: Shop, *fields: str) -> list[str]:
    with shop.transaction() as session:
        return [each.email for each in list_subscribers(session, **shop.keys, fields=frozenset(fields))]


def figures(shop: Shop) -> Figures:
    with shop.transaction() as session:
        return newsletter_figures(session, **shop.keys, now=shop.world.now)


def state(shop: Shop, subscriber_id: UUID) -> str:
    with shop.transaction() as session:
        return read_addressee(session, partner_id=shop.partner_id, subscriber_id=subscriber_id).state


def test_an_address_gets_the_news_of_one_store_once_it_has_confirmed(world: World) -> None:
    ada, ben = world.ada, world.ben
    ask_for(ada)
    ask_for(ben)
    (kind, mine), (_, theirs) = jobs(world)
    assert kind == "confirm"
    assert listed(ada, "email") == []
    assert figures(ada).asked == 1
    with ada.transaction() as session:
        # Neither another store's subscriber nor nobody's can be confirmed here.
        assert not confirm(session, **ada.keys, subscriber_id=theirs, now=world.now)
        assert not confirm(session, **ada.keys, subscriber_id=UUID(int=7), now=world.now)
        assert confirm(session, **ada.keys, subscriber_id=mine, now=world.now)
        assert confirm(session, **ada.keys, subscriber_id=mine, now=world.now)
    assert jobs(world) == [("welcome", mine)]
    assert listed(ada, "email") == ["maya@example.com"]
    assert listed(ada, "name", "city") == [""]
    assert listed(ben, "email") == []
    with ada.transaction() as session:
        (found,) = list_subscribers(session, **ada.keys, fields=frozenset())
        assert (found.words, found.page, found.asked_at, found.confirmed_at) == (
            WORDS,
            "/",
            world.now,
            world.now,
        )
        with pytest.raises(NotFound):
            read_addressee(session, partner_id=ada.partner_id, subscriber_id=theirs)


def test_who_leaves_gets_nothing_and_may_come_back_with_a_new_consent(world: World) -> None:
    ada = world.ada
    mine = subscribe(ada, "maya@example.com")
    with world.ben.transaction() as session:
        leave(session, **world.ben.keys, subscriber_id=mine, now=world.now)
    assert listed(ada, "email") == ["maya@example.com"]
    world.later(days=8)
    with ada.transaction() as session:
        leave(session, **ada.keys, subscriber_id=mine, now=world.now)
        leave(session, **ada.keys, subscriber_id=mine, now=world.later(days=1))
        assert not confirm(session, **ada.keys, subscriber_id=mine, now=world.now)
    assert listed(ada, "email") == []
    counted = figures(ada)
    assert (counted.confirmed, counted.asked) == (0, 0)
    assert [(week.joined, week.left) for week in counted.weeks if week.joined or week.left] == [
        (1, 0),
        (0, 1),
    ]
    assert jobs(world) == []
    ask_for(ada, words="Other words", page="/cart")
    assert jobs(world) == [("confirm", mine)]
    assert state(ada, mine) == "asked"
    with ada.transaction() as session:
        assert confirm(session, **ada.keys, subscriber_id=mine, now=world.now)
        (found,) = list_subscribers(session, **ada.keys, fields=frozenset({"email"}))
    assert (found.words, found.page) == ("Other words", "/cart")


def test_an_address_is_asked_at_most_so_often(world: World) -> None:
    ada = world.ada
    ask_for(ada)
    ask_for(ada, " MAYA@example.com ")
    assert len(jobs(world)) == 1
    for _ in range(MOST_ASKS + 3):
        world.later(seconds=int(MAIL_EVERY.total_seconds()))
        ask_for(ada)
    assert len(jobs(world)) == MOST_ASKS - 1


def test_who_gets_the_news_is_told_so_and_its_consent_stays(world: World) -> None:
    ada = world.ada
    mine = subscribe(ada, "maya@example.com", page="/first")
    ask_for(ada, page="/second")
    assert jobs(world) == []
    world.later(days=1)
    ask_for(ada, page="/second")
    ask_for(ada, page="/third")
    assert jobs(world) == [("known", mine)]
    with ada.transaction() as session:
        (found,) = list_subscribers(session, **ada.keys, fields=frozenset({"email"}))
    assert found.page == "/first"


@pytest.mark.parametrize("typed", ["", "maya", "maya@", "@example.com", "maya@example", "ma ya@example.com",
                                   "maya@example.com, b@example.com", f"{'x' * 250}@example.com"])  # fmt: skip
def test_what_is_no_address_is_refused(world: World, typed: str) -> None:
    with pytest.raises(Refusal) as refused:
        ask_for(world.ada, typed)
    assert refused.value.field == "email"
    assert jobs(world) == []


def test_a_wish_at_checkout_begins_when_the_order_is_paid(world: World) -> None:
    ada = world.ada
    keys = {"partner_id": ada.partner_id}
    asking = replace(CONTACT, email="Ivo@Example.com", news=WORDS)
    cart_id = ada.fill_cart((world.mug, 1))
    started = ada.start(cart_id, contact=asking)
    # Whoever changes its mind and presses again has another order.
    assert ada.start(cart_id, contact=replace(asking, news="")).order_id != started.order_id
    assert ada.start(cart_id, contact=asking).order_id != started.order_id
    bought = ada.buy((world.mug, 1), contact=asking)
    silent = ada.buy((world.mug, 1))
    assert jobs(world) == []
    for order_id in (silent, bought, bought):
        with ada.transaction() as session:
            grant_wish(session, **keys, order_id=order_id, page="/checkout", now=world.now)
    ((kind, mine),) = jobs(world)
    assert kind == "confirm"
    with ada.transaction() as session:
        assert read_addressee(session, **keys, subscriber_id=mine).email == "ivo@example.com"
    assert figures(ada).asked == 1
    with world.ben.transaction() as session:
        grant_wish(
            session, partner_id=world.ben.partner_id, order_id=started.order_id, page="/", now=world.now
        )
    assert jobs(world) == []


def test_what_is_no_longer_needed_is_erased(world: World) -> None:
    ada, ben = world.ada, world.ben
    stays = subscribe(ada, "stays@example.com")
    left = subscribe(ada, "left@example.com")
    with ada.transaction() as session:
        leave(session, **ada.keys, subscriber_id=left, now=world.now)
    ask_for(ada, "asked@example.com")
    ask_for(ben, "asked@example.com")
    jobs(world)
    began = world.now

    def kept(at: timedelta) -> int:
        with transaction(world.services.console) as session:
            forget_old(session, now=began + at)
            return int(
                session.execute(
                    text("SELECT count(*) FROM newsletter_subscribers WHERE partner_id IN (:a, :b)"),
                    {"a": ada.partner_id, "b": ben.partner_id},
                ).scalar_one()
            )

    assert kept(timedelta(days=30)) == 4
    assert kept(timedelta(days=30, seconds=1)) == 2
    assert kept(timedelta(days=3 * 365)) == 2
    assert kept(timedelta(days=3 * 365, seconds=1)) == 1
    assert state(ada, stays) == "confirmed"
