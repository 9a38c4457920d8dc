"""Mail about orders: the shopper's in the store's brand, the partner's in plain words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from email.message import Message
from uuid import UUID

from flask import Flask

from app.config import Config
from app.languages import say
from app.mail.mailer import compose
from app.mail.partners import in_utc
from app.services import Services
from app.store.links import order_token
from app.store.rendering import render
from orders.models import SentMail
from orders.reading import read_order
from orders.view import OrderView
from payments.disputes.reading import DisputeView, disputes_of_order
from payments.refunds.reading import RefundView, refunds_of_order
from payments.returns.reading import ReturnView, read_return
from payments.returns.requests import RequestView, read_request
from storage.database import insert_rows
from storage.tenancy import Tenant
from tenants.company import read_company
from tenants.storefront import Storefront, read_storefront_with


def send_order_mails(
    services: Services, app: Flask, *, tenant: Tenant, order_id: UUID, kinds: tuple[str, ...], now: datetime
) -> None:
    """Send those mails about an order that were not sent before, and record them. A kind may name what it is
    about, such as ``refunded:`` with a refund's key.

    The transaction that spans the sending has only read, so it holds no lock while the mail server
    is spoken to. A crash before it commits sends again, under the same Message-ID.
    """
    with tenant.begin() as session:
        order = read_order(session, partner_id=tenant.partner_id, order_id=order_id)
        store, row = read_storefront_with(
            session, partner_id=tenant.partner_id, store_id=order.store_id, more=TOLD
        )
        # The timeline also tells of the parcel itself; only what begins with "mail_" is a mail.
        sent = {e.kind.removeprefix("mail_") for e in order.timeline if e.kind.startswith("mail_")}
        done = []
        for kind in kinds:
            if kind in sent:
                continue
            if order.erased_at is not None and kind.partition(":")[0] in _TO_SHOPPERS:
                # Nobody is left to write to.
                continue
            message_id = f"{kind.replace(':', '.')}.{order_id}@{services.config.platform_domain}"
            name, _, about = kind.partition(":")
            # The shopper is written to in the language that it bought in.
            spoken = replace(store, locale=order.locale or store.locale)
            letter = _Letter(
                services.config, app, spoken, order, row.partners or [], row.company_email, message_id, now
            )
            keys = {"partner_id": tenant.partner_id, "order_id": order_id}
            if name == "refunded":
                letter.refund = next(
                    r for r in refunds_of_order(session, **keys) if str(r.refund_id) == about
                )
            elif name.startswith("return_"):
                letter.back = read_return(session, partner_id=tenant.partner_id, return_id=UUID(about))
                letter.instructions = read_company(session).return_instructions
            elif name == "request_declined":
                letter.request = read_request(session, partner_id=tenant.partner_id, request_id=UUID(about))
            elif about:
                letter.dispute = next(
                    d for d in disputes_of_order(session, **keys) if str(d.dispute_id) == about
                )
            for message in _WRITERS[name](letter):
                services.mailer.send(message)
            done.append(
                {
                    "partner_id": tenant.partner_id,
                    "order_id": order_id,
                    "kind": kind,
                    "message_id": message_id,
                    "sent_at": now,
                }
            )
        insert_rows(session, SentMail, done, unless_there=True)


# Who is told of a sale: everybody of the partner who looks after orders.
TOLD = """
    (SELECT c.support_email FROM company c) AS company_email,
    (SELECT array_agg(u.email ORDER BY u.email) FROM memberships m JOIN people u USING (person_id)
      WHERE m.partner_id = s.partner_id AND m.role IN ('owner', 'manager', 'support')) AS partners
