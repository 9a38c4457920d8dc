"""Shoppers' accounts: made, proven, entered, changed; each in one store, and telling nobody of anybody."""

from __future__ import annotations

import re
from dataclasses import replace
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from kit.errors import NotFound, Refusal, Refusals
from orders.accounts import changing, making
from orders.accounts.addresses import (
    MOST_ADDRESSES,
    addresses_of,
    keep_address,
    make_default,
    read_address,
    remove_address,
)
from orders.accounts.links import LinkSpent, TooOften, ask_link, found_order, peek_link, sweep_links
from orders.accounts.making import HasAccount
from orders.accounts.orders import may_see, orders_of
from orders.accounts.reordering import reorder
from orders.accounts.signing import SESSION_LIFE, Shopper, confirm_password, sign_in, sign_out
from orders.cart import cart_key, read_cart
from orders.customers import list_customers
from pricing.assortment import hide_product
from storage.database import transaction
from tenants.attempts import attempt_key, count_attempt
from tests.orders.accounts_world import (
    BROWSER,
    PASSWORD,
    Account,
    ask,
    buy,
    from_order,
    mailed,
    proven,
    registered,
    reset,
    signed_in,
    waiting,
)
from tests.world import CONTACT, Shop, World


def enter(shop: Shop, email: str, password: str = PASSWORD, host: str = "") -> str:
    host = host or f"10.0.0.{shop.world.number}"
    return sign_in(
        shop.tenant, store_id=shop.store_id, email=email, password=password, host=host, now=shop.world.now
    )


def numbers(account: Account) -> set[UUID]:
    with account.shop.transaction() as session:
        return {order.order_id for order in orders_of(session, shopper=account.known, limit=50)}


def forgot(shop: Shop, email: str) -> None:
    with shop.transaction() as session:
        ask_link(session, **shop.keys, purpose="reset", email=email, locale="en", now=shop.world.now)


def test_an_account_from_an_order_shows_that_order_until_its_address_is_proven(world: World) -> None:
    ada, email = world.ada, f"maya-{world.number}@example.com"
    earlier, latest = buy(ada, email), buy(ada, email)
    # The same address in another store, and another address in the same one, are somebody else's.
    buy(world.ben, email)
    buy(ada, f"other-{world.number}@example.com")
    account = from_order(ada, latest, email)
    assert account.known.email == email
    assert not account.known.proven
    assert numbers(account) == {latest}
    with ada.transaction() as session:
        assert not may_see(session, shopper=account.known, order_id=earlier)
    account = proven(account)
    assert account.known.proven
    assert numbers(account) == {earlier, latest}
    assert signed_in(world.ben, account.cookie) is None
    assert waiting(ada, email, "prove") is None


def test_only_a_paid_order_of_this_store_makes_an_account(world: World) -> None:
    ada, email = world.ada, f"maya-{world.number}@example.com"
    paid = buy(ada, email)
    unpaid = ada.start(ada.fill_cart((world.mug, 1)), contact=replace(CONTACT, email=email)).order_id
    with pytest.raises(NotFound):
        from_order(ada, unpaid, email)
    with pytest.raises(NotFound):
        from_order(world.ben, paid, email)
    for password in ("short", "x" * 201, ""):
        with pytest.raises(Refusal, match="10 to 200") as refused:
            from_order(ada, paid, email, password)
        assert refused.value.field == "password"


