"""Signing in to a shopper's account: guessing is slowed down, and the answer tells of nobody."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, text, update
from sqlalchemy.orm import Session

from kit.errors import Refusal
from kit.ids import new_token, token_hash
from orders.accounts.links import TooOften
from orders.accounts.models import Account, AccountSession
from storage.database import insert_rows
from storage.tenancy import Tenant
from tenants import passwords
from tenants.attempts import attempt_key, count_attempt, exhausted, forget_attempts

SESSION_LIFE = timedelta(days=30)
_ACCOUNT_LIMIT = 8
_HOST_LIMIT = 40


@dataclass(frozen=True, slots=True)
class Shopper:
    """Who is signed in to a store. ``order_id`` is the order that the account was made from; until the
    address is ``proven`` the account shows nothing but that one. ``name`` is that of the customer."""

    partner_id: UUID
    store_id: UUID
    account_id: UUID
    customer_id: UUID
    email: str
    name: str
    proven: bool
    order_id: UUID | None
    token_hash: bytes


# The proven account of an address, and the newest of those that wait.
_CANDIDATES = text("""
    SELECT DISTINCT ON (a.proven_at IS NULL) a.account_id, a.password_hash, a.proven_at FROM accounts a
     WHERE a.partner_id = :partner_id AND a.store_id = :store_id AND a.email = :email
     ORDER BY a.proven_at IS NULL, a.created_at DESC
""")


def sign_in(tenant: Tenant, *, store_id: UUID, email: str, password: str, host: str, now: datetime) -> str:
    """Check a password and open a session; return the session's cookie.

    Failures count for the address in this store and for the network address ``host``, each within fifteen
    minutes, whether or not there is an account. Raises Refusal, in the same words for both.
    """
    email = email.strip().lower()
    limits = _limits(store_id, email, host)
    with tenant.begin() as session:
        if exhausted(session, limits, now):
            raise TooOften
        found = session.execute(
            _CANDIDATES, {"partner_id": tenant.partner_id, "store_id": store_id, "email": email}
        ).all()
    # The slow checks are made outside of any transaction, and there are always two: an address takes as
    # long with one account, with several, and with none.
    proven = next((row for row in found if row.proven_at), None)
    waiting = next((row for row in found if not row.proven_at), None)
    right = [
        row
        for row in (proven, waiting)
        if passwords.matches(row.password_hash if row else None, password) and row is not None
    ]
    if not right:
        with tenant.begin() as session:
            count_attempt(session, limits, now)
        raise Refusal("This e-mail address and password do not belong together.", field="email")
    with tenant.begin() as session:
        forget_attempts(session, next(iter(limits)))
        keys = {"partner_id": tenant.partner_id, "account_id": right[0].account_id}
        if passwords.outdated(right[0].password_hash):
            store_password(session, **keys, password_hash=passwords.hash_password(password))
        return open_session(session, **keys, now=now)


def confirm_password(tenant: Tenant, *, shopper: Shopper, password: str, host: str, now: datetime) -> None:
    """Ask a shopper for the password again, before something that a stolen session must not do. Failures
    count as those of signing in do. Raises Refusal at the field ``now``."""
    limits = _limits(shopper.store_id, shopper.email, host)
    with tenant.begin() as session:
        if exhausted(session, limits, now):
            raise TooOften("now")
        known = session.execute(
            _PASSWORD, {"partner_id": tenant.partner_id, "account_id": shopper.account_id}
        ).scalar()
    if not passwords.matches(known, password):
        with tenant.begin() as session:
            count_attempt(session, limits, now)
        raise Refusal("This is not your password.", field="now")


_PASSWORD = text("""
    SELECT a.password_hash FROM accounts a
     WHERE a.partner_id = :partner_id AND a.account_id = :account_id
""")


def _limits(store_id: UUID, email: str, host: str) -> dict[bytes, int]:
    return {
        attempt_key("shopper", f"{store_id}:{email}"): _ACCOUNT_LIMIT,
        attempt_key("address", host): _HOST_LIMIT,
    }


def forget_guesses(session: Session, *, store_id: UUID, email: str) -> None:
    """Forget what was counted for an address that leaves."""
    forget_attempts(
        session,
        attempt_key("shopper", f"{store_id}:{email}"),
        attempt_key("shopper-mail", f"{store_id}:{email}"),
    )


def open_session(session: Session, *, partner_id: UUID, account_id: UUID, now: datetime) -> str:
    """Open a session and return its cookie. Every sign-in gets a new one, so none can be planted."""
    token = new_token()
    row = {
        "partner_id": partner_id,
        "token_hash": token_hash(token),
        "account_id": account_id,
        "created_at": now,
        "expires_at": now + SESSION_LIFE,
    }
    insert_rows(session, AccountSession, [row])
    return token


_WHO = text("""
    SELECT a.account_id, a.customer_id, a.email, a.proven_at, a.order_id, c.name
      FROM account_sessions s
      JOIN accounts a ON a.partner_id = s.partner_id AND a.account_id = s.account_id
      JOIN customers c ON c.partner_id = a.partner_id AND c.customer_id = a.customer_id
     WHERE s.partner_id = :partner_id AND s.token_hash = :token_hash AND s.expires_at > :now
       AND a.store_id = :store_id
""")


def who(session: Session, *, partner_id: UUID, store_id: UUID, token: str, now: datetime) -> Shopper | None:
    """Whose session a cookie is; None when it is unknown, over, or of another store."""
    hashed = token_hash(token)
    row = session.execute(
        _WHO, {"partner_id": partner_id, "store_id": store_id, "token_hash": hashed, "now": now}
    ).one_or_none()
    if row is None:
        return None
    return Shopper(
        partner_id=partner_id,
        store_id=store_id,
        account_id=row.account_id,
        customer_id=row.customer_id,
        email=row.email,
        name=row.name,
        proven=row.proven_at is not None,
        order_id=row.order_id,
        token_hash=hashed,
    )


def sign_out(session: Session, *, partner_id: UUID, token: str) -> None:
    """End a session."""
    session.execute(
        delete(AccountSession).where(
            AccountSession.partner_id == partner_id, AccountSession.token_hash == token_hash(token)
        )
    )


def end_sessions(session: Session, *, partner_id: UUID, account_id: UUID) -> None:
    """End every session of an account, as after a change of its password."""
    session.execute(
        delete(AccountSession).where(
            AccountSession.partner_id == partner_id, AccountSession.account_id == account_id
        )
    )


def store_password(session: Session, *, partner_id: UUID, account_id: UUID, password_hash: str) -> None:
    """Keep a new password's hash."""
    session.execute(
        update(Account)
        .where(Account.partner_id == partner_id, Account.account_id == account_id)
        .values(password_hash=password_hash)
    )
