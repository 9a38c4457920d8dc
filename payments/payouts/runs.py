"""Payout runs: who would be paid what and who not, and why; decided by two people, and sent after.

One draft at a time. What was approved is kept aside from that moment: a draft counts only what is available
beyond it. All of this as the company's role, in statements over all partners.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, insert, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from kit.errors import NotFound, Refusal
from kit.ids import new_id, new_ids
from payments.ledger.balances import Balance, balances_of_all
from payments.payouts.models import PayoutLine, PayoutRun
from payments.payouts.terms import Terms, due_day, read_terms, seen_to
from storage import audit
from storage.database import insert_rows
from storage.jobs import Job, enqueue

BY_SCHEDULE = "schedule"
LONGEST_NOTE = 300


@dataclass(frozen=True, slots=True)
class Standing:
    """What decides about a partner: whether it is paused, and its account, if it has one."""

    paused: bool
    account_id: UUID | None
    able: bool
    closed: bool
    pays_from: datetime | None


_PARTNERS = text("""
    SELECT p.partner_id, p.state, a.account_id, a.able, a.closed, a.pays_from
      FROM partners p
      LEFT JOIN (
        SELECT DISTINCT ON (x.partner_id) x.* FROM payout_accounts x
         WHERE x.ended_at IS NULL
         ORDER BY x.partner_id, x.pays_from DESC, x.account_id DESC) a ON a.partner_id = p.partner_id
""")
_KEPT_ASIDE = text("""
    SELECT l.partner_id, l.currency, sum(l.amount) AS amount FROM payout_lines l
     WHERE l.state = 'sending' GROUP BY l.partner_id, l.currency
""")
_RUN = text("""
    SELECT r.state, r.drafted_by, r.reviewed_by FROM payout_runs r WHERE r.run_id = :run_id FOR UPDATE
""")
_REVIEWED = text("UPDATE payout_runs SET reviewed_by = :actor WHERE run_id = :run_id")
_APPROVED = text("""
    UPDATE payout_runs SET state = 'approved', approved_by = :actor, approved_at = :now
     WHERE run_id = :run_id
""")
_WITHDRAWN = text("""
    UPDATE payout_runs SET state = 'withdrawn', withdrawn_at = :now WHERE run_id = :run_id
""")
_TO_SEND = text("""
    UPDATE payout_lines SET state = 'sending' WHERE run_id = :run_id AND state = 'draft'
    RETURNING partner_id, line_id
""")
_EXCLUDED = text("""
    UPDATE payout_lines SET state = 'excluded', reason = 'by_hand', note = :note
     WHERE partner_id = :partner_id AND line_id = :line_id AND run_id = :run_id AND state = 'draft'
    RETURNING line_id
""")
_INCLUDED = text("""
    UPDATE payout_lines SET state = 'draft', reason = '', note = ''
     WHERE partner_id = :partner_id AND line_id = :line_id AND run_id = :run_id AND reason = 'by_hand'
    RETURNING line_id
