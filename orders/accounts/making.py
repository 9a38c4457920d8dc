"""How an account comes to be: from an order that was just made, or from a form; and how its address proves
itself."""

from __future__ import annotations

import re
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from kit.errors import NotFound, Refusal
from kit.ids import new_id
from orders.accounts.closing import remove_accounts
from orders.accounts.links import Link, LinkSpent, ask_link, spend_link
from orders.accounts.models import Account
from orders.accounts.signing import open_session
from orders.models import Customer
from storage.database import insert_rows
from storage.tenancy import Tenant
from tenants import passwords

_EMAIL = re.compile(r"[^@\s\x00]{1,64}@[^@\s.\x00]+(\.[^@\s.\x00]+)+")


class HasAccount(Refusal):
    """An address that has just proven itself has an account here already."""

    def __init__(self) -> None:
        super().__init__("You have an account with this address already. Sign in with its password.")


def clean_email(typed: str, *, field: str = "email") -> str:
    """An address as it is kept, in small letters. Raises Refusal for what is none."""
    email = typed.strip().lower()
    if not _EMAIL.fullmatch(email) or len(email) > 254:
        raise Refusal("Enter your e-mail address, such as name@example.com.", field=field)
    return email


_ORDER = text("""
    SELECT o.order_id, o.customer_id, c.email FROM orders o
      JOIN customers c ON c.partner_id = o.partner_id AND c.customer_id = o.customer_id
     WHERE o.partner_id = :partner_id AND o.store_id = :store_id AND o.order_id = :order_id
       AND o.erase_asked_at IS NULL AND o.erased_at IS NULL AND c.erased_at IS NULL
""")


def make_from_order(
    session: Session,
    *,
    partner_id: UUID,
    store_id: UUID,
    order_id: UUID,
    password: str,
    browser: bytes,
    locale: str,
    now: datetime,
) -> str:
    """Make an account with the address of a paid order; return the cookie of its first session.

    Whoever sees the order has not proven that the address is theirs, so the account shows that order alone
    until the link that is mailed now is used. It is made beside one that the address may have already: the
    answer does not tell of it. Raises NotFound for an order that was not paid, and Refusal for a password
    that is too short or too long.
    """
    hashed = passwords.hash_password(password)
    keys = {"partner_id": partner_id, "store_id": store_id}
    order = session.execute(_ORDER, {**keys, "order_id": order_id}).one_or_none()
    if order is None:
        raise NotFound("There is no such order.")
    # Somebody who presses again means the newer password.
    earlier = session.scalars(
        select(Account.account_id).where(
            Account.partner_id == partner_id, Account.order_id == order_id, Account.proven_at.is_(None)
        )
    ).all()
    remove_accounts(session, partner_id=partner_id, account_ids=earlier)
    account_id = new_id()
    account = {
        **keys,
        "account_id": account_id,
        "customer_id": order.customer_id,
        "email": order.email,
        "password_hash": hashed,
        "order_id": order_id,
        "created_at": now,
    }
    insert_rows(session, Account, [account])
    _registered(session, partner_id, order.customer_id, now)
    ask_link(
        session, partner_id=partner_id, store_id=store_id, purpose="prove", email=order.email,
        account_id=account_id, browser=browser, locale=locale, now=now,
    )  # fmt: skip
    return open_session(session, partner_id=partner_id, account_id=account_id, now=now)


def ask_account(
    session: Session,
    *,
    partner_id: UUID,
    store_id: UUID,
    email: str,
    password: str,
    browser: bytes,
    host: str,
    locale: str,
    now: datetime,
) -> str:
    """Ask for an account with an address of which nothing is known yet; return the address as it is kept.

    The link that is mailed finishes it; an address that has an account gets a mail that says so. Raises
    Refusal at the field, and TooOften.
    """
    wanted = clean_email(email)
    hashed = passwords.hash_password(password)
    ask_link(
        session, partner_id=partner_id, store_id=store_id, purpose="register", email=wanted,
        password_hash=hashed, browser=browser, host=host, locale=locale, now=now,
    )  # fmt: skip
    return wanted


def judge_password(tenant: Tenant, *, link: Link, password: str) -> None:
    """Ask for the password of the account that a link is about: a link alone would let whoever owns the
    mailbox confirm the account of somebody who only typed its address. Raises Refusal."""
    known = link.password_hash
    if link.account_id is not None:
        with tenant.begin() as session:
            known = session.scalar(
                select(Account.password_hash).where(
                    Account.partner_id == tenant.partner_id, Account.account_id == link.account_id
                )
            )
    if not passwords.matches(known, password):
        raise Refusal("This is not your password.", field="password")


