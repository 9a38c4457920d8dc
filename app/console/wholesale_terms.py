"""What every form for new wholesale prices asks besides them: from when they hold, and why."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import request

from app.console.charts import mark_chart
from app.console.forms import gather, read_moment, text
from app.edge import now
from kit.errors import Refusal
from pricing.floor import FloorPolicy
from pricing.impact import Impact
from tenants.company import CompanySettings


def asked_currency(company: CompanySettings) -> str:
    """The currency that the address or the form names; the company's first one without."""
    asked = request.values.get("currency", "")
    return asked if asked in company.currencies else company.currencies[0]


def floor_policy(company: CompanySettings, currency: str) -> FloorPolicy:
    return FloorPolicy(company.smallest_margin_minor.get(currency, 1), company.smallest_margin_bps)


def read_begins(errors: dict[str, str]) -> datetime | None:
    """The moment that was typed, with what is wrong with it in ``errors``.

    One that was left open is the moment of saving, and must not differ between the steps: it is None.
    """
    try:
        begins = read_moment(text("day"), text("time"), field="begins")
        if begins is not None and begins < now():
            raise Refusal("A price can begin now or later, not in the past.", field="begins")
        return begins
    except Refusal as refusal:
        gather(errors, refusal)
        return None


def effect(impact: Impact | None, *, saving: int, differs: bool) -> dict[str, Any]:
    """What the pages need to show an impact: its picture, and how many prices the button saves."""
    chart = None
    if impact is not None and impact.listings:
        chart = mark_chart(impact.spread, currency=impact.currency)
    return {"impact": impact, "chart": chart, "saving": saving, "differs": differs}
