"""What is mailed to a shopper's address on its wish: asked for here, sent by a job, used once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, delete, select, text, update
from sqlalchemy.orm import Session

from kit.errors import Refusal
from kit.ids import new_id, new_token, token_hash
from orders.accounts.models import AccountSession, ShopperLink
from storage.database import insert_rows
from storage.jobs import Job, enqueue
from tenants.attempts import attempt_key, count_attempt, exhausted

LIVES = {
    "register": timedelta(hours=24),
    "prove": timedelta(days=7),
    "reset": timedelta(hours=1),
    "email": timedelta(hours=24),
    "data": timedelta(hours=24),
    "find": timedelta(hours=1),
}
JOB = "shopper.link"
# Within fifteen minutes: mails to one address of a store, and wishes from one network address.
_MAIL_LIMIT = 6
_HOST_LIMIT = 20
_SWEEP_AFTER = timedelta(days=2)


class LinkSpent(Refusal):
    """The link was used, has expired, or never was. Which of them is not told."""

    def __init__(self) -> None:
        super().__init__("This link no longer works. Ask for a new one.")


class TooOften(Refusal):
    """Somebody asks more often than people do."""

    def __init__(self, field: str = "email") -> None:
        super().__init__("Too many tries. Wait fifteen minutes.", field=field)


@dataclass(frozen=True, slots=True)
class Link:
    """A link: see ``orders.accounts.models.ShopperLink``."""

    link_id: UUID
    store_id: UUID
    purpose: str
    email: str
    account_id: UUID | None
    number: int | None
    password_hash: str | None
    browser: bytes | None
    locale: str
    expires_at: datetime


def ask_link(
    session: Session,
    *,
    partner_id: UUID,
    store_id: UUID,
    purpose: str,
    email: str,
    locale: str,
    now: datetime,
    host: str = "",
    account_id: UUID | None = None,
    number: int | None = None,
    password_hash: str | None = None,
    browser: bytes | None = None,
) -> None:
    """Let a link be mailed to an address. Whether anything is sent is decided by the job that writes the
    mail: what happens here is the same for an address that is known and for one that is not.

    ``host`` is the network address that asks. An address that was written to often lately gets no more for a
    while, and nobody is told. Raises TooOften when too much is asked from one network address.
    """
    mailbox = attempt_key("shopper-mail", f"{store_id}:{email}")
    asker = attempt_key("shopper-asks", host)
    if host and exhausted(session, {asker: _HOST_LIMIT}, now):
        raise TooOften
    silent = exhausted(session, {mailbox: _MAIL_LIMIT}, now)
    count_attempt(session, [mailbox, *([asker] if host else [])], now)
    if silent:
        return
    link = {
        "partner_id": partner_id,
        "link_id": new_id(),
        "store_id": store_id,
        "purpose": purpose,
        "email": email,
        "account_id": account_id,
        "number": number,
        "password_hash": password_hash,
        "browser": browser,
        "locale": locale,
        "created_at": now,
        "expires_at": now + LIVES[purpose],
    }
    insert_rows(session, ShopperLink, [link])
    enqueue(session, Job(JOB, {"partner_id": str(partner_id), "link_id": str(link["link_id"])}))


def read_link(session: Session, *, partner_id: UUID, link_id: UUID, now: datetime) -> Link | None:
    """A link that is still to be mailed or used; None when its time is over."""
    row = session.execute(
        select(ShopperLink.__table__).where(
            ShopperLink.partner_id == partner_id,
            ShopperLink.link_id == link_id,
            ShopperLink.used_at.is_(None),
            ShopperLink.expires_at > now,
        )
    ).one_or_none()
    return _link(row) if row is not None else None


def give_token(session: Session, *, partner_id: UUID, link_id: UUID) -> str:
    """Make the token that a link is opened with; one that was made before opens it no more."""
    token = new_token()
    session.execute(
        update(ShopperLink)
        .where(ShopperLink.partner_id == partner_id, ShopperLink.link_id == link_id)
        .values(token_hash=token_hash(token))
    )
    return token


def peek_link(
    session: Session,
    *,
    partner_id: UUID,
    store_id: UUID,
    token: str,
    purposes: tuple[str, ...],
    now: datetime,
) -> Link:
    """What a token opens in a store, without using it. Raises LinkSpent."""
    row = session.execute(
        select(ShopperLink.__table__).where(
            ShopperLink.partner_id == partner_id,
            ShopperLink.store_id == store_id,
            ShopperLink.token_hash == token_hash(token),
            ShopperLink.purpose.in_(purposes),
            ShopperLink.used_at.is_(None),
            ShopperLink.expires_at > now,
        )
    ).one_or_none()
    if row is None:
        raise LinkSpent
    return _link(row)


def spend_link(session: Session, *, partner_id: UUID, link: Link, now: datetime) -> None:
    """Use a link. Raises LinkSpent, also for the second of two that use it at the same moment."""
    used = session.execute(
        update(ShopperLink)
        .where(
            ShopperLink.partner_id == partner_id,
            ShopperLink.link_id == link.link_id,
            ShopperLink.used_at.is_(None),
            ShopperLink.expires_at > now,
        )
        .values(used_at=now)
        .returning(ShopperLink.link_id)
    ).scalar()
    if used is None:
        raise LinkSpent


def sweep_links(session: Session, *, now: datetime) -> None:
    """Throw away links and sessions of all partners that are over. Only as the company's role."""
    session.execute(delete(ShopperLink).where(ShopperLink.expires_at < now - _SWEEP_AFTER))
    session.execute(delete(AccountSession).where(AccountSession.expires_at < now))


_FOUND = text("""
    SELECT o.order_id FROM orders o
     WHERE o.partner_id = :partner_id AND o.store_id = :store_id AND o.number = :number
       AND lower(o.email) = :email AND o.paid_at IS NOT NULL AND o.erased_at IS NULL
""")


def found_order(session: Session, *, partner_id: UUID, link: Link) -> UUID | None:
    """The order that a link of the purpose ``find`` is about, where number and address fit."""
    return session.execute(
        _FOUND,
        {
            "partner_id": partner_id,
            "store_id": link.store_id,
            "number": link.number,
            "email": link.email,
        },
    ).scalar()


def _link(row: Row[Any]) -> Link:
    return Link(
        link_id=row.link_id,
        store_id=row.store_id,
        purpose=row.purpose,
        email=row.email,
        account_id=row.account_id,
        number=row.number,
        password_hash=row.password_hash,
        browser=row.browser,
        locale=row.locale,
        expires_at=row.expires_at,
    )