def finish_account(session: Session, *, partner_id: UUID, link: Link, now: datetime) -> str:
    """Make the account that was asked for with a link of the purpose ``register``; return the cookie of its
    first session. Raises LinkSpent, and HasAccount when the address got one meanwhile."""
    if link.password_hash is None:
        raise LinkSpent
    spend_link(session, partner_id=partner_id, link=link, now=now)
    keys = {"partner_id": partner_id, "store_id": link.store_id}
    if proven_account(session, **keys, email=link.email) is not None:
        raise HasAccount
    customer_id = _customer(session, partner_id, link.store_id, link.email, now)
    account_id = new_id()
    account = {
        **keys,
        "account_id": account_id,
        "customer_id": customer_id,
        "email": link.email,
        "password_hash": link.password_hash,
        "created_at": now,
        "proven_at": now,
    }
    insert_rows(session, Account, [account])
    _registered(session, partner_id, customer_id, now)
    _alone(session, partner_id, link.store_id, link.email, account_id)
    return open_session(session, partner_id=partner_id, account_id=account_id, now=now)


def prove_address(session: Session, *, partner_id: UUID, link: Link, now: datetime) -> str:
    """Let an account that was made from an order show all orders of its address; return the cookie of a new
    session. Raises LinkSpent, and HasAccount where the address has a proven account: this one is given up."""
    spend_link(session, partner_id=partner_id, link=link, now=now)
    account_id = link.account_id
    if account_id is None:
        raise LinkSpent
    known = proven_account(session, partner_id=partner_id, store_id=link.store_id, email=link.email)
    if known is not None and known != account_id:
        remove_accounts(session, partner_id=partner_id, account_ids=[account_id])
        raise HasAccount
    become_proven(
        session,
        partner_id=partner_id,
        store_id=link.store_id,
        account_id=account_id,
        email=link.email,
        now=now,
    )
    return open_session(session, partner_id=partner_id, account_id=account_id, now=now)


def become_proven(
    session: Session, *, partner_id: UUID, store_id: UUID, account_id: UUID, email: str, now: datetime
) -> None:
    """Note that an account's address is its shopper's. Others that waited for the address are given up."""
    session.execute(
        update(Account)
        .where(
            Account.partner_id == partner_id, Account.account_id == account_id, Account.proven_at.is_(None)
        )
        .values(proven_at=now)
    )
    _alone(session, partner_id, store_id, email, account_id)


def proven_account(session: Session, *, partner_id: UUID, store_id: UUID, email: str) -> UUID | None:
    """The proven account of an address in a store."""
    return session.scalar(
        select(Account.account_id).where(
            Account.partner_id == partner_id,
            Account.store_id == store_id,
            Account.email == email,
            Account.proven_at.is_not(None),
        )
    )


def any_account(
    session: Session, *, partner_id: UUID, store_id: UUID, email: str
) -> tuple[UUID, bool] | None:
    """The account of an address, and whether it is proven: the proven one, or else the newest."""
    row = session.execute(
        select(Account.account_id, Account.proven_at)
        .where(Account.partner_id == partner_id, Account.store_id == store_id, Account.email == email)
        .order_by(Account.proven_at.is_(None), Account.created_at.desc())
        .limit(1)
    ).one_or_none()
    return None if row is None else (row.account_id, row.proven_at is not None)


def _alone(session: Session, partner_id: UUID, store_id: UUID, email: str, account_id: UUID) -> None:
    others = session.scalars(
        select(Account.account_id).where(
            Account.partner_id == partner_id,
            Account.store_id == store_id,
            Account.email == email,
            Account.account_id != account_id,
        )
    ).all()
    remove_accounts(session, partner_id=partner_id, account_ids=others)


_NEW_CUSTOMER = text("""
    INSERT INTO customers (partner_id, customer_id, store_id, email, name, address, created_at)
    VALUES (:partner_id, :customer_id, :store_id, :email, '', '{}', :now)
    ON CONFLICT (partner_id, store_id, email) DO NOTHING
""")


def _customer(session: Session, partner_id: UUID, store_id: UUID, email: str, now: datetime) -> UUID:
    session.execute(
        _NEW_CUSTOMER,
        {
            "partner_id": partner_id, "customer_id": new_id(), "store_id": store_id, "email": email,
            "now": now,
        },
    )  # fmt: skip
    return session.scalars(
        select(Customer.customer_id).where(
            Customer.partner_id == partner_id, Customer.store_id == store_id, Customer.email == email
        )
    ).one()


def _registered(session: Session, partner_id: UUID, customer_id: UUID, now: datetime) -> None:
    session.execute(
        update(Customer)
        .where(
            Customer.partner_id == partner_id,
            Customer.customer_id == customer_id,
            Customer.registered_at.is_(None),
        )
        .values(registered_at=now)
    )
