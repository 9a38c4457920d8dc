"""A partner as its own people meet it: its name, its list, its stores. One statement for every page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class OwnStore:
    """One of the partner's stores. ``hosts`` are its addresses, the primary one first; ``logo`` is the
    published look's picture setting and ``brand`` its colour, where it has chosen them."""

    store_id: UUID
    slug: str
    name: str
    tagline: str
    state: str
    currency: str
    country: str
    locale: str
    tax_inclusive: bool
    support_email: str
    on_wholesale_rise: str
    created_at: datetime
    hosts: tuple[str, ...]
    logo: dict[str, Any] | None
    brand: str


@dataclass(frozen=True, slots=True)
class PartnerOverview:
    """``state`` is active or paused; the stores of a paused partner sell nothing."""

    partner_id: UUID
    name: str
    state: str
    price_list: str
    company: str
    stores: tuple[OwnStore, ...]


_READ = text("""
    SELECT p.name AS partner, p.state AS partner_state, l.name AS price_list, c.name AS company, s.*,
           k.settings -> 'logo' AS logo, k.settings ->> 'brand' AS brand,
           (SELECT array_agg(h.host ORDER BY h.is_primary DESC, h.host) FROM hostnames h
             WHERE h.store_id = s.store_id) AS hosts
      FROM partners p
      JOIN price_lists l ON l.price_list_id = p.price_list_id
     CROSS JOIN company c
      LEFT JOIN stores s ON s.partner_id = p.partner_id
      LEFT JOIN look_versions k ON k.partner_id = s.partner_id AND k.look_id = s.published_look_id
     WHERE p.partner_id = :partner_id
     ORDER BY s.created_at, s.store_id
""")


def partner_overview(session: Session, *, partner_id: UUID) -> PartnerOverview:
    """Return the partner with its stores, oldest first. Raises NoResultFound for an unknown partner."""
    rows = session.execute(_READ, {"partner_id": partner_id}).all()
    stores = tuple(
        OwnStore(
            store_id=row.store_id,
            slug=row.slug,
            name=row.name,
            tagline=row.tagline,
            state=row.state,
            currency=row.currency,
            country=row.country,
            locale=row.locale,
            tax_inclusive=row.tax_inclusive,
            support_email=row.support_email,
            on_wholesale_rise=row.on_wholesale_rise,
            created_at=row.created_at,
            hosts=tuple(row.hosts or ()),
            logo=row.logo if isinstance(row.logo, dict) else None,
            brand=row.brand or "",
        )
        for row in rows
        if row.store_id is not None
    )
    first = rows[0]
    return PartnerOverview(
        partner_id, first.partner, first.partner_state, first.price_list, first.company, stores
    )
