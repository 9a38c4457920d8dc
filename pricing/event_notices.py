"""Who is to be told of a sale event, and who was."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text, update
from sqlalchemy.orm import Session

from pricing.notices import Reader
from pricing.sale_models import SaleEventNotice

_PARTNERS = text("""
    SELECT p.partner_id FROM partners p, sale_events e
     WHERE e.event_id = :event_id AND p.partner_id > :after AND p.state = 'active'
       AND e.visible_from <= :now AND e.withdrawn_at IS NULL AND e.ends > :now
       AND (cardinality(e.price_lists) = 0 OR p.price_list_id = ANY(e.price_lists))
     ORDER BY p.partner_id LIMIT :limit
""")
_TOLD = text("""
    SELECT DISTINCT n.partner_id FROM sale_event_notices n
     WHERE n.event_id = :event_id AND n.kind = 'announced' AND n.partner_id > :after
     ORDER BY n.partner_id LIMIT :limit
""")


def event_partners(
    session: Session, *, event_id: UUID, kind: str, after: UUID, limit: int, now: datetime
) -> list[UUID]:
    """The next partners after ``after`` that may see an event; of a withdrawn one, those told of it.

    Only as the company's role. None while the event is under embargo.
    """
    keys = {"event_id": event_id, "after": after, "limit": limit}
    found = (
        session.execute(_PARTNERS, {**keys, "now": now})
        if kind == "announced"
        else session.execute(_TOLD, keys)
    )
    return list(found.scalars())


@dataclass(frozen=True, slots=True)
class EventTold:
    """What a mail says of an event, and to whom it is still to be sent."""

    event_id: UUID
    name: str
    note: str
    begins: datetime
    ends: datetime
    largest_cut: int
    readers: tuple[Reader, ...]


# The event's row is held by the notes' key, so a withdrawal is seen here, or sees them.
_NOTE_ANNOUNCED = text("""
    INSERT INTO sale_event_notices (partner_id, event_id, kind, person_id)
    SELECT m.partner_id, :event_id, 'announced', m.person_id FROM memberships m, sale_events e
     WHERE m.partner_id = :partner_id AND m.role IN ('owner', 'manager')
       AND e.event_id = :event_id AND e.withdrawn_at IS NULL AND e.visible_from <= :now
    ON CONFLICT DO NOTHING
""")
_NOTE_WITHDRAWN = text("""
    INSERT INTO sale_event_notices (partner_id, event_id, kind, person_id)
    SELECT n.partner_id, n.event_id, 'withdrawn', n.person_id FROM sale_event_notices n
      JOIN memberships m ON m.partner_id = n.partner_id AND m.person_id = n.person_id
     WHERE n.partner_id = :partner_id AND m.partner_id = :partner_id AND n.event_id = :event_id
       AND n.kind = 'announced' AND n.sent_at IS NOT NULL
    ON CONFLICT DO NOTHING
""")
_WAITING = text("""
    SELECT n.person_id, u.email, u.name, e.name AS event, e.note, e.begins, e.ends,
           (SELECT max(x.off_bps) FROM sale_event_products x WHERE x.event_id = e.event_id) AS largest
      FROM sale_event_notices n
      JOIN people u ON u.person_id = n.person_id
      JOIN sale_events e ON e.event_id = n.event_id
     WHERE n.partner_id = :partner_id AND n.event_id = :event_id AND n.kind = :kind AND n.sent_at IS NULL
       AND (:kind = 'withdrawn' OR e.withdrawn_at IS NULL)
     ORDER BY u.email
""")


def note_readers(
    session: Session, *, partner_id: UUID, event_id: UUID, kind: str, now: datetime
) -> EventTold | None:
    """Note who of the partner is to be told, and return those to whom no mail was sent yet; None for none."""
    keys = {"partner_id": partner_id, "event_id": event_id, "now": now}
    session.execute(_NOTE_ANNOUNCED if kind == "announced" else _NOTE_WITHDRAWN, keys)
    rows = session.execute(_WAITING, {**keys, "kind": kind}).all()
    if not rows:
        return None
    first = rows[0]
    readers = tuple(Reader(row.person_id, row.email, row.name) for row in rows)
    return EventTold(event_id, first.event, first.note, first.begins, first.ends, first.largest, readers)


def note_sent(
    session: Session, *, partner_id: UUID, event_id: UUID, kind: str, person_id: UUID, now: datetime
) -> None:
    """Note that a mail left."""
    session.execute(
        update(SaleEventNotice)
        .where(
            SaleEventNotice.partner_id == partner_id,
            SaleEventNotice.event_id == event_id,
            SaleEventNotice.kind == kind,
            SaleEventNotice.person_id == person_id,
        )
        .values(sent_at=now)
    )
