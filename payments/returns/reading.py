"""Returns as pages show them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from kit.errors import NotFound
from kit.money import Money

REASON_WORDS = {
    "changed_mind": "I changed my mind",
    "does_not_fit": "It does not fit",
    "not_as_described": "It is not as described",
    "damaged": "It arrived damaged or is faulty",
    "wrong_item": "It is not what I ordered",
    "other": "Something else",
}


@dataclass(frozen=True, slots=True)
class ReturnedLine:
    """Units of a line that come back: see ``payments.returns.models.ReturnLine``."""

    line_id: UUID
    title: str
    quantity: int
    reason: str
    received: int
    restocked: bool


@dataclass(frozen=True, slots=True)
class ReturnView:
    """A return: see ``payments.returns.models.Return``. ``amount`` is that of its refund, whose state is
    ``refund_state``; both are None before it is refunded. ``note`` is the shopper's."""

    partner_id: UUID
    return_id: UUID
    order_id: UUID
    order_number: int
    partner: str
    store: str
    kind: str
    state: str
    note: str
    asked_at: datetime
    decided_at: datetime | None
    decided_by: str | None
    declined_for: str
    received_at: datetime | None
    received_by: str | None
    closed_at: datetime | None
    refund_id: UUID | None
    refund_state: str | None
    amount: Money | None
    lines: tuple[ReturnedLine, ...]

    @property
    def open(self) -> bool:
        return self.closed_at is None

    @property
    def cancellable(self) -> bool:
        """Whether the shopper may keep the goods after all."""
        return self.state in ("requested", "accepted")

    @property
    def units(self) -> int:
        return sum(line.quantity for line in self.lines)

    @property
    def at_once(self) -> bool:
        """Whether the order was withdrawn from before it was sent, so that nothing comes back."""
        return self.state == "refunded" and self.received_at is None


_RETURNS = """
    SELECT t.*, o.number, o.currency, s.name AS store, p.name AS partner, f.state AS refund_state,
           f.amount AS refunded, y.lines
      FROM returns t
      JOIN orders o ON o.partner_id = t.partner_id AND o.order_id = t.order_id
      JOIN stores s ON s.partner_id = o.partner_id AND s.store_id = o.store_id
      JOIN partners p ON p.partner_id = t.partner_id
      LEFT JOIN refunds f ON f.partner_id = t.partner_id AND f.refund_id = t.refund_id
      LEFT JOIN LATERAL (
        SELECT jsonb_agg(jsonb_build_array(l.line_id, concat_ws(', ', l.product_title,
                                                                nullif(l.variant_title, '')),
                                           x.quantity, x.reason, x.received, x.restocked)
                         ORDER BY l.position) AS lines
          FROM return_lines x
          JOIN order_lines l ON l.partner_id = x.partner_id AND l.line_id = x.line_id
         WHERE x.partner_id = t.partner_id AND l.partner_id = t.partner_id AND x.return_id = t.return_id
      ) y ON true
"""
_MINE = """t.partner_id = :partner_id AND o.partner_id = :partner_id AND s.partner_id = :partner_id
       AND p.partner_id = :partner_id AND (f.partner_id = :partner_id OR f.partner_id IS NULL)"""
_OF_ORDER = text(f"{_RETURNS} WHERE {_MINE} AND t.order_id = :order_id ORDER BY t.asked_at, t.return_id")
_ONE = text(f"{_RETURNS} WHERE {_MINE} AND t.return_id = :return_id")
_ALL = text(f"""{_RETURNS}
     WHERE :state = '' OR :state = 'open' AND t.closed_at IS NULL OR t.state = :state
     ORDER BY t.closed_at IS NOT NULL, CASE WHEN t.closed_at IS NULL THEN t.asked_at END, t.asked_at DESC
     LIMIT :limit OFFSET :offset
""")
_COUNT = text("""
    SELECT count(*) AS open, count(*) FILTER (WHERE t.state = 'requested') AS requested,
           count(*) FILTER (WHERE t.state = 'received') AS received
      FROM returns t WHERE t.closed_at IS NULL
""")


def returns_of_order(session: Session, *, partner_id: UUID, order_id: UUID) -> list[ReturnView]:
    """Every return of an order, oldest first."""
    keys = {"partner_id": partner_id, "order_id": order_id}
    return [_view(row) for row in session.execute(_OF_ORDER, keys)]


def read_return(session: Session, *, partner_id: UUID, return_id: UUID) -> ReturnView:
    """Return one. Raises NotFound."""
    row = session.execute(_ONE, {"partner_id": partner_id, "return_id": return_id}).one_or_none()
    if row is None:
        raise NotFound("There is no such return.")
    return _view(row)


def all_returns(session: Session, *, state: str = "", limit: int = 50, offset: int = 0) -> list[ReturnView]:
    """Returns of all partners: open ones first, the oldest of them foremost. ``state`` is one of theirs,
    ``open`` or empty for all. Only as the company's role."""
    rows = session.execute(_ALL, {"state": state, "limit": limit, "offset": offset})
    return [_view(row) for row in rows]


@dataclass(frozen=True, slots=True)
class OpenReturns:
    """How many returns are open, and how many of them wait to be decided or to be paid back."""

    open: int
    requested: int
    received: int


def count_returns(session: Session) -> OpenReturns:
    """Count the open returns of all partners. Only as the company's role."""
    row = session.execute(_COUNT).one()
    return OpenReturns(row.open, row.requested, row.received)


def _view(row: Row[tuple[object, ...]]) -> ReturnView:
    return ReturnView(
        partner_id=row.partner_id,
        return_id=row.return_id,
        order_id=row.order_id,
        order_number=row.number,
        partner=row.partner,
        store=row.store,
        kind=row.kind,
        state=row.state,
        note=row.note,
        asked_at=row.asked_at,
        decided_at=row.decided_at,
        decided_by=row.decided_by,
        declined_for=row.declined_for or "",
        received_at=row.received_at,
        received_by=row.received_by,
        closed_at=row.closed_at,
        refund_id=row.refund_id,
        refund_state=row.refund_state,
        amount=Money(row.refunded, row.currency) if row.refunded is not None else None,
        lines=tuple(
            ReturnedLine(UUID(line_id), title, quantity, reason, received, restocked)
            for line_id, title, quantity, reason, received, restocked in row.lines or ()
        ),
    )
