"""Which units of an order can come back, and until when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from catalog.pictures import PictureRef, picture_ref
from kit.errors import NotFound, Refusal


class NotReturnable(Refusal):
    """The time is over, the units were not sent, or they come back already."""


# A day is over when it is over everywhere, so that no shopper's clock is ahead of the shop's.
_EVERYWHERE = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class UnitsOfLine:
    """A line: ``sent`` of its units went to the shopper, ``back`` of them were received again, and ``left``
    can still be asked for."""

    line_id: UUID
    variant_id: UUID
    title: str
    picture: PictureRef | None
    sent: int
    back: int
    left: int


@dataclass(frozen=True, slots=True)
class Returnable:
    """What of an order can come back at a moment.

    ``last_day`` counts from the delivery, which is assumed where nobody confirmed it; None before the order
    is sent. ``problem`` is empty, or says why nothing can come back: unpaid, disputed, nothing or over. Of an
    ``unsent`` order only the whole contract can be withdrawn from.
    """

    unsent: bool
    last_day: date | None
    problem: str
    lines: tuple[UnitsOfLine, ...]

    @property
    def left(self) -> dict[UUID, int]:
        return {line.line_id: line.left for line in self.lines if line.left}

    def refuse(self, field: str = "units") -> None:
        """Raise NotReturnable, in words for the shopper, where nothing can come back."""
        if self.problem == "over" and self.last_day is not None:
            raise NotReturnable(
                f"The time for this has passed. The last day was {self.last_day:%d %B %Y}.", field=field
            )
        if self.problem:
            raise NotReturnable(_PROBLEMS[self.problem], field=field)


_PROBLEMS = {
    "unpaid": "This order was not paid, so there is nothing to give back.",
    "disputed": "Your bank has asked for this payment back, and decides about it.",
    "nothing": "Everything of this order has been given back, or is on its way back.",
}
_ORDER = """
    SELECT o.order_id, o.store_id, o.payment, o.fulfilment, o.shipped_at, o.delivered_at, o.returns_days,
      (SELECT c.assumed_delivery_days FROM company c) AS assumed_days,
      EXISTS (SELECT 1 FROM disputes d WHERE d.partner_id = :partner_id AND d.order_id = o.order_id
                 AND d.state IN ('open', 'lost')) AS disputed
      FROM orders o WHERE o.partner_id = :partner_id AND o.order_id = :order_id
"""
_READ = text(_ORDER)
_LOCKED = text(f"{_ORDER} FOR UPDATE OF o")
# Units that were cancelled were never sent; those that were given back and were not cancelled are the
# shopper's to keep, or came back. What a return has received stays received, whatever becomes of its refund.
_LINES = text("""
    SELECT l.line_id, l.variant_id, l.quantity, l.picture,
           concat_ws(', ', l.product_title, nullif(l.variant_title, '')) AS title,
           coalesce(c.units, 0) AS cancelled, coalesce(r.units, 0) AS refunded,
           coalesce(b.coming, 0) AS coming, coalesce(b.back, 0) AS back
      FROM order_lines l
      LEFT JOIN LATERAL (
        SELECT sum(x.quantity) AS units FROM cancelled_units x
         WHERE x.partner_id = :partner_id AND x.line_id = l.line_id) c ON true
      LEFT JOIN LATERAL (
        SELECT sum(x.quantity) AS units FROM refund_lines x
          JOIN refunds f ON f.partner_id = x.partner_id AND f.refund_id = x.refund_id
         WHERE x.partner_id = :partner_id AND f.partner_id = :partner_id AND x.line_id = l.line_id
           AND f.state IN ('asked', 'pending', 'succeeded')) r ON true
      LEFT JOIN LATERAL (
        SELECT sum(CASE t.state WHEN 'received' THEN y.received
                                WHEN 'refunded' THEN greatest(0, y.received - coalesce(g.quantity, 0))
                                ELSE y.quantity END) AS coming,
               sum(y.received) AS back
          FROM return_lines y
          JOIN returns t ON t.partner_id = y.partner_id AND t.return_id = y.return_id
          LEFT JOIN (
            SELECT z.refund_id, z.line_id, z.quantity FROM refund_lines z
              JOIN refunds h ON h.partner_id = z.partner_id AND h.refund_id = z.refund_id
             WHERE z.partner_id = :partner_id AND h.partner_id = :partner_id
               AND h.state IN ('asked', 'pending', 'succeeded')) g
            ON g.refund_id = t.refund_id AND g.line_id = y.line_id
         WHERE y.partner_id = :partner_id AND t.partner_id = :partner_id AND y.line_id = l.line_id
           AND t.state NOT IN ('declined', 'cancelled')) b ON true
     WHERE l.partner_id = :partner_id AND l.order_id = :order_id ORDER BY l.position
