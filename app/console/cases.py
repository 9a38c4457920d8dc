"""Support cases of all partners: those that the company was brought into first, and answering in them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import Blueprint, redirect, url_for
from werkzeug.wrappers import Response

from app.console.forms import optional_key, page_number, query, text
from app.console.pages import page, said
from app.edge import db, now, person
from kit.errors import Refusal
from orders.cases.answering import answer, close_case, leave_to_store, note, reopen_case
from orders.cases.reading import count_company_cases, desk_cases, read_case
from orders.cases.writing import LONGEST_MESSAGE, Writer
from tenants.directory import list_partners

cases = Blueprint("cases", __name__, url_prefix="/cases")
_PAGE = 50
VIEWS = ("company", "beside", "open", "closed")


@cases.get("/")
def index() -> Response:
    view, number = query("view"), page_number()
    view = view if view in (*VIEWS, "all") else "company"
    partner_id = optional_key(query("partner"))
    found = desk_cases(db(), view=view, partner_id=partner_id, limit=_PAGE + 1, offset=(number - 1) * _PAGE)
    return page(
        "cases.html",
        room="cases",
        title="Cases",
        cases=found[:_PAGE],
        view=view,
        waits=count_company_cases(db()),
        partner_id=partner_id,
        partners=list_partners(db(), limit=500),
        page_no=number,
        more=len(found) > _PAGE,
    )


@cases.get("/<uuid:partner_id>/<uuid:case_id>")
def show(partner_id: UUID, case_id: UUID) -> Response:
    return _page(partner_id, case_id, {}, {})


@cases.post("/<uuid:partner_id>/<uuid:case_id>/answer")
def reply(partner_id: UUID, case_id: UUID) -> Response:
    return _write(partner_id, case_id, answer, "message", "Sent. The customer gets it by mail.")


@cases.post("/<uuid:partner_id>/<uuid:case_id>/note")
def note_down(partner_id: UUID, case_id: UUID) -> Response:
    return _write(partner_id, case_id, note, "note", "Noted. The partner reads it, the customer does not.")


@cases.post("/<uuid:partner_id>/<uuid:case_id>/back")
def back(partner_id: UUID, case_id: UUID) -> Response:
    return _write(partner_id, case_id, leave_to_store, "back", "It is with the store again.")


@cases.post("/<uuid:partner_id>/<uuid:case_id>/close")
def close(partner_id: UUID, case_id: UUID) -> Response:
    close_case(db(), partner_id=partner_id, case_id=case_id, writer=_writer(), now=now())
    said("The case is settled. It opens again when the customer writes.")
    return redirect(url_for("cases.show", partner_id=partner_id, case_id=case_id), 303)


@cases.post("/<uuid:partner_id>/<uuid:case_id>/reopen")
def reopen(partner_id: UUID, case_id: UUID) -> Response:
    reopen_case(db(), partner_id=partner_id, case_id=case_id, writer=_writer(), now=now())
    said("It is open again.")
    return redirect(url_for("cases.show", partner_id=partner_id, case_id=case_id), 303)


def _write(partner_id: UUID, case_id: UUID, do: Callable[..., None], field: str, told: str) -> Response:
    """Do something with words; the page comes back with them where they are refused."""
    typed = text(field, LONGEST_MESSAGE * 2)
    given: dict[str, Any] = {"partner_id": partner_id, "case_id": case_id, "writer": _writer(), "now": now()}
    try:
        do(db(), **given, message=typed)
    except Refusal as refusal:
        if refusal.field != field:
            raise
        return _page(partner_id, case_id, {field: typed}, {field: refusal.message})
    said(told)
    return redirect(url_for("cases.show", partner_id=partner_id, case_id=case_id, _anchor="last"), 303)


def _writer() -> Writer:
    return Writer("company", person().email, person().name)


def _page(partner_id: UUID, case_id: UUID, form: dict[str, str], errors: dict[str, str]) -> Response:
    if errors:
        db().rollback()
    found = read_case(db(), partner_id=partner_id, case_id=case_id)
    return page(
        "case.html",
        room="cases",
        here="cases.index",
        title=f"Case {found.number} in {found.store}",
        status=422 if errors else 200,
        case=found,
        form=form,
        errors=errors,
    )
