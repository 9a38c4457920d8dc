"""Mail about support cases: what is answered goes to the shopper in the store's brand, and store and company
are told in plain words that something waits for them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from email.message import Message
from uuid import UUID

from flask import Flask
from sqlalchemy import text

from app.config import Config
from app.mail.mailer import compose
from app.mail.orders import TOLD
from app.services import Services
from app.store.links import case_token
from app.store.rendering import render
from orders.cases.reading import CaseEntryView, CaseView, read_case
from orders.models import SentMail
from storage.database import insert_rows
from storage.tenancy import Tenant
from tenants.storefront import Storefront, read_storefront_with

_MAILED = text("""
    UPDATE case_entries AS e SET mailed_at = :now
     WHERE e.partner_id = :partner_id AND e.entry_id = :entry_id AND e.mailed_at IS NULL
""")


@dataclass(frozen=True, slots=True)
class _About:
    """What mails about an entry are written from. ``first`` is whether the case begins with it."""

    config: Config
    app: Flask
    store: Storefront
    case: CaseView
    entry: CaseEntryView
    first: bool
    partners: list[str]
    company: str
    now: datetime


def send_case_mails(
    services: Services, app: Flask, *, tenant: Tenant, case_id: UUID, entry_id: UUID, now: datetime
) -> None:
    """Tell those who are to know of an entry, once. A crash before it is noted sends again, under the same
    Message-ID."""
    keys = {"partner_id": tenant.partner_id}
    with tenant.begin() as session:
        case = read_case(session, partner_id=tenant.partner_id, case_id=case_id)
        store, row = read_storefront_with(session, **keys, store_id=case.store_id, more=TOLD)
    place = next(place for place, each in enumerate(case.entries) if each.entry_id == entry_id)
    entry = case.entries[place]
    if entry.mailed_at is not None:
        return
    about = _About(
        services.config, app, store, case, entry, place == 0, row.partners or [], row.company_email, now
    )
    shoppers = _to_shopper(about)
    for message in (*shoppers, *_to_partner(about), *_to_company(about)):
        services.mailer.send(message)
    with tenant.begin() as session:
        session.execute(_MAILED, {**keys, "entry_id": entry_id, "now": now})
        if shoppers and case.order_id:
            sent = {
                **keys,
                "order_id": case.order_id,
                "kind": f"case_{'opened' if place == 0 else 'answer'}:{entry_id}",
                "message_id": _message_id(about, "shopper"),
                "sent_at": now,
            }
            insert_rows(session, SentMail, [sent], unless_there=True)


def _to_shopper(about: _About) -> list[Message]:
    """That its message has arrived, with the link to the thread, or what was answered. The first one says
    nothing of what was typed: somebody may have typed another one's address."""
    case, entry, config = about.case, about.entry, about.config
    if entry.kind != "message" or (entry.side == "shopper" and not about.first) or not case.email:
        return []
    store = replace(about.store, locale=case.locale or about.store.locale)
    token = case_token(config.secret, partner_id=case.partner_id, case_id=case.case_id)
    context = {
        "step": "opened" if about.first else "answer",
        "case": case,
        "who": store.company_name if entry.side == "company" else store.name,
        "said_words": "" if about.first else entry.body,
        "case_url": config.url(store.host, f"/support/{token}"),
        "base_url": config.url(store.host),
    }
    with about.app.test_request_context(base_url=config.url(store.host)):
        subject = render(store, "mail/case.subject.txt", **context)
        html = render(store, "mail/case.html", **context)
        plain = render(store, "mail/case.txt", **context)
    return [
        compose(
            sender=(store.name, config.mail_from),
            to=case.email,
            subject=subject,
            text=plain,
            html=html,
            message_id=_message_id(about, "shopper"),
            at=about.now,
            reply_to=store.support_email,
        )
    ]


def _to_partner(about: _About) -> list[Message]:
    """What customer or company have done. Who the customer is stands in the portal, as it is granted."""
    case, store = about.case, about.store
    match about.entry.side, about.entry.kind:
        case "shopper", "message":
            what = "A customer has written" if about.first else "The customer has written again"
        case "shopper", "company":
            what = f"The customer has asked {store.company_name} to look at it too"
        case "company", "message":
            what = f"{store.company_name} has answered the customer"
        case "company", "note":
            what = f"{store.company_name} has left a note for you"
        case "company", "back":
            what = f"{store.company_name} leaves it to you"
        case _:
            return []
    address = about.config.url(about.config.portal_host, f"/support/{case.case_id}")
    return [
        _notice(
            about,
            to,
            index,
            f"Case {case.number} in {store.name}: {what[0].lower()}{what[1:]}",
            what,
            address,
        )
        for index, to in enumerate(about.partners)
    ]


def _to_company(about: _About) -> list[Message]:
    """What waits for the company, once it is beside them."""
    case, store = about.case, about.store
    if case.company_since is None or about.entry.side == "company" or about.entry.at < case.company_since:
        return []
    match about.entry.side, about.entry.kind:
        case "shopper", "message":
            what = "The customer has written again"
        case "shopper", "company":
            what = "The customer asks you to look at it"
        case "store", "company":
            what = f"{case.partner} asks for your help"
        case "store", "note":
            what = f"{case.partner} has left a note for you"
        case _:
            return []
    address = about.config.url(about.config.console_host, f"/cases/{case.partner_id}/{case.case_id}")
    subject = f"Case {case.number} in {store.name}: {what[0].lower()}{what[1:]}"
    return [_notice(about, about.company, "company", subject, what, address)]


def _notice(about: _About, to: str, reader: int | str, subject: str, what: str, address: str) -> Message:
    order = f", about order {about.case.order_number}" if about.case.order_number else ""
    return compose(
        sender=(about.store.company_name, about.config.mail_from),
        to=to,
        subject=subject,
        text=f"{what}: case {about.case.number} in {about.store.name}{order}.\n\n{address}\n",
        message_id=_message_id(about, reader),
        at=about.now,
    )


def _message_id(about: _About, reader: int | str) -> str:
    return f"case.{reader}.{about.entry.entry_id}@{about.config.platform_domain}"
