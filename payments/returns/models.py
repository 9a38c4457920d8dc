"""Tables of goods that come back, and of refunds that partners ask the company for."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from storage.database import Base, one_of

REASONS = ("changed_mind", "does_not_fit", "not_as_described", "damaged", "wrong_item", "other")
KINDS = ("return", "withdrawal")
OPEN = ("requested", "accepted", "received")
STATES = (*OPEN, "refunded", "declined", "cancelled")
_ORDER = (["partner_id", "order_id"], ["orders.partner_id", "orders.order_id"])
_REFUND = (["partner_id", "refund_id"], ["refunds.partner_id", "refunds.refund_id"])
_LINE = (["partner_id", "line_id"], ["order_lines.partner_id", "order_lines.line_id"])


class Return(Base):
    """Goods that a shopper sends back, or a whole contract that it withdraws from.

    A ``return`` is asked for and decided; a ``withdrawal`` is a right, so it begins as accepted. The shopper
    may cancel until the goods are received. ``note`` is the shopper's, ``declined_for`` what it is told.
    """

    __tablename__ = "returns"
    __table_args__ = (
        CheckConstraint(one_of("kind", KINDS), name="kind"),
        CheckConstraint(one_of("state", STATES), name="state"),
        CheckConstraint("kind = 'return' OR state <> 'requested'", name="withdrawal"),
        CheckConstraint("(state = 'declined') = (declined_for IS NOT NULL)", name="declined_for"),
        CheckConstraint("state <> 'received' OR received_at IS NOT NULL", name="received_at"),
        CheckConstraint("(state = 'refunded') = (refund_id IS NOT NULL)", name="refund_id"),
        CheckConstraint(f"(closed_at IS NULL) = ({one_of('state', OPEN)})", name="closed_at"),
        UniqueConstraint("partner_id", "refund_id"),
        ForeignKeyConstraint(*_ORDER),
        ForeignKeyConstraint(*_REFUND),
        Index("returns_partner_id_order_id_idx", "partner_id", "order_id"),
        Index("returns_open_idx", "asked_at", postgresql_where="closed_at IS NULL"),
    )
    partner_id: Mapped[UUID] = mapped_column(primary_key=True)
    return_id: Mapped[UUID] = mapped_column(primary_key=True)
    order_id: Mapped[UUID]
    kind: Mapped[str]
    state: Mapped[str]
    note: Mapped[str]
    asked_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str | None]
    declined_for: Mapped[str | None]
    received_at: Mapped[datetime | None]
    received_by: Mapped[str | None]
    refund_id: Mapped[UUID | None]
    closed_at: Mapped[datetime | None]


class ReturnLine(Base):
    """Units of a line that come back. ``received`` of them arrived, and went into stock where ``restocked``.

    ``reason`` is one of ``REASONS``; a withdrawal needs none.
    """

    __tablename__ = "return_lines"
    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity"),
        CheckConstraint("received BETWEEN 0 AND quantity", name="received"),
        CheckConstraint(one_of("reason", ("", *REASONS)), name="reason"),
        ForeignKeyConstraint(["partner_id", "return_id"], ["returns.partner_id", "returns.return_id"]),
        ForeignKeyConstraint(*_LINE),
        Index("return_lines_partner_id_line_id_idx", "partner_id", "line_id"),
    )
    partner_id: Mapped[UUID] = mapped_column(primary_key=True)
    return_id: Mapped[UUID] = mapped_column(primary_key=True)
    line_id: Mapped[UUID] = mapped_column(primary_key=True)
    quantity: Mapped[int]
    reason: Mapped[str]
    received: Mapped[int] = mapped_column(server_default="0")
    restocked: Mapped[bool] = mapped_column(server_default=text("false"))


class RefundRequest(Base):
    """A refund that a partner asks the company for. Nothing is given back by it.

    ``amount`` is what it came to when it was asked for; ``delivery`` and ``goodwill`` are with tax, and
    ``funder`` is who would pay the goodwill. What is given is the refund's own, which may differ.
    """

    __tablename__ = "refund_requests"
    __table_args__ = (
        CheckConstraint("state IN ('asked', 'given', 'declined')", name="state"),
        CheckConstraint("amount > 0", name="amount"),
        CheckConstraint("delivery >= 0 AND goodwill >= 0", name="parts"),
        CheckConstraint(
            "funder IN ('company', 'partner') AND goodwill > 0 OR funder IS NULL AND goodwill = 0",
            name="funder",
        ),
        CheckConstraint("(state = 'given') = (refund_id IS NOT NULL)", name="refund_id"),
        CheckConstraint("(state = 'declined') = (declined_for IS NOT NULL)", name="declined_for"),
        CheckConstraint(
            "(state = 'asked') = (decided_at IS NULL) AND (decided_at IS NULL) = (decided_by IS NULL)",
            name="decided",
        ),
        UniqueConstraint("partner_id", "refund_id"),
        ForeignKeyConstraint(*_ORDER),
        ForeignKeyConstraint(*_REFUND),
        Index(
            "refund_requests_one_open_key",
            "partner_id",
            "order_id",
            unique=True,
            postgresql_where="state = 'asked'",
        ),
        Index("refund_requests_partner_id_order_id_idx", "partner_id", "order_id"),
        Index("refund_requests_open_idx", "asked_at", postgresql_where="state = 'asked'"),
    )
    partner_id: Mapped[UUID] = mapped_column(primary_key=True)
    request_id: Mapped[UUID] = mapped_column(primary_key=True)
    order_id: Mapped[UUID]
    state: Mapped[str]
    amount: Mapped[int]
    currency: Mapped[str]
    delivery: Mapped[int]
    goodwill: Mapped[int]
    funder: Mapped[str | None]
    reason: Mapped[str]
    asked_by: Mapped[str]
    asked_at: Mapped[datetime]
    refund_id: Mapped[UUID | None]
    declined_for: Mapped[str | None]
    decided_by: Mapped[str | None]
    decided_at: Mapped[datetime | None]


class RefundRequestLine(Base):
    """Units of a line that a partner asks to be given back."""

    __tablename__ = "refund_request_lines"
    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity"),
        ForeignKeyConstraint(
            ["partner_id", "request_id"], ["refund_requests.partner_id", "refund_requests.request_id"]
        ),
        ForeignKeyConstraint(*_LINE),
    )
    partner_id: Mapped[UUID] = mapped_column(primary_key=True)
    request_id: Mapped[UUID] = mapped_column(primary_key=True)
    line_id: Mapped[UUID] = mapped_column(primary_key=True)
    quantity: Mapped[int]
