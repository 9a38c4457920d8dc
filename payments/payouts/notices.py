"""Who of a partner is told of its payouts and of a change of its account: all owners, each once."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import text, update
from sqlalchemy.orm import Session

from payments.payouts.models import PayoutNotice
from pricing.notices import Reader

_NOTE = text("""
    INSERT INTO payout_notices (partner_id, notice_id, person_id)
    SELECT m.partner_id, :notice_id, m.person_id FROM memberships m
     WHERE m.partner_id = :partner_id AND m.role = 'owner'
    ON CONFLICT DO NOTHING
""")
_WAITING = text("""
    SELECT n.person_id, u.email, u.name FROM payout_notices n
      JOIN people u ON u.person_id = n.person_id
     WHERE n.partner_id = :partner_id AND n.notice_id = :notice_id AND n.sent_at IS NULL ORDER BY u.email
""")


def note_owners(session: Session, *, partner_id: UUID, notice_id: UUID) -> tuple[Reader, ...]:
    """Note that all owners are to be told, and return those to whom no mail was sent yet."""
    keys = {"partner_id": partner_id, "notice_id": notice_id}
    session.execute(_NOTE, keys)
    return tuple(Reader(row.person_id, row.email, row.name) for row in session.execute(_WAITING, keys))


def note_sent(session: Session, *, partner_id: UUID, notice_id: UUID, person_id: UUID, now: datetime) -> None:
    """Note that a mail left."""
    session.execute(
        update(PayoutNotice)
        .where(
            PayoutNotice.partner_id == partner_id,
            PayoutNotice.notice_id == notice_id,
            PayoutNotice.person_id == person_id,
        )
        .values(sent_at=now)
    )
