"""Shoppers with accounts, for tests: what a mail would carry is taken from the link itself."""

from __future__ import annotations

from dataclasses import dataclass, replace
from uuid import UUID

from sqlalchemy import text

from orders.accounts import changing, making
from orders.accounts.links import Link, give_token, peek_link, read_link
from orders.accounts.models import PURPOSES
from orders.accounts.signing import Shopper, who
from tests.world import CONTACT, GERMAN, Shop

PASSWORD = "correct horse battery"
BROWSER = b"a browser of the shopper"
_NEWEST = text("""
    SELECT l.link_id FROM shopper_links l
     WHERE l.partner_id = :p AND l.store_id = :s AND l.email = :e AND l.purpose = :purpose
       AND l.used_at IS NULL
     ORDER BY l.created_at DESC, l.link_id DESC LIMIT 1
""")


@dataclass(frozen=True)
class Account:
    """Somebody with an account in a shop, and the cookie of the session."""

    shop: Shop
    email: str
    cookie: str

    @property
    def shopper(self) -> Shopper | None:
        return signed_in(self.shop, self.cookie)

    @property
    def known(self) -> Shopper:
        found = self.shopper
        assert found is not None
        return found


def signed_in(shop: Shop, cookie: str) -> Shopper | None:
    with shop.transaction() as session:
        return who(session, **shop.keys, token=cookie, now=shop.world.now)


def buy(shop: Shop, email: str, *chosen: tuple[str, int]) -> UUID:
    """Buy in a shop with an address of this test's own."""
    contact = GERMAN if shop.currency == "EUR" else CONTACT
    return shop.buy(*(chosen or ((shop.world.mug, 1),)), contact=replace(contact, email=email))


def from_order(shop: Shop, order_id: UUID, email: str, password: str = PASSWORD) -> Account:
    """An account made from an order, whose address has not proven itself."""
    with shop.transaction() as session:
        cookie = making.make_from_order(
            session, **shop.keys, order_id=order_id, password=password, browser=BROWSER, locale="en",
            now=shop.world.now,
        )  # fmt: skip
    return Account(shop, email, cookie)


def ask(shop: Shop, email: str, password: str = PASSWORD, host: str = "") -> None:
    with shop.transaction() as session:
        making.ask_account(
            session, **shop.keys, email=email, password=password, browser=BROWSER, host=host, locale="en",
            now=shop.world.now,
        )  # fmt: skip


def registered(shop: Shop, email: str, password: str = PASSWORD) -> Account:
    """An account made from the form, finished by its link."""
    ask(shop, email, password)
    link = mailed(shop, email, "register")
    with shop.transaction() as session:
        cookie = making.finish_account(session, partner_id=shop.partner_id, link=link, now=shop.world.now)
    return Account(shop, email, cookie)


def proven(account: Account) -> Account:
    """The same with its address proven."""
    shop = account.shop
    link = mailed(shop, account.email, "prove")
    with shop.transaction() as session:
        cookie = making.prove_address(session, partner_id=shop.partner_id, link=link, now=shop.world.now)
    return replace(account, cookie=cookie)


def mailed(shop: Shop, email: str, purpose: str) -> Link:
    """The link that was mailed to an address last."""
    link = waiting(shop, email, purpose)
    assert link is not None, f"nothing was mailed to {email}"
    with shop.transaction() as session:
        token = give_token(session, partner_id=shop.partner_id, link_id=link.link_id)
        return peek_link(session, **shop.keys, token=token, purposes=PURPOSES, now=shop.world.now)


def waiting(shop: Shop, email: str, purpose: str) -> Link | None:
    """The link that an address waits for, if any."""
    with shop.transaction() as session:
        values = {"p": shop.partner_id, "s": shop.store_id, "e": email, "purpose": purpose}
        link_id = session.execute(_NEWEST, values).scalar()
        if link_id is None:
            return None
        return read_link(session, partner_id=shop.partner_id, link_id=link_id, now=shop.world.now)


def reset(shop: Shop, link: Link, password: str) -> Account:
    with shop.transaction() as session:
        cookie = changing.set_forgotten(
            session, partner_id=shop.partner_id, link=link, password=password, now=shop.world.now
        )
    return Account(shop, link.email, cookie)
