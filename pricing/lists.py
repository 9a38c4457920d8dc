"""Price lists side by side: what each list takes for each variant, now, next, and before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, insert, select, text
from sqlalchemy.orm import Session

from catalog.pictures import PictureRef, picture_ref
from kit.errors import Refusal
from kit.ids import new_id
from kit.money import Money
from pricing.models import PriceList
from storage import audit

# What a file of prices has beside one column for each list, so that no list can be called so.
COLUMNS = ("sku", "product", "variant", "currency", "ceiling")


@dataclass(frozen=True, slots=True)
class ListEntry:
    """A price list. ``partners`` counts who is on it, ``prices`` what it holds itself at present."""

    price_list_id: UUID
    name: str
    is_default: bool
    customer_fields: tuple[str, ...]
    partners: int
    prices: int


@dataclass(frozen=True, slots=True)
class ListPrice:
    """A variant's price in a list. ``own`` is false where it comes from the default list.

    ``next_amount`` is in force from ``next_at``, when a change is scheduled.
    """

    amount: Money | None
    own: bool
    next_amount: Money | None = None
    next_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class SheetRow:
    """A variant with its price in each list, in the order of ``price_lists``, the suggested retail price,
    and the highest one allowed."""

    product_id: UUID
    product_title: str
    picture: PictureRef | None
    variant_id: UUID
    sku: str
    options: tuple[str, ...]
    prices: tuple[ListPrice, ...]
    suggested: Money | None
    ceiling: Money | None

    @property
    def title(self) -> str:
        return ", ".join(self.options) or "One size"


@dataclass(frozen=True, slots=True)
class PastPrice:
    """One period of a variant's price in a list. ``until`` is None for one without an end."""

    price_list: str
    amount: Money
    since: datetime
    until: datetime | None
    actor: str
    reason: str


_LISTS = text("""
    SELECT l.price_list_id, l.name, l.is_default, l.customer_fields,
           (SELECT count(*) FROM partners p WHERE p.price_list_id = l.price_list_id) AS partners,
           (SELECT count(*) FROM wholesale_prices w
             WHERE w.price_list_id = l.price_list_id AND w.valid @> CAST(:at AS timestamptz)) AS prices
      FROM price_lists l ORDER BY l.is_default DESC, l.name
""")


def price_lists(session: Session, *, at: datetime) -> list[ListEntry]:
    """All price lists, the default one first. Only as the company's role."""
    rows = session.execute(_LISTS, {"at": at})
    return [
        ListEntry(r.price_list_id, r.name, r.is_default, tuple(r.customer_fields), r.partners, r.prices)
        for r in rows
    ]


def create_price_list(
    session: Session, *, name: str, customer_fields: Sequence[str], actor: str, now: datetime
) -> UUID:
    """Create an empty list: until it gets prices of its own, it takes what the default list takes.

    Raises Refusal without a name, or when another list has it.
    """
    name = " ".join(name.split())
    if problem := name_refusal(session, name):
        raise Refusal(problem, field="name")
    price_list_id = new_id()
    session.execute(
        insert(PriceList).values(
            price_list_id=price_list_id, name=name, is_default=False, customer_fields=list(customer_fields)
        )
    )
    audit.record(
        session,
        actor=actor,
        action="price_list.created",
        subject=f"price_list:{price_list_id}",
        now=now,
        after={"name": name, "customer_fields": list(customer_fields)},
    )
    return price_list_id


def name_refusal(session: Session, name: str, *, but: UUID | None = None) -> str:
    """Why a list, other than ``but``, cannot be called so; empty when it can."""
    if not 1 <= len(name) <= 60:
        return "A price list has a name of 1 to 60 characters."
    if name.lower() in COLUMNS:
        return f"“{name}” names another column of the price file. Choose another name."
    same = select(PriceList.price_list_id).where(func.lower(PriceList.name) == name.lower())
    if any(found != but for found in session.scalars(same)):
        return f"There is a price list called {name} already."
    return ""


_FOUND = """
      FROM variants v JOIN products p ON p.product_id = v.product_id AND p.state <> 'archived'
     WHERE (CAST(:search AS text) = '' OR p.title ILIKE :like OR p.handle ILIKE :like OR v.sku ILIKE :like)
       AND (CAST(:product_id AS uuid) IS NULL OR p.product_id = :product_id)
       AND (CAST(:variant_ids AS uuid[]) IS NULL OR v.variant_id = ANY(:variant_ids))
"""
_SHEET = text(f"""
    SELECT f.*,
      (SELECT jsonb_build_array(i.key, i.width, i.height, i.alt, i.sizes) FROM pictures i
        WHERE i.product_id = f.product_id AND i.key IS NOT NULL ORDER BY i.position LIMIT 1) AS picture,
      (SELECT g.amount FROM suggested_prices g
        WHERE g.variant_id = f.variant_id AND g.currency = :currency) AS suggested,
      (SELECT t.amount FROM price_ceilings t
        WHERE t.variant_id = f.variant_id AND t.currency = :currency) AS ceiling,
      (SELECT jsonb_agg(jsonb_build_array(w.price_list_id, w.amount, lower(w.valid),
                                          w.valid @> CAST(:at AS timestamptz)) ORDER BY lower(w.valid))
         FROM wholesale_prices w
        WHERE w.variant_id = f.variant_id AND w.currency = :currency
          AND (upper_inf(w.valid) OR upper(w.valid) > :at)) AS prices
      FROM (SELECT v.variant_id, v.sku, v.options, v.position, p.product_id, p.title, p.position AS place
              {_FOUND} ORDER BY p.position, p.title, p.product_id, v.position LIMIT :limit OFFSET :offset) f
     ORDER BY f.place, f.title, f.product_id, f.position
""")  # noqa: S608 - constant text
_COUNT = text(f"SELECT count(*) {_FOUND}")


