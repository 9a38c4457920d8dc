"""What partners are owed: the sums of their entries.

An entry says itself when it becomes available, or, where that depends on delivery, its order does. All of
an order's entries become available together, so that what was given back never counts before what it was
given back of. What a hold keeps is no part of what is available or pending.

A balance begins with a point (``payments.ledger.points``), which is the sum of what was available long ago,
and adds what came later; without a point it adds everything.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import text
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


# ``{of}`` narrows a table to one partner, or leaves it as the company sees it.
_SIGNED = "CASE WHEN e.credit = 'partner_payable' THEN e.amount ELSE -e.amount END"
_MINE = "'partner_payable' IN (e.debit, e.credit)"
_SINCE = """coalesce((SELECT min(p.until) FROM balance_points p WHERE p.partner_id = {owner}),
                     '-infinity'::timestamptz)"""
# Everything that is owed, with the moment from which it is available: from the point, what came after it,
# and what came before it and was not yet available by then.
_OWED = f"""
    SELECT p.partner_id, p.currency, p.settled AS amount, p.until AS available_on, NULL::uuid AS order_id
      FROM balance_points p WHERE {{p}}
     UNION ALL
    SELECT e.partner_id, e.currency, {_SIGNED}, coalesce(e.available_on, o.available_on), e.order_id
      FROM ledger_entries e
      LEFT JOIN orders o ON o.partner_id = e.partner_id AND o.order_id = e.order_id
     WHERE {{e}} AND {_MINE} AND e.posted_at >= {{point}}
     UNION ALL
    SELECT e.partner_id, e.currency, {_SIGNED}, e.available_on, e.order_id
      FROM ledger_entries e
     WHERE {{e}} AND {_MINE} AND e.posted_at < {{point}} AND e.available_on >= {{point}}
     UNION ALL
    SELECT e.partner_id, e.currency, {_SIGNED}, o.available_on, e.order_id
      FROM orders o
      JOIN ledger_entries e ON e.partner_id = o.partner_id AND e.order_id = o.order_id
     WHERE {{o}} AND o.paid_at IS NOT NULL AND (o.available_on IS NULL OR o.available_on >= {{point}})
       AND {_MINE} AND e.available_on IS NULL AND e.posted_at < {{point}}
"""  # noqa: S608 - constant text
# An order on hold keeps what it has brought, and nothing where more was taken back than it brought.
_HELD = f"""
    SELECT e.partner_id, e.currency, e.order_id, sum({_SIGNED}) AS amount,
           coalesce(min(e.available_on), min(o.available_on)) AS available_on
      FROM (SELECT DISTINCT h.partner_id, h.order_id FROM holds h WHERE {{h}} AND h.released_at IS NULL) k
      JOIN orders o ON o.partner_id = k.partner_id AND o.order_id = k.order_id
      JOIN ledger_entries e ON e.partner_id = k.partner_id AND e.order_id = k.order_id
     WHERE {{o}} AND {{e}} AND {_MINE}
     GROUP BY e.partner_id, e.currency, e.order_id HAVING sum({_SIGNED}) > 0
"""  # noqa: S608 - constant text
_BALANCES = f"""
    SELECT s.partner_id, s.currency, sum(s.available) AS available, sum(s.pending) AS pending,
           sum(s.held) AS held
      FROM (
        SELECT w.partner_id, w.currency,
               CASE WHEN w.available_on <= :now THEN w.amount ELSE 0 END AS available,
               CASE WHEN w.available_on <= :now THEN 0 ELSE w.amount END AS pending, 0 AS held
          FROM ({_OWED}) w
         UNION ALL
        SELECT k.partner_id, k.currency, CASE WHEN k.available_on <= :now THEN -k.amount ELSE 0 END,
               CASE WHEN k.available_on <= :now THEN 0 ELSE -k.amount END, k.amount
          FROM ({_HELD}) k
      ) s GROUP BY s.partner_id, s.currency ORDER BY s.partner_id, s.currency
"""  # noqa: S608 - constant text


def _of_one(statement: str) -> str:
    aliases = {name: f"{name}.partner_id = :partner_id" for name in "peoh"}
    return statement.format(**aliases, point=_SINCE.format(owner=":partner_id"))


def _of_all(statement: str) -> str:
    # All points are of one moment.
    return statement.format(
        **dict.fromkeys("peoh", "true"), point=_SINCE.replace("p.partner_id = {owner}", "true")
    )


_BALANCES_OF_ONE = text(_of_one(_BALANCES))
_BALANCES_OF_ALL = text(_of_all(_BALANCES))
_PENDING = text(
    _of_one(f"""
    SELECT w.currency, CAST(w.available_on AS date) AS on, sum(w.amount) AS amount,
           count(DISTINCT w.order_id) AS orders
      FROM ({_OWED}) w
     WHERE (w.available_on > :now OR w.available_on IS NULL)
       AND NOT EXISTS (SELECT 1 FROM holds h WHERE h.partner_id = :partner_id AND h.order_id = w.order_id
                          AND h.released_at IS NULL)
     GROUP BY w.currency, CAST(w.available_on AS date) ORDER BY CAST(w.available_on AS date) NULLS LAST
""")  # noqa: S608 - constant text
)
_HELD_ORDERS = text(
    _of_one(f"""
    SELECT a.order_id, b.number, a.currency, a.amount, f.kind, f.reason, f.placed_at
      FROM ({_HELD}) a
      JOIN orders b ON b.partner_id = :partner_id AND b.order_id = a.order_id
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
    return [_balance(r.currency, r.available, r.pending, r.held) for r in rows]


def balances_of_all(session: Session, *, now: datetime) -> list[tuple[UUID, Balance]]:
    """Return every partner's balances, in one statement. Only as the company's role."""
    rows = session.execute(_BALANCES_OF_ALL, {"now": now})
    return [(r.partner_id, _balance(r.currency, r.available, r.pending, r.held)) for r in rows]


def _balance(currency: str, *amounts: int) -> Balance:
    return Balance(*(Money(int(amount), currency) for amount in amounts))


def pending_by_date(session: Session, *, partner_id: UUID, now: datetime) -> list[Pending]:
    """Return what becomes available on which UTC day, soonest first, without what is held."""
    rows = session.execute(_PENDING, {"partner_id": partner_id, "now": now})
    return [Pending(r.on, Money(int(r.amount), r.currency), r.orders) for r in rows]


def held_orders(session: Session, *, partner_id: UUID) -> list[HeldOrder]:
    """Return the orders whose margin is held, those held last first."""
    rows = session.execute(_HELD_ORDERS, {"partner_id": partner_id})
    return [
        HeldOrder(r.order_id, r.number, r.kind, r.reason, r.placed_at, Money(int(r.amount), r.currency))
        for r in rows
    ]
