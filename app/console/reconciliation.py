"""Our ledger beside Stripe's account of the same money, for a period."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint
from werkzeug.wrappers import Response

from app.console.access import may
from app.console.forms import query
from app.console.pages import page
from app.edge import now, person, services
from kit.errors import Refusal
from payments.gateway.errors import GatewayRefused, GatewayUnavailable
from payments.reconciliation.comparing import reconcile
from payments.reconciliation.differences import Reconciliation

reconciliation = Blueprint("reconciliation", __name__, url_prefix="/money/reconciliation")

_PERIODS = (
    ("1", "The last day"),
    ("7", "The last 7 days"),
    ("30", "The last 30 days"),
    ("90", "The last 90 days"),
)
_MOST = 100
# A page is waited for; what takes longer is for the command.
_SECONDS = 20.0


@reconciliation.get("/")
def index() -> Response:
    days = query("days")
    found: Reconciliation | None = None
    problem, status = "", 200
    if days and days not in dict(_PERIODS):
        problem, status = "Choose one of the periods.", 422
    elif days:
        found, problem, status = _compare(int(days))
    return page(
        "reconciliation.html",
        room="money",
        title="Reconciliation",
        status=status,
        periods=_PERIODS,
        form={"days": days if days in dict(_PERIODS) else "7"},
        words=dict(_PERIODS).get(days, ""),
        found=found,
        problem=problem,
        sees_orders=may(person().role, "orders"),
    )


def _compare(days: int) -> tuple[Reconciliation | None, str, int]:
    """Ask Stripe, before this request has a transaction of its own."""
    made = services()
    since = now() - timedelta(days=days)
    try:
        found = reconcile(made.console, made.gateway, since=since, until=now(), most=_MOST, seconds=_SECONDS)
    except GatewayUnavailable:
        return None, "Stripe did not answer. Nothing was compared; try again in a moment.", 503
    except GatewayRefused:
        why = "Stripe would not answer. See that AWNING_STRIPE_API_KEY may read balance transactions."
        return None, why, 502
    except Refusal as refusal:
        return None, refusal.message, 422
    return found, "", 200
