"""Collections: products shown together, in an order that the company chooses."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, func, insert, select, text, update
from sqlalchemy.orm import Session

from catalog.indexing import index_collection, index_products
from catalog.models import Collection, CollectionProduct, Product
from catalog.pictures import PictureRef, picture_ref
from kit.errors import NotFound, Refusal
from kit.ids import new_id
from storage import audit
from storage.revisions import every_store_changed


@dataclass(frozen=True, slots=True)
class CollectionEntry:
    """A collection in the company's list. ``products`` counts what stands in it, in any state."""

    collection_id: UUID
    handle: str
    title: str
    description: str
    position: int
    products: int


@dataclass(frozen=True, slots=True)
class CollectedProduct:
    product_id: UUID
    title: str
    state: str
    picture: PictureRef | None


_LIST = text("""
    SELECT c.collection_id, c.handle, c.title, c.description, c.position,
           (SELECT count(*) FROM collection_products m WHERE m.collection_id = c.collection_id) AS products
      FROM collections c ORDER BY c.position, c.title
""")
_PRODUCTS = text("""
    SELECT p.product_id, p.title, p.state,
           (SELECT jsonb_build_array(i.key, i.width, i.height, i.alt, i.sizes) FROM pictures i
             WHERE i.product_id = p.product_id AND i.key IS NOT NULL ORDER BY i.position LIMIT 1) AS picture
      FROM collection_products m JOIN products p ON p.product_id = m.product_id
     WHERE m.collection_id = :collection_id ORDER BY m.position, p.title
""")


def list_collections(session: Session) -> list[CollectionEntry]:
    """All collections, in the company's order."""
    return [CollectionEntry(*row) for row in session.execute(_LIST)]


def read_collection(session: Session, *, collection_id: UUID) -> CollectionEntry:
    """One collection. Raises NotFound."""
    for entry in list_collections(session):
        if entry.collection_id == collection_id:
            return entry
    raise NotFound("There is no such collection.")


def products_of(session: Session, *, collection_id: UUID) -> list[CollectedProduct]:
    """What stands in a collection, in its order."""
    rows = session.execute(_PRODUCTS, {"collection_id": collection_id})
    return [
        CollectedProduct(r.product_id, r.title, r.state, picture_ref(r.picture) if r.picture else None)
        for r in rows
    ]


def create_collection(session: Session, *, title: str, actor: str, now: datetime) -> UUID:
    """Create an empty collection behind the others. Its address is made from its title.

    Raises Refusal without a title, or when a collection has this address.
    """
    title = _title(title)
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    handle = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:80]
    if not handle or handle == "all":
        raise Refusal("The title needs a few letters or digits, and cannot be All.", field="title")
    if session.execute(select(Collection.handle).where(Collection.handle == handle)).first():
        raise Refusal(f"There is a collection at the address {handle} already.", field="title")
    last = session.scalar(select(func.max(Collection.position)))
    collection_id = new_id()
    session.execute(
        insert(Collection).values(
            collection_id=collection_id, handle=handle, title=title, position=(last or 0) + 1
        )
    )
    _changed(session, collection_id, "collection.created", actor, now, {"title": title})
    return collection_id


def edit_collection(
    session: Session, *, collection_id: UUID, title: str, description: str, actor: str, now: datetime
) -> None:
    """Rename a collection, and say what it is about. Its address stays."""
    title = _title(title)
    if len(description) > 1000:
        raise Refusal("The description has at most 1000 characters.", field="description")
    before = session.scalar(select(Collection.title).where(Collection.collection_id == collection_id))
    session.execute(
        update(Collection)
        .where(Collection.collection_id == collection_id)
        .values(title=title, description=description.strip())
    )
    if title != before:
        index_collection(session, collection_id=collection_id)
    _changed(session, collection_id, "collection.edited", actor, now, {"title": title})


def move_collection(session: Session, *, collection_id: UUID, by: int, actor: str, now: datetime) -> None:
    """Move a collection one place up (-1) or down (1) in the order that stores' menus follow."""
    ids = [entry.collection_id for entry in list_collections(session)]
    for position, moved in enumerate(_moved(ids, collection_id, by)):
        session.execute(
            update(Collection).where(Collection.collection_id == moved).values(position=position + 1)
        )
    _changed(session, collection_id, "collection.moved", actor, now, {"by": by})


def add_product(
    session: Session, *, collection_id: UUID, product_id: UUID, actor: str, now: datetime
) -> None:
    """Put a product at a collection's end; nothing happens when it stands there already."""
    if session.get(Product, product_id) is None:
        raise Refusal("Choose a product from the list.", field="product_id")
    inside = session.scalars(
        select(CollectionProduct.product_id).where(CollectionProduct.collection_id == collection_id)
    ).all()
    if product_id in inside:
        return
    last = session.scalar(
        select(func.max(CollectionProduct.position)).where(CollectionProduct.collection_id == collection_id)
    )
    session.execute(
        insert(CollectionProduct).values(
            collection_id=collection_id, product_id=product_id, position=(last or 0) + 1
        )
    )
    index_products(session, [product_id])
    _changed(session, collection_id, "collection.product_added", actor, now, {"product": str(product_id)})


def remove_product(
    session: Session, *, collection_id: UUID, product_id: UUID, actor: str, now: datetime
) -> None:
    """Take a product out of a collection."""
    session.execute(
        delete(CollectionProduct).where(
            CollectionProduct.collection_id == collection_id, CollectionProduct.product_id == product_id
        )
    )
    index_products(session, [product_id])
    _changed(session, collection_id, "collection.product_removed", actor, now, {"product": str(product_id)})


def move_product(
    session: Session, *, collection_id: UUID, product_id: UUID, by: int, actor: str, now: datetime
) -> None:
    """Move a product one place up (-1) or down (1) within a collection."""
    ids = [item.product_id for item in products_of(session, collection_id=collection_id)]
    for position, moved in enumerate(_moved(ids, product_id, by)):
        session.execute(
            update(CollectionProduct)
            .where(CollectionProduct.collection_id == collection_id, CollectionProduct.product_id == moved)
            .values(position=position + 1)
        )
    _changed(session, collection_id, "collection.product_moved", actor, now, {"product": str(product_id)})


def set_collections(
    session: Session, *, product_id: UUID, collection_ids: Sequence[UUID], actor: str, now: datetime
) -> None:
    """Let a product stand in exactly these collections."""
    inside = set(
        session.scalars(
            select(CollectionProduct.collection_id).where(CollectionProduct.product_id == product_id)
        )
    )
    for gone in inside - set(collection_ids):
        remove_product(session, collection_id=gone, product_id=product_id, actor=actor, now=now)
    for new in collection_ids:
        if new not in inside:
            add_product(session, collection_id=new, product_id=product_id, actor=actor, now=now)


def _title(title: str) -> str:
    title = " ".join(title.split())
    if not 1 <= len(title) <= 80:
        raise Refusal("A collection's title has 1 to 80 characters.", field="title")
    return title


def _moved(ids: list[UUID], one: UUID, by: int) -> list[UUID]:
    if one not in ids:
        raise NotFound("This is not in the list any more.")
    here = ids.index(one)
    there = min(max(here + by, 0), len(ids) - 1)
    ids.insert(there, ids.pop(here))
    return ids


def _changed(
    session: Session, collection_id: UUID, action: str, actor: str, now: datetime, after: dict[str, object]
) -> None:
    every_store_changed(session)
    audit.record(
        session, actor=actor, action=action, subject=f"collection:{collection_id}", now=now, after=after
    )
