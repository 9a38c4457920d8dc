"""Tables of how stores look."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from storage.database import Base


class LookVersion(Base):
    """A store's look at one moment: theme, settings and composed pages. Rows never change.

    A store points to the one that it publishes; publishing and reverting move the pointer.
    """

    __tablename__ = "look_versions"
    __table_args__ = (
        ForeignKeyConstraint(["partner_id", "store_id"], ["stores.partner_id", "stores.store_id"]),
        Index("look_versions_partner_id_store_id_idx", "partner_id", "store_id"),
    )
    partner_id: Mapped[UUID] = mapped_column(primary_key=True)
    look_id: Mapped[UUID] = mapped_column(primary_key=True)
    store_id: Mapped[UUID]
    theme: Mapped[str]
    settings: Mapped[dict[str, Any]]
    pages: Mapped[dict[str, Any]]
    actor: Mapped[str]
    created_at: Mapped[datetime]
