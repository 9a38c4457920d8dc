"""Signing in: accounts, limits that survive restarts, sessions that can be revoked, links that work once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Engine, insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from kit.errors import NotFound, Refusal
from kit.ids import new_id, new_token, token_hash
from storage.database import transaction
from tenants import passwords
from tenants.attempts import attempt_key, count_attempt, exhausted, forget_attempts
from tenants.models import Membership, OneTimeLink, Person, WebSession

SESSION_LIFE = timedelta(days=14)
INVITATION_LIFE = timedelta(days=7)
RESET_LIFE = timedelta(hours=1)
_ACCOUNT_LIMIT = 8
_ADDRESS_LIMIT = 40
# Seen-at is written at most this often, so that reading a page is not a write.
_SEEN_EVERY = timedelta(minutes=5)


class SignInRefused(Refusal):
    """The e-mail address and password do not belong together, or there were too many tries.

    The message is the same whether or not such an account exists.
    """


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who sent a request. ``role`` is that of the membership in use, or of the company's staff."""

    person_id: UUID
    email: str
    name: str
    face: str
    role: str
    partner_id: UUID | None
    partner_ids: tuple[UUID, ...]
    token_hash: bytes


def sign_in(
    engine: Engine, *, face: str, email: str, password: str, address: str, user_agent: str, now: datetime
) -> str:
    """Check a password and open a session; return the session's cookie.

    Failures count for the account and for the network address, each within fifteen minutes, whether
    or not the account exists. Raises SignInRefused.
    """
    email = email.strip().lower()
    keys = {attempt_key("account", email): _ACCOUNT_LIMIT, attempt_key("address", address): _ADDRESS_LIMIT}
    with transaction(engine) as session:
        if exhausted(session, keys, now):
            raise SignInRefused(
                "Too many tries. Wait fifteen minutes, or reset your password.", field="email"
            )
        person = session.scalar(select(Person).where(Person.email == email))
        allowed = person is not None and _may_enter(session, person, face)
    # The slow check is made outside of any transaction.
    right = passwords.matches(person.password_hash if person else None, password)
    if not (person and right and allowed):
        with transaction(engine) as session:
            count_attempt(session, keys, now)
        raise SignInRefused("This e-mail address and password do not belong together.", field="email")
    with transaction(engine) as session:
        forget_attempts(session, attempt_key("account", email))
        if person.password_hash and passwords.outdated(person.password_hash):
            set_password(session, person_id=person.person_id, password=password)
        return open_session(session, face=face, person_id=person.person_id, user_agent=user_agent, now=now)


def confirm_password(engine: Engine, *, email: str, password: str, address: str, now: datetime) -> None:
    """Ask somebody who is signed in for the password again, before something that a stolen session must not
    do. Failures count as those of signing in do. Raises Refusal at the field password."""
    keys = {attempt_key("account", email): _ACCOUNT_LIMIT, attempt_key("address", address): _ADDRESS_LIMIT}
    with transaction(engine) as session:
        if exhausted(session, keys, now):
            raise Refusal("Too many tries. Wait fifteen minutes, or reset your password.", field="password")
        known = session.scalar(select(Person.password_hash).where(Person.email == email))
    # The slow check is made outside of any transaction.
    if not passwords.matches(known, password):
        with transaction(engine) as session:
            count_attempt(session, keys, now)
        raise Refusal("This is not your password.", field="password")


def _may_enter(session: Session, person: Person, face: str) -> bool:
    if face == "console":
        return person.console_role is not None
    found = session.execute(
        select(Membership.person_id).where(Membership.person_id == person.person_id).limit(1)
    )
    return found.first() is not None


def open_session(
    session: Session,
    *,
    face: str,
    person_id: UUID,
    user_agent: str,
    now: datetime,
    partner_id: UUID | None = None,
) -> str:
    """Open a session and return its cookie. Every sign-in gets a new one, so none can be planted."""
    token = new_token()
    if face == "portal" and partner_id is None:
        partner_id = session.scalar(
            select(Membership.partner_id)
            .where(Membership.person_id == person_id)
            .order_by(Membership.created_at)
            .limit(1)
        )
    session.execute(
        insert(WebSession).values(
            token_hash=token_hash(token),
            face=face,
            person_id=person_id,
            partner_id=partner_id,
            user_agent=user_agent[:300],
            created_at=now,
            seen_at=now,
            expires_at=now + SESSION_LIFE,
        )
    )
    return token


_WHO = text("""
    SELECT p.person_id, p.email, p.name, p.console_role, s.partner_id, s.seen_at,
           (SELECT jsonb_object_agg(m.partner_id, m.role) FROM memberships m
             WHERE m.person_id = p.person_id) AS roles
      FROM web_sessions s JOIN people p USING (person_id)
     WHERE s.token_hash = :token_hash AND s.face = :face AND s.revoked_at IS NULL AND s.expires_at > :now
""")


def who(session: Session, *, face: str, token: str, now: datetime) -> SignedIn | None:
    """Return who a session's cookie belongs to; None when it is unknown, expired or revoked, or when
    the person may no longer enter."""
    hashed = token_hash(token)
    row = session.execute(_WHO, {"token_hash": hashed, "face": face, "now": now}).one_or_none()
    if row is None:
        return None
    roles: dict[str, str] = row.roles or {}
    role = row.console_role if face == "console" else roles.get(str(row.partner_id))
    if role is None:
        return None
    if row.seen_at < now - _SEEN_EVERY:
        session.execute(update(WebSession).where(WebSession.token_hash == hashed).values(seen_at=now))
    return SignedIn(
        person_id=row.person_id,
        email=row.email,
        name=row.name,
        face=face,
        role=role,
        partner_id=row.partner_id,
        partner_ids=tuple(UUID(partner_id) for partner_id in roles),
        token_hash=hashed,
    )


