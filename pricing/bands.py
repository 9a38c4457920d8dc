"""What several partners ask for the same thing, told to each of them as a band that names nobody.

A band holds the quartiles of at least five partners' prices: below that, one could be told from the
others. The database holds it to that as well.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from storage.database import Base

FEWEST = 5


class PriceBand(Base):
    """The quartiles of what ``partners`` ask for a variant in one currency, with tax or without, in minor
    units as their stores show it."""

    __tablename__ = "price_bands"
    __table_args__ = (
        CheckConstraint("partners >= 5", name="partners"),
        CheckConstraint("low > 0 AND low <= median AND median <= high", name="quartiles"),
    )
    variant_id: Mapped[UUID] = mapped_column(ForeignKey("variants.variant_id"), primary_key=True)
    currency: Mapped[str] = mapped_column(primary_key=True)
    tax_inclusive: Mapped[bool] = mapped_column(primary_key=True)
    partners: Mapped[int]
    low: Mapped[int]
    median: Mapped[int]
    high: Mapped[int]
    computed_at: Mapped[datetime]
