"""Giving a product its pictures."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from catalog.models import Picture, Variant
from catalog.pictures import PictureRef
from kit.ids import new_id
from storage.revisions import every_store_changed


def attach_picture(
    session: Session, *, product_id: UUID, picture: PictureRef, variant_ids: Sequence[UUID] = ()
) -> UUID:
    """Add a stored picture behind the product's others, and make it the picture of some variants."""
    picture_id = new_id()
    behind = session.execute(
        select(func.coalesce(func.max(Picture.position) + 1, 0)).where(Picture.product_id == product_id)
    ).scalar_one()
    session.execute(
        insert(Picture).values(
            picture_id=picture_id,
            product_id=product_id,
            position=behind,
            alt=picture.alt,
            key=picture.key,
            width=picture.width,
            height=picture.height,
            sizes=list(picture.sizes),
        )
    )
    if variant_ids:
        session.execute(
            update(Variant)
            .where(Variant.variant_id == func.any(list(variant_ids)), Variant.product_id == product_id)
            .values(picture_id=picture_id)
        )
    every_store_changed(session)
    return picture_id
