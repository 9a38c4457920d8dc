"""Refunds that a partner asks the company for. Nothing is given back before the company does it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from kit.errors import NotFound, Refusal
from kit.ids import new_id
from kit.money import Money
from orders.timeline import note
from payments.refunds.asking import RefundAsked, refund_effect
from payments.remainder import NotRefundable
from payments.returns.models import RefundRequest, RefundRequestLine
from storage import audit
from storage.database import insert_rows
from storage.jobs import Job, enqueue

_LOCKED_ORDER = text("""
    SELECT o.order_id FROM orders o WHERE o.partner_id = :partner_id AND o.order_id = :order_id FOR UPDATE
""")
_LOCKED = text("""
    SELECT q.* FROM refund_requests q
     WHERE q.partner_id = :partner_id AND q.request_id = :request_id FOR UPDATE
""")
_WAITS = text("""
    SELECT 1 FROM refund_requests q
     WHERE q.partner_id = :partner_id AND q.order_id = :order_id AND q.state = 'asked'
""")


@dataclass(frozen=True, slots=True)
class RequestedLine:
    line_id: UUID
    title: str
    quantity: int


@dataclass(frozen=True, slots=True)
class RequestView:
    """A request: see ``payments.returns.models.RefundRequest``. ``amount`` is what it came to when asked."""

    partner_id: UUID
    request_id: UUID
    order_id: UUID
    order_number: int
    partner: str
    store: str
    state: str
    amount: Money
    delivery: Money
    goodwill: Money
    funder: str | None
    reason: str
    asked_by: str
    asked_at: datetime
    declined_for: str
    decided_by: str | None
    decided_at: datetime | None
    lines: tuple[RequestedLine, ...]

    @property
    def asked(self) -> RefundAsked:
        """What the company's refund begins with."""
        return RefundAsked(
            units={line.line_id: line.quantity for line in self.lines},
            delivery=self.delivery.minor,
            goodwill=self.goodwill.minor,
            funder=self.funder or "company",
            reason=self.reason,
        )


def requests_allowed(session: Session) -> bool:
    """Whether the company lets partners ask for refunds."""
    return bool(session.execute(text("SELECT partner_refund_requests FROM company")).scalar_one())


def request_refund(
    session: Session, *, partner_id: UUID, order_id: UUID, asked: RefundAsked, actor: str, now: datetime
) -> UUID:
    """Ask the company for a refund. Nothing is given back by it.

    Raises NotFound for an order of another partner; NotRefundable, naming the field, for more than is left,
    without a reason, where one waits already, and where the company does not allow it.
    """
    keys = {"partner_id": partner_id, "order_id": order_id}
    if session.execute(_LOCKED_ORDER, keys).one_or_none() is None:
        raise NotFound("There is no such order.")
    if not requests_allowed(session):
        raise NotRefundable("The company gives refunds itself. Write to its support.")
    if session.execute(_WAITS, keys).one_or_none() is not None:
        raise NotRefundable("A request for this order waits for the company already.")
    effect = refund_effect(session, **keys, asked=asked)
    if not asked.reason.strip():
        raise NotRefundable("Say why, so that the company can decide.", field="reason")
    request_id = new_id()
    request = {
        **keys,
        "request_id": request_id,
        "state": "asked",
        "amount": effect.amount.minor,
        "currency": effect.amount.currency,
        "delivery": asked.delivery,
        "goodwill": asked.goodwill,
        "funder": asked.funder if asked.goodwill else None,
        "reason": asked.reason.strip(),
        "asked_by": actor,
        "asked_at": now,
    }
    insert_rows(session, RefundRequest, [request])
    insert_rows(
        session,
        RefundRequestLine,
        [
            {"partner_id": partner_id, "request_id": request_id, "line_id": line_id, "quantity": count}
            for line_id, count in asked.units.items()
            if count
        ],
    )
    note(
        session,
        **keys,
        kind="request_asked",
        now=now,
        reason=asked.reason.strip(),
        amount=effect.amount.minor,
        currency=effect.amount.currency,
    )
    _record(session, "refund.requested", partner_id, order_id, request_id, actor, now)
    return request_id


def decline_request(
    session: Session, *, partner_id: UUID, request_id: UUID, reason: str, actor: str, now: datetime
) -> None:
    """Decline a request; the partner reads why. Raises NotFound, and Refusal without a reason or where it
    was decided already."""
    row = _waiting(session, partner_id, request_id)
    reason = reason.strip()
    if not reason:
        raise Refusal("Say why. The partner reads it.", field="reason")
    session.execute(
        text(
            "UPDATE refund_requests SET state = 'declined', declined_for = :reason, decided_by = :actor,"
            " decided_at = :now WHERE partner_id = :partner_id AND request_id = :request_id"
        ),
        {
            "partner_id": partner_id,
            "request_id": request_id,
            "reason": reason,
            "actor": actor,
            "now": now,
        },
    )
    note(
        session,
        partner_id=partner_id,
        order_id=row.order_id,
        kind="request_declined",
        now=now,
        reason=reason,
    )
    _record(session, "refund.request_declined", partner_id, row.order_id, request_id, actor, now, reason)
    about = {"partner_id": str(partner_id), "order_id": str(row.order_id), "request_id": str(request_id)}
    enqueue(session, Job("order.request_declined", about))


