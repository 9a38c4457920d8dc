"""A statement as a file to take away: the CSV at once, the PDF at once or, where it is long, from a job.

A PDF that a job drew waits in the store of objects, beside the progress of one that is being drawn, under
keys that name the partner and the statement's own hash. No address leads there: it is handed out by the
views that show the statement, to whoever may see it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from time import monotonic
from uuid import UUID

from flask import Response
from sqlalchemy.orm import Session

from app.services import Services
from app.statement_pdf import DRAWING, statement_pdf
from payments.statements.reading import (
    StatementFacts,
    StatementLine,
    Subtotal,
    lines_of,
    read_statement,
    subtotals,
)
from payments.statements.writing import statement_file
from storage.jobs import Job, enqueue
from storage.objects import ObjectMissing, ObjectStore
from storage.tenancy import Tenant

# What a page shows at once; and up to how many entries a PDF is drawn while somebody waits.
PAGE = 1000
AT_ONCE = 1500
_GIVEN_UP_AFTER = 60
_TOLD_EACH = 0.5


@dataclass(frozen=True, slots=True)
class ShownStatement:
    """A statement as a page shows it: all its sums, and one page of its lines."""

    facts: StatementFacts
    sums: list[Subtotal]
    lines: list[StatementLine]
    payouts: list[StatementLine]
    page: int
    pages: int


@dataclass(frozen=True, slots=True)
class Drawing:
    """How far a PDF is: ``done`` of so many entries."""

    done: int
    of: int

    @property
    def percent(self) -> int:
        return self.done * 100 // self.of if self.of else 0


def shown_statement(session: Session, *, partner_id: UUID, statement_id: UUID, page: int) -> ShownStatement:
    """Read a statement for a page. Raises NotFound for one that is not the partner's."""
    facts = read_statement(session, partner_id=partner_id, statement_id=statement_id)
    lines = lines_of(session, facts)
    pages = max(1, -(-len(lines) // PAGE))
    page = min(max(page, 1), pages)
    return ShownStatement(
        facts=facts,
        sums=subtotals(lines),
        lines=lines[(page - 1) * PAGE : page * PAGE],
        payouts=[line for line in lines if line.kind.startswith("payout")],
        page=page,
        pages=pages,
    )


def csv_answer(session: Session, *, partner_id: UUID, statement_id: UUID) -> Response:
    """Answer with a statement's CSV. Raises NotFound."""
    facts = read_statement(session, partner_id=partner_id, statement_id=statement_id)
    return _download(facts, "csv", statement_file(facts, lines_of(session, facts)))


def pdf_answer(
    services: Services, session: Session, *, partner_id: UUID, statement_id: UUID, now: datetime
) -> Response | Drawing:
    """Answer with a statement's PDF, or say how far it is while a job draws it. Raises NotFound.

    A job is asked for where none is at it, and again where the last one has not been heard of for a minute.
    """
    facts = read_statement(session, partner_id=partner_id, statement_id=statement_id)
    if facts.entries <= AT_ONCE:
        return _download(facts, "pdf", statement_pdf(facts, lines_of(session, facts)))
    try:
        return _download(facts, "pdf", services.objects.get(_key(facts, "pdf")))
    except ObjectMissing:
        pass
    told = _told(services.objects, facts)
    if told is not None and (now - told[1]).total_seconds() < _GIVEN_UP_AFTER:
        return told[0]
    begun = Drawing(0, facts.entries)
    _tell(services.objects, facts, begun, now)
    about = {"partner_id": str(partner_id), "statement_id": str(statement_id)}
    enqueue(session, Job("statement.pdf", about, lock=f"statement.pdf.{statement_id}"))
    return begun


def draw_pdf(services: Services, *, tenant: Tenant, statement_id: UUID) -> None:
    """Draw a statement's PDF and keep it, saying meanwhile how far it is."""
    with tenant.begin() as session:
        facts = read_statement(session, partner_id=tenant.partner_id, statement_id=statement_id)
        if services.objects.exists(_key(facts, "pdf")):
            return
        lines = lines_of(session, facts)
    last = monotonic()

    def progress(done: int, of: int) -> None:
        nonlocal last
        if monotonic() - last >= _TOLD_EACH:
            last = monotonic()
            _tell(services.objects, facts, Drawing(done, of), services.clock.now())

    services.objects.put(
        _key(facts, "pdf"), statement_pdf(facts, lines, progress=progress), "application/pdf"
    )
    services.objects.delete(_key(facts, "json"))


def _download(facts: StatementFacts, kind: str, data: bytes) -> Response:
    types = {"csv": "text/csv; charset=utf-8", "pdf": "application/pdf"}
    answer = Response(data, content_type=types[kind])
    name = f"statement-{facts.begins.astimezone(UTC):%Y-%m}-{facts.currency.lower()}.{kind}"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _key(facts: StatementFacts, kind: str) -> str:
    return f"statements/{facts.partner_id}/{facts.hash}-{DRAWING}.{kind}"


def _tell(objects: ObjectStore, facts: StatementFacts, drawing: Drawing, at: datetime) -> None:
    told = {"done": drawing.done, "of": drawing.of, "at": at.isoformat()}
    objects.put(_key(facts, "json"), json.dumps(told).encode(), "application/json")


def _told(objects: ObjectStore, facts: StatementFacts) -> tuple[Drawing, datetime] | None:
    try:
        told = json.loads(objects.get(_key(facts, "json")))
    except ObjectMissing:
        return None
    return Drawing(told["done"], told["of"]), datetime.fromisoformat(told["at"])
