"""The log of who changed what, when, from, to and why."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from kit.ids import new_id
from storage.database import Base


class AuditEntry(Base):
    """Who changed what, when, from, to and why. Rows are only ever added."""

    __tablename__ = "audit_log"
    __table_args__ = (
        Index("audit_log_partner_id_at_idx", "partner_id", "at"),
        Index("audit_log_subject_at_idx", "subject", "at"),
    )
    entry_id: Mapped[UUID] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    actor: Mapped[str]
    partner_id: Mapped[UUID | None]
    action: Mapped[str]
    subject: Mapped[str]
    before: Mapped[dict[str, Any] | None]
    after: Mapped[dict[str, Any] | None]
    reason: Mapped[str] = mapped_column(server_default="")


def record(
    session: Session,
    *,
    actor: str,
    action: str,
    subject: str,
    now: datetime,
    partner_id: UUID | None = None,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    reason: str = "",
) -> None:
    """Add an entry, in the transaction of the change that it tells of.

    ``actor`` is the e-mail address of a person, or the name of a command. ``subject`` names the thing,
    such as ``store:<id>``.
    """
    session.execute(
        insert(AuditEntry).values(
            entry_id=new_id(),
            at=now,
            actor=actor,
            partner_id=partner_id,
            action=action,
            subject=subject,
            before=before,
            after=after,
            reason=reason,
        )
    )
