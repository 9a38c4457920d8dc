"""Wholesale changes ahead: which own prices they put under the floor, and what becomes of those."""

from __future__ import annotations

from itertools import groupby

from flask import Blueprint
from werkzeug.wrappers import Response

from app.edge import db, now
from app.portal.here import here, page
from app.portal.store import RISES
from pricing.outlook import overtaken_prices

ahead = Blueprint("ahead", __name__)


@ahead.get("/prices/ahead")
def index() -> Response:
    place, moment = here(), now()
    found = overtaken_prices(db(), **place.keys, now=moment)
    return page(
        "portal/ahead.html",
        # What is in force already comes first: shoppers see it now.
        groups=[(begins, list(rows)) for begins, rows in groupby(found, key=lambda row: row.begins)],
        moment=moment,
        count=len({row.variant_id for row in found}),
        choice=RISES[place.store.on_wholesale_rise][0],
    )
