"""What partners are owed: the sums of their entries.

An order says from when what it brought is available; all its entries become so together, so that what was
given back never counts before what it was given back of. An entry of no order counts at once. What a hold
keeps is no part of what is available or pending.

The total begins with a point (``payments.ledger.points``), which is the sum of all entries from before, and
adds what came later. What is pending is little beside it: the open orders' own sums.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from kit.money import Money


@dataclass(frozen=True, slots=True)
class Balance:
    """What a partner is owed in one currency: ``available`` now, ``pending`` until its time comes, and
    ``held`` until somebody decides, as on a dispute. ``available`` is negative where the partner owes."""

    available: Money
    pending: Money
    held: Money

    @property
    def total(self) -> Money:
        return self.available + self.pending + self.held


@dataclass(frozen=True, slots=True)
class Pending:
    """An amount that becomes available on ``on``; None while that waits for a parcel to leave."""

    on: date | None
    amount: Money
    orders: int


@dataclass(frozen=True, slots=True)
class HeldOrder:
    """The margin of an order that is not paid out for now. ``kind`` and ``reason`` are of the hold that was
    placed first: see ``payments.models.Hold``."""

    order_id: UUID
    number: int
    kind: str
    reason: str
    since: datetime
    amount: Money


_SIGNED = "CASE WHEN e.credit = 'partner_payable' THEN e.amount ELSE -e.amount END"
# Everything that is owed. ``{x}`` narrows table x to one partner, or leaves it as the company sees it; all
# points are of one moment. The upper bounds exclude nothing: a range with both ends is planned by the index.
_OWED = f"""
    SELECT p.partner_id, p.currency, p.total AS amount FROM balance_points p WHERE {{p}}
     UNION ALL
    SELECT e.partner_id, e.currency, {_SIGNED} FROM ledger_entries e
     WHERE {{e}} AND 'partner_payable' IN (e.debit, e.credit) AND e.posted_at < 'infinity'
       AND e.posted_at >= (SELECT coalesce(min(b.until), '-infinity') FROM balance_points b WHERE {{b}})
"""  # noqa: S608 - constant text
# The orders that have not become available, and those on hold: a held order keeps what it has brought, and
# nothing where more was taken back than that.
_OPEN = """
    SELECT o.partner_id, o.currency, o.order_id, o.available_on, o.owed FROM orders o
     WHERE {o} AND o.paid_at IS NOT NULL AND o.available_on > :now AND o.available_on < 'infinity'
     UNION ALL
    SELECT o.partner_id, o.currency, o.order_id, o.available_on, o.owed FROM orders o
     WHERE {o} AND o.paid_at IS NOT NULL AND o.available_on IS NULL
"""
_HELD = """
    SELECT o.partner_id, o.currency, o.order_id, o.number, o.owed,
           o.available_on IS NULL OR o.available_on > :now AS open
      FROM (SELECT DISTINCT h.partner_id, h.order_id FROM holds h WHERE {h} AND h.released_at IS NULL) k
      JOIN orders o ON o.partner_id = k.partner_id AND o.order_id = k.order_id
     WHERE {o} AND o.owed > 0
"""
_BALANCES = f"""
    SELECT s.partner_id, s.currency, sum(s.total) AS total, sum(s.pending) AS pending, sum(s.held) AS held
      FROM (
        SELECT w.partner_id, w.currency, w.amount AS total, 0 AS pending, 0 AS held FROM ({_OWED}) w
         UNION ALL
        SELECT w.partner_id, w.currency, 0, w.owed, 0 FROM ({_OPEN}) w
         UNION ALL
        SELECT k.partner_id, k.currency, 0, CASE WHEN k.open THEN -k.owed ELSE 0 END, k.owed
          FROM ({_HELD}) k
      ) s GROUP BY s.partner_id, s.currency ORDER BY s.partner_id, s.currency
"""  # noqa: S608 - constant text


def _of_one(statement: str) -> str:
    return statement.format(**{name: f"{name}.partner_id = :partner_id" for name in "pbeoh"})


_BALANCES_OF_ONE = text(_of_one(_BALANCES))
_BALANCES_OF_ALL = text(_BALANCES.format(**dict.fromkeys("pbeoh", "true")))
_PENDING = text(
    _of_one(f"""
    SELECT w.currency, CAST(w.available_on AS date) AS on, sum(w.owed) AS amount, count(*) AS orders
      FROM ({_OPEN}) w
     WHERE w.owed <> 0
       AND NOT EXISTS (SELECT 1 FROM holds h WHERE h.partner_id = :partner_id AND h.order_id = w.order_id
                          AND h.released_at IS NULL AND w.owed > 0)
     GROUP BY w.currency, CAST(w.available_on AS date) ORDER BY CAST(w.available_on AS date) NULLS LAST
""")  # noqa: S608 - constant text
)
_HELD_ORDERS = text(
    _of_one(f"""
    SELECT a.order_id, a.number, a.currency, a.owed, f.kind, f.reason, f.placed_at
      FROM ({_HELD}) a
     CROSS JOIN LATERAL (
       SELECT x.kind, x.reason, x.placed_at FROM holds x
        WHERE x.partner_id = :partner_id AND x.order_id = a.order_id AND x.released_at IS NULL
        ORDER BY x.placed_at LIMIT 1) f
     ORDER BY f.placed_at DESC
""")  # noqa: S608 - constant text
)


def balances(session: Session, *, partner_id: UUID, now: datetime) -> list[Balance]:
    """Return the partner's balance in each currency that it has entries in."""
    rows = session.execute(_BALANCES_OF_ONE, {"partner_id": partner_id, "now": now})
    return [_balance(r) for r in rows]


def balances_of_all(session: Session, *, now: datetime) -> list[tuple[UUID, Balance]]:
    """Return every partner's balances, in one statement. Only as the company's role."""
    rows = session.execute(_BALANCES_OF_ALL, {"now": now})
    return [(r.partner_id, _balance(r)) for r in rows]


def _balance(row: Row[Any]) -> Balance:
    total, pending, held = int(row.total), int(row.pending), int(row.held)
    return Balance(
        available=Money(total - pending - held, row.currency),
        pending=Money(pending, row.currency),
        held=Money(held, row.currency),
    )


def pending_by_date(session: Session, *, partner_id: UUID, now: datetime) -> list[Pending]:
    """Return what becomes available on which UTC day, soonest first, without what is held."""
    rows = session.execute(_PENDING, {"partner_id": partner_id, "now": now})
    return [Pending(r.on, Money(int(r.amount), r.currency), r.orders) for r in rows]


def held_orders(session: Session, *, partner_id: UUID, now: datetime) -> list[HeldOrder]:
    """Return the orders whose margin is held, those held last first."""
    rows = session.execute(_HELD_ORDERS, {"partner_id": partner_id, "now": now})
    return [
        HeldOrder(r.order_id, r.number, r.kind, r.reason, r.placed_at, Money(r.owed, r.currency))
        for r in rows
    ]
