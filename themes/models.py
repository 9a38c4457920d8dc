"""Tables of how stores look."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, LargeBinary
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


class LookDraft(Base):
    """The look that a store's partner is working on. There is one for each store, and it never goes away.

    ``version`` moves with every change, so that two people cannot overwrite each other; ``step`` names
    the row of ``look_steps`` that the draft is at.
    """

    __tablename__ = "look_drafts"
    __table_args__ = (
        ForeignKeyConstraint(["partner_id", "store_id"], ["stores.partner_id", "stores.store_id"]),
        CheckConstraint("version >= 0 AND step >= 0", name="counts"),
    )
    partner_id: Mapped[UUID] = mapped_column(primary_key=True)
    store_id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    step: Mapped[int]
    actor: Mapped[str]
    changed_at: Mapped[datetime]


class LookStep(Base):
    """A draft as it was after one change, for undoing and doing again.

    ``words`` say what the change was, ``mark`` which thing it was about: changes of one thing soon after
    each other are one step. ``version`` is the draft's after the step's last change.
    """

    __tablename__ = "look_steps"
    __table_args__ = (
        ForeignKeyConstraint(["partner_id", "store_id"], ["look_drafts.partner_id", "look_drafts.store_id"]),
        CheckConstraint("step >= 0", name="step"),
    )
    partner_id: Mapped[UUID] = mapped_column(primary_key=True)
    store_id: Mapped[UUID] = mapped_column(primary_key=True)
    step: Mapped[int] = mapped_column(primary_key=True)
    theme: Mapped[str]
    settings: Mapped[dict[str, Any]]
    pages: Mapped[dict[str, Any]]
    mark: Mapped[str]
    words: Mapped[str]
    version: Mapped[int]
    actor: Mapped[str]
    at: Mapped[datetime]


class DraftLink(Base):
    """A link that shows a store's draft to whoever has it, until it expires or is withdrawn.

    Only the hash of its token is kept.
    """

    __tablename__ = "draft_links"
    __table_args__ = (
        ForeignKeyConstraint(["partner_id", "store_id"], ["stores.partner_id", "stores.store_id"]),
        Index("draft_links_token_key", "partner_id", "token_hash", unique=True),
        Index("draft_links_partner_id_store_id_idx", "partner_id", "store_id"),
        CheckConstraint("expires_at > created_at", name="expires_at"),
    )
    partner_id: Mapped[UUID] = mapped_column(primary_key=True)
    link_id: Mapped[UUID] = mapped_column(primary_key=True)
    store_id: Mapped[UUID]
    token_hash: Mapped[bytes] = mapped_column(LargeBinary)
    created_by: Mapped[str]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]


class ThemeFailure(Base):
    """A template of a theme that could not be rendered, so that the core's was shown in its place.

    ``problem`` is what went wrong the last time, and where.
    """

    __tablename__ = "theme_failures"
    theme: Mapped[str] = mapped_column(primary_key=True)
    template: Mapped[str] = mapped_column(primary_key=True)
    problem: Mapped[str]
    first_at: Mapped[datetime]
    last_at: Mapped[datetime]
