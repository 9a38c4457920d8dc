"""Tables of how money moves. Amounts are minor units."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.database import Base

COMPANY_ACCOUNTS = (
    "stripe_clearing",
    "wholesale_revenue",
    "delivery_revenue",
    "tax_payable",
    "promotions",
    "processing_fees",
    "dispute_losses",
    "goodwill",
)
PARTNER_PAYABLE = "partner_payable"
ACCOUNTS = (*COMPANY_ACCOUNTS, PARTNER_PAYABLE)
_IN_ACCOUNTS = f"IN ({', '.join(repr(name) for name in ACCOUNTS)})"


class PaymentAttempt(Base):
    """One Checkout Session for an order. What it is asked with is stored before Stripe is called.

    ``attempt`` counts from 1; with the order it makes the idempotency key, so that asking again
    gives the same session.
    """

    __tablename__ = "payment_attempts"
    __table_args__ = (
        CheckConstraint("state IN ('opening', 'open', 'complete', 'expired', 'failed')", name="state"),
        CheckConstraint("amount > 0", name="amount"),
        UniqueConstraint("partner_id", "session_id"),
        ForeignKeyConstraint(["partner_id", "order_id"], ["orders.partner_id", "orders.order_id"]),
        Index("payment_attempts_state_expires_at_idx", "state", "expires_at"),
    )
    partner_id: Mapped[UUID] = mapped_column(primary_key=True)
    order_id: Mapped[UUID] = mapped_column(primary_key=True)
    attempt: Mapped[int] = mapped_column(primary_key=True)
    state: Mapped[str] = mapped_column(server_default="opening")
    amount: Mapped[int]
    currency: Mapped[str]
    request: Mapped[dict[str, Any]]
    expires_at: Mapped[datetime]
    session_id: Mapped[str | None]
    url: Mapped[str | None]
    payment_intent_id: Mapped[str | None]
    charge_id: Mapped[str | None]


class StripeEvent(Base):
    """A webhook as it came, stored before it is acted upon. A repeated id is the same event.

    It waits until ``handled_at`` is set; each failed attempt puts ``try_after`` further off.
    """

    __tablename__ = "stripe_events"
    __table_args__ = (
        Index("stripe_events_received_at_idx", "received_at"),
        Index("stripe_events_try_after_idx", "try_after", postgresql_where="handled_at IS NULL"),
        Index("stripe_events_object_id_idx", "object_id", postgresql_where="handled_at IS NULL"),
    )
    event_id: Mapped[str] = mapped_column(primary_key=True)
    type: Mapped[str]
    object_id: Mapped[str]
    payload: Mapped[dict[str, Any]]
    received_at: Mapped[datetime]
    handled_at: Mapped[datetime | None]
    outcome: Mapped[str | None]
    attempts: Mapped[int] = mapped_column(server_default="0")
    try_after: Mapped[datetime]


class LedgerEntry(Base):
    """One amount moved from one account to another; it balances by construction and never changes.

    The entries of one fact share ``source``. ``available_on`` is when a partner's share may be paid
    out; it is null while that depends on delivery, and then the order says when.
    """

    __tablename__ = "ledger_entries"
    __table_args__ = (
        CheckConstraint("amount > 0", name="amount"),
        CheckConstraint("debit <> credit", name="two_accounts"),
        CheckConstraint(f"debit {_IN_ACCOUNTS} AND credit {_IN_ACCOUNTS}", name="accounts"),
        UniqueConstraint("partner_id", "source", "position"),
        ForeignKeyConstraint(["partner_id", "order_id"], ["orders.partner_id", "orders.order_id"]),
        ForeignKeyConstraint(["partner_id", "line_id"], ["order_lines.partner_id", "order_lines.line_id"]),
        Index("ledger_entries_partner_id_order_id_idx", "partner_id", "order_id"),
        Index("ledger_entries_partner_id_posted_at_idx", "partner_id", "posted_at"),
    )
    partner_id: Mapped[UUID] = mapped_column(primary_key=True)
    entry_id: Mapped[UUID] = mapped_column(primary_key=True)
    source: Mapped[str]
    position: Mapped[int]
    debit: Mapped[str]
    credit: Mapped[str]
    amount: Mapped[int]
    currency: Mapped[str]
    order_id: Mapped[UUID | None]
    line_id: Mapped[UUID | None]
    available_on: Mapped[datetime | None]
    posted_at: Mapped[datetime]
