"""Wholesale changes that have not begun, and withdrawing one of them."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, redirect, url_for
from werkzeug.wrappers import Response

from app.console.pages import page, said
from app.edge import db, now, person
from app.ui.formats import day_and_time
from kit.errors import NotFound, Refusal
from pricing.scheduled import scheduled_changes, withdraw_change

scheduled = Blueprint("scheduled", __name__, url_prefix="/wholesale/scheduled")


@scheduled.get("/")
def index() -> Response:
    return _page()


@scheduled.post("/<uuid:change_id>/withdraw")
def withdraw(change_id: UUID) -> Response:
    try:
        begins = withdraw_change(db(), change_id=change_id, actor=person().email, now=now())
    except NotFound:
        raise
    except Refusal as refusal:
        db().rollback()
        return _page({"": refusal.message}, 422)
    said(
        f"The change of {day_and_time(begins)} is withdrawn: prices stay as they were. Partners that were"
        " told of it get a mail."
    )
    return redirect(url_for("scheduled.index"), 303)


def _page(errors: dict[str, str] | None = None, status: int = 200) -> Response:
    return page(
        "wholesale_scheduled.html",
        room="wholesale",
        here="wholesale.index",
        title="Scheduled wholesale changes",
        status=status,
        changes=scheduled_changes(db(), now=now()),
        errors=errors or {},
    )
