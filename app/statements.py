"""Statements as a job and as a command: a month is closed for each partner, and its owners are told."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from uuid import UUID

from app.services import Services
from kit.errors import Refusal
from kit.ids import NIL
from payments.statements.checking import (
    MOST_BYTES,
    CheckedStatement,
    NotAStatement,
    chain_problems,
    check_statement,
)
from payments.statements.issuing import issue_statements, partners_due
from payments.statements.periods import last_closed, month_name
from payments.statements.reading import StatementFacts, numbered_statement
from storage.database import transaction
from storage.jobs import Job, enqueue
from storage.tenancy import Tenant
from tenants.directory import people_of

_AT_ONCE = 200


def spread_statements(services: Services, *, until: datetime, after: UUID = NIL) -> None:
    """Make a job for each partner that lacks a statement of a month before ``until``, some at once and the
    rest in a job of its own. Each is tried again by itself."""
    with transaction(services.console) as session:
        due = partners_due(session, until=until, after=after, limit=_AT_ONCE)
        about = {"until": until.isoformat()}
        jobs = [
            Job("statement.issue", {**about, "partner_id": str(key)}, lock=f"statement.{key}") for key in due
        ]
        if len(due) == _AT_ONCE:
            jobs.append(Job("statement.spread", {**about, "after": str(due[-1])}))
        if jobs:
            enqueue(session, *jobs)


def issue_for(*, tenant: Tenant, until: datetime, now: datetime) -> list[StatementFacts]:
    """Issue what a partner lacks, and let its owners be told in the same transaction.

    Who is asked for several months at once, as after the worker was off, hears of the latest alone.
    """
    with tenant.begin() as session:
        issued = issue_statements(session, partner_id=tenant.partner_id, until=until, now=now)
        if issued:
            owners = [
                each
                for each in people_of(session, partner_id=tenant.partner_id)
                if each.role == "owner" and each.accepted
            ]
            about = {"partner_id": str(tenant.partner_id), "until": until.isoformat()}
            jobs = [Job("statement.tell", {**about, "person_id": str(each.person_id)}) for each in owners]
            if jobs:
                enqueue(session, *jobs)
    return issued


def issue_everywhere(services: Services, *, until: datetime, now: datetime) -> Iterator[list[StatementFacts]]:
    """Issue all that is lacking, partner by partner; yields what each got."""
    after = NIL
    while True:
        with transaction(services.console) as session:
            due = partners_due(session, until=until, after=after, limit=_AT_ONCE)
        for partner_id in due:
            yield issue_for(tenant=Tenant(services.face, partner_id), until=until, now=now)
        if len(due) < _AT_ONCE:
            return
        after = due[-1]


def closed(services: Services) -> datetime:
    """The end of the latest month that can be closed now."""
    return last_closed(services.clock.now())


def check_files(paths: Sequence[Path], *, services: Services | None) -> tuple[list[str], bool]:
    """Check files by themselves, then as a chain in the order given, and against the database where
    ``services`` is given. Returns sentences, and whether all is well."""
    told: list[str] = []
    checked: list[CheckedStatement] = []
    sound = True
    for path in paths:
        try:
            with path.open("rb") as file:
                found = check_statement(file.read(MOST_BYTES + 1))
        except NotAStatement as problem:
            told.append(f"{path}: not intact. {problem}")
            sound = False
            continue
        except OSError as error:
            raise Refusal(f"{path} cannot be read: {error.strerror}.") from None
        checked.append(found)
        problems = [*found.problems, *(_stored(services, found) if services else ())]
        sound = sound and not problems
        told += [f"{path}: not intact. {problem}" for problem in problems]
        if not problems:
            told.append(f"{path}: intact. {_summary(found)}")
    if len(checked) > 1 and len(checked) == len(paths):
        broken = list(chain_problems(checked))
        sound = sound and not broken
        told += [f"{paths[place]}: breaks the chain. {problem}" for place, problem in broken]
        if not broken:
            told.append(f"The {len(checked)} files follow one another without a gap.")
    elif len(paths) > 1:
        told.append("The files were not checked as a chain, because one of them cannot be read.")
    if services is None and sound:
        told.append(
            "A file that was altered and given a new hash would pass alone: --against-database, or the"
            " statement after it, tells."
        )
    return told, sound


def _stored(services: Services, found: CheckedStatement) -> Iterator[str]:
    with transaction(services.console) as session:
        stored = numbered_statement(
            session, partner_id=found.partner_id, currency=found.currency, number=found.number
        )
    if stored is None or stored.statement_id != found.statement_id:
        yield "The database has no such statement."
    elif stored.hash != found.hash:
        yield f"The database has this statement with another hash: {stored.hash}."


def _summary(found: CheckedStatement) -> str:
    return (
        f"{found.partner}, {month_name(found.begins)}, {found.currency}, number {found.number}:"
        f" {found.entries} {'entry' if found.entries == 1 else 'entries'}, opening {found.opening}, closing"
        f" {found.closing}."
    )