def test_the_address_alone_decides_and_never_the_password_of_a_stranger(world: World) -> None:
    """Somebody orders with another's address, makes an account, and waits for the owner to confirm it."""
    ada, email = world.ada, f"owner-{world.number}@example.com"
    hers = buy(ada, email)
    theirs = buy(ada, email)
    stranger = from_order(ada, theirs, email, "the stranger's word")
    with ada.transaction() as session:
        keep(session, stranger.known, world, name="A Stranger")
    assert numbers(stranger) == {theirs}
    # The link asks for the password unless the browser is the one that made the account.
    link = mailed(ada, email, "prove")
    assert link.browser == BROWSER
    with pytest.raises(Refusal, match="not your password"):
        making.judge_password(ada.tenant, link=link, password="what the owner guesses")
    making.judge_password(ada.tenant, link=link, password="the stranger's word")
    # The owner takes the way of the forgotten password: the stranger is out, with all it kept.
    forgot(ada, email)
    owner = reset(ada, mailed(ada, email, "reset"), PASSWORD)
    assert stranger.shopper is None
    assert numbers(owner) == {hers, theirs}
    with ada.transaction() as session:
        assert addresses_of(session, shopper=owner.known) == ()
    with pytest.raises(Refusal):
        enter(ada, email, "the stranger's word")
    assert enter(ada, email)


def test_an_account_beside_a_proven_one_gives_way_to_it(world: World) -> None:
    ada, email = world.ada, f"maya-{world.number}@example.com"
    first = registered(ada, email)
    order_id = buy(ada, email)
    second = from_order(ada, order_id, email, "another password")
    # Both passwords let somebody in, so that signing in tells of neither.
    for password, account in (("another password", second), (PASSWORD, first)):
        found = signed_in(ada, enter(ada, email, password))
        assert found is not None
        assert found.account_id == account.known.account_id
    link = mailed(ada, email, "prove")
    with ada.transaction() as session, pytest.raises(HasAccount):
        making.prove_address(session, partner_id=ada.partner_id, link=link, now=world.now)
    assert numbers(first) == {order_id}


def test_an_account_from_the_form_is_there_when_its_link_was_used(world: World) -> None:
    ada, email = world.ada, f"new-{world.number}@example.com"
    ask(ada, f"  New-{world.number}@Example.com ")
    with pytest.raises(Refusal):
        enter(ada, email)
    with ada.transaction() as session:
        found, total = list_customers(session, **ada.keys, fields=frozenset({"email"}))
    assert (found, total) == ([], 0)
    link = mailed(ada, email, "register")
    with ada.transaction() as session:
        cookie = making.finish_account(session, partner_id=ada.partner_id, link=link, now=world.now)
    shopper = signed_in(ada, cookie)
    assert shopper is not None
    assert shopper.proven
    with ada.transaction() as session:
        with pytest.raises(LinkSpent):
            making.finish_account(session, partner_id=ada.partner_id, link=link, now=world.now)
        (customer,), _ = list_customers(session, **ada.keys, fields=frozenset({"email"}))
    assert customer.email == email
    assert customer.registered_at == world.now
    assert customer.orders == 0
    # What it buys from then on is the same customer's.
    order_id = buy(ada, email)
    assert numbers(Account(ada, email, cookie)) == {order_id}
    with world.ben.transaction() as session:
        assert list_customers(session, **world.ben.keys, fields=frozenset({"email"}))[1] == 0


def test_those_who_registered_last_stand_first(world: World) -> None:
    ada = world.ada
    old, new = f"old-{world.number}@example.com", f"new-{world.number}@example.com"
    order_id = buy(ada, old)
    world.later(days=1)
    buy(ada, new)
    world.later(days=1)
    from_order(ada, order_id, old)
    with ada.transaction() as session:
        found, _ = list_customers(session, **ada.keys, fields=frozenset({"email"}))
    assert [each.email for each in found] == [old, new]
    assert found[0].registered_at == world.now
    assert found[1].registered_at is None


def test_a_bad_address_or_password_is_refused_at_its_field(world: World) -> None:
    for email, password, field in (
        ("maya", PASSWORD, "email"),
        ("maya@example", PASSWORD, "email"),
        ("ma ya@example.com", PASSWORD, "email"),
        ("maya\x00@example.com", PASSWORD, "email"),
        ("x" * 250 + "@example.com", PASSWORD, "email"),
        (f"maya-{world.number}@example.com", "short", "password"),
    ):
        with pytest.raises(Refusal) as refused:
            ask(world.ada, email, password)
        assert refused.value.field == field


