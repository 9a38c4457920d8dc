"""The work queue: what waits for somebody, and what the last 30 days brought."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Blueprint, redirect, url_for
from werkzeug.wrappers import Response

from app.console.access import may
from app.console.charts import line_chart
from app.console.forms import text
from app.console.pages import page, said
from app.console.payouts import SLOW
from app.edge import db, now, person
from app.payout_words import WAITS
from orders.cases.reading import count_company_cases, desk_cases
from orders.desk import DeskFilter, count_desk_orders, desk_orders
from payments.disputes.reading import all_disputes, count_disputes
from payments.holds import holds_to_release
from payments.inbox import stuck_events
from payments.payouts.reading import hanging, open_draft
from payments.reports import overdue_checkouts, sales, sales_by_partner, take_by_day
from payments.returns.reading import all_returns, count_returns
from payments.returns.requests import open_requests
from storage import audit
from storage.queue import failed_jobs, try_again, waiting_jobs
from themes.failures import failures, put_away

home = Blueprint("home", __name__)
_PERIOD = timedelta(days=30)


@home.get("/")
def index() -> Response:
    sees_orders = may(person().role, "orders")
    context: dict[str, Any] = {"failed": failed_jobs(db()), "waiting": waiting_jobs(db())}
    context |= {"run": None, "hanging": []}
    context["stuck"] = stuck_events(db())
    context["themes"] = failures(db())
    context["overdue"] = overdue_checkouts(db(), now=now())
    if may(person().role, "refunds"):
        context["disputes"] = [one for one in all_disputes(db(), undecided=True, limit=8) if one.answerable]
        context["disputes_count"] = count_disputes(db())[1]
        context["returns"] = [
            *all_returns(db(), state="requested", limit=8),
            *all_returns(db(), state="received", limit=8),
        ]
        context["returns_count"] = count_returns(db())
        context["requests"] = open_requests(db(), limit=8)
        context["to_release"] = holds_to_release(db(), limit=8)

    if may(person().role, "cases"):
        context["cases"] = desk_cases(db(), view="company", limit=8)
        context["cases_count"] = count_company_cases(db())
    if may(person().role, "payouts"):
        context |= {"run": open_draft(db()), "hanging": hanging(db(), before=now() - SLOW), "waits": WAITS}
    if sees_orders:
        to_ship = DeskFilter(to_ship=True)
        context |= {
            "to_ship": desk_orders(db(), wanted=to_ship, oldest_first=True, limit=8),
            "to_ship_count": count_desk_orders(db(), wanted=to_ship),
            "flagged": desk_orders(db(), wanted=DeskFilter(flagged=True), limit=8),
            "newest": desk_orders(db(), wanted=DeskFilter(), limit=8),
        }
        context |= _figures()
    return page("home.html", room="home", title="Work queue", sees_orders=sees_orders, **context)


def _figures() -> dict[str, Any]:
    until = now()
    # Whole UTC days, so that today stands beside days of the same length.
    today = datetime(until.year, until.month, until.day, tzinfo=UTC)
    since = until - _PERIOD
    days = take_by_day(db(), since=today - timedelta(days=59), until=until)
    before = {item.currency: item for item in sales(db(), since=since - _PERIOD, until=since)}
    return {
        "sales": sales(db(), since=since, until=until),
        "before": before,
        "partners": sales_by_partner(db(), since=since, until=until),
        "charts": {
            currency: line_chart(amounts, today=today.date(), currency=currency)
            for currency, amounts in days.items()
        },
    }


@home.post("/jobs/<int:job_id>/again")
def again(job_id: int) -> Response:
    try_again(db(), job_id=job_id)
    audit.record(db(), actor=person().email, action="job.tried_again", subject=f"job:{job_id}", now=now())
    said("The job runs again now.")
    return redirect(url_for("home.index"), 303)


@home.post("/themes/mended")
def mended() -> Response:
    """Put away where a theme failed."""
    theme, template = text("theme"), text("template")
    put_away(db(), theme=theme, template=template)
    audit.record(
        db(), actor=person().email, action="theme.mended", subject=f"theme:{theme}/{template}", now=now()
    )
    said("Put away. It comes back if the theme fails there again.")
    return redirect(url_for("home.index"), 303)