def sheet(
    session: Session,
    *,
    currency: str,
    at: datetime,
    lists: Sequence[ListEntry],
    search: str = "",
    product_id: UUID | None = None,
    variant_ids: Sequence[UUID] | None = None,
    limit: int = 100,
    offset: int = 0,
) -> list[SheetRow]:
    """Variants that are not archived, with their prices in ``lists`` at a moment in one currency."""
    rows = session.execute(
        _SHEET,
        _chosen(search, product_id, variant_ids)
        | {"currency": currency, "at": at, "limit": limit, "offset": offset},
    )
    return [_row(row, currency, lists) for row in rows]


def count_sheet(session: Session, *, search: str = "") -> int:
    """How many variants a sheet without limit would have."""
    return int(session.execute(_COUNT, _chosen(search, None, None)).scalar_one())


def _chosen(search: str, product_id: UUID | None, variant_ids: Sequence[UUID] | None) -> dict[str, Any]:
    escaped = search.strip().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return {
        "search": search.strip(),
        "like": f"%{escaped}%",
        "product_id": product_id,
        "variant_ids": None if variant_ids is None else list(variant_ids),
    }


def _row(row: Row[Any], currency: str, lists: Sequence[ListEntry]) -> SheetRow:
    now: dict[UUID, int] = {}
    coming: dict[UUID, tuple[int, datetime]] = {}
    for list_id, amount, since, in_force in row.prices or ():
        if in_force:
            now[UUID(list_id)] = amount
        else:
            coming.setdefault(UUID(list_id), (amount, datetime.fromisoformat(since)))
    default = next((entry.price_list_id for entry in lists if entry.is_default), None)
    prices = []
    for entry in lists:
        own = now.get(entry.price_list_id)
        amount = own if own is not None or default is None else now.get(default)
        following = coming.get(entry.price_list_id)
        prices.append(
            ListPrice(
                amount=None if amount is None else Money(amount, currency),
                own=own is not None,
                next_amount=Money(following[0], currency) if following else None,
                next_at=following[1] if following else None,
            )
        )
    return SheetRow(
        product_id=row.product_id,
        product_title=row.title,
        picture=picture_ref(row.picture) if row.picture else None,
        variant_id=row.variant_id,
        sku=row.sku,
        options=tuple(row.options),
        prices=tuple(prices),
        suggested=None if row.suggested is None else Money(row.suggested, currency),
        ceiling=None if row.ceiling is None else Money(row.ceiling, currency),
    )


_HISTORY = text("""
    SELECT l.name, w.currency, w.amount, lower(w.valid) AS since, upper(w.valid) AS until, w.actor, w.reason
      FROM wholesale_prices w JOIN price_lists l ON l.price_list_id = w.price_list_id
     WHERE w.variant_id = :variant_id
     ORDER BY lower(w.valid) DESC, l.is_default DESC, l.name, w.currency
""")


def price_history(session: Session, *, variant_id: UUID) -> list[PastPrice]:
    """Every wholesale price that a variant had, has, or is to have, the latest first."""
    rows = session.execute(_HISTORY, {"variant_id": variant_id})
    return [PastPrice(r.name, Money(r.amount, r.currency), r.since, r.until, r.actor, r.reason) for r in rows]


_RANGES = text("""
    SELECT v.product_id, w.currency, min(w.amount) AS low, max(w.amount) AS high
      FROM variants v
      JOIN wholesale_prices w ON w.variant_id = v.variant_id AND w.valid @> CAST(:at AS timestamptz)
      JOIN price_lists l ON l.price_list_id = w.price_list_id AND l.is_default
     WHERE v.product_id = ANY(CAST(:product_ids AS uuid[]))
     GROUP BY v.product_id, w.currency ORDER BY w.currency
""")


def wholesale_ranges(
    session: Session, *, product_ids: Sequence[UUID], at: datetime
) -> dict[UUID, list[tuple[Money, Money]]]:
    """The lowest and highest default wholesale price of products, one pair for each currency."""
    found: dict[UUID, list[tuple[Money, Money]]] = {}
    for r in session.execute(_RANGES, {"product_ids": list(product_ids), "at": at}):
        found.setdefault(r.product_id, []).append((Money(r.low, r.currency), Money(r.high, r.currency)))
    return found


_SUGGESTED = text("""
    SELECT g.variant_id, g.currency, g.amount FROM suggested_prices g
      JOIN variants v ON v.variant_id = g.variant_id WHERE v.product_id = :product_id
""")


def suggested_prices(session: Session, *, product_id: UUID) -> dict[tuple[UUID, str], Money]:
    """The suggested retail prices of a product's variants, by variant and currency."""
    rows = session.execute(_SUGGESTED, {"product_id": product_id})
    return {(r.variant_id, r.currency): Money(r.amount, r.currency) for r in rows}