def switch_partner(session: Session, *, who: SignedIn, partner_id: UUID) -> None:
    """Let the session work for another of the person's partners. Raises NotFound for any other."""
    if partner_id not in who.partner_ids:
        raise NotFound("You do not work for this partner.")
    session.execute(
        update(WebSession).where(WebSession.token_hash == who.token_hash).values(partner_id=partner_id)
    )


def sign_out(session: Session, *, token_hash: bytes, now: datetime) -> None:
    """Revoke a session."""
    session.execute(update(WebSession).where(WebSession.token_hash == token_hash).values(revoked_at=now))


def revoke_all(session: Session, *, person_id: UUID, now: datetime) -> None:
    """Revoke every session of a person, as after a change of password."""
    session.execute(
        update(WebSession)
        .where(WebSession.person_id == person_id, WebSession.revoked_at.is_(None))
        .values(revoked_at=now)
    )


def set_password(session: Session, *, person_id: UUID, password: str) -> None:
    """Store a new password. Raises Refusal when it is too short or too long."""
    session.execute(
        update(Person)
        .where(Person.person_id == person_id)
        .values(password_hash=passwords.hash_password(password))
    )


def find_person(session: Session, *, email: str, face: str) -> Person | None:
    """The person with this address, if it may enter this face."""
    person = session.scalar(select(Person).where(Person.email == email.strip().lower()))
    return person if person is not None and _may_enter(session, person, face) else None


def invite(
    session: Session,
    *,
    email: str,
    name: str,
    face: str,
    role: str,
    partner_id: UUID | None,
    now: datetime,
) -> str:
    """Give a person access and return the token of an invitation that expires in seven days.

    A person known by its address already gets the access too, and its password stays. Raises
    Refusal for something that is no e-mail address.
    """
    email = email.strip().lower()
    if not 3 <= len(email) <= 254 or "@" not in email[1:-1] or any(c.isspace() for c in email):
        raise Refusal("This is not an e-mail address. It looks like name@example.com.", field="email")
    person = session.scalar(select(Person).where(Person.email == email))
    if person is None:
        person = Person(person_id=new_id(), email=email, name=name.strip() or email, created_at=now)
        session.add(person)
        session.flush()
    if face == "console":
        session.execute(update(Person).where(Person.person_id == person.person_id).values(console_role=role))
    else:
        session.execute(
            upsert(Membership)
            .values(person_id=person.person_id, partner_id=partner_id, role=role, created_at=now)
            .on_conflict_do_update(index_elements=["person_id", "partner_id"], set_={"role": role})
        )
    return create_link(
        session,
        purpose="invitation",
        face=face,
        person_id=person.person_id,
        partner_id=partner_id,
        life=INVITATION_LIFE,
        now=now,
    )


def create_link(
    session: Session,
    *,
    purpose: str,
    face: str,
    person_id: UUID,
    life: timedelta,
    now: datetime,
    partner_id: UUID | None = None,
) -> str:
    """Create a link that works once within its life; return its token."""
    token = new_token()
    session.execute(
        insert(OneTimeLink).values(
            token_hash=token_hash(token),
            purpose=purpose,
            face=face,
            person_id=person_id,
            partner_id=partner_id,
            created_at=now,
            expires_at=now + life,
        )
    )
    return token


class LinkSpent(Refusal):
    """The link was used, has expired, or never was. Which of them is not told."""


def peek_link(session: Session, *, token: str, face: str, now: datetime) -> tuple[OneTimeLink, Person]:
    """Return a link that still works, and whose it is, without using it. Raises LinkSpent."""
    row = session.execute(
        select(OneTimeLink, Person)
        .join(Person, Person.person_id == OneTimeLink.person_id)
        .where(
            OneTimeLink.token_hash == token_hash(token),
            OneTimeLink.face == face,
            OneTimeLink.used_at.is_(None),
            OneTimeLink.expires_at > now,
        )
    ).one_or_none()
    if row is None:
        raise LinkSpent("This link no longer works. Ask for a new one.")
    return row[0], row[1]


def use_link(session: Session, *, token: str, face: str, password: str, now: datetime) -> UUID:
    """Use a link to set a password; every open session ends. Returns the person. Raises LinkSpent,
    also for the second of two that use it at the same moment, and Refusal for a bad password."""
    hashed = passwords.hash_password(password)
    used = session.execute(
        update(OneTimeLink)
        .where(
            OneTimeLink.token_hash == token_hash(token),
            OneTimeLink.face == face,
            OneTimeLink.used_at.is_(None),
            OneTimeLink.expires_at > now,
        )
        .values(used_at=now)
        .returning(OneTimeLink.person_id)
    ).scalar()
    if used is None:
        raise LinkSpent("This link no longer works. Ask for a new one.")
    session.execute(update(Person).where(Person.person_id == used).values(password_hash=hashed))
    revoke_all(session, person_id=used, now=now)
    return used