""")


def draft_run(session: Session, *, actor: str, now: datetime) -> UUID:
    """Draft a run over all partners that have something available, owe something or have something held.

    ``actor`` is who asked for it, and thereby the first of the two people, or BY_SCHEDULE. Raises Refusal
    while another draft waits, and where there is nothing to pay and nothing to explain.
    """
    run_id = new_id()
    terms = read_terms(session)
    lines = list(_lines(session, run_id, terms, now))
    if not lines:
        raise Refusal("Nobody is owed anything that could be paid now.")
    run = {
        "run_id": run_id,
        "state": "draft",
        "drafted_by": actor,
        "drafted_at": now,
        "reviewed_by": None if actor == BY_SCHEDULE else actor,
    }
    try:
        with session.begin_nested():
            insert_rows(session, PayoutRun, [run])
    except IntegrityError:
        raise Refusal("A draft waits already. Send it or withdraw it first.") from None
    session.execute(insert(PayoutLine), lines)
    audit.record(
        session,
        actor=actor,
        action="payout_run.drafted",
        subject=f"payout_run:{run_id}",
        now=now,
        after={"lines": sum(line["state"] == "draft" for line in lines), "of": len(lines)},
    )
    return run_id


def draft_by_schedule(session: Session, *, now: datetime) -> UUID | None:
    """Draft the run of the schedule if its day has come and nobody saw to it. Safe to repeat.

    While another draft waits, the day stays open and is tried again.
    """
    day = due_day(session, now=now)
    if day is None:
        return None
    try:
        with session.begin_nested():
            run_id = draft_run(session, actor=BY_SCHEDULE, now=now)
    except Refusal:
        if session.execute(_OPEN_DRAFT).one_or_none() is None:
            seen_to(session, day=day)
        return None
    seen_to(session, day=day)
    return run_id


_OPEN_DRAFT = text("SELECT r.run_id FROM payout_runs r WHERE r.state = 'draft'")


def _lines(session: Session, run_id: UUID, terms: Terms, now: datetime) -> Iterator[dict[str, Any]]:
    partners = {
        row.partner_id: Standing(
            row.state == "paused", row.account_id, bool(row.able), bool(row.closed), row.pays_from
        )
        for row in session.execute(_PARTNERS)
    }
    aside = {(r.partner_id, r.currency): int(r.amount) for r in session.execute(_KEPT_ASIDE)}
    owed = balances_of_all(session, now=now)
    for (partner_id, balance), line_id in zip(owed, new_ids(len(owed)), strict=True):
        currency = balance.available.currency
        amount = balance.available.minor - aside.get((partner_id, currency), 0)
        standing = partners[partner_id]
        reason = why_not(standing, balance, amount, terms.least(currency), now)
        if amount or balance.held.minor > 0:
            yield {
                "partner_id": partner_id,
                "line_id": line_id,
                "run_id": run_id,
                "account_id": standing.account_id,
                "amount": amount,
                "currency": currency,
                "state": "excluded" if reason else "draft",
                "reason": reason,
                "created_at": now,
            }


def why_not(standing: Standing, balance: Balance, amount: int, least: int, now: datetime) -> str:
    """Why a balance is not paid, in the word that ``payout_lines.reason`` keeps; empty where it is.

    ``amount`` is what is available beyond what is being sent, ``least`` the smallest payout.
    """
    if amount < 0:
        return "negative"
    if amount == 0:
        return "held" if balance.held.minor > 0 else "nothing"
    if standing.paused:
        return "paused"
    if standing.account_id is None:
        return "no_account"
    if standing.closed:
        return "account_closed"
    if standing.pays_from is not None and standing.pays_from > now:
        return "account_changed"
    if not standing.able:
        return "account_needs"
    return "too_small" if amount < least else ""


def review_run(session: Session, *, run_id: UUID, actor: str, now: datetime) -> None:
    """Be the first of the two people of a run that the schedule drafted. Raises NotFound and Refusal."""
    run = _draft(session, run_id)
    if run.reviewed_by is not None:
        raise Refusal(f"{run.reviewed_by} has reviewed this run already.")
    session.execute(_REVIEWED, {"run_id": run_id, "actor": actor})
    audit.record(session, actor=actor, action="payout_run.reviewed", subject=f"payout_run:{run_id}", now=now)


def approve_run(session: Session, *, run_id: UUID, actor: str, now: datetime) -> int:
    """Approve a run as the second person, and have each of its lines sent; returns how many.

    From now on their amounts are kept aside. Raises NotFound, and Refusal for whoever drafted or reviewed
    it, before anybody reviewed it, and when nobody would be paid.
    """
    run = _draft(session, run_id)
    if run.reviewed_by is None:
        raise Refusal("The schedule drafted this run: somebody reviews it first, and somebody else approves.")
    if actor in (run.drafted_by, run.reviewed_by):
        raise Refusal("Two people send a payout run, and you are the first. Somebody else approves it.")
    session.execute(_APPROVED, {"run_id": run_id, "actor": actor, "now": now})
    lines = session.execute(_TO_SEND, {"run_id": run_id}).all()
    if not lines:
        raise Refusal("Nobody would be paid. Withdraw the run instead.")
    audit.record(
        session,
        actor=actor,
        action="payout_run.approved",
        subject=f"payout_run:{run_id}",
        now=now,
        after={"lines": len(lines)},
    )
    enqueue(session, *(send_job(line.partner_id, line.line_id) for line in lines))
    return len(lines)


def send_job(partner_id: UUID, line_id: UUID) -> Job:
    """The job that sends a line. Those of one partner follow one another."""
    keys = {"partner_id": str(partner_id), "line_id": str(line_id)}
    return Job("payout.send", keys, lock=f"payout.{partner_id}")


def withdraw_run(session: Session, *, run_id: UUID, actor: str, now: datetime) -> None:
    """Give up a draft. Nothing of it was sent. Raises NotFound, and Refusal once it was approved."""
    _draft(session, run_id)
    session.execute(_WITHDRAWN, {"run_id": run_id, "now": now})
    audit.record(session, actor=actor, action="payout_run.withdrawn", subject=f"payout_run:{run_id}", now=now)


def exclude_line(
    session: Session, *, run_id: UUID, partner_id: UUID, line_id: UUID, note: str, actor: str, now: datetime
) -> None:
    """Leave a line out of a draft, with a written reason. Raises NotFound and Refusal."""
    _draft(session, run_id)
    note = note.strip()[:LONGEST_NOTE]
    if not note:
        raise Refusal("Write why it is left out; the partner’s other people at the company read it.",
                      field="note")  # fmt: skip
    keys = {"run_id": run_id, "partner_id": partner_id, "line_id": line_id}
    if session.execute(_EXCLUDED, {**keys, "note": note}).one_or_none() is None:
        raise NotFound("This line is not among those that would be paid.")
    _record_line(session, run_id, partner_id, "payout_line.excluded", actor, now, note)


def include_line(
    session: Session, *, run_id: UUID, partner_id: UUID, line_id: UUID, actor: str, now: datetime
) -> None:
    """Take a line that somebody left out back into a draft. Raises NotFound and Refusal."""
    _draft(session, run_id)
    keys = {"run_id": run_id, "partner_id": partner_id, "line_id": line_id}
    if session.execute(_INCLUDED, keys).one_or_none() is None:
        raise NotFound("This line was not left out by hand.")
    _record_line(session, run_id, partner_id, "payout_line.included", actor, now, "")


def _record_line(
    session: Session, run_id: UUID, partner_id: UUID, action: str, actor: str, now: datetime, reason: str
) -> None:
    audit.record(
        session,
        actor=actor,
        action=action,
        subject=f"payout_run:{run_id}",
        partner_id=partner_id,
        now=now,
        reason=reason,
    )


def _draft(session: Session, run_id: UUID) -> Row[Any]:
    """A draft's row, locked."""
    row = session.execute(_RUN, {"run_id": run_id}).one_or_none()
    if row is None:
        raise NotFound("There is no such payout run.")
    if row.state != "draft":
        raise Refusal("This run was approved or withdrawn already, and does not change any more.")
    return row
