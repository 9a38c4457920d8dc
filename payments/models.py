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
_ORDER = (["partner_id", "order_id"], ["orders.partner_id", "orders.order_id"])
_LINE = (["partner_id", "line_id"], ["order_lines.partner_id", "order_lines.line_id"])


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
        ForeignKeyConstraint(*_ORDER),
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


class Refund(Base):
    """Money that a shopper gets back. What was asked for never changes; ``state`` moves on.

    ``asked`` is not yet known to Stripe, ``refused`` is what Stripe would not do, and ``failed`` what came
    back from the shopper's bank; both count as not given. ``amount`` goes to the shopper: its lines'
    shares, delivery with its tax, and ``goodwill``, which ``funder`` pays. ``goodwill_back`` and
    ``partner_goodwill_back`` are goodwill given earlier that this refund contains, and returns to whoever
    paid for it.
    """

    __tablename__ = "refunds"
    __table_args__ = (
        CheckConstraint("state IN ('asked', 'pending', 'succeeded', 'failed', 'refused')", name="state"),
        CheckConstraint("amount > 0", name="amount"),
        CheckConstraint("delivery >= 0 AND delivery_tax >= 0 AND goodwill >= 0", name="parts"),
        CheckConstraint("goodwill_back >= 0 AND partner_goodwill_back >= 0", name="goodwill_back"),
        CheckConstraint(
            "funder IN ('company', 'partner') AND goodwill > 0 OR funder IS NULL AND goodwill = 0",
            name="funder",
        ),
        UniqueConstraint("partner_id", "stripe_id"),
        ForeignKeyConstraint(*_ORDER),
        Index("refunds_partner_id_order_id_idx", "partner_id", "order_id"),
        Index("refunds_open_idx", "created_at", postgresql_where="state IN ('asked', 'pending')"),
    )
    partner_id: Mapped[UUID] = mapped_column(primary_key=True)
    refund_id: Mapped[UUID] = mapped_column(primary_key=True)
    order_id: Mapped[UUID]
    state: Mapped[str]
    amount: Mapped[int]
    currency: Mapped[str]
    delivery: Mapped[int]
    delivery_tax: Mapped[int]
    goodwill: Mapped[int]
    funder: Mapped[str | None]
    goodwill_back: Mapped[int]
    partner_goodwill_back: Mapped[int]
    reason: Mapped[str]
    actor: Mapped[str]
    created_at: Mapped[datetime]
    stripe_id: Mapped[str | None]
    failure: Mapped[str] = mapped_column(server_default="")
    settled_at: Mapped[datetime | None]


class RefundLine(Base):
    """What a refund takes back of a line: see ``payments.ledger.shares.Share`` for its parts."""

    __tablename__ = "refund_lines"
    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity"),
        ForeignKeyConstraint(["partner_id", "refund_id"], ["refunds.partner_id", "refunds.refund_id"]),
        ForeignKeyConstraint(*_LINE),
        Index("refund_lines_partner_id_line_id_idx", "partner_id", "line_id"),
    )
    partner_id: Mapped[UUID] = mapped_column(primary_key=True)
    refund_id: Mapped[UUID] = mapped_column(primary_key=True)
    line_id: Mapped[UUID] = mapped_column(primary_key=True)
    quantity: Mapped[int]
    restocked: Mapped[bool]
    wholesale: Mapped[int]
    promoted_wholesale: Mapped[int]
    margin: Mapped[int]
    promoted_margin: Mapped[int]
    tax: Mapped[int]


