"""What a list of a store holds as a whole, without prices: for counting, filtering and sorting it.

A page of a list shows two dozen products with their prices. Which ones, and how many there are of each
colour, is worked out here from options and stock, which is read in one small statement.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import TextClause, text
from sqlalchemy.orm import Session

from pricing.listing import Listings, listings
from pricing.precedence import WHOLESALE_IN_FORCE
from pricing.reading import Selection

MOST_FILTERED = 2_000


@dataclass(frozen=True, slots=True)
class ShelfVariant:
    """A variant that has a price: its options in the product's order, and whether a unit is there."""

    options: tuple[str, ...]
    free: bool


@dataclass(frozen=True, slots=True)
class ShelfItem:
    """A product of a list. ``swatches`` maps values of a colour option to CSS colours."""

    product_id: UUID
    title: str
    option_names: tuple[str, ...]
    swatches: dict[str, str]
    variants: tuple[ShelfVariant, ...]

    @property
    def free(self) -> bool:
        return any(variant.free for variant in self.variants)


@dataclass(frozen=True, slots=True)
class Shelf:
    """The products of a list in its order, at most ``MOST_FILTERED``; ``whole`` says that these are all.

    Until ``good_until`` none of them loses its wholesale price by the calendar. ``title`` and ``about``
    are those of a collection, and None where there is no such collection.
    """

    items: tuple[ShelfItem, ...]
    whole: bool
    good_until: datetime | None
    title: str | None = None
    about: str | None = None

    def only(self, items: Sequence[ShelfItem]) -> Shelf:
        return replace(self, items=tuple(items))


# Of the rows that ``found`` has. The names of the terms are those of the statement that this stands in.
_SHELF = """
WITH on_shelf AS (
  SELECT f.product_id, f.place FROM found f
   WHERE NOT EXISTS (
     SELECT 1 FROM hidden_products h
      WHERE h.partner_id = :partner_id AND h.store_id = :store_id AND h.product_id = f.product_id)
   ORDER BY f.place, f.product_id LIMIT {most}
),
held AS (
  SELECT s.place, pr.product_id, pr.title, pr.option_names, pr.swatches, o.variants, o.ends
    FROM on_shelf s
    JOIN products pr ON pr.product_id = s.product_id
   CROSS JOIN terms
   CROSS JOIN LATERAL (
     SELECT jsonb_agg(jsonb_build_array(v.options, k.counted IS NULL OR NOT k.counted OR k.oversell
                                                   OR k.on_hand > k.held) ORDER BY v.position) AS variants,
            {ends} AS ends
       FROM variants v {wholesale}
       LEFT JOIN stock_levels k ON k.variant_id = v.variant_id
      WHERE v.product_id = pr.product_id) o
)
SELECT jsonb_build_array(
  (SELECT c.title FROM collections c WHERE c.handle = CAST(:{handle} AS text)),
  (SELECT c.description FROM collections c WHERE c.handle = CAST(:{handle} AS text)),
  (SELECT count(*) FROM on_shelf),
  (SELECT min(CAST(x.ends AS timestamptz)) FROM held x),
  (SELECT jsonb_agg(jsonb_build_array(x.product_id, x.title, x.option_names, x.swatches, x.variants)
                    ORDER BY x.place, x.product_id)
     FROM held x WHERE x.variants IS NOT NULL))
"""
_READ = """
WITH terms AS MATERIALIZED (
  SELECT s.currency, p.price_list_id,
         (SELECT d.price_list_id FROM price_lists d WHERE d.is_default) AS default_list_id
    FROM stores s JOIN partners p ON p.partner_id = s.partner_id
   WHERE s.partner_id = :partner_id AND p.partner_id = :partner_id AND s.store_id = :store_id
),
found AS ({found})
SELECT ({shelf}) AS shelf
"""


def read_shelf(
    session: Session,
    *,
    partner_id: UUID,
    store_id: UUID,
    now: datetime,
    selection: Selection,
    choice: str | Sequence[UUID] = "",
    handle: str = "",
    once: bool = False,
) -> Shelf:
    """Read what a list holds. With ``handle`` the words about that collection come along.

    What is read ``once``, of products that are known to have a price, takes a third of the time: it does
    not say how long it stays true, and counts each of their variants as one that has a price.
    """
    found = session.execute(
        _statement(selection.found, once),
        {
            "partner_id": partner_id,
            "store_id": store_id,
            "now": now,
            "choice": choice if isinstance(choice, str) else list(choice),
            "handle": handle,
        },
    ).scalar_one()
    return _shelf_of(found)


def read_with_shelf(
    session: Session,
    *,
    partner_id: UUID,
    store_id: UUID,
    now: datetime,
    selection: Selection,
    choice: str,
    limit: int,
) -> tuple[Listings, Shelf]:
    """The first products of a list with their prices, and what the list holds, in one statement.

    Without a single product to show, the shelf is empty and its title None.
    """
    found = listings(
        session,
        partner_id=partner_id,
        store_id=store_id,
        now=now,
        selection=_beside(selection),
        choice=choice,
        limit=limit,
    )
    return found, Shelf((), True, None) if found.beside is None else _shelf_of(found.beside)


def _shelf_of(found: list[Any]) -> Shelf:
    title, about, shown, ends, rows = found
    items = tuple(
        ShelfItem(
            UUID(product_id),
            name,
            tuple(names),
            swatches,
            tuple(ShelfVariant(tuple(options), free) for options, free in variants),
        )
        for product_id, name, names, swatches, variants in rows or ()
    )
    until = datetime.fromisoformat(ends) if ends else None
    return Shelf(items[:MOST_FILTERED], shown <= MOST_FILTERED, until, title, about)


@lru_cache(maxsize=16)
def _beside(selection: Selection) -> Selection:
    """The same selection with the shelf beside its rows: on one of them, for it is long."""
    shelf = _text_of_shelf("choice", once=False)
    return replace(selection, columns=f", CASE WHEN row_number() OVER () = 1 THEN ({shelf}) END AS beside")


@lru_cache(maxsize=16)
def _statement(found: str, once: bool) -> TextClause:
    return text(_READ.format(found=found, shelf=_text_of_shelf("handle", once=once)))


def _text_of_shelf(handle: str, *, once: bool) -> str:
    given = {"most": MOST_FILTERED + 1, "handle": handle}
    if once:
        return _SHELF.format(ends="NULL", wholesale="", **given)
    wholesale = WHOLESALE_IN_FORCE.format(
        variant="v.variant_id",
        currency="terms.currency",
        own_list="terms.price_list_id",
        default_list="terms.default_list_id",
        at="CAST(:now AS timestamptz)",
    )
    joined = f"JOIN LATERAL ({wholesale}) w ON true"
    return _SHELF.format(ends="min(upper(w.valid))", wholesale=joined, **given)
