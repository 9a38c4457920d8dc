"""Who is to be told of a change of wholesale, and who was."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from kit.ids import NIL
from pricing.models import WholesaleChange, WholesaleNotice

# A fixed price that the change may overtake. The bound is exact without tax, and generous with it: no
# rate is above 100 %. The partner's own job judges exactly, in the partner's own tenant.
_OVERTAKEN = text("""
    SELECT DISTINCT s.partner_id
      FROM wholesale_prices w
      JOIN variants v ON v.variant_id = w.variant_id
     CROSS JOIN company c
      JOIN stores s ON s.currency = w.currency AND s.state <> 'closed'
      JOIN partners p ON p.partner_id = s.partner_id
      JOIN retail_rules r ON r.partner_id = s.partner_id AND r.store_id = s.store_id
     WHERE w.change_id = :change_id AND s.partner_id > :after
       AND (w.price_list_id = p.price_list_id
            OR w.price_list_id = (SELECT d.price_list_id FROM price_lists d WHERE d.is_default))
       AND r.method = 'fixed' AND r.withdrawn_at IS NULL
       AND r.valid @> greatest(lower(w.valid), CAST(:now AS timestamptz))
       AND ((r.scope = 'variant' AND r.scope_id = v.variant_id)
         OR (r.scope = 'product' AND r.scope_id = v.product_id)
         OR (r.scope = 'collection' AND r.scope_id IN (
               SELECT m.collection_id FROM collection_products m WHERE m.product_id = v.product_id))
         OR r.scope = 'store')
       AND r.value < (CASE WHEN s.tax_inclusive THEN 2 ELSE 1 END) * (w.amount + greatest(
             1, coalesce((c.smallest_margin_minor ->> s.currency)::bigint, 1),
             ceil(w.amount * c.smallest_margin_bps / 10000.0)))
     ORDER BY s.partner_id LIMIT :limit
""")
_TOLD = text("""
    SELECT DISTINCT n.partner_id FROM wholesale_notices n
     WHERE n.change_id = :change_id AND n.kind = 'announced' AND n.partner_id > :after
     ORDER BY n.partner_id LIMIT :limit
""")


def partners_to_tell(
    session: Session, *, change_id: UUID, kind: str, after: UUID = NIL, limit: int, now: datetime
) -> list[UUID]:
    """The next partners after ``after`` that a change may concern; of a withdrawn one, those that were
    told of it. Only as the company's role."""
    keys = {"change_id": change_id, "after": after, "limit": limit}
    found = (
        session.execute(_OVERTAKEN, {**keys, "now": now})
        if kind == "announced"
        else session.execute(_TOLD, keys)
    )
    return list(found.scalars())


_NOTE_ANNOUNCED = text("""
    INSERT INTO wholesale_notices (partner_id, change_id, kind, person_id)
    SELECT m.partner_id, :change_id, 'announced', m.person_id FROM memberships m
     WHERE m.partner_id = :partner_id AND m.role IN ('owner', 'manager')
    ON CONFLICT DO NOTHING
""")
# Of a withdrawal hears who was told of the change, and still works for the partner.
_NOTE_WITHDRAWN = text("""
    INSERT INTO wholesale_notices (partner_id, change_id, kind, person_id)
    SELECT n.partner_id, n.change_id, 'withdrawn', n.person_id FROM wholesale_notices n
      JOIN memberships m ON m.partner_id = n.partner_id AND m.person_id = n.person_id
     WHERE n.partner_id = :partner_id AND n.change_id = :change_id AND n.kind = 'announced'
       AND n.sent_at IS NOT NULL
    ON CONFLICT DO NOTHING
""")
_WAITING = text("""
    SELECT n.person_id, u.email, u.name FROM wholesale_notices n JOIN people u ON u.person_id = n.person_id
     WHERE n.partner_id = :partner_id AND n.change_id = :change_id AND n.kind = :kind AND n.sent_at IS NULL
     ORDER BY u.email
""")


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody to whom a mail about a change is still to be sent."""

    person_id: UUID
    email: str
    name: str


def note_readers(session: Session, *, partner_id: UUID, change_id: UUID, kind: str) -> list[Reader]:
    """Note who of the partner is to be told, and return those to whom no mail was sent yet.

    Nobody is to be told of a change that was withdrawn meanwhile: then the list is empty, and the caller
    must not commit what was noted.
    """
    keys = {"partner_id": partner_id, "change_id": change_id}
    session.execute(_NOTE_ANNOUNCED if kind == "announced" else _NOTE_WITHDRAWN, keys)
    # The notes hold the change's row by their key, so a withdrawal is seen here, or sees them.
    gone = session.scalar(
        select(WholesaleChange.withdrawn_at.is_not(None)).where(WholesaleChange.change_id == change_id)
    )
    if gone and kind == "announced":
        return []
    return [Reader(*row) for row in session.execute(_WAITING, {**keys, "kind": kind})]


def note_sent(
    session: Session, *, partner_id: UUID, change_id: UUID, kind: str, person_id: UUID, now: datetime
) -> None:
    """Note that a mail left."""
    session.execute(
        update(WholesaleNotice)
        .where(
            WholesaleNotice.partner_id == partner_id,
            WholesaleNotice.change_id == change_id,
            WholesaleNotice.kind == kind,
            WholesaleNotice.person_id == person_id,
        )
        .values(sent_at=now)
    )


def change_begins(session: Session, *, change_id: UUID) -> datetime | None:
    """When a change begins, or would have begun; None where there is no such change."""
    return session.scalar(select(WholesaleChange.begins).where(WholesaleChange.change_id == change_id))
