"""Entries of a case's thread: reading what was typed, locking the case, writing, and having it mailed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from kit.errors import NotFound, Refusal
from kit.ids import new_id
from orders.cases.models import CaseEntry
from storage import audit
from storage.database import insert_rows
from storage.jobs import Job, enqueue

LONGEST_MESSAGE = 4000

_LOCK = text("""
    SELECT c.case_id, c.store_id, c.order_id, c.state, c.company_since, c.company_waits
      FROM support_cases c WHERE c.partner_id = :partner_id AND c.case_id = :case_id FOR UPDATE
""")
_CHANGE = text("""
    UPDATE support_cases AS c
       SET state = :state, company_waits = :company_waits, company_since = :company_since, changed_at = :now,
           closed_at = CASE WHEN CAST(:state AS text) = 'closed' THEN coalesce(c.closed_at, :now) END
     WHERE c.partner_id = :partner_id AND c.case_id = :case_id
""")


@dataclass(frozen=True, slots=True)
class Writer:
    """Who writes for the store or the company: its e-mail address, and its name as the other one reads it.
    The shopper has neither here."""

    side: str
    email: str = ""
    name: str = ""


SHOPPER = Writer("shopper")


def read_message(typed: str, *, field: str = "message") -> str:
    """A message as it is kept. Raises Refusal for an empty one, and for one that is too long."""
    message = typed.replace("\r\n", "\n").strip()
    if not message:
        raise Refusal("Write what it is about.", field=field)
    if len(message) > LONGEST_MESSAGE:
        raise Refusal(f"At most {LONGEST_MESSAGE} characters.", field=field)
    return message


def lock_case(session: Session, *, partner_id: UUID, case_id: UUID) -> Row[Any]:
    """Keep a case to this transaction. Raises NotFound where this partner has none such."""
    row = session.execute(_LOCK, {"partner_id": partner_id, "case_id": case_id}).one_or_none()
    if row is None:
        raise NotFound("There is no such case.")
    return row


def change(
    session: Session,
    case: Row[Any],
    *,
    partner_id: UUID,
    now: datetime,
    state: str | None = None,
    company_waits: bool | None = None,
    company_since: datetime | None = None,
) -> None:
    """Change how a locked case stands; what is not given stays."""
    session.execute(
        _CHANGE,
        {
            "partner_id": partner_id,
            "case_id": case.case_id,
            "state": state or case.state,
            "company_waits": case.company_waits if company_waits is None else company_waits,
            "company_since": company_since or case.company_since,
            "now": now,
        },
    )


def write_entry(
    session: Session,
    *,
    partner_id: UUID,
    case_id: UUID,
    writer: Writer,
    kind: str,
    body: str = "",
    now: datetime,
) -> UUID:
    """Add an entry to a thread, and have those told who are to know of it. What store and company do stands
    in the audit log, without their words."""
    entry_id = new_id()
    made = {
        "partner_id": partner_id,
        "entry_id": entry_id,
        "case_id": case_id,
        "at": now,
        "side": writer.side,
        "kind": kind,
        "body": body,
        "author": writer.email,
        "author_name": writer.name,
    }
    insert_rows(session, CaseEntry, [made])
    about = {"partner_id": str(partner_id), "case_id": str(case_id), "entry_id": str(entry_id)}
    if kind not in ("closed", "reopened"):
        enqueue(session, Job("case.mail", about, lock=f"case.{case_id}"))
    if writer.side != "shopper":
        audit.record(
            session,
            actor=writer.email,
            action=f"case.{kind}",
            subject=f"case:{case_id}",
            partner_id=partner_id,
            now=now,
            after={"side": writer.side},
        )
    return entry_id
