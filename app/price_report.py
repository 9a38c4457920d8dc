"""Why a price is what it is, as sentences for whoever runs the installation."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.price_words import Line, lines, no_price, read_moment, todays_settings, unlisted
from app.services import Services
from kit.errors import NotFound
from kit.money import Money
from pricing.explaining import Explanation, explain
from storage.database import transaction
from storage.tenancy import Tenant
from tenants.partners import HostEntry, find_host

_VARIANT = text("SELECT variant_id FROM variants WHERE sku = :sku")
# What the floor is judged by and has no dates of its own. Countries of delivery decide which tax counts.
_SETTINGS = text("""
    SELECT a.at, a.action, a.after FROM audit_log a
     WHERE a.at > :at AND (a.partner_id IS NULL OR a.partner_id = :partner_id)
       AND (a.action LIKE 'tax.%' OR a.action LIKE 'delivery.%' OR a.action = 'partner.price_list'
         OR (a.action = 'company.settings'
             AND (a.after ->> 'smallest_margin_bps' IS NOT NULL
               OR a.after ->> 'smallest_margin_minor' IS NOT NULL))
         OR (a.action = 'store.edited' AND a.subject = :store
             AND a.after ->> 'on_wholesale_rise' IS NOT NULL))
     ORDER BY a.at
""")
_CALLED = {
    "tax": "tax",
    "delivery": "the countries of delivery",
    "partner": "the partner's price list",
    "company": "the smallest margin",
    "store": "the choice for prices that wholesale overtakes",
}


def report(services: Services, *, slug: str, sku: str, at: str = "") -> list[str]:
    """Explain the price of a SKU in a store, a sentence for each step.

    ``at`` is a moment in ISO 8601, UTC without an offset, and now when empty. Raises Refusal for an
    unknown store or SKU and for a moment that cannot be read or of which nothing can be known.
    """
    now = services.clock.now()
    moment = read_moment(at, zone=UTC, now=now) if at.strip() else now
    with transaction(services.console) as session:
        place = find_host(session, f"{slug.strip().lower()}.{services.config.stores_domain}")
        if place is None:
            raise NotFound(f"There is no store with the address {slug.strip()!r}.")
        variant_id = session.scalar(_VARIANT, {"sku": sku.strip()})
        if variant_id is None:
            raise NotFound(f"There is no variant with the SKU {sku.strip()!r}.")
        changed = _settings_since(session, place, moment)
    # The price is read as the store reads it: as its partner, behind the same walls.
    with Tenant(services.face, place.partner_id).begin() as session:
        found = explain(
            session,
            partner_id=place.partner_id,
            store_id=place.store_id,
            variant_id=variant_id,
            at=moment,
            now=now,
        )
    return list(_sentences(found, slug.strip().lower(), changed))


def _settings_since(session: Session, place: HostEntry, moment: datetime) -> list[Any]:
    keys = {"at": moment, "partner_id": place.partner_id, "store": f"store:{place.store_id}"}
    return list(session.execute(_SETTINGS, keys))


def _sentences(found: Explanation, slug: str, changed: list[Any]) -> Iterable[str]:
    yield f"{found.name} ({found.sku}) in the store {slug}, at {_when(found.at)}"
    for line in lines(found, say=str, when=_when, earns="The partner earns"):
        yield _sentence(line)
    for said in (no_price(found), unlisted(found)):
        if said:
            yield said
    if found.past:
        yield todays_settings("the partner's")
        for row in changed:
            yield f"Changed since: {_CALLED[row.action.partition('.')[0]]}, at {_when(row.at)}."
        if not changed:
            yield "The audit log holds no change of these since then."


def _sentence(line: Line) -> str:
    amount: Money | None = line.amount
    return f"{line.label}: {line.detail}." if amount is None else f"{line.label}: {amount}. {line.detail}."


def _when(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
