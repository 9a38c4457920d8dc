"""The entries of a partner's account, as its people read them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from kit.money import Money

# What a list of entries may be narrowed to: the figures of a balance.
FIGURES = ("available", "pending", "held")


@dataclass(frozen=True, slots=True)
class Earning:
    """One entry of the partner's account, with what it came from. ``amount`` is negative when it
    takes away. ``fact`` is the kind of its source, such as sale or refund."""

    posted_at: datetime
    fact: str
    order_id: UUID | None
    order_number: int | None
    title: str
    amount: Money
    available_on: datetime | None
    held: bool


# An entry says itself when it becomes available, or, where that depends on delivery, its order does.
_MINE = """
    FROM ledger_entries e
    LEFT JOIN orders o ON o.partner_id = e.partner_id AND o.order_id = e.order_id
    LEFT JOIN order_lines l ON l.partner_id = e.partner_id AND l.line_id = e.line_id
   WHERE e.partner_id = :partner_id AND 'partner_payable' IN (e.debit, e.credit)
"""
_SIGNED = "CASE WHEN e.credit = 'partner_payable' THEN e.amount ELSE -e.amount END"
_ON = "coalesce(e.available_on, o.available_on)"
# A hold keeps what an order has brought, which is nothing where more was taken back.
_IS_HELD = """(coalesce(o.owed > 0, false) AND EXISTS (
    SELECT 1 FROM holds h
     WHERE h.partner_id = :partner_id AND h.order_id = e.order_id AND h.released_at IS NULL))"""
_ENTRIES = f"""
    SELECT e.posted_at, split_part(e.source, ':', 1) AS fact, e.order_id, o.number, e.currency,
           {_SIGNED} AS amount, {_ON} AS available_on, {_IS_HELD} AS held,
           concat_ws(', ', l.product_title, nullif(l.variant_title, '')) AS title
    {_MINE} {{narrowed}} ORDER BY e.posted_at DESC, e.entry_id DESC LIMIT :limit OFFSET :offset
"""
# A statement of its own for each figure: one for all would be planned for none.
_EARNINGS = {
    "": text(_ENTRIES.format(narrowed="")),
    "available": text(_ENTRIES.format(narrowed=f"AND {_ON} <= :now AND NOT {_IS_HELD}")),
    "pending": text(
        _ENTRIES.format(
            narrowed=f"""AND ({_ON} > :now OR {_ON} IS NULL) AND NOT {_IS_HELD}
                         AND (CAST(:on AS date) IS NULL OR CAST({_ON} AS date) = CAST(:on AS date))"""
        )
    ),
    "held": text(_ENTRIES.format(narrowed=f"AND {_IS_HELD}")),
}
_OF_ORDER = text(f"""
    SELECT split_part(e.source, ':', 1) AS fact, e.currency, sum({_SIGNED}) AS amount
    {_MINE} AND e.order_id = :order_id AND o.partner_id = :partner_id
    GROUP BY fact, e.currency ORDER BY min(e.posted_at)
""")


def earnings(
    session: Session,
    *,
    partner_id: UUID,
    now: datetime,
    figure: str = "",
    on: date | None = None,
    limit: int = 50,
    offset: int = 0,
) -> list[Earning]:
    """Return the entries of the partner's account, newest first: all of them, or those that make a
    ``figure`` of its balance at ``now``; of what is pending, those that become available on a UTC day."""
    rows = session.execute(
        _EARNINGS[figure],
        {"partner_id": partner_id, "limit": limit, "offset": offset}
        | ({"now": now} if figure in ("available", "pending") else {})
        | ({"on": on} if figure == "pending" else {}),
    )
    return [
        Earning(
            r.posted_at,
            r.fact,
            r.order_id,
            r.number,
            r.title,
            Money(int(r.amount), r.currency),
            r.available_on,
            r.held,
        )
        for r in rows
    ]


def earned_by_fact(session: Session, *, partner_id: UUID, order_id: UUID) -> dict[str, Money]:
    """What an order brought and took from its partner's account, by fact, in the order of their time."""
    rows = session.execute(_OF_ORDER, {"partner_id": partner_id, "order_id": order_id})
    return {row.fact: Money(int(row.amount), row.currency) for row in rows}
