"""A partner's statements, as the company reads them."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, current_app
from werkzeug.wrappers import Response

from app.console.access import may
from app.console.forms import page_number
from app.console.pages import ENVIRONMENT, page
from app.edge import db, now, person, services
from app.statement_files import Drawing, csv_answer, pdf_answer, shown_statement
from app.statement_words import KIND_WORDS, fact_words
from app.ui.rendering import answer
from payments.statements.periods import month_name
from payments.statements.reading import read_statement, statements_of
from tenants.directory import read_partner

partner_statements = Blueprint(
    "partner_statements", __name__, url_prefix="/partners/<uuid:partner_id>/statements"
)
_PAGE = 48


@partner_statements.get("/")
def index(partner_id: UUID) -> Response:
    number = page_number()
    found = statements_of(db(), partner_id=partner_id, limit=_PAGE + 1, offset=(number - 1) * _PAGE)
    return page(
        "partner_statements.html",
        room="partners",
        here="partners.index",
        title="Statements",
        partner=read_partner(db(), partner_id=partner_id),
        statements=found[:_PAGE],
        page_no=number,
        more=len(found) > _PAGE,
    )


@partner_statements.get("/<uuid:statement_id>")
def show(partner_id: UUID, statement_id: UUID) -> Response:
    shown = shown_statement(db(), partner_id=partner_id, statement_id=statement_id, page=page_number())
    return page(
        "partner_statement.html",
        room="partners",
        here="partners.index",
        title=f"{month_name(shown.facts.begins)}, {shown.facts.currency}",
        partner=read_partner(db(), partner_id=partner_id),
        shown=shown,
        kinds=KIND_WORDS,
        fact_words=fact_words,
        sees_orders=may(person().role, "orders"),
    )


@partner_statements.get("/<uuid:statement_id>.csv")
def as_csv(partner_id: UUID, statement_id: UUID) -> Response:
    return csv_answer(db(), partner_id=partner_id, statement_id=statement_id)


@partner_statements.get("/<uuid:statement_id>.pdf")
def as_pdf(partner_id: UUID, statement_id: UUID) -> Response:
    """The PDF, or a page that waits for it."""
    found = pdf_answer(services(), db(), partner_id=partner_id, statement_id=statement_id, now=now())
    if isinstance(found, Response):
        return found
    return page(
        "partner_statement_pdf.html",
        room="partners",
        here="partners.index",
        title="The PDF is being made",
        partner=read_partner(db(), partner_id=partner_id),
        facts=read_statement(db(), partner_id=partner_id, statement_id=statement_id),
        drawing=found,
    )


@partner_statements.get("/<uuid:statement_id>/drawing")
def drawing(partner_id: UUID, statement_id: UUID) -> Response:
    """How far the PDF is, for a page that waits."""
    found = pdf_answer(services(), db(), partner_id=partner_id, statement_id=statement_id, now=now())
    facts = read_statement(db(), partner_id=partner_id, statement_id=statement_id)
    shown = {"facts": facts, "drawing": found if isinstance(found, Drawing) else None}
    return answer(current_app.extensions[ENVIRONMENT], "_drawing.html", shown)
