"""Partners and their stores: creating them, pausing them, finding them by host."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, insert, select, text, update
from sqlalchemy.orm import Session

from kit.errors import NotFound, Refusal
from kit.ids import new_id
from kit.money import decimals
from storage import audit
from storage.revisions import StoreRevision, store_changed
from tenants.models import STORE_STATES, Hostname, Partner, Store

# Names that the platform uses itself, or that could pass for it.
_RESERVED = frozenset("www portal console mail mailbox api admin static assets cdn app status help".split())
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")


@dataclass(frozen=True, slots=True)
class NewStore:
    """What a store is made of. ``slug`` is its name under the stores' domain; country and locale
    decide how it shows money and tax."""

    slug: str
    name: str
    currency: str
    country: str
    locale: str
    tax_inclusive: bool
    support_email: str
    tagline: str = ""


def create_partner(session: Session, *, name: str, price_list_id: UUID, actor: str, now: datetime) -> UUID:
    """Create a partner on a price list, as the company. Raises Refusal without a name."""
    if not name.strip():
        raise Refusal("A partner needs a name.", field="name")
    partner_id = new_id()
    session.execute(
        insert(Partner).values(
            partner_id=partner_id, name=name.strip(), price_list_id=price_list_id, created_at=now
        )
    )
    audit.record(
        session,
        actor=actor,
        action="partner.created",
        subject=f"partner:{partner_id}",
        partner_id=partner_id,
        now=now,
        after={"name": name, "price_list_id": str(price_list_id)},
    )
    return partner_id


def create_store(
    session: Session, *, partner_id: UUID, store: NewStore, stores_domain: str, actor: str, now: datetime
) -> UUID:
    """Create a partner's store, as a draft, on its host under the stores' domain.

    Raises Refusal when the slug is malformed, reserved or taken.
    """
    check_slug(session, slug=store.slug, stores_domain=stores_domain)
    decimals(store.currency)
    store_id = new_id()
    session.execute(
        insert(Store).values(
            partner_id=partner_id,
            store_id=store_id,
            slug=store.slug,
            name=store.name,
            tagline=store.tagline,
            currency=store.currency,
            country=store.country,
            locale=store.locale,
            tax_inclusive=store.tax_inclusive,
            support_email=store.support_email,
            created_at=now,
        )
    )
    session.execute(insert(StoreRevision).values(store_id=store_id))
    session.execute(
        insert(Hostname).values(
            host=f"{store.slug}.{stores_domain}", partner_id=partner_id, store_id=store_id, is_primary=True
        )
    )
    audit.record(
        session,
        actor=actor,
        action="store.created",
        subject=f"store:{store_id}",
        partner_id=partner_id,
        now=now,
        after={"slug": store.slug, "name": store.name, "currency": store.currency},
    )
    return store_id


def check_slug(session: Session, *, slug: str, stores_domain: str) -> None:
    """Raise Refusal, with the reason, when a store cannot have this address."""
    if not _LABEL.fullmatch(slug) or "--" in slug:
        raise Refusal("An address has letters, digits and single hyphens between them.", field="slug")
    if slug in _RESERVED:
        raise Refusal(f"The address {slug} is kept for the platform.", field="slug")
    host = f"{slug}.{stores_domain}"
    if session.execute(select(Hostname.host).where(Hostname.host == host)).first():
        raise Refusal(f"The address {slug} is taken.", field="slug")


def add_hostname(
    session: Session, *, partner_id: UUID, store_id: UUID, host: str, actor: str, now: datetime
) -> None:
    """Let a store answer on a domain of the partner's own, and make it the store's address.

    Raises Refusal when the name is malformed or answers for a store already.
    """
    host = host.strip().lower().rstrip(".")
    labels = host.split(".")
    if len(host) > 253 or len(labels) < 2 or not all(_LABEL.fullmatch(label) for label in labels):
        raise Refusal("This is not a domain name. It looks like shop.example.com.", field="host")
    if session.execute(select(Hostname.host).where(Hostname.host == host)).first():
        raise Refusal("This domain answers for a store already.", field="host")
    session.execute(update(Hostname).where(Hostname.store_id == store_id).values(is_primary=False))
    session.execute(
        insert(Hostname).values(host=host, partner_id=partner_id, store_id=store_id, is_primary=True)
    )
    store_changed(session, store_id=store_id)
    audit.record(
        session,
        actor=actor,
        action="hostname.added",
        subject=f"store:{store_id}",
        partner_id=partner_id,
        now=now,
        after={"host": host},
    )


def set_store_state(
    session: Session,
    *,
    partner_id: UUID,
    store_id: UUID,
    state: str,
    actor: str,
    now: datetime,
    reason: str = "",
) -> None:
    """Open, pause or close a store. Its shoppers see the change at the next request.

    Raises Refusal for another state, and NotFound where this partner has no such store.
    """
    if state not in STORE_STATES:
        raise Refusal(f"A store is one of: {', '.join(STORE_STATES)}.", field="state")
    before = session.execute(
        select(Store.state).where(Store.partner_id == partner_id, Store.store_id == store_id)
    ).scalar_one_or_none()
    if before is None:
        raise NotFound("There is no such store.")
    session.execute(
        update(Store).where(Store.partner_id == partner_id, Store.store_id == store_id).values(state=state)
    )
    store_changed(session, store_id=store_id)
    audit.record(
        session,
        actor=actor,
        action="store.state",
        subject=f"store:{store_id}",
        partner_id=partner_id,
        now=now,
        before={"state": before},
        after={"state": state},
        reason=reason,
    )


@dataclass(frozen=True, slots=True)
class HostEntry:
    """What a host leads to. The two revisions move with what its pages show."""

    partner_id: UUID
    store_id: UUID
    revision: tuple[int, int]


# Written for one statement on a connection that commits by itself: the whole cost of a warm page.
_HOST = text("""
    SELECT h.partner_id, h.store_id, r.revision,
           (SELECT g.revision FROM store_revisions g
             WHERE g.store_id = '00000000-0000-0000-0000-000000000000') AS shared
      FROM hostnames h JOIN store_revisions r ON r.store_id = h.store_id
     WHERE h.host = :host
""")


def find_host(connection: Any, host: str) -> HostEntry | None:
    """Return what a host leads to, by its exact name; None for one that nobody set up."""
    row: Row[Any] | None = connection.execute(_HOST, {"host": host}).one_or_none()
    return None if row is None else HostEntry(row.partner_id, row.store_id, (row.revision, row.shared))