def test_guessing_is_slowed_down_for_each_store_and_says_the_same_of_everybody(world: World) -> None:
    email, nobody = f"maya-{world.number}@example.com", f"nobody-{world.number}@example.com"
    for shop in (world.ada, world.ben):
        registered(shop, email)
    sentences = set()
    for address in (email, nobody):
        # The first is tried whole; the slow check of the others would teach nothing more.
        with pytest.raises(Refusal) as refused:
            enter(world.ada, address, "wrong password", host=f"h-{address}")
        sentences.add(refused.value.message)
        with world.ada.transaction() as session:
            for _ in range(7):
                count_attempt(session, [attempt_key("shopper", f"{world.ada.store_id}:{address}")], world.now)
        for password in (PASSWORD, "wrong password"):
            with pytest.raises(TooOften):
                enter(world.ada, address, password, host="elsewhere")
    assert len(sentences) == 1
    assert enter(world.ben, email, host=f"other-{world.number}")
    world.later(minutes=16)
    assert enter(world.ada, email)


def test_a_forgotten_password_ends_every_session_and_works_once(world: World) -> None:
    ada, email = world.ada, f"maya-{world.number}@example.com"
    account = registered(ada, email)
    forgot(ada, email)
    link = mailed(ada, email, "reset")
    with pytest.raises(Refusal, match="10 to 200"):
        reset(ada, link, "short")
    again = reset(ada, link, "a new password for it")
    assert account.shopper is None
    assert again.shopper is not None
    with pytest.raises(LinkSpent):
        reset(ada, link, "once more, for good")
    with pytest.raises(Refusal):
        enter(ada, email)
    forgot(ada, email)
    late = mailed(ada, email, "reset")
    world.later(hours=1, minutes=1)
    with pytest.raises(LinkSpent):
        reset(ada, late, "too late for this one")
    # A link of one store opens nothing in another, and one of a purpose nothing of another.
    forgot(ada, email)
    token = _token(ada, email)
    for shop, purposes in ((world.ben, ("reset",)), (ada, ("register", "prove"))):
        with shop.transaction() as session, pytest.raises(LinkSpent):
            peek_link(session, **shop.keys, token=token, purposes=purposes, now=world.now)


def _token(shop: Shop, email: str) -> str:
    from orders.accounts.links import give_token

    link = waiting(shop, email, "reset")
    assert link is not None
    with shop.transaction() as session:
        return give_token(session, partner_id=shop.partner_id, link_id=link.link_id)


def test_a_password_is_changed_and_asked_for_again(world: World) -> None:
    ada, email = world.ada, f"maya-{world.number}@example.com"
    account = registered(ada, email)
    other = Account(ada, email, enter(ada, email))
    with pytest.raises(Refusal) as refused:
        confirm_password(ada.tenant, shopper=account.known, password="no", host="", now=world.now)
    assert refused.value.field == "now"
    confirm_password(ada.tenant, shopper=account.known, password=PASSWORD, host="", now=world.now)
    with ada.transaction() as session:
        cookie = changing.change_password(
            session, shopper=account.known, password="quite another word", now=world.now
        )
    assert account.shopper is other.shopper is None
    assert signed_in(ada, cookie) is not None
    assert enter(ada, email, "quite another word")


def test_a_session_ends_and_does_not_outlive_its_time(world: World) -> None:
    account = registered(world.ada, f"maya-{world.number}@example.com")
    gone = registered(world.ben, f"maya-{world.number}@example.com")
    with world.ben.transaction() as session:
        sign_out(session, partner_id=world.ben.partner_id, token=gone.cookie)
    assert gone.shopper is None
    assert account.shopper is not None
    assert signed_in(world.ada, "x" * 43) is None
    world.later(days=SESSION_LIFE.days, minutes=1)
    assert account.shopper is None
    with transaction(world.services.console) as session:
        sweep_links(session, now=world.now)
    with world.ada.transaction() as session:
        left = session.execute(
            text("SELECT count(*) FROM account_sessions s WHERE s.partner_id = :p"),
            {"p": world.ada.partner_id},
        ).scalar()
    assert left == 0


