"""The counters that tell a store's pages apart: any change that pages show moves one of them."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import update
from sqlalchemy.orm import Mapped, Session, mapped_column

from kit.ids import NIL
from storage.database import Base


class StoreRevision(Base):
    """A counter for each store that moves with every change its pages show.

    The row of the nil UUID moves with what all stores show: products, wholesale, availability. A
    plain table, because counters are written too often for the shared tables of a distributed
    installation.
    """

    __tablename__ = "store_revisions"
    store_id: Mapped[UUID] = mapped_column(primary_key=True)
    revision: Mapped[int] = mapped_column(server_default="1")


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
