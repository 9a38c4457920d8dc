"""The company's own people, and what each of them may do in the console."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from kit.errors import NotFound, Refusal
from storage import audit
from tenants.access import invite, revoke_all
from tenants.models import CONSOLE_ROLES, Person, WebSession


@dataclass(frozen=True, slots=True)
class StaffMember:
    """``accepted`` is false until the invitation was taken up; ``seen_at`` is the last visit."""

    person_id: UUID
    email: str
    name: str
    role: str
    accepted: bool
    seen_at: datetime | None


def list_staff(session: Session) -> list[StaffMember]:
    """Everybody who may enter the console, by name."""
    seen = (
        select(func.max(WebSession.seen_at))
        .where(WebSession.person_id == Person.person_id, WebSession.face == "console")
        .scalar_subquery()
    )
    rows = session.execute(
        select(Person.person_id, Person.email, Person.name, Person.console_role, Person.password_hash, seen)
        .where(Person.console_role.is_not(None))
        .order_by(Person.name)
    )
    return [
        StaffMember(person_id, email, name, role or "", password is not None, seen_at)
        for person_id, email, name, role, password, seen_at in rows
    ]


def invite_staff(session: Session, *, email: str, name: str, role: str, actor: str, now: datetime) -> str:
    """Invite somebody to the console and return the invitation's token. Raises Refusal."""
    if role not in CONSOLE_ROLES:
        raise Refusal(f"A role is one of: {', '.join(CONSOLE_ROLES)}.", field="role")
    found = session.scalar(select(Person.console_role).where(Person.email == email.strip().lower()))
    if found is not None:
        raise Refusal("This person is on the list already. Change the role there.", field="email")
    token = invite(session, email=email, name=name, face="console", role=role, partner_id=None, now=now)
    audit.record(
        session,
        actor=actor,
        action="staff.invited",
        subject=f"staff:{email.strip().lower()}",
        now=now,
        after={"role": role},
    )
    return token


def set_staff_role(session: Session, *, person_id: UUID, role: str, actor: str, now: datetime) -> None:
    """Give a member of staff another role; an empty one takes the access away and signs them out.

    Raises Refusal when nobody would be left as owner.
    """
    if role and role not in CONSOLE_ROLES:
        raise Refusal(f"A role is one of: {', '.join(CONSOLE_ROLES)}.", field="role")
    staff = {
        person.person_id: person
        for person in session.scalars(
            select(Person).where(Person.console_role.is_not(None)).with_for_update()
        )
    }
    person = staff.get(person_id)
    if person is None:
        raise NotFound("There is no such member of staff.")
    if person.console_role == role:
        return
    others = [item for item in staff.values() if item.console_role == "owner" and item is not person]
    if person.console_role == "owner" and not others:
        raise Refusal("The company keeps at least one owner. Make somebody else owner first.", field="role")
    before = person.console_role
    session.execute(update(Person).where(Person.person_id == person_id).values(console_role=role or None))
    if not role:
        revoke_all(session, person_id=person_id, now=now)
    audit.record(
        session,
        actor=actor,
        action="staff.role",
        subject=f"staff:{person.email}",
        now=now,
        before={"role": before},
        after={"role": role or None},
    )
