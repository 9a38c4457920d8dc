"""Mail that a shopper asked for: links that prove an address, set a password, or lead to an order."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from flask import Flask
from sqlalchemy.orm import Session

from app.keepers import KEEPERS
from app.mail.mailer import compose
from app.services import Services
from app.store.links import order_token
from app.store.rendering import render
from orders.accounts.links import Link, found_order, give_token, read_link
from orders.accounts.making import any_account, proven_account
from orders.accounts.whose import whose_address
from payments.personal.giving import anything_kept
from storage.tenancy import Tenant
from tenants.storefront import read_storefront

_PATHS = {
    "register": "/account/confirm/{}",
    "prove": "/account/confirm/{}",
    "email": "/account/confirm/{}",
    "reset": "/account/reset/{}",
    "data": "/account/data/link/{}",
}


@dataclass(frozen=True, slots=True)
class _Letter:
    """What a mail says and where its button leads. ``about`` tells mails of the same link apart."""

    step: str
    path: str
    about: str


def send_shopper_link(
    services: Services, app: Flask, *, tenant: Tenant, link_id: UUID, now: datetime
) -> None:
    """Write the mail of a link, where there is something to write: to an address of which nothing is known,
    nothing is sent. The token is made here, so that no job ever holds one."""
    with tenant.begin() as session:
        link = read_link(session, partner_id=tenant.partner_id, link_id=link_id, now=now)
        letter = _letter(services, session, tenant.partner_id, link) if link is not None else None
        if link is None or letter is None:
            return
        store = read_storefront(session, partner_id=tenant.partner_id, store_id=link.store_id)
    store = replace(store, locale=link.locale or store.locale)
    context = {
        "step": letter.step,
        "number": link.number,
        "email": link.email,
        "link_url": services.config.url(store.host, letter.path),
        "base_url": services.config.url(store.host),
    }
    with app.test_request_context(base_url=services.config.url(store.host)):
        subject = render(store, "mail/account.subject.txt", **context)
        html = render(store, "mail/account.html", **context)
        plain = render(store, "mail/account.txt", **context)
    services.mailer.send(
        compose(
            sender=(store.name, services.config.mail_from),
            to=link.email,
            subject=subject,
            text=plain,
            html=html,
            message_id=f"{letter.step}.{letter.about}@{services.config.platform_domain}",
            at=now,
            reply_to=store.support_email,
        )
    )


def _letter(services: Services, session: Session, partner_id: UUID, link: Link) -> _Letter | None:
    keys = {"partner_id": partner_id, "store_id": link.store_id}
    if link.purpose == "find":
        order_id = found_order(session, partner_id=partner_id, link=link)
        if order_id is None:
            return None
        token = order_token(services.config.secret, partner_id=partner_id, order_id=order_id)
        return _Letter("find", f"/order/{token}", str(link.link_id))
    if link.purpose == "register" and proven_account(session, **keys, email=link.email) is not None:
        return _Letter("known", "/account/sign-in", str(link.link_id))
    if link.purpose == "reset" and any_account(session, **keys, email=link.email) is None:
        return None
    if link.purpose == "data":
        whose = whose_address(session, **keys, email=link.email)
        if not anything_kept(session, keepers=KEEPERS, whose=whose):
            return None
    token = give_token(session, partner_id=partner_id, link_id=link.link_id)
    return _Letter(link.purpose, _PATHS[link.purpose].format(token), str(link.link_id))
