"""Payout runs: drafted, looked at, approved by a second person, sent; and when they come by themselves."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from uuid import UUID

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from app.console.access import may
from app.console.forms import errors_of, gather, page_number, query, read_money, read_whole, text
from app.console.pages import page, said
from app.edge import db, now, person
from app.payout_words import EXCLUDED, WAITS, failure_words
from kit.errors import NotFound, Refusal, Refusals
from kit.money import Money
from payments.payouts.reading import Run, hanging, open_draft, read_run, run_lines, runs
from payments.payouts.runs import (
    BY_SCHEDULE,
    LONGEST_NOTE,
    approve_run,
    draft_run,
    exclude_line,
    include_line,
    review_run,
    withdraw_run,
)
from payments.payouts.terms import Terms, change_terms, read_terms
from tenants.company import read_company

payouts = Blueprint("payouts", __name__, url_prefix="/payouts")
_RUNS = 20
_LINES = 100
_DATES = 4
# What takes longer than this to be settled is told to whoever looks.
SLOW = timedelta(minutes=10)
WEEKDAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
SCHEDULES = (("manual", "By hand only"), ("weekly", "Every week"), ("monthly", "Every month"))
_STATES = {
    "draft": ("clock", "Waits for approval", "attention"),
    "sending": ("arrow-up-right", "Being sent", ""),
    "done": ("circle-check", "Done", "good"),
    "withdrawn": ("ban", "Withdrawn", ""),
}
_LINE_STATES = {
    "draft": ("clock", "To be paid", ""),
    "sending": ("arrow-up-right", "Being sent", ""),
    "paid": ("circle-check", "Paid", "good"),
    "failed": ("circle-x", "Failed", "failed"),
    "reversed": ("rotate-ccw", "Came back", "attention"),
}


@payouts.get("/")
def index() -> Response:
    return _index({}, {})


@payouts.post("/draft")
def draft() -> Response:
    try:
        run_id = draft_run(db(), actor=person().email, now=now())
    except Refusal as refusal:
        return _index({}, errors_of(refusal), 422)
    return redirect(url_for("payouts.show", run_id=run_id), 303)


@payouts.post("/terms")
def terms() -> Response:
    errors: dict[str, str] = {}
    schedule = text("schedule")
    day, smallest = 1, {}
    if schedule in ("weekly", "monthly"):
        try:
            day = read_whole(text("weekday" if schedule == "weekly" else "month_day"), field="day")
        except Refusal as refusal:
            gather(errors, refusal)
    for currency in read_company(db()).currencies:
        field = f"smallest_{currency}"
        try:
            smallest[currency] = read_money(text(field), currency, field=field).minor
        except Refusal as refusal:
            gather(errors, refusal)
    if not errors:
        try:
            wanted = Terms(schedule, day, smallest)
            changed = change_terms(db(), wanted=wanted, actor=person().email, now=now())
        except Refusals as refused:
            errors = refused.errors
    if errors:
        return _index(dict(request.form), errors, 422)
    said("Saved. It holds for the next run." if changed else "Nothing changed.")
    return redirect(url_for("payouts.index", _anchor="terms"), 303)


def _index(form: dict[str, str], errors: dict[str, str], status: int = 200) -> Response:
    if errors:
        db().rollback()
    held = read_terms(db())
    currencies = read_company(db()).currencies
    if not form:
        form = {
            "schedule": held.schedule,
            "weekday": str(held.day if held.schedule == "weekly" else 1),
            "month_day": str(held.day if held.schedule == "monthly" else 1),
        }
        for currency in currencies:
            form[f"smallest_{currency}"] = str(Money(held.least(currency), currency).decimal)
    number = page_number()
    found = runs(db(), limit=_RUNS + 1, offset=(number - 1) * _RUNS)
    return page(
        "payouts.html",
        room="payouts",
        title="Payouts",
        status=status,
        runs=found[:_RUNS],
        more=len(found) > _RUNS,
        page_no=number,
        waiting=open_draft(db()),
        hanging=hanging(db(), before=now() - SLOW),
        dates=next_dates(held, now().date()),
        currencies=currencies,
        weekdays=[(str(place), name) for place, name in enumerate(WEEKDAYS, 1)],
        schedules=SCHEDULES,
        states=_STATES,
        waits=WAITS,
        by_schedule=BY_SCHEDULE,
        form=form,
        errors=errors,
    )


def next_dates(held: Terms, today: date) -> list[date]:
    """The next days on which a run is drafted, after today."""
    return held.next_days(today + timedelta(days=1), _DATES)


@payouts.get("/<uuid:run_id>")
def show(run_id: UUID) -> Response:
    return _show(run_id, {})


@payouts.post("/<uuid:run_id>/review")
def review(run_id: UUID) -> Response:
    return _decide(run_id, review_run, "Reviewed. Somebody else approves it now.")


@payouts.post("/<uuid:run_id>/approve")
def approve(run_id: UUID) -> Response:
    return _decide(run_id, approve_run, "Approved. Each payout is being sent; this page says how far it is.")


@payouts.post("/<uuid:run_id>/withdraw")
def withdraw(run_id: UUID) -> Response:
    return _decide(run_id, withdraw_run, "Withdrawn. Nothing was sent, and every balance stands as it was.")


def _decide(run_id: UUID, decision: Callable[..., object], sentence: str) -> Response:
    try:
        decision(db(), run_id=run_id, actor=person().email, now=now())
    except NotFound:
        raise
    except Refusal as refusal:
        return _show(run_id, errors_of(refusal), 422)
    said(sentence)
    return redirect(url_for("payouts.show", run_id=run_id), 303)


@payouts.post("/<uuid:run_id>/<uuid:partner_id>/<uuid:line_id>")
def change_line(run_id: UUID, partner_id: UUID, line_id: UUID) -> Response:
    """Leave a line out, with a reason, or take it back in."""
    keys = {"run_id": run_id, "partner_id": partner_id, "line_id": line_id}
    out = text("act") != "include"
    try:
        if out:
            note = text("note", LONGEST_NOTE)
            exclude_line(db(), **keys, note=note, actor=person().email, now=now())
        else:
            include_line(db(), **keys, actor=person().email, now=now())
    except NotFound:
        raise
    except Refusal as refusal:
        errors = {f"note-{line_id}": message for message in errors_of(refusal).values()}
        return _show(run_id, errors, 422)
    said("Left out of this run. Its balance stays as it is." if out else "It is paid with this run again.")
    return redirect(url_for("payouts.show", run_id=run_id), 303)


def _show(run_id: UUID, errors: dict[str, str], status: int = 200) -> Response:
    if errors:
        db().rollback()
    run = read_run(db(), run_id=run_id)
    excluded = query("view") == "left-out"
    number = page_number()
    found = run_lines(db(), run_id=run_id, excluded=excluded, limit=_LINES + 1, offset=(number - 1) * _LINES)
    return page(
        "payout_run.html",
        room="payouts",
        here="payouts.index",
        title=f"Payout run of {run.drafted_at:%-d %B %Y}",
        status=status,
        run=run,
        lines=found[:_LINES],
        more=len(found) > _LINES,
        page_no=number,
        excluded=excluded,
        first=_first(run),
        mine=person().email in (run.drafted_by, run.reviewed_by),
        sees_partners=may(person().role, "partners"),
        states=_STATES,
        line_states=_LINE_STATES,
        reasons=EXCLUDED,
        waits=WAITS,
        failure=failure_words,
        by_schedule=BY_SCHEDULE,
        errors=errors,
    )


def _first(run: Run) -> str:
    """Who was the first of the two people; empty until there is one."""
    return run.reviewed_by or ""
