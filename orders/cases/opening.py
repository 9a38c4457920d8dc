"""A shopper opens a case, writes on in it, and asks the company to look at it too."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from kit.errors import Refusal, Refusals
from kit.ids import new_id
from orders.cases.models import SUBJECTS, Case
from orders.cases.writing import SHOPPER, change, lock_case, read_message, write_entry
from orders.emails import read_email
from orders.timeline import note
from storage.database import insert_rows

LONGEST_NAME = 200
MOST_AN_HOUR = 3
MOST_OPEN = 10
MOST_MESSAGES_AN_HOUR = 20

_NUMBER = text("""
    UPDATE stores SET last_case_number = last_case_number + 1
     WHERE stores.partner_id = :partner_id AND stores.store_id = :store_id
    RETURNING last_case_number
""")
_SO_FAR = text("""
    SELECT count(*) FILTER (WHERE c.opened_at > :hour_ago) AS lately,
           count(*) FILTER (WHERE c.state <> 'closed') AS open
      FROM support_cases c
     WHERE c.partner_id = :partner_id AND c.store_id = :store_id AND c.email = :email
""")
_ORDER = text("""
    SELECT o.order_id FROM orders o
     WHERE o.partner_id = :partner_id AND o.store_id = :store_id AND o.number = :number
       AND lower(o.email) = :email AND o.paid_at IS NOT NULL
""")
_WRITTEN = text("""
    SELECT count(*) FROM case_entries e
     WHERE e.partner_id = :partner_id AND e.case_id = :case_id AND e.side = 'shopper' AND e.at > :hour_ago
""")


@dataclass(frozen=True, slots=True)
class Opened:
    """A case that was opened, and its number in the store."""

    case_id: UUID
    number: int


def open_case(
    session: Session,
    *,
    partner_id: UUID,
    store_id: UUID,
    email: str,
    name: str,
    subject: str,
    message: str,
    locale: str,
    now: datetime,
    order_id: UUID | None = None,
    order_said: str = "",
) -> Opened:
    """Open a case for a shopper, and have it told by mail.

    ``order_id`` is an order that the shopper has proven to be its own; ``order_said`` is a number that it
    typed, and names an order where that was paid with the same address. Nobody learns here whether it did.
    Raises Refusals, naming the fields, and Refusal where the address has opened too many.
    """
    errors: dict[str, str] = {}
    name = name.strip()
    if not name:
        errors["name"] = "Enter your name."
    elif len(name) > LONGEST_NAME:
        errors["name"] = f"At most {LONGEST_NAME} characters."
    if subject not in SUBJECTS:
        errors["subject"] = "Choose what it is about."
    try:
        email = read_email(email)
    except Refusal as refusal:
        errors[refusal.field] = refusal.message
    try:
        message = read_message(message)
    except Refusal as refusal:
        errors[refusal.field] = refusal.message
    if errors:
        raise Refusals(errors)
    keys = {"partner_id": partner_id, "store_id": store_id}
    # The store's row is locked from here on, so that of two forms at once the second counts the first.
    number = session.execute(_NUMBER, keys).scalar_one()
    _refuse_too_many(session, partner_id, store_id, email, now)
    said = order_said.strip()[:40]
    order_id = order_id or _order_of(session, partner_id, store_id, email, said)
    case_id = new_id()
    made = {
        **keys,
        "case_id": case_id,
        "number": number,
        "order_id": order_id,
        "order_said": said,
        "email": email,
        "name": name,
        "subject": subject,
        "locale": locale,
        "state": "open",
        "company_waits": False,
        "opened_at": now,
        "changed_at": now,
    }
    insert_rows(session, Case, [made])
    write_entry(
        session,
        partner_id=partner_id,
        case_id=case_id,
        writer=SHOPPER,
        kind="message",
        body=message,
        now=now,
    )
    if order_id:
        note(session, partner_id=partner_id, order_id=order_id, kind="case_opened", now=now)
    return Opened(case_id, number)


def write_on(session: Session, *, partner_id: UUID, case_id: UUID, message: str, now: datetime) -> None:
    """The shopper writes on. A closed case is open again by it. Raises NotFound and Refusal."""
    message = read_message(message)
    case = lock_case(session, partner_id=partner_id, case_id=case_id)
    written = session.execute(
        _WRITTEN, {"partner_id": partner_id, "case_id": case_id, "hour_ago": now - timedelta(hours=1)}
    ).scalar_one()
    if written >= MOST_MESSAGES_AN_HOUR:
        raise Refusal(
            "You have written very often within this hour. Wait a little before you write again.",
            field="message",
        )
    change(
        session,
        case,
        partner_id=partner_id,
        now=now,
        state="open",
        company_waits=case.company_since is not None,
    )
    write_entry(
        session,
        partner_id=partner_id,
        case_id=case_id,
        writer=SHOPPER,
        kind="message",
        body=message,
        now=now,
    )


def ask_company(session: Session, *, partner_id: UUID, case_id: UUID, now: datetime) -> None:
    """The shopper asks the company to look at it too. Asking twice is the same as once. Raises NotFound, and
    Refusal for a closed case."""
    case = lock_case(session, partner_id=partner_id, case_id=case_id)
    if case.state == "closed":
        raise Refusal("This is closed. Write again to open it.", field="company")
    if case.company_since is not None:
        return
    change(session, case, partner_id=partner_id, now=now, company_waits=True, company_since=now)
    write_entry(session, partner_id=partner_id, case_id=case_id, writer=SHOPPER, kind="company", now=now)
    if case.order_id:
        note(session, partner_id=partner_id, order_id=case.order_id, kind="case_company", now=now)


def _refuse_too_many(session: Session, partner_id: UUID, store_id: UUID, email: str, now: datetime) -> None:
    so_far = session.execute(
        _SO_FAR,
        {
            "partner_id": partner_id,
            "store_id": store_id,
            "email": email,
            "hour_ago": now - timedelta(hours=1),
        },
    ).one()
    if so_far.lately >= MOST_AN_HOUR or so_far.open >= MOST_OPEN:
        raise Refusal(
            "You have written to us several times already. Go on there: our mails have the links.",
            field="message",
        )


def _order_of(session: Session, partner_id: UUID, store_id: UUID, email: str, said: str) -> UUID | None:
    number = said.lstrip("#").strip()
    if not (number.isascii() and number.isdigit() and len(number) < 16):
        return None
    return session.execute(
        _ORDER,
        {"partner_id": partner_id, "store_id": store_id, "email": email, "number": int(number)},
    ).scalar()
