"""Links that show a store's draft to whoever has them: made, listed, withdrawn, and opened."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from kit.errors import NotFound, Refusal
from kit.ids import new_id, new_token, token_hash
from storage import audit
from storage.database import insert_rows
from themes.models import DraftLink

LASTS = timedelta(days=14)
MOST_OPEN = 10


@dataclass(frozen=True, slots=True)
class OpenLink:
    """A link that works now. Its token is not kept, so it cannot be shown again."""

    link_id: UUID
    created_by: str
    created_at: datetime
    expires_at: datetime


def make_link(
    session: Session, *, partner_id: UUID, store_id: UUID, actor: str, now: datetime
) -> tuple[str, OpenLink]:
    """Make a link and return its token, which is told this once. Raises Refusal where ten are open."""
    if len(open_links(session, partner_id=partner_id, store_id=store_id, now=now)) >= MOST_OPEN:
        raise Refusal(f"At most {MOST_OPEN} links can be open. Withdraw one first.", field="share")
    token = new_token()
    link = OpenLink(new_id(), actor, now, now + LASTS)
    row = {
        "partner_id": partner_id,
        "link_id": link.link_id,
        "store_id": store_id,
        "token_hash": token_hash(token),
        "created_by": actor,
        "created_at": now,
        "expires_at": link.expires_at,
    }
    insert_rows(session, DraftLink, [row])
    audit.record(
        session,
        actor=actor,
        action="look.shared",
        subject=f"store:{store_id}",
        partner_id=partner_id,
        now=now,
        after={"link_id": str(link.link_id), "expires_at": link.expires_at.isoformat()},
    )
    return token, link


def open_links(session: Session, *, partner_id: UUID, store_id: UUID, now: datetime) -> tuple[OpenLink, ...]:
    """Return the links that work now, the newest first."""
    rows = session.execute(
        select(DraftLink.link_id, DraftLink.created_by, DraftLink.created_at, DraftLink.expires_at)
        .where(
            DraftLink.partner_id == partner_id,
            DraftLink.store_id == store_id,
            DraftLink.withdrawn_at.is_(None),
            DraftLink.expires_at > now,
        )
        .order_by(DraftLink.created_at.desc(), DraftLink.link_id.desc())
    )
    return tuple(OpenLink(*row) for row in rows)


def withdraw_link(
    session: Session, *, partner_id: UUID, store_id: UUID, link_id: UUID, actor: str, now: datetime
) -> None:
    """Let a link open nothing from now on; one that is withdrawn stays so. Raises NotFound."""
    changed = session.execute(
        update(DraftLink)
        .where(
            DraftLink.partner_id == partner_id,
            DraftLink.store_id == store_id,
            DraftLink.link_id == link_id,
            DraftLink.withdrawn_at.is_(None),
        )
        .values(withdrawn_at=now)
        .returning(DraftLink.link_id)
    ).all()
    if not changed:
        raise NotFound("This link is withdrawn already, or was never made.")
    audit.record(
        session,
        actor=actor,
        action="look.unshared",
        subject=f"store:{store_id}",
        partner_id=partner_id,
        now=now,
        before={"link_id": str(link_id)},
    )


def open_link(session: Session, *, partner_id: UUID, store_id: UUID, token: str, now: datetime) -> datetime:
    """Return until when a link of this store works. Raises NotFound in words for whoever opens it."""
    row = session.execute(
        select(DraftLink.expires_at, DraftLink.withdrawn_at).where(
            DraftLink.partner_id == partner_id,
            DraftLink.store_id == store_id,
            DraftLink.token_hash == token_hash(token),
        )
    ).one_or_none()
    if row is None:
        raise NotFound("There is no draft behind this link. Check that you have the whole address.")
    if row.withdrawn_at is not None:
        raise NotFound("This link was withdrawn. Ask whoever sent it for a new one.")
    if row.expires_at <= now:
        raise NotFound("This link has expired. Ask whoever sent it for a new one.")
    expires_at: datetime = row.expires_at
    return expires_at