""")


def returnable(session: Session, *, partner_id: UUID, order_id: UUID, now: datetime) -> Returnable:
    """What of an order can come back now. Raises NotFound."""
    return read_returnable(session, partner_id=partner_id, order_id=order_id, now=now, lock=False)


def read_returnable(
    session: Session, *, partner_id: UUID, order_id: UUID, now: datetime, lock: bool
) -> Returnable:
    """The same, where ``lock`` keeps the order to this transaction."""
    keys = {"partner_id": partner_id, "order_id": order_id}
    row = session.execute(_LOCKED if lock else _READ, keys).one_or_none()
    if row is None:
        raise NotFound("There is no such order.")
    unsent = row.shipped_at is None
    lines = tuple(_line(line) for line in session.execute(_LINES, keys))
    last = None if unsent else last_day(row)
    return Returnable(unsent, last, _problem(row, lines, last, now), lines)


def last_day(row: Row[Any]) -> date:
    """The last day on which something of a sent order can be sent back."""
    arrived: datetime = row.delivered_at or row.shipped_at + timedelta(days=row.assumed_days)
    return (arrived.astimezone(UTC) + timedelta(days=row.returns_days)).date()


def ends(day: date) -> datetime:
    """The moment at which a last day is over."""
    return datetime.combine(day + timedelta(days=1), time(), UTC) + _EVERYWHERE


def check_units(units: Mapping[UUID, int], found: Returnable) -> dict[UUID, int]:
    """The units that are asked for, without the lines of none. Raises NotReturnable, naming the field."""
    lines = {line.line_id: line for line in found.lines}
    for line_id, count in units.items():
        if line_id not in lines:
            raise NotReturnable("This belongs to another order.", field=f"units-{line_id}")
        if not 0 <= count <= lines[line_id].left:
            left = lines[line_id].left
            allowed = f"0 to {left}" if left else "None"
            raise NotReturnable(f"{allowed} of these can come back.", field=f"units-{line_id}")
    wanted = {line_id: count for line_id, count in units.items() if count}
    if not wanted:
        raise NotReturnable("Say how many come back.", field="units")
    return wanted


def _problem(row: Row[Any], lines: tuple[UnitsOfLine, ...], last: date | None, now: datetime) -> str:
    if row.payment not in ("paid", "partly_refunded", "refunded"):
        return "unpaid"
    if row.disputed:
        return "disputed"
    if not any(line.left for line in lines):
        return "nothing"
    if last is not None and now >= ends(last):
        return "over"
    return ""


def _line(row: Row[Any]) -> UnitsOfLine:
    gone = max(int(row.cancelled), int(row.refunded)) + int(row.coming)
    return UnitsOfLine(
        line_id=row.line_id,
        variant_id=row.variant_id,
        title=row.title,
        picture=picture_ref(row.picture) if row.picture else None,
        sent=row.quantity - int(row.cancelled),
        back=int(row.back),
        left=max(0, row.quantity - gone),
    )
