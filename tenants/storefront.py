"""A store as its shoppers meet it: name, address, money, language, menu and published look."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import Row, TextClause, text
from sqlalchemy.orm import Session

from kit.errors import NotFound


@dataclass(frozen=True, slots=True)
class MenuItem:
    """A collection in the store's menu. ``count`` is how many products it shows."""

    handle: str
    title: str
    count: int


@dataclass(frozen=True, slots=True)
class Storefront:
    """What every page of a store needs, read in one statement.

    ``state`` is one of draft, live, paused, closed. ``theme`` and ``settings`` come from the
    published look. ``tax_inclusive`` says whether retail prices contain tax.
    """

    partner_id: UUID
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
    company_name: str
    theme: str
    settings: dict[str, Any]
    pages: dict[str, Any]
    menu: tuple[MenuItem, ...]
    host: str
    returns_days: int


# The look, the menu and the company's name come along, so that a page needs no second statement for
# them. Tables of other rooms are read here by name: this is what a store is to those who visit it.
_READ = """
    SELECT s.*, c.name AS company_name, c.returns_days, p.state AS partner_state,
           k.theme, k.settings, k.pages,
           (SELECT h.host FROM hostnames h WHERE h.store_id = s.store_id AND h.is_primary) AS host,
           (SELECT jsonb_agg(jsonb_build_array(m.handle, m.title, m.shown) ORDER BY m.position)
              FROM (SELECT o.handle, o.title, o.position, count(*) AS shown
                      FROM collections o
                      JOIN collection_products cp ON cp.collection_id = o.collection_id
                      JOIN products g ON g.product_id = cp.product_id AND g.state = 'active'
                     WHERE NOT EXISTS (SELECT 1 FROM hidden_products x
                                        WHERE x.partner_id = :partner_id AND x.store_id = :store_id
                                          AND x.product_id = g.product_id)
                     GROUP BY o.collection_id) m) AS menu {more}
      FROM stores s
      JOIN partners p ON p.partner_id = s.partner_id
     CROSS JOIN company c
      LEFT JOIN look_versions k ON k.partner_id = s.partner_id AND k.look_id = s.published_look_id
     WHERE s.partner_id = :partner_id AND s.store_id = :store_id
"""


@lru_cache(maxsize=16)
def _statement(more: str) -> TextClause:
    return text(_READ.format(more=f", {more}" if more else ""))


def read_storefront(session: Session, *, partner_id: UUID, store_id: UUID) -> Storefront:
    """Return a store as its shoppers meet it. Raises NotFound where this partner has none such.

    A live store of a paused partner is paused.
    """
    return read_storefront_with(session, partner_id=partner_id, store_id=store_id, more="")[0]


def read_storefront_with(
    session: Session, *, partner_id: UUID, store_id: UUID, more: str
) -> tuple[Storefront, Row[Any]]:
    """The same in one statement with ``more`` columns, which may speak of the store as ``s``; the row
    that brought them comes along."""
    keys = {"partner_id": partner_id, "store_id": store_id}
    row = session.execute(_statement(more), keys).one_or_none()
    if row is None:
        raise NotFound("There is no such store.")
    paused = row.partner_state == "paused" and row.state == "live"
    store = Storefront(
        partner_id=row.partner_id,
        store_id=row.store_id,
        slug=row.slug,
        name=row.name,
        tagline=row.tagline,
        state="paused" if paused else row.state,
        currency=row.currency,
        country=row.country,
        locale=row.locale,
        tax_inclusive=row.tax_inclusive,
        support_email=row.support_email,
        company_name=row.company_name,
        theme=row.theme or "aurora",
        settings=row.settings or {},
        pages=row.pages or {},
        menu=tuple(MenuItem(*item) for item in row.menu or ()),
        host=row.host or "",
        returns_days=row.returns_days,
    )
    return store, row
