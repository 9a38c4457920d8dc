"""A partner's statements: month by month, each with its entries, as CSV and as PDF."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, Response, request

from app.edge import db, now, services
from app.portal.here import environment, page, partner_id
from app.statement_files import Drawing, csv_answer, pdf_answer, shown_statement
from app.statement_words import KIND_WORDS, fact_words
from app.ui.rendering import answer
from payments.statements.reading import read_statement, statements_of

statements = Blueprint("statements", __name__)
_PAGE = 36


@statements.get("/statements")
def index() -> Response:
    number = min(max(request.args.get("page", 1, int), 1), 1000)
    # One more than is shown tells whether there is a next page.
    found = statements_of(db(), partner_id=partner_id(), limit=_PAGE + 1, offset=(number - 1) * _PAGE)
    return page("portal/statements.html", statements=found[:_PAGE], here_page=number, more=len(found) > _PAGE)


@statements.get("/statements/<uuid:statement_id>")
def show(statement_id: UUID) -> Response:
    shown = shown_statement(
        db(),
        partner_id=partner_id(),
        statement_id=statement_id,
        page=request.args.get("page", 1, int),
    )
    return page("portal/statement.html", shown=shown, kinds=KIND_WORDS, fact_words=fact_words)


@statements.get("/statements/<uuid:statement_id>.csv")
def as_csv(statement_id: UUID) -> Response:
    return csv_answer(db(), partner_id=partner_id(), statement_id=statement_id)


@statements.get("/statements/<uuid:statement_id>.pdf")
def as_pdf(statement_id: UUID) -> Response:
    """The PDF, or a page that waits for it."""
    found = pdf_answer(services(), db(), partner_id=partner_id(), statement_id=statement_id, now=now())
    if isinstance(found, Response):
        return found
    facts = read_statement(db(), partner_id=partner_id(), statement_id=statement_id)
    return page("portal/statement_pdf.html", facts=facts, drawing=found)


@statements.get("/statements/<uuid:statement_id>/drawing")
def drawing(statement_id: UUID) -> Response:
    """How far the PDF is, for a page that waits."""
    found = pdf_answer(services(), db(), partner_id=partner_id(), statement_id=statement_id, now=now())
    facts = read_statement(db(), partner_id=partner_id(), statement_id=statement_id)
    waiting = found if isinstance(found, Drawing) else None
    return answer(environment(), "portal/statement_drawing.html", {"facts": facts, "drawing": waiting})
