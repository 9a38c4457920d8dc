"""What store and company do in a case: answer, note, bring in the company, leave it to the store, close."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from kit.errors import Refusal
from orders.cases.writing import LONGEST_MESSAGE, Writer, change, lock_case, read_message, write_entry
from orders.timeline import note as note_timeline


def answer(
    session: Session, *, partner_id: UUID, case_id: UUID, writer: Writer, message: str, now: datetime
) -> None:
    """Answer the shopper, who reads it by mail. It is the shopper's turn then; what the company answers is
    settled for it. Raises NotFound, and Refusal for a closed case."""
    message = read_message(message)
    case = lock_case(session, partner_id=partner_id, case_id=case_id)
    if case.state == "closed":
        raise Refusal("This case is closed. Reopen it to answer.", field="message")
    since = case.company_since
    if writer.side == "company":
        # Whoever answers is beside them, also where nobody had asked it.
        since = since or now
    change(
        session,
        case,
        partner_id=partner_id,
        now=now,
        state="waiting",
        company_waits=False if writer.side == "company" else None,
        company_since=since,
    )
    keys = {"partner_id": partner_id, "case_id": case_id}
    write_entry(session, **keys, writer=writer, kind="message", body=message, now=now)


def note(
    session: Session, *, partner_id: UUID, case_id: UUID, writer: Writer, message: str, now: datetime
) -> None:
    """Write something down that the shopper never sees. Store and company both do. Raises as ``answer``."""
    message = read_message(message, field="note")
    case = lock_case(session, partner_id=partner_id, case_id=case_id)
    keys = {"partner_id": partner_id, "case_id": case_id}
    change(session, case, partner_id=partner_id, now=now)
    write_entry(session, **keys, writer=writer, kind="note", body=message, now=now)


def bring_in_company(
    session: Session, *, partner_id: UUID, case_id: UUID, writer: Writer, message: str, now: datetime
) -> None:
    """Ask the company for help, with words that the shopper does not see. Raises NotFound, and Refusal
    without any, for a closed case, and where the company is asked already."""
    message = message.replace("\r\n", "\n").strip()
    if not message:
        raise Refusal("Say what the company should help with.", field="ask")
    if len(message) > LONGEST_MESSAGE:
        raise Refusal(f"At most {LONGEST_MESSAGE} characters.", field="ask")
    case = lock_case(session, partner_id=partner_id, case_id=case_id)
    if case.state == "closed":
        raise Refusal("This case is closed. Reopen it first.", field="ask")
    if case.company_waits:
        raise Refusal("The company is asked already, and has not answered yet.", field="ask")
    change(
        session,
        case,
        partner_id=partner_id,
        now=now,
        company_waits=True,
        company_since=case.company_since or now,
    )
    keys = {"partner_id": partner_id, "case_id": case_id}
    write_entry(session, **keys, writer=writer, kind="company", body=message, now=now)
    if case.order_id:
        note_timeline(session, partner_id=partner_id, order_id=case.order_id, kind="case_company", now=now)


def leave_to_store(
    session: Session, *, partner_id: UUID, case_id: UUID, writer: Writer, message: str, now: datetime
) -> None:
    """The company has nothing more to do here; its words are for the store, and may be none. Raises NotFound,
    and Refusal where nothing waits for it."""
    message = message.replace("\r\n", "\n").strip()
    if len(message) > LONGEST_MESSAGE:
        raise Refusal(f"At most {LONGEST_MESSAGE} characters.", field="back")
    case = lock_case(session, partner_id=partner_id, case_id=case_id)
    if not case.company_waits:
        raise Refusal("Nothing of this case waits for you.", field="back")
    change(session, case, partner_id=partner_id, now=now, company_waits=False)
    keys = {"partner_id": partner_id, "case_id": case_id}
    write_entry(session, **keys, writer=writer, kind="back", body=message, now=now)


def close_case(session: Session, *, partner_id: UUID, case_id: UUID, writer: Writer, now: datetime) -> None:
    """Close a case. The shopper opens it again by writing. Closing twice is the same as once."""
    case = lock_case(session, partner_id=partner_id, case_id=case_id)
    if case.state == "closed":
        return
    change(session, case, partner_id=partner_id, now=now, state="closed", company_waits=False)
    write_entry(session, partner_id=partner_id, case_id=case_id, writer=writer, kind="closed", now=now)
    if case.order_id:
        note_timeline(session, partner_id=partner_id, order_id=case.order_id, kind="case_closed", now=now)


def reopen_case(session: Session, *, partner_id: UUID, case_id: UUID, writer: Writer, now: datetime) -> None:
    """Open a closed case again. One that is not closed stays as it is."""
    case = lock_case(session, partner_id=partner_id, case_id=case_id)
    if case.state != "closed":
        return
    change(session, case, partner_id=partner_id, now=now, state="open")
    write_entry(session, partner_id=partner_id, case_id=case_id, writer=writer, kind="reopened", now=now)
    if case.order_id:
        note_timeline(session, partner_id=partner_id, order_id=case.order_id, kind="case_reopened", now=now)