class Hold(Base):
    """Why the margin of an order is not paid out for now. What is held is read from the order's entries.

    ``dispute`` ends with the bank's decision; ``own_purchase`` and ``risk`` were found by the program, and
    ``by_hand`` by somebody: a person of the company releases them, and says why.
    """

    __tablename__ = "holds"
    __table_args__ = (
        CheckConstraint("kind IN ('dispute', 'own_purchase', 'risk', 'by_hand')", name="kind"),
        CheckConstraint(
            "(released_at IS NULL) = (released_by IS NULL)"
            " AND (released_at IS NULL) = (released_for IS NULL)",
            name="released",
        ),
        ForeignKeyConstraint(*_ORDER),
        Index(
            "holds_active_key", "partner_id", "order_id", "kind", unique=True,
            postgresql_where="released_at IS NULL",
        ),
        Index("holds_partner_id_order_id_idx", "partner_id", "order_id"),
    )  # fmt: skip
    partner_id: Mapped[UUID] = mapped_column(primary_key=True)
    hold_id: Mapped[UUID] = mapped_column(primary_key=True)
    order_id: Mapped[UUID]
    kind: Mapped[str]
    reason: Mapped[str]
    placed_by: Mapped[str]
    placed_at: Mapped[datetime]
    released_at: Mapped[datetime | None]
    released_by: Mapped[str | None]
    released_for: Mapped[str | None]


class Dispute(Base):
    """A shopper's bank asks for a payment back. ``amount`` is what it asks for.

    An ``inquiry`` moves no money and may still become a dispute. ``withdrawn`` and ``fee`` are what Stripe
    has taken for it and not given back, in the order's currency, over so many ``movements`` of its account.
    ``due_at`` is until when an answer is taken.
    """

    __tablename__ = "disputes"
    __table_args__ = (
        CheckConstraint("state IN ('inquiry', 'open', 'won', 'lost', 'closed')", name="state"),
        CheckConstraint("amount > 0", name="amount"),
        CheckConstraint("(closed_at IS NULL) = (state IN ('inquiry', 'open'))", name="closed_at"),
        UniqueConstraint("partner_id", "stripe_id"),
        ForeignKeyConstraint(*_ORDER),
        Index("disputes_partner_id_order_id_idx", "partner_id", "order_id"),
        Index("disputes_open_idx", "due_at", postgresql_where="state IN ('inquiry', 'open')"),
    )
    partner_id: Mapped[UUID] = mapped_column(primary_key=True)
    dispute_id: Mapped[UUID] = mapped_column(primary_key=True)
    order_id: Mapped[UUID]
    stripe_id: Mapped[str]
    state: Mapped[str]
    amount: Mapped[int]
    currency: Mapped[str]
    reason: Mapped[str]
    opened_at: Mapped[datetime]
    due_at: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]
    withdrawn: Mapped[int] = mapped_column(server_default="0")
    fee: Mapped[int] = mapped_column(server_default="0")
    movements: Mapped[int] = mapped_column(server_default="0")
    closed_at: Mapped[datetime | None]


class BalancePoint(Base):
    """What a partner's entries from before ``until`` add up to.

    It only spares reading them again: the entries alone say what is owed, and `awning verify` compares.
    """

    __tablename__ = "balance_points"
    __table_args__ = (ForeignKeyConstraint(["partner_id"], ["partners.partner_id"]),)
    partner_id: Mapped[UUID] = mapped_column(primary_key=True)
    currency: Mapped[str] = mapped_column(primary_key=True)
    until: Mapped[datetime]
    total: Mapped[int]


class StripeEvent(Base):
    """A webhook as it came, stored before it is acted upon. A repeated id is the same event.

    It waits until ``handled_at`` is set; each failed attempt puts ``try_after`` further off. ``outcome`` is
    what came of it, or of the last attempt.
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
    out; it is null where the order says when, as after delivery.
    """

    __tablename__ = "ledger_entries"
    __table_args__ = (
        CheckConstraint("amount > 0", name="amount"),
        CheckConstraint("debit <> credit", name="two_accounts"),
        CheckConstraint(f"debit {_IN_ACCOUNTS} AND credit {_IN_ACCOUNTS}", name="accounts"),
        UniqueConstraint("partner_id", "source", "position"),
        ForeignKeyConstraint(*_ORDER),
        ForeignKeyConstraint(*_LINE),
        Index("ledger_entries_partner_id_order_id_idx", "partner_id", "order_id"),
        Index("ledger_entries_partner_id_posted_at_idx", "partner_id", "posted_at"),
        Index(
            "ledger_entries_payable_idx",
            "partner_id",
            "posted_at",
            postgresql_where="'partner_payable' IN (debit, credit)",
        ),
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
