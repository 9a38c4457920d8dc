"""The table of statements. Amounts are minor units."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.database import Base


class Statement(Base):
    """A partner's account of one month and currency, from ``period_from`` to before ``period_to``.

    Nothing may change it. Its lines are the ledger's entries of that time, which do not change either;
    ``hash`` is of the file that both make, and ``previous_hash`` that of the statement before it. The names
    are those of the day on which it was issued.
    """

    __tablename__ = "statements"
    __table_args__ = (
        CheckConstraint("number > 0", name="number"),
        CheckConstraint("period_from < period_to AND period_to <= issued_at", name="period"),
        CheckConstraint("entries >= 0", name="entries"),
        CheckConstraint("hash ~ '^[0-9a-f]{64}$' AND previous_hash ~ '^[0-9a-f]{64}$'", name="hash"),
        CheckConstraint("(number = 1) = (previous_hash IS NULL)", name="first"),
        CheckConstraint("version > 0", name="version"),
        UniqueConstraint("partner_id", "currency", "number"),
        UniqueConstraint("partner_id", "currency", "period_from"),
        ForeignKeyConstraint(["partner_id"], ["partners.partner_id"]),
    )
    partner_id: Mapped[UUID] = mapped_column(primary_key=True)
    statement_id: Mapped[UUID] = mapped_column(primary_key=True)
    currency: Mapped[str]
    number: Mapped[int]
    period_from: Mapped[datetime]
    period_to: Mapped[datetime]
    opening: Mapped[int]
    closing: Mapped[int]
    entries: Mapped[int]
    hash: Mapped[str]
    previous_hash: Mapped[str | None]
    issued_at: Mapped[datetime]
    version: Mapped[int]
    company: Mapped[str]
    partner: Mapped[str]