def test_a_new_address_proves_itself_and_brings_its_orders(world: World) -> None:
    ada = world.ada
    old, new = f"old-{world.number}@example.com", f"new-{world.number}@example.com"
    mine, hers = buy(ada, old), buy(ada, new)
    account = proven(from_order(ada, mine, old))
    with ada.transaction() as session:
        with pytest.raises(Refusal, match="already") as refused:
            change(session, account.known, old, world)
        assert refused.value.field == "email"
        change(session, account.known, new, world)
    assert numbers(account) == {mine}
    link = mailed(ada, new, "email")
    with ada.transaction() as session:
        cookie = changing.change_email(session, partner_id=ada.partner_id, link=link, now=world.now)
    assert account.shopper is None
    account = Account(ada, new, cookie)
    assert account.known.email == new
    assert numbers(account) == {mine, hers}
    with ada.transaction() as session:
        found, _ = list_customers(session, **ada.keys, fields=frozenset({"email"}))
    assert [each.email for each in found] == [new]
    with pytest.raises(Refusal):
        enter(ada, old)
    assert enter(ada, new)


def change(session: Session, shopper: Shopper, email: str, world: World) -> None:
    changing.ask_email(
        session, shopper=shopper, email=email, browser=BROWSER, host="", locale="en", now=world.now
    )


def test_an_address_with_an_account_is_not_taken_over(world: World) -> None:
    ada = world.ada
    mine, theirs = f"mine-{world.number}@example.com", f"theirs-{world.number}@example.com"
    account, other = registered(ada, mine), registered(ada, theirs)
    with ada.transaction() as session:
        change(session, account.known, theirs, world)
    link = mailed(ada, theirs, "email")
    with ada.transaction() as session, pytest.raises(HasAccount):
        changing.change_email(session, partner_id=ada.partner_id, link=link, now=world.now)
    assert other.known.email == theirs
    waits = from_order(
        ada, buy(ada, f"waits-{world.number}@example.com"), f"waits-{world.number}@example.com"
    )
    with ada.transaction() as session, pytest.raises(Refusal, match="Confirm the address"):
        change(session, waits.known, f"further-{world.number}@example.com", world)


def test_one_address_is_not_flooded_and_one_host_cannot_ask_for_many(world: World) -> None:
    ada, email = world.ada, f"maya-{world.number}@example.com"
    for _ in range(9):
        forgot(ada, email)
    with ada.transaction() as session:
        count = session.execute(
            text("SELECT count(*) FROM shopper_links l WHERE l.partner_id = :p AND l.email = :e"),
            {"p": ada.partner_id, "e": email},
        ).scalar()
    assert count == 6
    host = f"192.0.2.{world.number}"
    with ada.transaction() as session:
        for number in range(20):
            ask_link(
                session, **ada.keys, purpose="reset", email=f"m{number}-{world.number}@example.com",
                host=host, locale="en", now=world.now,
            )  # fmt: skip
    with pytest.raises(TooOften) as refused:
        ask(ada, f"last-{world.number}@example.com", host=host)
    assert refused.value.field == "email"
    ask(world.ben, f"last-{world.number}@example.com", host="198.51.100.7")


def test_an_order_is_found_where_number_and_address_fit(world: World) -> None:
    ada, email = world.ada, f"maya-{world.number}@example.com"
    order_id = buy(ada, email)
    buy(world.ben, email)
    for shop, address, number, found in (
        (ada, email, 1001, order_id),
        (ada, email, 1002, None),
        (ada, f"other-{world.number}@example.com", 1001, None),
    ):
        with shop.transaction() as session:
            ask_link(
                session, **shop.keys, purpose="find", email=address, number=number, locale="en", now=world.now
            )
        link = mailed(shop, address, "find")
        with shop.transaction() as session:
            assert found_order(session, partner_id=shop.partner_id, link=link) == found


