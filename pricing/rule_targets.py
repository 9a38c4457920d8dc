"""What a rule is for: its name, the listings that it covers, and whether one price fits them all."""

from __future__ import annotations

from datetime import datetime
from typing import TypedDict
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from kit.errors import Refusal
from kit.money import Money
from pricing.bases import read_bases


class Target(TypedDict):
    """What a rule of one store is for. The scope of a whole store has the nil UUID."""

    partner_id: UUID
    store_id: UUID
    scope: str
    scope_id: UUID


_NAMES = {
    "product": text("SELECT p.title FROM products p WHERE p.product_id = :key"),
    "collection": text("SELECT c.title FROM collections c WHERE c.collection_id = :key"),
}


def target_named(session: Session, *, scope: str, scope_id: UUID) -> str:
    """What a rule is for, in words, such as: the collection Kitchen.

    Raises Refusal when there is no such product or collection.
    """
    if scope not in _NAMES:
        return "the whole store" if scope == "store" else "this variant"
    name = session.execute(_NAMES[scope], {"key": scope_id}).scalar()
    if name is None:
        raise Refusal(f"There is no such {scope}. Choose one of the catalogue.", field="scope")
    return f"the {scope} {name}"


# A product may be archived and a listing hidden: a rule is about what the store shows.
_COVERED = text("""
    SELECT v.variant_id
      FROM products g
      JOIN variants v ON v.product_id = g.product_id
     WHERE g.state = 'active'
       AND (:scope = 'store' OR (:scope = 'product' AND g.product_id = :key)
         OR (:scope = 'variant' AND v.variant_id = :key)
         OR (:scope = 'collection' AND EXISTS (
               SELECT 1 FROM collection_products m
                WHERE m.collection_id = :key AND m.product_id = g.product_id)))
       AND NOT EXISTS (SELECT 1 FROM hidden_products h
                        WHERE h.partner_id = :partner_id AND h.store_id = :store_id
                          AND h.product_id = g.product_id)
     ORDER BY g.position, g.product_id, v.position
""")


def covered_variants(
    session: Session, *, partner_id: UUID, store_id: UUID, scope: str, scope_id: UUID
) -> list[UUID]:
    """The variants that a rule is about, also those that a more specific one prices, as the catalogue has
    them."""
    asked = {"partner_id": partner_id, "store_id": store_id, "scope": scope, "key": scope_id}
    return list(session.execute(_COVERED, asked).scalars())


def judge_fixed(
    session: Session,
    *,
    partner_id: UUID,
    store_id: UUID,
    scope: str,
    scope_id: UUID,
    value: int,
    at: datetime,
) -> tuple[int, int]:
    """Judge one price for everything that a rule covers, by the wholesale prices of a moment.

    Returns the wholesale price and the floor that bound it, in minor units: those of the dearest. Raises
    Refusal with the lowest price for all of them, and for how many this one is too low.
    """
    bases, terms = read_bases(
        session,
        partner_id=partner_id,
        store_id=store_id,
        variant_ids=covered_variants(
            session, partner_id=partner_id, store_id=store_id, scope=scope, scope_id=scope_id
        ),
        now=at,
    )
    if not bases:
        raise Refusal("There is nothing here to price yet.", field="scope")
    floors = [terms.lowest(basis.wholesale) for basis in bases]
    lowest, dearest = max(zip(floors, bases, strict=True), key=lambda pair: pair[0])
    if value < lowest:
        under = sum(value < floor for floor in floors)
        of = f" for {under} of {len(bases)}" if len(bases) > 1 else ""
        raise Refusal(
            f"{Money(value, terms.currency)} is under the minimum{of}. The lowest price for all of these is"
            f" {Money(lowest, terms.currency)}, because of {dearest.sku}.",
            field="value",
        )
    return dearest.wholesale, lowest
