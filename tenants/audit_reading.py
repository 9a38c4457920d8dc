"""Reading the log of who changed what. Only the company's role may."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from storage.audit import AuditEntry
from tenants.models import Partner


@dataclass(frozen=True, slots=True)
class LoggedChange:
    """One change. ``before`` and ``after`` hold what differed, by name; ``partner`` is empty where the
    change was about the company itself."""

    entry_id: UUID
    at: datetime
    actor: str
    action: str
    subject: str
    partner_id: UUID | None
    partner: str
    before: dict[str, Any]
    after: dict[str, Any]
    reason: str


def changes(
    session: Session, *, kind: str = "", subject: str = "", actor: str = "", limit: int = 50, offset: int = 0
) -> list[LoggedChange]:
    """Changes, newest first. ``kind`` is the first word of an action, such as ``wholesale``;
    ``subject`` one thing, such as ``store:<id>``; ``actor`` part of an e-mail address."""
    query = (
        select(AuditEntry, Partner.name)
        .outerjoin(Partner, Partner.partner_id == AuditEntry.partner_id)
        .order_by(AuditEntry.at.desc(), AuditEntry.entry_id.desc())
        .limit(limit)
        .offset(offset)
    )
    if kind:
        query = query.where(AuditEntry.action.startswith(f"{kind}.", autoescape=True))
    if subject:
        query = query.where(AuditEntry.subject == subject)
    if actor:
        query = query.where(AuditEntry.actor.icontains(actor, autoescape=True))
    return [
        LoggedChange(
            entry.entry_id,
            entry.at,
            entry.actor,
            entry.action,
            entry.subject,
            entry.partner_id,
            partner or "",
            entry.before or {},
            entry.after or {},
            entry.reason,
        )
        for entry, partner in session.execute(query)
    ]


_KINDS = text("SELECT DISTINCT split_part(action, '.', 1) FROM audit_log ORDER BY 1")


def kinds(session: Session) -> list[str]:
    """The kinds of change that the log holds."""
    return list(session.scalars(_KINDS))
