"""Partners as the company's staff see them: their stores, addresses and people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from kit.errors import NotFound

# What may be granted of customers and orders, and what to call it.
GRANTS = {
    "name": "Name",
    "email": "E-mail address",
    "phone": "Phone",
    "city": "City and country",
    "address": "Full address",
}


@dataclass(frozen=True, slots=True)
class PersonOfPartner:
    """Someone who may work for a partner. ``accepted`` is false until a password was chosen."""

    person_id: UUID
    email: str
    name: str
    role: str
    accepted: bool


@dataclass(frozen=True, slots=True)
class StoreEntry:
    """A store with every host that it answers on; the first of ``hosts`` is its address."""

    store_id: UUID
    slug: str
    name: str
    state: str
    currency: str
    country: str
    locale: str
    tax_inclusive: bool
    on_wholesale_rise: str
    support_email: str
    created_at: datetime
    hosts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PartnerEntry:
    """A partner with its stores. ``customer_fields`` is None where the price list's grant holds;
    ``granted`` is what holds in the end."""

    partner_id: UUID
    name: str
    state: str
    price_list_id: UUID
    price_list: str
    customer_fields: tuple[str, ...] | None
    list_fields: tuple[str, ...]
    created_at: datetime
    stores: tuple[StoreEntry, ...]

    @property
    def granted(self) -> tuple[str, ...]:
        return self.list_fields if self.customer_fields is None else self.customer_fields


_PARTNERS = """
    SELECT p.partner_id, p.name, p.state, p.price_list_id, p.customer_fields, p.created_at,
           l.name AS price_list, l.customer_fields AS list_fields,
           (SELECT jsonb_agg(to_jsonb(s) || jsonb_build_object('hosts',
                     (SELECT jsonb_agg(h.host ORDER BY h.is_primary DESC, h.host) FROM hostnames h
                       WHERE h.partner_id = s.partner_id AND h.store_id = s.store_id))
                     ORDER BY s.created_at)
              FROM stores s WHERE s.partner_id = p.partner_id) AS stores
      FROM partners p JOIN price_lists l ON l.price_list_id = p.price_list_id
"""
_ALL = text(f"""{_PARTNERS}
     WHERE CAST(:search AS text) = '' OR p.name ILIKE :like
        OR EXISTS (SELECT 1 FROM stores s WHERE s.partner_id = p.partner_id
                      AND (s.name ILIKE :like OR s.slug ILIKE :like))
     ORDER BY p.name, p.partner_id LIMIT :limit OFFSET :offset
""")  # noqa: S608 - constant text
_ONE = text(f"{_PARTNERS} WHERE p.partner_id = :partner_id")
_PEOPLE = text("""
    SELECT p.person_id, p.email, p.name, m.role, p.password_hash IS NOT NULL AS accepted
      FROM memberships m JOIN people p ON p.person_id = m.person_id
     WHERE m.partner_id = :partner_id ORDER BY m.created_at
""")


def list_partners(
    session: Session, *, search: str = "", limit: int = 50, offset: int = 0
) -> list[PartnerEntry]:
    """Partners by name, whose own name or a store's contains ``search``. Only as the company's role."""
    escaped = search.strip().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    rows = session.execute(
        _ALL, {"search": search.strip(), "like": f"%{escaped}%", "limit": limit, "offset": offset}
    )
    return [_partner(row) for row in rows]


def read_partner(session: Session, *, partner_id: UUID) -> PartnerEntry:
    """One partner with its stores. Raises NotFound."""
    row = session.execute(_ONE, {"partner_id": partner_id}).one_or_none()
    if row is None:
        raise NotFound("There is no such partner.")
    return _partner(row)


def people_of(session: Session, *, partner_id: UUID) -> list[PersonOfPartner]:
    """Who may work for a partner, in the order in which they came."""
    rows: Sequence[Row[Any]] = session.execute(_PEOPLE, {"partner_id": partner_id}).all()
    return [PersonOfPartner(r.person_id, r.email, r.name, r.role, r.accepted) for r in rows]


def _partner(row: Row[Any]) -> PartnerEntry:
    return PartnerEntry(
        partner_id=row.partner_id,
        name=row.name,
        state=row.state,
        price_list_id=row.price_list_id,
        price_list=row.price_list,
        customer_fields=None if row.customer_fields is None else tuple(row.customer_fields),
        list_fields=tuple(row.list_fields),
        created_at=row.created_at,
        stores=tuple(_store(store) for store in row.stores or ()),
    )


def _store(store: dict[str, Any]) -> StoreEntry:
    return StoreEntry(
        store_id=UUID(store["store_id"]),
        slug=store["slug"],
        name=store["name"],
        state=store["state"],
        currency=store["currency"],
        country=store["country"],
        locale=store["locale"],
        tax_inclusive=store["tax_inclusive"],
        on_wholesale_rise=store["on_wholesale_rise"],
        support_email=store["support_email"],
        created_at=datetime.fromisoformat(store["created_at"]),
        hosts=tuple(store["hosts"] or ()),
    )
