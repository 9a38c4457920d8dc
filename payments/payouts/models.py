"""Tables of how partners are paid. Amounts are minor units."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Date, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.database import Base


class PayoutAccount(Base):
    """A partner's account at Stripe. The latest by ``pays_from`` that has not ended is the one in use.

    ``stripe_id`` is null until Stripe has made it. ``able`` (it may receive money), ``closed`` and ``needs``
    are what Stripe said at ``read_at``; see ``payments.payouts.accounts.Need``. Nothing is sent to it before
    ``pays_from``, which a change puts off.
    """

    __tablename__ = "payout_accounts"
    __table_args__ = (
        CheckConstraint("country ~ '^[A-Z]{2}$'", name="country"),
        CheckConstraint("NOT able OR stripe_id IS NOT NULL AND NOT closed", name="able"),
        CheckConstraint("pays_from >= created_at", name="pays_from"),
        UniqueConstraint("partner_id", "stripe_id"),
        ForeignKeyConstraint(["partner_id"], ["partners.partner_id"]),
    )
    partner_id: Mapped[UUID] = mapped_column(primary_key=True)
    account_id: Mapped[UUID] = mapped_column(primary_key=True)
    country: Mapped[str]
    stripe_id: Mapped[str | None]
    able: Mapped[bool] = mapped_column(server_default="false")
    closed: Mapped[bool] = mapped_column(server_default="false")
    needs: Mapped[list[Any]] = mapped_column(server_default="[]")
    read_at: Mapped[datetime | None]
    pays_from: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    actor: Mapped[str]
    created_at: Mapped[datetime]


class PayoutTerms(Base):
    """When runs are drafted by themselves, and from which amount on. The table holds one row.

    ``day`` is a weekday from Monday, 1, or a day of the month. ``smallest`` maps a currency to minor units.
    ``drafted_for`` is the last day of the schedule that was seen to.
    """

    __tablename__ = "payout_terms"
    __table_args__ = (
        CheckConstraint("terms_id = 1", name="one_row"),
        CheckConstraint("schedule IN ('manual', 'weekly', 'monthly')", name="schedule"),
        CheckConstraint("day BETWEEN 1 AND CASE schedule WHEN 'weekly' THEN 7 ELSE 28 END", name="day"),
    )
    terms_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    schedule: Mapped[str] = mapped_column(server_default="manual")
    day: Mapped[int] = mapped_column(server_default="1")
    smallest: Mapped[dict[str, int]] = mapped_column(server_default="{}")
    drafted_for: Mapped[date | None] = mapped_column(Date)


class PayoutRun(Base):
    """Payouts that are decided together, by two people: who drafted or reviewed it never approves it.

    What was approved is being sent, and is done when none of its lines is still ``sending``.
    """

    __tablename__ = "payout_runs"
    __table_args__ = (
        CheckConstraint("state IN ('draft', 'approved', 'withdrawn')", name="state"),
        CheckConstraint(
            "(state = 'approved') = (approved_by IS NOT NULL)"
            " AND (approved_by IS NULL) = (approved_at IS NULL)",
            name="approved",
        ),
        CheckConstraint(
            "approved_by IS NULL OR reviewed_by IS NOT NULL AND approved_by NOT IN (drafted_by, reviewed_by)",
            name="two_people",
        ),
        Index("payout_runs_one_draft_key", "state", unique=True, postgresql_where="state = 'draft'"),
        Index("payout_runs_drafted_at_idx", "drafted_at"),
    )
    run_id: Mapped[UUID] = mapped_column(primary_key=True)
    state: Mapped[str] = mapped_column(server_default="draft")
    drafted_by: Mapped[str]
    drafted_at: Mapped[datetime]
    reviewed_by: Mapped[str | None]
    approved_by: Mapped[str | None]
    approved_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]


class PayoutLine(Base):
    """What a run pays one partner in one currency: one transfer at Stripe.

    ``excluded`` names its ``reason``, and a ``note`` where somebody excluded it by hand. ``sending`` keeps
    the amount aside until Stripe has made the transfer or refused it. ``tries`` counts Stripe's refusals for
    want of balance, each of which ends an idempotency key; ``tried_at`` is when it was first sent, and
    ``waits_for`` what keeps it: Stripe, or the company's balance there. ``reversed`` came back.
    """

    __tablename__ = "payout_lines"
    __table_args__ = (
        CheckConstraint(
            "state IN ('draft', 'excluded', 'sending', 'paid', 'failed', 'reversed')", name="state"
        ),
        CheckConstraint("state = 'excluded' OR amount > 0 AND account_id IS NOT NULL", name="amount"),
        CheckConstraint(
            "(state = 'excluded') = (reason <> '') AND (reason = 'by_hand') = (note <> '')", name="reason"
        ),
        CheckConstraint("(state IN ('paid', 'reversed')) = (stripe_id IS NOT NULL)", name="sent"),
        CheckConstraint(
            "(state IN ('paid', 'failed', 'reversed')) = (settled_at IS NOT NULL)", name="settled"
        ),
        CheckConstraint(
            "waits_for = '' OR waits_for IN ('stripe', 'balance') AND state = 'sending'", name="waits_for"
        ),
        CheckConstraint(
            "reversed = 0 AND state <> 'reversed' OR state = 'paid' AND reversed BETWEEN 0 AND amount - 1"
            " OR state = 'reversed' AND reversed = amount",
            name="reversed",
        ),
        UniqueConstraint("partner_id", "run_id", "currency"),
        UniqueConstraint("partner_id", "stripe_id"),
        ForeignKeyConstraint(["partner_id"], ["partners.partner_id"]),
        ForeignKeyConstraint(
            ["partner_id", "account_id"], ["payout_accounts.partner_id", "payout_accounts.account_id"]
        ),
        Index("payout_lines_run_id_idx", "run_id", "state"),
        Index("payout_lines_open_idx", "partner_id", postgresql_where="state = 'sending'"),
    )
    partner_id: Mapped[UUID] = mapped_column(primary_key=True)
    line_id: Mapped[UUID] = mapped_column(primary_key=True)
    run_id: Mapped[UUID] = mapped_column(ForeignKey("payout_runs.run_id"))
    account_id: Mapped[UUID | None]
    amount: Mapped[int]
    currency: Mapped[str]
    state: Mapped[str]
    reason: Mapped[str] = mapped_column(server_default="")
    note: Mapped[str] = mapped_column(server_default="")
    tries: Mapped[int] = mapped_column(server_default="0")
    tried_at: Mapped[datetime | None]
    waits_for: Mapped[str] = mapped_column(server_default="")
    stripe_id: Mapped[str | None]
    failure: Mapped[str] = mapped_column(server_default="")
    reversed: Mapped[int] = mapped_column(server_default="0")
    settled_at: Mapped[datetime | None]
    created_at: Mapped[datetime]


class PayoutReversal(Base):
    """Part of a transfer that came back, or all that was left of it. Posted once, under Stripe's id."""

    __tablename__ = "payout_reversals"
    __table_args__ = (
        CheckConstraint("amount > 0", name="amount"),
        ForeignKeyConstraint(["partner_id", "line_id"], ["payout_lines.partner_id", "payout_lines.line_id"]),
        Index("payout_reversals_partner_id_line_id_idx", "partner_id", "line_id"),
    )
    partner_id: Mapped[UUID] = mapped_column(primary_key=True)
    reversal_id: Mapped[str] = mapped_column(primary_key=True)
    line_id: Mapped[UUID]
    amount: Mapped[int]
    reversed_at: Mapped[datetime]


class PayoutNotice(Base):
    """Which owner is told of a payout or of a change of account, and when its mail left."""

    __tablename__ = "payout_notices"
    __table_args__ = (ForeignKeyConstraint(["partner_id"], ["partners.partner_id"]),)
    partner_id: Mapped[UUID] = mapped_column(primary_key=True)
    notice_id: Mapped[UUID] = mapped_column(primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.person_id"), primary_key=True)
    sent_at: Mapped[datetime | None]
