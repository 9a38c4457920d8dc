"""Orders of all partners, as the company's desk works through them. Only as the company's role."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from catalog.pictures import PictureRef, picture_ref
from kit.money import Money


@dataclass(frozen=True, slots=True)
class DeskFilter:
    """What to show. ``payment`` empty means every order that was paid at some time; ``any`` also those
    that never were. ``search`` is an order's number, or part of an e-mail address or a name."""

    payment: str = ""
    fulfilment: str = ""
    partner_id: UUID | None = None
    search: str = ""
    flagged: bool = False
    to_ship: bool = False


@dataclass(frozen=True, slots=True)
class DeskOrder:
    """An order in a list. ``items`` counts units, ``title`` names the first line."""

    partner_id: UUID
    order_id: UUID
    store_id: UUID
    store: str
    partner: str
    number: int
    placed_at: datetime
    paid_at: datetime | None
    payment: str
    fulfilment: str
    flagged: str
    email: str
    name: str
    country: str
    total: Money
    wholesale: Money
    margin: Money
    items: int
    lines: int
    title: str
    picture: PictureRef | None


_WHERE = """
     WHERE (CAST(:partner_id AS uuid) IS NULL OR o.partner_id = :partner_id)
       AND (CASE CAST(:payment AS text) WHEN '' THEN o.paid_at IS NOT NULL WHEN 'any' THEN true
                 ELSE o.payment = :payment END)
       AND (CAST(:fulfilment AS text) = '' OR o.fulfilment = :fulfilment)
       AND (NOT :flagged OR o.flagged <> '')
       AND (NOT :to_ship OR (o.payment IN ('paid', 'partly_refunded') AND o.fulfilment = 'unfulfilled'))
       AND (CAST(:search AS text) = '' OR o.number = CAST(:number AS bigint) OR o.email ILIKE :like
            OR o.address ->> 'name' ILIKE :like)
"""
_LIST = """
    SELECT o.*, s.name AS store, p.name AS partner, l.*
      FROM (SELECT o.* FROM orders o {where} ORDER BY {order} LIMIT :limit OFFSET :offset) o
      JOIN stores s ON s.partner_id = o.partner_id AND s.store_id = o.store_id
      JOIN partners p ON p.partner_id = o.partner_id
     CROSS JOIN LATERAL (
       SELECT coalesce(sum(l.quantity), 0) AS items, count(*) AS lines, coalesce(sum(l.margin), 0) AS margin,
              coalesce(sum(l.unit_wholesale * l.quantity), 0) AS wholesale,
              (array_agg(concat_ws(', ', l.product_title, nullif(l.variant_title, ''))
                         ORDER BY l.position))[1] AS title,
              (array_agg(l.picture ORDER BY l.position))[1] AS picture
         FROM order_lines l WHERE l.partner_id = o.partner_id AND l.order_id = o.order_id) l
     ORDER BY {order}
"""
_NEWEST = text(_LIST.format(where=_WHERE, order="o.placed_at DESC, o.order_id DESC"))
_OLDEST = text(_LIST.format(where=_WHERE, order="o.placed_at, o.order_id"))
_COUNT = text(f"SELECT count(*) FROM orders o {_WHERE}")  # noqa: S608 - constant text


def desk_orders(
    session: Session,
    *,
    wanted: DeskFilter,
    oldest_first: bool = False,
    limit: int = 50,
    offset: int = 0,
) -> list[DeskOrder]:
    """Orders that match, newest first unless asked otherwise."""
    statement = _OLDEST if oldest_first else _NEWEST
    rows = session.execute(statement, _parameters(wanted) | {"limit": limit, "offset": offset})
    return [_order(row) for row in rows]


def count_desk_orders(session: Session, *, wanted: DeskFilter) -> int:
    """How many orders match."""
    return int(session.execute(_COUNT, _parameters(wanted)).scalar_one())


def flag_of(session: Session, *, partner_id: UUID, order_id: UUID) -> str:
    """Why an order is flagged, in a sentence; empty when it is not."""
    found = session.execute(
        text("SELECT flagged FROM orders WHERE partner_id = :partner_id AND order_id = :order_id"),
        {"partner_id": partner_id, "order_id": order_id},
    ).scalar()
    return found or ""


def _parameters(wanted: DeskFilter) -> dict[str, Any]:
    search = wanted.search.strip().removeprefix("#")
    escaped = search.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return {
        "partner_id": wanted.partner_id,
        "payment": wanted.payment,
        "fulfilment": wanted.fulfilment,
        "flagged": wanted.flagged,
        "to_ship": wanted.to_ship,
        "search": search,
        "number": int(search) if search.isdecimal() and len(search) < 16 else None,
        "like": f"%{escaped}%",
    }


def _order(row: Row[Any]) -> DeskOrder:
    return DeskOrder(
        partner_id=row.partner_id,
        order_id=row.order_id,
        store_id=row.store_id,
        store=row.store,
        partner=row.partner,
        number=row.number,
        placed_at=row.placed_at,
        paid_at=row.paid_at,
        payment=row.payment,
        fulfilment=row.fulfilment,
        flagged=row.flagged,
        email=row.email,
        name=row.address.get("name", ""),
        country=row.address.get("country", ""),
        total=Money(row.total, row.currency),
        wholesale=Money(int(row.wholesale), row.currency),
        margin=Money(int(row.margin), row.currency),
        items=int(row.items),
        lines=row.lines,
        title=row.title or "",
        picture=picture_ref(row.picture) if row.picture else None,
    )
