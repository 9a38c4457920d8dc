"""Which products a store shows: all of them, except what its partner keeps out."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from pricing.models import HiddenProduct
from storage import audit
from storage.revisions import store_changed


def hide_product(
    session: Session, *, partner_id: UUID, store_id: UUID, product_id: UUID, actor: str, now: datetime
) -> None:
    """Keep a product out of a store, from the next request on."""
    session.execute(
        insert(HiddenProduct)
        .values(partner_id=partner_id, store_id=store_id, product_id=product_id)
        .on_conflict_do_nothing()
    )
    _changed(session, "product.hidden", partner_id, store_id, product_id, actor, now)


def show_product(
    session: Session, *, partner_id: UUID, store_id: UUID, product_id: UUID, actor: str, now: datetime
) -> None:
    """Show a product again that was kept out."""
    session.execute(
        delete(HiddenProduct).where(
            HiddenProduct.partner_id == partner_id,
            HiddenProduct.store_id == store_id,
            HiddenProduct.product_id == product_id,
        )
    )
    _changed(session, "product.shown", partner_id, store_id, product_id, actor, now)


def _changed(
    session: Session,
    action: str,
    partner_id: UUID,
    store_id: UUID,
    product_id: UUID,
    actor: str,
    now: datetime,
) -> None:
    store_changed(session, store_id=store_id)
    audit.record(
        session,
        actor=actor,
        action=action,
        subject=f"store:{store_id}",
        partner_id=partner_id,
        now=now,
        after={"product_id": str(product_id)},
    )