def keep(session: Session, shopper: Shopper, world: World, **typed: str) -> UUID:
    address = {**CONTACT.address(), **typed}
    return keep_address(
        session, shopper=shopper, typed=address, countries=["US", "CA"], without_postcode=frozenset({"HK"}),
        now=world.now,
    )  # fmt: skip


def test_addresses_are_kept_changed_removed_and_one_is_the_default(world: World) -> None:
    account = registered(world.ada, f"maya-{world.number}@example.com")
    other = registered(world.ada, f"other-{world.number}@example.com")
    with world.ada.transaction() as session:
        home = keep(session, account.known, world, name="Maya at home")
        world.later(minutes=1)
        work = keep(session, account.known, world, name="Maya at work")
        assert named(session, account) == [
            ("Maya at home", True),
            ("Maya at work", False),
        ]
        make_default(session, shopper=account.known, address_id=work)
        keep_address(
            session, shopper=account.known, typed={**CONTACT.address(), "name": "Maya L."}, address_id=home,
            countries=["US"], without_postcode=frozenset(), now=world.now,
        )  # fmt: skip
        assert named(session, account) == [
            ("Maya at work", True),
            ("Maya L.", False),
        ]
        remove_address(session, shopper=account.known, address_id=work)
        assert named(session, account) == [("Maya L.", True)]
        for wrong in (other.known, replace(account.known, partner_id=world.ben.partner_id)):
            with pytest.raises(NotFound):
                read_address(session, shopper=wrong, address_id=home)
            with pytest.raises(NotFound):
                make_default(session, shopper=wrong, address_id=home)
            remove_address(session, shopper=wrong, address_id=home)
        assert len(addresses_of(session, shopper=account.known)) == 1


def named(session: Session, account: Account) -> list[tuple[str, bool]]:
    """The addresses of an account, each with its name and whether it is the default."""
    found = addresses_of(session, shopper=account.known)
    return [(each.address["name"], each.is_default) for each in found]


def test_an_address_that_lacks_something_is_refused_at_each_field(world: World) -> None:
    account = registered(world.ada, f"maya-{world.number}@example.com")
    with world.ada.transaction() as session:
        with pytest.raises(Refusals) as refused:
            keep(session, account.known, world, name=" ", line1="", city="x" * 201, country="FR")
        assert set(refused.value.errors) == {"name", "line1", "city", "country"}
        with pytest.raises(Refusals) as refused:
            keep(session, account.known, world, postcode="")
        assert set(refused.value.errors) == {"postcode"}
        for number in range(MOST_ADDRESSES):
            keep(session, account.known, world, name=f"Number {number}")
        with pytest.raises(Refusal, match=re.escape(str(MOST_ADDRESSES))):
            keep(session, account.known, world)


def test_what_is_still_sold_goes_into_the_bag_again(world: World) -> None:
    ada, email = world.ada, f"maya-{world.number}@example.com"
    order_id = buy(ada, email, (world.mug, 2), (world.scarce_mug, 2), (world.tote, 1))
    account = proven(from_order(ada, order_id, email))
    stranger = registered(ada, f"other-{world.number}@example.com")
    with ada.transaction() as session:
        hide_product(session, **ada.keys, product_id=world.product(world.tote), actor="ada", now=world.now)
        cart = cart_key(f"again-{world.number}")
        with pytest.raises(NotFound):
            reorder(session, shopper=stranger.known, order_id=order_id, cart_id=cart, now=world.now)
        done = reorder(session, shopper=account.known, order_id=order_id, cart_id=cart, now=world.now)
        assert done.units == 3
        assert done.fewer == (("Mug, Tide", 1),)
        assert done.gone == ("Tote",)
        shown = read_cart(session, **ada.keys, cart_id=cart, now=world.now, currency="USD")
    assert {line.variant_title: line.quantity for line in shown.lines} == {"Oat": 2, "Tide": 1}
    assert not shown.changed
