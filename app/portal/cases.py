"""Support: what shoppers write to the store, and answering it, with the company's help where it is needed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from app.edge import db, now, person
from app.portal.here import customer_fields, here, page, partner_id
from app.ui.toasts import say
from kit.errors import NotFound, Refusal
from orders.cases.answering import answer, bring_in_company, close_case, note, reopen_case
from orders.cases.reading import CaseView, count_cases, list_cases, read_case
from orders.cases.writing import LONGEST_MESSAGE, Writer

cases = Blueprint("cases", __name__, url_prefix="/support")
PAGE = 25
_KINDS = {"open": "To answer", "waiting": "Answered", "closed": "Settled"}


@cases.get("")
def index() -> Response:
    place = here()
    counted = count_cases(db(), **place.keys)
    counts = {"open": counted.open, "waiting": counted.waiting, "closed": counted.closed}
    kind = request.args.get("show", "open")
    kind = kind if kind in _KINDS else "open"
    last = max(1, -(-counts[kind] // PAGE))
    number = min(max(request.args.get("page", 1, int), 1), last)
    return page(
        "portal/cases.html",
        cases=list_cases(
            db(),
            **place.keys,
            state=kind,
            fields=customer_fields(),
            limit=PAGE,
            offset=(number - 1) * PAGE,
        ),
        kind=kind,
        kinds=[(name, words, counts[name]) for name, words in _KINDS.items()],
        here_page=number,
        last_page=last,
    )


@cases.get("/<uuid:case_id>")
def show(case_id: UUID) -> Response:
    return _page(_case(case_id), {}, {})


@cases.post("/<uuid:case_id>/answer")
def reply(case_id: UUID) -> Response:
    return _write(case_id, answer, "message", "Sent. The customer gets it by mail.")


@cases.post("/<uuid:case_id>/note")
def note_down(case_id: UUID) -> Response:
    return _write(case_id, note, "note", "Noted. The customer does not see it.")


@cases.post("/<uuid:case_id>/company")
def ask(case_id: UUID) -> Response:
    company = here().partner.company
    return _write(
        case_id, bring_in_company, "ask", f"{company} is asked. You are told when there is an answer."
    )


@cases.post("/<uuid:case_id>/close")
def close(case_id: UUID) -> Response:
    found = _case(case_id)
    close_case(db(), partner_id=partner_id(), case_id=case_id, writer=_writer(), now=now())
    say(f"Case {found.number} is settled.", undo=url_for("cases.reopen", case_id=case_id))
    return redirect(url_for("cases.index"), 303)


@cases.post("/<uuid:case_id>/reopen")
def reopen(case_id: UUID) -> Response:
    _case(case_id)
    reopen_case(db(), partner_id=partner_id(), case_id=case_id, writer=_writer(), now=now())
    say("It is open again.")
    return redirect(url_for("cases.show", case_id=case_id), 303)


def _write(case_id: UUID, do: Callable[..., None], field: str, said: str) -> Response:
    """Do something that needs words; the page comes back with them where they are refused."""
    found = _case(case_id)
    typed = request.form.get(field, "")
    given: dict[str, Any] = {
        "partner_id": partner_id(),
        "case_id": case_id,
        "writer": _writer(),
        "now": now(),
    }
    try:
        with db().begin_nested():
            do(db(), **given, message=typed)
    except Refusal as refusal:
        form = {field: typed[: LONGEST_MESSAGE * 2]}
        return _page(found, form, {refusal.field: refusal.message})
    say(said)
    return redirect(url_for("cases.show", case_id=case_id, _anchor="last"), 303)


def _case(case_id: UUID) -> CaseView:
    found = read_case(db(), partner_id=partner_id(), case_id=case_id, fields=customer_fields())
    if found.store_id not in {store.store_id for store in here().partner.stores}:
        raise NotFound("There is no such case.")
    return found


def _writer() -> Writer:
    return Writer("store", person().email, person().name)


def _page(found: CaseView, form: dict[str, str], errors: dict[str, str]) -> Response:
    return page(
        "portal/case.html",
        status=422 if errors else 200,
        case=found,
        form=form,
        errors=errors,
    )