def settle_request(
    session: Session, *, partner_id: UUID, request_id: UUID, refund_id: UUID, actor: str, now: datetime
) -> None:
    """Say which refund a request has led to. Raises NotFound, and Refusal where it was decided already."""
    row = _waiting(session, partner_id, request_id)
    session.execute(
        text(
            "UPDATE refund_requests SET state = 'given', refund_id = :refund_id, decided_by = :actor,"
            " decided_at = :now WHERE partner_id = :partner_id AND request_id = :request_id"
        ),
        {
            "partner_id": partner_id,
            "request_id": request_id,
            "refund_id": refund_id,
            "actor": actor,
            "now": now,
        },
    )
    _record(session, "refund.request_given", partner_id, row.order_id, request_id, actor, now)


_REQUESTS = """
    SELECT q.*, o.number, s.name AS store, p.name AS partner, y.lines
      FROM refund_requests q
      JOIN orders o ON o.partner_id = q.partner_id AND o.order_id = q.order_id
      JOIN stores s ON s.partner_id = o.partner_id AND s.store_id = o.store_id
      JOIN partners p ON p.partner_id = q.partner_id
      LEFT JOIN LATERAL (
        SELECT jsonb_agg(jsonb_build_array(l.line_id, concat_ws(', ', l.product_title,
                                                                nullif(l.variant_title, '')), x.quantity)
                         ORDER BY l.position) AS lines
          FROM refund_request_lines x
          JOIN order_lines l ON l.partner_id = x.partner_id AND l.line_id = x.line_id
         WHERE x.partner_id = q.partner_id AND l.partner_id = q.partner_id AND x.request_id = q.request_id
      ) y ON true
"""
_MINE = """q.partner_id = :partner_id AND o.partner_id = :partner_id AND s.partner_id = :partner_id
       AND p.partner_id = :partner_id"""
_OF_ORDER = text(f"{_REQUESTS} WHERE {_MINE} AND q.order_id = :order_id ORDER BY q.asked_at, q.request_id")
_ONE = text(f"{_REQUESTS} WHERE {_MINE} AND q.request_id = :request_id")
_OPEN = text(f"{_REQUESTS} WHERE q.state = 'asked' ORDER BY q.asked_at LIMIT :limit")


def requests_of_order(session: Session, *, partner_id: UUID, order_id: UUID) -> list[RequestView]:
    """Every request about an order, oldest first."""
    keys = {"partner_id": partner_id, "order_id": order_id}
    return [_view(row) for row in session.execute(_OF_ORDER, keys)]


def read_request(session: Session, *, partner_id: UUID, request_id: UUID) -> RequestView:
    """Return a request. Raises NotFound."""
    row = session.execute(_ONE, {"partner_id": partner_id, "request_id": request_id}).one_or_none()
    if row is None:
        raise NotFound("There is no such request.")
    return _view(row)


def open_requests(session: Session, *, limit: int = 50) -> list[RequestView]:
    """Requests of all partners that wait, the oldest first. Only as the company's role."""
    return [_view(row) for row in session.execute(_OPEN, {"limit": limit})]


def _waiting(session: Session, partner_id: UUID, request_id: UUID) -> Row[Any]:
    row = session.execute(_LOCKED, {"partner_id": partner_id, "request_id": request_id}).one_or_none()
    if row is None:
        raise NotFound("There is no such request.")
    if row.state != "asked":
        raise Refusal("Somebody has decided this request already.", field="request")
    return row


def _record(
    session: Session,
    action: str,
    partner_id: UUID,
    order_id: UUID,
    request_id: UUID,
    actor: str,
    now: datetime,
    reason: str = "",
) -> None:
    audit.record(
        session,
        actor=actor,
        action=action,
        subject=f"order:{order_id}",
        partner_id=partner_id,
        now=now,
        after={"request_id": str(request_id)},
        reason=reason,
    )


def _view(row: Row[Any]) -> RequestView:
    return RequestView(
        partner_id=row.partner_id,
        request_id=row.request_id,
        order_id=row.order_id,
        order_number=row.number,
        partner=row.partner,
        store=row.store,
        state=row.state,
        amount=Money(row.amount, row.currency),
        delivery=Money(row.delivery, row.currency),
        goodwill=Money(row.goodwill, row.currency),
        funder=row.funder,
        reason=row.reason,
        asked_by=row.asked_by,
        asked_at=row.asked_at,
        declined_for=row.declined_for or "",
        decided_by=row.decided_by,
        decided_at=row.decided_at,
        lines=tuple(RequestedLine(UUID(key), title, quantity) for key, title, quantity in row.lines or ()),
    )
