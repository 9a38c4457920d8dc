"""The log of who changed what, when, from, to and why."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.orm import Session

from kit.ids import new_id
from tenants.models import AuditEntry


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