"""


@dataclass(slots=True)
class _Letter:
    """What a mail about an order is written from. A refund, a dispute, a return or a partner's request is
    there where the mail names one."""

    config: Config
    app: Flask
    store: Storefront
    order: OrderView
    partners: list[str]
    company: str
    message_id: str
    now: datetime
    refund: RefundView | None = None
    dispute: DisputeView | None = None
    back: ReturnView | None = None
    request: RequestView | None = None
    instructions: str = ""


def _to_shopper(template: str, step: str = "") -> Callable[[_Letter], list[Message]]:
    def write(about: _Letter) -> list[Message]:
        config, store, order = about.config, about.store, about.order
        token = order_token(config.secret, partner_id=order.partner_id, order_id=order.order_id)
        context = {
            "order": order,
            "refund": about.refund,
            "back": about.back,
            "step": step,
            "instructions": about.instructions,
            "shipment": order.shipments[-1] if order.shipments else None,
            "tracking_url": config.url(store.host, f"/order/{token}"),
            "base_url": config.url(store.host),
        }
        with about.app.test_request_context(base_url=config.url(store.host)):
            subject = render(store, f"mail/{template}.subject.txt", **context)
            html = render(store, f"mail/{template}.html", **context)
            plain = render(store, f"mail/{template}.txt", **context)
        return [
            compose(
                sender=(store.name, config.mail_from),
                to=order.email,
                subject=subject,
                text=plain,
                html=html,
                message_id=about.message_id,
                at=about.now,
                reply_to=store.support_email,
            )
        ]

    return write


def _notice(about: _Letter) -> list[Message]:
    config, store, order = about.config, about.store, about.order
    goods = "\n".join(
        f"  {line.quantity} × {line.product_title}"
        f"{', ' + line.variant_title if line.variant_title else ''}: you earn {line.margin}"
        for line in order.lines
    )
    address = config.url(config.portal_host, f"/orders/{order.order_id}")
    return [
        compose(
            sender=(store.company_name, config.mail_from),
            to=to,
            subject=f"Order {order.number} in {store.name}: you earn {order.margin}",
            text=f"{store.name} has sold:\n\n{goods}\n\nYou earn {order.margin}.\n\n{address}\n",
            message_id=f"{index}.{about.message_id}",
            at=about.now,
        )
        for index, to in enumerate(about.partners)
    ]


def _unsold(about: _Letter) -> list[Message]:
    config, store, order = about.config, about.store, about.order
    return [
        compose(
            sender=(store.name, config.mail_from),
            to=order.email,
            subject=say(
                store.locale, "Order %(number)s: sold out, and refunded in full", number=order.number
            ),
            text=say(
                store.locale,
                "Your payment for order %(number)s arrived after the last piece had gone. We are sorry. We"
                " have given back all of it, %(amount)s; your bank shows it within some days.",
                number=order.number,
                amount=order.total,
            )
            + f"\n\n{store.name}\n",
            message_id=about.message_id,
            at=about.now,
            reply_to=store.support_email,
        )
    ]


def _to_both(
    write: Callable[[_Letter, DisputeView], tuple[str, str, str]],
) -> Callable[[_Letter], list[Message]]:
    """A mail about a dispute: subject and text for the company, and the text for the partner's people."""

    def letters(about: _Letter) -> list[Message]:
        config, store, order = about.config, about.store, about.order
        assert about.dispute is not None
        subject, ours, theirs = write(about, about.dispute)
        console = config.url(config.console_host, f"/orders/{order.partner_id}/{order.order_id}")
        portal = config.url(config.portal_host, f"/orders/{order.order_id}")
        readers = [(about.company, f"{ours}\n\n{console}\n")]
        readers += [(to, f"{theirs}\n\n{portal}\n") for to in about.partners]
        return [
            compose(
                sender=(store.company_name, config.mail_from),
                to=to,
                subject=subject,
                text=words,
                message_id=f"{index}.{about.message_id}",
                at=about.now,
            )
            for index, (to, words) in enumerate(readers)
        ]

    return letters


@_to_both
def _disputed(about: _Letter, dispute: DisputeView) -> tuple[str, str, str]:
    order, store = about.order, about.store
    asks = "asks about" if dispute.state == "inquiry" else "wants back"
    due = f" by {in_utc(dispute.due_at)}" if dispute.due_at else ""
    what = f"The shopper's bank {asks} {dispute.amount} of order {order.number} in {store.name}:"
    return (
        f"Order {order.number}: a bank {asks} {dispute.amount}",
        f"{what} {dispute.reason}. Answer{due}, or it is lost.",
        f"{what} {dispute.reason}. Your margin of this order is held until the bank has decided."
        f" {store.company_name} answers it; tell them what you know.",
    )


@_to_both
def _decided(about: _Letter, dispute: DisputeView) -> tuple[str, str, str]:
    order, store = about.order, about.store
    if dispute.state == "lost":
        what = f"The bank has taken {dispute.amount} of order {order.number} in {store.name} back for good."
        return (
            f"Order {order.number}: the dispute is lost",
            f"{what} The order's ledger says who bears it.",
            f"{what} Your margin of it is taken back with it; your earnings say how much.",
        )
    what = f"The bank has decided that {dispute.amount} of order {order.number} in {store.name} stay paid."
    return (
        f"Order {order.number}: the dispute is over",
        f"{what} The partner's margin is released.",
        f"{what} Your margin is no longer held.",
    )


def _request_declined(about: _Letter) -> list[Message]:
    config, store, order = about.config, about.store, about.order
    assert about.request is not None
    address = config.url(config.portal_host, f"/orders/{order.order_id}")
    return [
        compose(
            sender=(store.company_name, config.mail_from),
            to=to,
            subject=f"Order {order.number}: {store.company_name} does not refund {about.request.amount}",
            text=(
                f"{about.request.asked_by} asked for a refund of {about.request.amount} for order"
                f" {order.number} in {store.name}. {store.company_name} does not give it:\n\n"
                f"{about.request.declined_for}\n\n{address}\n"
            ),
            message_id=f"{index}.{about.message_id}",
            at=about.now,
        )
        for index, to in enumerate(about.partners)
    ]


# What goes to whoever bought; the rest goes to the partner and the company.
_TO_SHOPPERS = frozenset(
    "receipt shipped unsold refunded return_asked return_accepted return_declined return_received".split()
)
_WRITERS: dict[str, Callable[[_Letter], list[Message]]] = {
    "receipt": _to_shopper("receipt"),
    "shipped": _to_shopper("shipped"),
    "unsold": _unsold,
    "refunded": _to_shopper("refunded"),
    "return_asked": _to_shopper("return", "asked"),
    "return_accepted": _to_shopper("return", "accepted"),
    "return_declined": _to_shopper("return", "declined"),
    "return_received": _to_shopper("return", "received"),
    "request_declined": _request_declined,
    "notice": _notice,
    "disputed": _disputed,
    "decided": _decided,
}
