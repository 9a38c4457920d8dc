"""The counters that tell a store's pages apart: any change that pages show moves one of them."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import update
from sqlalchemy.orm import Session

from kit.ids import NIL
from tenants.models import StoreRevision


def store_changed(session: Session, *, store_id: UUID) -> None:
    """Say that one store's pages differ from now on.

    The row stays locked until the transaction ends, so changes to one store follow one another.
    """
    session.execute(
        update(StoreRevision)
        .where(StoreRevision.store_id == store_id)
        .values(revision=StoreRevision.revision + 1)
    )


def every_store_changed(session: Session) -> None:
    """Say that the pages of all stores differ from now on: products, wholesale, availability."""
    store_changed(session, store_id=NIL)
