"""Changing what a shopper signs in with: a password that is known or forgotten, and the address."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select, text, update
from sqlalchemy.orm import Session

from kit.errors import Refusal
from orders.accounts.links import Link, LinkSpent, ask_link, spend_link
from orders.accounts.making import HasAccount, any_account, become_proven, clean_email, proven_account
from orders.accounts.models import Account, AccountAddress
from orders.accounts.signing import Shopper, end_sessions, forget_guesses, open_session, store_password
from orders.models import Customer
from tenants import passwords


def change_password(session: Session, *, shopper: Shopper, password: str, now: datetime) -> str:
    """Set a new password; every session ends. Returns the cookie of a new one. Raises Refusal."""
    keys = {"partner_id": shopper.partner_id, "account_id": shopper.account_id}
    store_password(session, **keys, password_hash=passwords.hash_password(password))
    end_sessions(session, **keys)
    return open_session(session, **keys, now=now)


def set_forgotten(session: Session, *, partner_id: UUID, link: Link, password: str, now: datetime) -> str:
    """Set a new password with a link of the purpose ``reset``; every session ends. Returns the cookie of a
    new one. Raises LinkSpent, and Refusal for a bad password.

    The link proves the address as well. What somebody kept in an account before it was proven is dropped: it
    may have been somebody else.
    """
    hashed = passwords.hash_password(password)
    spend_link(session, partner_id=partner_id, link=link, now=now)
    found = any_account(session, partner_id=partner_id, store_id=link.store_id, email=link.email)
    if found is None:
        raise LinkSpent
    account_id, proven = found
    keys = {"partner_id": partner_id, "account_id": account_id}
    store_password(session, **keys, password_hash=hashed)
    end_sessions(session, **keys)
    if not proven:
        session.execute(
            delete(AccountAddress).where(
                AccountAddress.partner_id == partner_id, AccountAddress.account_id == account_id
            )
        )
        become_proven(session, **keys, store_id=link.store_id, email=link.email, now=now)
    forget_guesses(session, store_id=link.store_id, email=link.email)
    return open_session(session, **keys, now=now)


def ask_email(
    session: Session, *, shopper: Shopper, email: str, browser: bytes, host: str, locale: str, now: datetime
) -> str:
    """Ask for another address of an account; it counts as soon as the link that is mailed to it is used.
    Returns it as it is kept. Raises Refusal at the field, and TooOften."""
    wanted = clean_email(email)
    if wanted == shopper.email:
        raise Refusal("This is your address already.", field="email")
    if not shopper.proven:
        raise Refusal("Confirm the address that you have first. We have sent you a link.", field="email")
    ask_link(
        session, partner_id=shopper.partner_id, store_id=shopper.store_id, purpose="email", email=wanted,
        account_id=shopper.account_id, browser=browser, host=host, locale=locale, now=now,
    )  # fmt: skip
    return wanted


_MOVED = text("""
    UPDATE orders o SET customer_id = :to_id WHERE o.partner_id = :partner_id AND o.customer_id = :from_id
""")


def change_email(session: Session, *, partner_id: UUID, link: Link, now: datetime) -> str:
    """Let an account have the address that a link of the purpose ``email`` has proven; every session ends.
    Returns the cookie of a new one.

    What was bought with either address stands in the account from now on. Raises LinkSpent, and HasAccount
    where the new address has an account of its own.
    """
    spend_link(session, partner_id=partner_id, link=link, now=now)
    row = session.execute(
        select(Account.account_id, Account.customer_id)
        .where(
            Account.partner_id == partner_id,
            Account.account_id == link.account_id,
            Account.proven_at.is_not(None),
        )
        .with_for_update()
    ).one_or_none()
    if row is None:
        raise LinkSpent
    if proven_account(session, partner_id=partner_id, store_id=link.store_id, email=link.email) is not None:
        raise HasAccount
    _one_customer(session, partner_id, link, row.customer_id)
    keys = {"partner_id": partner_id, "account_id": row.account_id}
    session.execute(
        update(Account)
        .where(Account.partner_id == partner_id, Account.account_id == row.account_id)
        .values(email=link.email)
    )
    become_proven(session, **keys, store_id=link.store_id, email=link.email, now=now)
    end_sessions(session, **keys)
    return open_session(session, **keys, now=now)


def _one_customer(session: Session, partner_id: UUID, link: Link, customer_id: UUID) -> None:
    """Let the customer have the new address; a customer that has it already becomes the same one."""
    other = session.scalar(
        select(Customer.customer_id).where(
            Customer.partner_id == partner_id,
            Customer.store_id == link.store_id,
            Customer.email == link.email,
        )
    )
    if other is not None:
        session.execute(_MOVED, {"partner_id": partner_id, "from_id": other, "to_id": customer_id})
        session.execute(
            update(Account)
            .where(Account.partner_id == partner_id, Account.customer_id == other)
            .values(customer_id=customer_id)
        )
        session.execute(
            delete(Customer).where(Customer.partner_id == partner_id, Customer.customer_id == other)
        )
    session.execute(
        update(Customer)
        .where(Customer.partner_id == partner_id, Customer.customer_id == customer_id)
        .values(email=link.email)
    )
