"""Why a price is what it is, now or at another moment, and how it came to be so."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from flask import Blueprint, request
from werkzeug.wrappers import Response

from app.edge import db, now
from app.portal.here import here, page
from app.price_words import lines, no_price, read_moment, rule_detail, rule_title, todays_settings, unlisted
from app.ui.charts import Stairs, stairs
from app.ui.formats import day_and_time, local, money, reader_zone
from kit.errors import NotFound, Refusal
from kit.money import Money
from pricing.bands import Band, read_bands
from pricing.explaining import explain
from pricing.history import PriceHistory, PriceMoved, price_history
from tenants.actors import THE_COMPANY, told_to_partner, without_addresses

price_reasons = Blueprint("price_reasons", __name__)


@dataclass(frozen=True, slots=True)
class Cause:
    """What made a price move, and who did it; ``who`` is empty where nobody is on record."""

    what: str
    who: str


@price_reasons.get("/prices/why/<uuid:variant_id>")
def index(variant_id: UUID) -> Response:
    place, moment = here(), now()
    asked, error = request.args.get("at", "").strip(), ""
    at = moment
    try:
        at = read_moment(asked, zone=reader_zone(), now=moment) if asked else moment
    except Refusal as refusal:
        error = refusal.message
    found = explain(db(), **place.keys, variant_id=variant_id, at=at, now=moment)
    history = price_history(db(), **place.keys, variant_id=variant_id, now=moment)
    # What the company never offered to this partner in the store's currency is nothing to ask about.
    offered = any(change.wholesale[1] is not None and not change.ahead for change in history.changes)
    if found.state != "active" or not (offered or found.wholesale):
        raise NotFound("There is no such product in this store.")
    told = told_to_partner(
        db(), partner_id=place.partner.partner_id, actors={change.actor for change in history.changes}
    )
    return page(
        "portal/price_reason.html",
        status=422 if error else 200,
        found=found,
        lines=lines(found, say=money, when=day_and_time, earns="You earn"),
        no_price=no_price(found),
        unlisted=unlisted(found),
        todays_settings=todays_settings("your"),
        band=None if asked and not error else _band(variant_id, moment),
        asked=asked,
        at_typed=asked if error else f"{local(at):%Y-%m-%dT%H:%M}",
        error=error,
        history=history,
        causes=[_causes(change, told, place.store.currency) for change in history.changes],
        chart=_chart(history, moment, place.store.currency),
    )


def _band(variant_id: UUID, moment: datetime) -> Band | None:
    """What half of the partners ask for it now, where enough of them do and this store may sell it."""
    return read_bands(db(), **here().keys, variant_ids=[variant_id], now=moment).get(variant_id)


def _causes(change: PriceMoved, told: dict[str, str], currency: str) -> list[Cause]:
    """What happened at this moment: a rule began or ended, wholesale changed, or both."""
    made = []
    if change.wholesale_reason is not None:
        reason = without_addresses(change.wholesale_reason)
        made.append(Cause(f"Wholesale: {reason}" if reason else "Wholesale", THE_COMPANY))
    made += [Cause(what, who) for what, who in _reductions(change)]
    if change.ruled and change.rule is None:
        made.append(Cause("Its rule ended", ""))
    elif change.ruled and change.rule is not None:
        words = f"{rule_title(change.rule)}, {rule_detail(change.rule, money, currency)}"
        again = "" if change.new_rule else ", again"
        made.append(Cause(f"{words}{again}", told.get(change.actor, "")))
    return made


def _reductions(change: PriceMoved) -> Iterator[tuple[str, str]]:
    """What began, changed or ended of a sale event or a sale of the store."""
    before, after = change.event
    if before is not None and (after is None or after.name != before.name):
        yield f"Sale event {before.name} ended", ""
    if after is not None and (before is None or after.name != before.name):
        yield f"Sale event {after.name}, {after.pass_on_bps / 100:g}% of the saving passed on", ""
    elif after is not None and before is not None and after.pass_on_bps != before.pass_on_bps:
        yield f"{after.pass_on_bps / 100:g}% of the saving of {after.name} passed on", ""
    if change.sale[0] != change.sale[1]:
        sale = change.sale[1]
        yield ("The store's sale ended" if sale is None else f"{sale.off_bps / 100:g}% off in the store"), ""


def _chart(history: PriceHistory, moment: datetime, currency: str) -> Stairs | None:
    def minor(amount: Money | None) -> int | None:
        return None if amount is None else amount.minor

    changes = history.changes
    return stairs(
        [
            [(change.at, minor(change.price[1])) for change in changes],
            [(change.at, minor(change.wholesale[1])) for change in changes],
            [(change.at, minor(change.floor[1])) for change in changes],
        ],
        now=moment,
        currency=currency,
    )
