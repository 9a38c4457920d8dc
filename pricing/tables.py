"""Changing the company's tables of tax and delivery. Orders that were placed keep what they froze."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.orm import Session

from kit.errors import NotFound, Refusals
from kit.ids import new_id
from pricing.models import DeliveryRate, TaxRate
from storage import audit
from storage.revisions import every_store_changed

_COUNTRY = re.compile(r"[A-Z]{2}")
_REGION = re.compile(r"[A-Z0-9]{0,6}")
_MOST_MINOR = 100_000_000


@dataclass(frozen=True, slots=True)
class TaxRow:
    """The tax of a country, or of one region of it, in basis points."""

    country: str
    region: str
    name: str
    rate_bps: int
    on_delivery: bool


@dataclass(frozen=True, slots=True)
class DeliveryRow:
    """A way of delivery. Amounts are minor units; ``free_from`` is None where it is never free."""

    name: str
    countries: tuple[str, ...]
    currency: str
    amount: int
    free_from: int | None
    days_from: int
    days_to: int


def tax_rows(session: Session) -> list[TaxRow]:
    """All tax rates, by country and region."""
    rows = session.scalars(select(TaxRate).order_by(TaxRate.country, TaxRate.region))
    return [TaxRow(row.country, row.region, row.name, row.rate_bps, row.on_delivery) for row in rows]


def delivery_rows(session: Session) -> list[tuple[UUID, DeliveryRow]]:
    """All ways of delivery with their keys, by currency, in the order in which shoppers see them."""
    rows = session.scalars(select(DeliveryRate).order_by(DeliveryRate.currency, DeliveryRate.position))
    return [(row.rate_id, _delivery(row)) for row in rows]


def save_tax(session: Session, *, row: TaxRow, new: bool, actor: str, now: datetime) -> None:
    """Add a tax rate, or change the one of this country and region. Raises Refusals."""
    errors: dict[str, str] = {}
    if not _COUNTRY.fullmatch(row.country):
        errors["country"] = "A country is two capital letters, such as DE."
    if not _REGION.fullmatch(row.region):
        errors["region"] = "A region is a short code such as CA, or empty for the whole country."
    if not 1 <= len(row.name.strip()) <= 40:
        errors["name"] = "Name the tax, such as VAT."
    if not 0 <= row.rate_bps <= 10_000:
        errors["rate"] = "A rate is 0 to 100 %."
    found = session.get(TaxRate, (row.country, row.region), with_for_update=True)
    if new and found is not None:
        errors["country"] = "There is a rate for this country and region already. Change that one."
    if errors:
        raise Refusals(errors)
    before = None
    if found is None:
        session.execute(insert(TaxRate).values(asdict(row)))
    else:
        before = asdict(TaxRow(found.country, found.region, found.name, found.rate_bps, found.on_delivery))
        session.execute(
            update(TaxRate)
            .where(TaxRate.country == row.country, TaxRate.region == row.region)
            .values(name=row.name.strip(), rate_bps=row.rate_bps, on_delivery=row.on_delivery)
        )
    _changed(session, "tax.set", f"tax:{row.country}-{row.region}", before, asdict(row), actor, now)


def remove_tax(session: Session, *, country: str, region: str, actor: str, now: datetime) -> None:
    """Stop charging a tax. Raises NotFound when there is no such rate."""
    found = session.get(TaxRate, (country, region))
    if found is None:
        raise NotFound("There is no such tax rate.")
    before = asdict(TaxRow(country, region, found.name, found.rate_bps, found.on_delivery))
    session.execute(delete(TaxRate).where(TaxRate.country == country, TaxRate.region == region))
    _changed(session, "tax.removed", f"tax:{country}-{region}", before, None, actor, now)


def save_delivery(
    session: Session, *, rate_id: UUID | None, row: DeliveryRow, actor: str, now: datetime
) -> UUID:
    """Add a way of delivery behind the others, or change one. Raises Refusals, or NotFound."""
    errors: dict[str, str] = {}
    if not 1 <= len(row.name.strip()) <= 60:
        errors["name"] = "Name the way of delivery, such as Post."
    if not row.countries or not all(_COUNTRY.fullmatch(country) for country in row.countries):
        errors["countries"] = "List countries as two capital letters each, such as US, CA."
    if not 0 <= row.amount <= _MOST_MINOR:
        errors["amount"] = "The amount is zero or more."
    if row.free_from is not None and not 0 < row.free_from <= _MOST_MINOR:
        errors["free_from"] = "Free from an amount above zero, or empty for never."
    if not 0 <= row.days_from <= row.days_to <= 90:
        errors["days"] = "From and to are 0 to 90 working days, the smaller one first."
    if errors:
        raise Refusals(errors)
    values = asdict(row) | {"countries": list(dict.fromkeys(row.countries)), "name": row.name.strip()}
    before = None
    if rate_id is None:
        rate_id = new_id()
        last = session.scalar(
            select(func.max(DeliveryRate.position)).where(DeliveryRate.currency == row.currency)
        )
        session.execute(insert(DeliveryRate).values(rate_id=rate_id, position=(last or 0) + 1, **values))
    else:
        found = session.get(DeliveryRate, rate_id, with_for_update=True)
        if found is None:
            raise NotFound("There is no such way of delivery.")
        before = asdict(_delivery(found))
        session.execute(update(DeliveryRate).where(DeliveryRate.rate_id == rate_id).values(values))
    _changed(session, "delivery.set", f"delivery:{rate_id}", before, values, actor, now)
    return rate_id


def remove_delivery(session: Session, *, rate_id: UUID, actor: str, now: datetime) -> None:
    """Stop offering a way of delivery. Raises NotFound when there is no such one."""
    found = session.get(DeliveryRate, rate_id)
    if found is None:
        raise NotFound("There is no such way of delivery.")
    before = asdict(_delivery(found))
    session.execute(delete(DeliveryRate).where(DeliveryRate.rate_id == rate_id))
    _changed(session, "delivery.removed", f"delivery:{rate_id}", before, None, actor, now)


def _delivery(row: DeliveryRate) -> DeliveryRow:
    return DeliveryRow(
        row.name,
        tuple(row.countries),
        row.currency,
        row.amount,
        row.free_from,
        row.days_from,
        row.days_to,
    )


def _changed(
    session: Session,
    action: str,
    subject: str,
    before: dict[str, Any] | None,
    after: dict[str, Any] | None,
    actor: str,
    now: datetime,
) -> None:
    every_store_changed(session)
    audit.record(session, actor=actor, action=action, subject=subject, now=now, before=before, after=after)
