"""Publishing a look: a new version that never changes, and the store's pointer to it."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert, update
from sqlalchemy.orm import Session

from kit.ids import new_id
from storage.revisions import store_changed
from tenants.models import Store
from themes.models import LookVersion


def publish_look(
    session: Session,
    *,
    partner_id: UUID,
    store_id: UUID,
    theme: str,
    settings: dict[str, Any],
    pages: dict[str, Any],
    actor: str,
    now: datetime,
) -> UUID:
    """Keep a look as a new version and let the store show it from the next request on."""
    look_id = new_id()
    session.execute(
        insert(LookVersion).values(
            partner_id=partner_id,
            look_id=look_id,
            store_id=store_id,
            theme=theme,
            settings=settings,
            pages=pages,
            actor=actor,
            created_at=now,
        )
    )
    session.execute(
        update(Store)
        .where(Store.partner_id == partner_id, Store.store_id == store_id)
        .values(published_look_id=look_id)
    )
    store_changed(session, store_id=store_id)
    return look_id
