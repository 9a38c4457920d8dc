"""A shopper of the demo who has an account: she has bought now and then, and keeps two addresses."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from kit.ids import token_hash
from orders.accounts.addresses import keep_address
from orders.accounts.links import read_link
from orders.accounts.making import ask_account, finish_account
from orders.accounts.models import ShopperLink
from orders.accounts.signing import who
from orders.placing import Contact
from storage.tenancy import Tenant

EMAIL, NAME = "maya.lind@example.com", "Maya Lind"
_HOME = {
    "name": NAME, "line1": "12 Harbour Street", "city": "Portland", "region": "OR", "postcode": "97201",
    "country": "US",
}  # fmt: skip
_WORK = {**_HOME, "line1": "77 Bedford Avenue", "city": "Brooklyn", "region": "NY", "postcode": "11211"}
_EVERY = 16


def regular(cart_id: UUID, contact: Contact) -> Contact:
    """Whose purchase it is: hers now and then. It follows from the cart, so that the dice fall as they do
    without her."""
    return replace(contact, email=EMAIL, name=NAME) if cart_id.int % _EVERY == 0 else contact


def sign_up(tenant: Tenant, *, store_id: UUID, password: str, now: datetime) -> None:
    """Let her make her account, as the form and the link do, and keep her addresses."""
    keys = {"partner_id": tenant.partner_id, "store_id": store_id}
    with tenant.begin() as session:
        ask_account(
            session, **keys, email=EMAIL, password=password, browser=token_hash("demo"), host="",
            locale="", now=now,
        )  # fmt: skip
        link_id = session.scalars(
            select(ShopperLink.link_id).where(
                ShopperLink.partner_id == tenant.partner_id, ShopperLink.email == EMAIL
            )
        ).one()
        link = read_link(session, partner_id=tenant.partner_id, link_id=link_id, now=now)
        if link is None:
            raise RuntimeError("a link that was just asked for is there")
        cookie = finish_account(session, partner_id=tenant.partner_id, link=link, now=now)
        shopper = who(session, **keys, token=cookie, now=now)
        if shopper is None:
            raise RuntimeError("an account that was just made is there")
        for address in (_HOME, _WORK):
            keep_address(
                session, shopper=shopper, typed=address, countries=["US"], without_postcode=frozenset(),
                now=now,
            )  # fmt: skip
