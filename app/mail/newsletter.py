"""Mail of a store's newsletter: please confirm, welcome, and that somebody asked again. News themselves are
sent with the partner's own mail program."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from flask import Flask

from app.mail.mailer import compose
from app.services import Services
from app.store.links import confirm_token, leave_token
from app.store.rendering import render
from kit.errors import NotFound
from orders.newsletter.reading import read_addressee
from storage.tenancy import Tenant
from tenants.storefront import read_storefront

# What each mail is for, and the state in which it is still true.
_STATE = {"confirm": "asked", "welcome": "confirmed", "known": "confirmed"}


def send_newsletter_mail(
    services: Services, app: Flask, *, tenant: Tenant, subscriber_id: UUID, kind: str, now: datetime
) -> None:
    """Send a mail to somebody who asked for the news; nothing where it is no longer true. Sending it again
    after a crash sends it under the same Message-ID."""
    keys = {"partner_id": tenant.partner_id}
    with tenant.begin() as session:
        try:
            reader = read_addressee(session, **keys, subscriber_id=subscriber_id)
        except NotFound:
            return
        store = read_storefront(session, **keys, store_id=reader.store_id)
    if reader.state != _STATE[kind]:
        return
    config = services.config
    store = replace(store, locale=reader.locale or store.locale)
    leave = leave_token(config.secret, **keys, subscriber_id=subscriber_id)
    confirm = confirm_token(config.secret, **keys, subscriber_id=subscriber_id, at=reader.asked_at)
    leave_url = config.url(store.host, f"/newsletter/leave/{leave}")
    context = {
        "step": kind,
        "asked_at": reader.asked_at,
        "confirm_url": config.url(store.host, f"/newsletter/confirm/{confirm}"),
        "leave_url": leave_url,
        "base_url": config.url(store.host),
    }
    with app.test_request_context(base_url=config.url(store.host)):
        subject = render(store, "mail/newsletter.subject.txt", **context)
        html = render(store, "mail/newsletter.html", **context)
        plain = render(store, "mail/newsletter.txt", **context)
    moment = int(reader.mailed_at.timestamp())
    services.mailer.send(
        compose(
            sender=(store.name, config.mail_from),
            to=reader.email,
            subject=subject,
            text=plain,
            html=html,
            message_id=f"newsletter.{kind}.{subscriber_id}.{moment}@{config.platform_domain}",
            at=now,
            reply_to=store.support_email,
            unsubscribe=leave_url,
        )
    )
