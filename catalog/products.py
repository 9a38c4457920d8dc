"""The company's shelf: finding products, changing their words, pictures and stock, putting them away."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, insert, select, text, update
from sqlalchemy.orm import Session

from catalog.indexing import index_products
from catalog.models import Picture, Product, StockLevel
from catalog.pictures import PictureRef, picture_ref
from catalog.saving import clean_html
from kit.errors import NotFound, Refusal, Refusals
from kit.ids import new_id
from storage import audit
from storage.jobs import Job, enqueue
from storage.revisions import every_store_changed

STATES = ("draft", "active", "archived")
_COLOUR = re.compile(r"#[0-9a-f]{6}")
_MOST_UNITS = 10_000_000


@dataclass(frozen=True, slots=True)
class ShelfProduct:
    """A product in the list. ``free`` are the units that can be sold, over all counted variants."""

    product_id: UUID
    handle: str
    title: str
    state: str
    kind: str
    picture: PictureRef | None
    variants: int
    free: int
    sold_out: int


@dataclass(frozen=True, slots=True)
class ShelfVariant:
    """A variant with its stock. Where it is not ``counted``, the numbers say nothing."""

    variant_id: UUID
    sku: str
    options: tuple[str, ...]
    on_hand: int
    held: int
    counted: bool
    oversell: bool

    @property
    def title(self) -> str:
        return ", ".join(self.options) or "One size"


@dataclass(frozen=True, slots=True)
class ShelfPicture:
    """A picture; ``ref`` is None until its bytes were fetched, and ``problem`` says why they were not."""

    picture_id: UUID
    ref: PictureRef | None
    alt: str
    source_url: str
    problem: str


@dataclass(frozen=True, slots=True)
class ProductDetails:
    """A product with all that staff may change of it."""

    product_id: UUID
    handle: str
    title: str
    summary: str
    description: str
    vendor: str
    kind: str
    tags: tuple[str, ...]
    state: str
    option_names: tuple[str, ...]
    swatches: dict[str, str]
    variants: tuple[ShelfVariant, ...]
    pictures: tuple[ShelfPicture, ...]
    collection_ids: tuple[UUID, ...]
    updated_at: datetime

    def option_values(self, position: int) -> list[str]:
        """The distinct values of one option, in the order of the variants."""
        return list(dict.fromkeys(v.options[position] for v in self.variants if position < len(v.options)))


_FOUND = """
      FROM products p
     WHERE (CAST(:state AS text) = '' OR p.state = :state)
       AND (CAST(:search AS text) = '' OR p.title ILIKE :like OR p.handle ILIKE :like
            OR EXISTS (SELECT 1 FROM variants v WHERE v.product_id = p.product_id AND v.sku ILIKE :like))
"""
_LIST = text(f"""
    SELECT p.product_id, p.handle, p.title, p.state, p.kind,
           (SELECT jsonb_build_array(i.key, i.width, i.height, i.alt, i.sizes) FROM pictures i
             WHERE i.product_id = p.product_id AND i.key IS NOT NULL ORDER BY i.position LIMIT 1) AS picture,
           s.*
      FROM (SELECT p.* {_FOUND} ORDER BY p.position, p.title, p.product_id LIMIT :limit OFFSET :offset) p
     CROSS JOIN LATERAL (
       SELECT count(*) AS variants,
              coalesce(sum(greatest(k.on_hand - k.held, 0)) FILTER (WHERE k.counted), 0) AS free,
              count(*) FILTER (WHERE k.counted AND NOT k.oversell AND k.on_hand <= k.held) AS sold_out
         FROM variants v LEFT JOIN stock_levels k ON k.variant_id = v.variant_id
        WHERE v.product_id = p.product_id) s
     ORDER BY p.position, p.title, p.product_id
""")  # noqa: S608 - constant text
_COUNT = text(f"SELECT p.state, count(*) AS n {_FOUND} GROUP BY p.state")


def like(search: str) -> str:
    """The pattern that finds ``search`` anywhere in a text, taken letter by letter."""
    escaped = search.strip().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"


def list_products(
    session: Session, *, search: str = "", state: str = "", limit: int = 50, offset: int = 0
) -> list[ShelfProduct]:
    """Products in the company's order whose title, handle or a SKU contains ``search``."""
    rows = session.execute(
        _LIST,
        {"search": search.strip(), "like": like(search), "state": state, "limit": limit, "offset": offset},
    )
    return [
        ShelfProduct(
            r.product_id,
            r.handle,
            r.title,
            r.state,
            r.kind,
            picture_ref(r.picture) if r.picture else None,
            r.variants,
            int(r.free),
            r.sold_out,
        )
        for r in rows
    ]


def count_products(session: Session, *, search: str = "") -> dict[str, int]:
    """How many products match, by state."""
    rows = session.execute(_COUNT, {"search": search.strip(), "like": like(search), "state": ""})
    return {row.state: row.n for row in rows}


_ONE = text("""
    SELECT p.*,
      (SELECT jsonb_agg(jsonb_build_array(v.variant_id, v.sku, v.options, coalesce(k.on_hand, 0),
                                          coalesce(k.held, 0), coalesce(k.counted, false),
                                          coalesce(k.oversell, false)) ORDER BY v.position)
         FROM variants v LEFT JOIN stock_levels k ON k.variant_id = v.variant_id
        WHERE v.product_id = p.product_id) AS variants,
      (SELECT jsonb_agg(jsonb_build_array(i.picture_id, i.key, i.width, i.height, i.alt, i.sizes,
                                          i.source_url, i.problem) ORDER BY i.position)
         FROM pictures i WHERE i.product_id = p.product_id) AS pictures,
      (SELECT array_agg(m.collection_id) FROM collection_products m
        WHERE m.product_id = p.product_id) AS collection_ids
      FROM products p WHERE p.product_id = :product_id
""")


def read_product(session: Session, *, product_id: UUID) -> ProductDetails:
    """One product, whatever its state. Raises NotFound."""
    row = session.execute(_ONE, {"product_id": product_id}).one_or_none()
    if row is None:
        raise NotFound("There is no such product.")
    return _details(row)


def _details(row: Row[Any]) -> ProductDetails:
    return ProductDetails(
        product_id=row.product_id,
        handle=row.handle,
        title=row.title,
        summary=row.summary,
        description=row.description,
        vendor=row.vendor,
        kind=row.kind,
        tags=tuple(row.tags),
        state=row.state,
        option_names=tuple(row.option_names),
        swatches=dict(row.swatches),
        variants=tuple(
            ShelfVariant(UUID(variant_id), sku, tuple(options), on_hand, held, counted, oversell)
            for variant_id, sku, options, on_hand, held, counted, oversell in row.variants or ()
        ),
        pictures=tuple(
            ShelfPicture(
                UUID(picture_id),
                picture_ref((key, width, height, alt, sizes)) if key else None,
                alt,
                source_url,
                problem,
            )
            for picture_id, key, width, height, alt, sizes, source_url, problem in row.pictures or ()
        ),
        collection_ids=tuple(row.collection_ids or ()),
        updated_at=row.updated_at,
    )


def edit_product(
    session: Session,
    *,
    product_id: UUID,
    title: str,
    summary: str,
    description: str,
    state: str,
    swatches: Mapping[str, str],
    actor: str,
    now: datetime,
) -> None:
    """Change a product's words, state and swatches. The description is cleaned on the way in.

    ``swatches`` maps values of an option to colours such as ``#2f4a3c``. Raises Refusals.
    """
    before = read_product(session, product_id=product_id)
    errors: dict[str, str] = {}
    if not 1 <= len(title.strip()) <= 200:
        errors["title"] = "A title has 1 to 200 characters."
    if len(summary.strip()) > 200:
        errors["summary"] = "The summary is one short line of at most 200 characters."
    if len(description) > 50_000:
        errors["description"] = "The description has at most 50,000 characters."
    if state not in STATES:
        errors["state"] = f"A product is one of: {', '.join(STATES)}."
    for value, colour in swatches.items():
        if not _COLOUR.fullmatch(colour):
            errors[f"swatch:{value}"] = "A colour looks like #2f4a3c."
    if errors:
        raise Refusals(errors)
    wanted: dict[str, Any] = {
        "title": title.strip(),
        "summary": " ".join(summary.split()),
        "description": clean_html(description),
        "state": state,
        "swatches": dict(swatches),
    }
    changed = {name: value for name, value in wanted.items() if getattr(before, name) != value}
    if not changed:
        return
    session.execute(update(Product).where(Product.product_id == product_id).values(**changed, updated_at=now))
    index_products(session, [product_id])
    every_store_changed(session)
    audit.record(
        session,
        actor=actor,
        action="product.edited",
        subject=f"product:{product_id}",
        now=now,
        before={name: getattr(before, name) for name in changed},
        after=changed,
    )


def set_stock(
    session: Session, *, product_id: UUID, on_hand: Mapping[UUID, int], actor: str, now: datetime
) -> int:
    """Write down how many units there are of a product's variants, and return how many changed.

    Units that open or unsent orders hold are promised: no number may lie under them. Raises
    Refusals, with a sentence for each variant (``stock:<id>``), and then nothing is changed.
    """
    levels = session.execute(
        text("""
            SELECT v.variant_id, v.sku, k.on_hand, k.held, k.counted, k.oversell
              FROM variants v JOIN stock_levels k ON k.variant_id = v.variant_id
             WHERE v.product_id = :product_id ORDER BY v.variant_id FOR UPDATE OF k
        """),
        {"product_id": product_id},
    ).all()
    errors: dict[str, str] = {}
    changed = []
    for level in levels:
        wanted = on_hand.get(level.variant_id)
        if wanted is None or (wanted == level.on_hand and level.counted):
            continue
        if not 0 <= wanted <= _MOST_UNITS:
            errors[f"stock:{level.variant_id}"] = f"A number from 0 to {_MOST_UNITS:,}."
        elif wanted < level.held and not level.oversell:
            errors[f"stock:{level.variant_id}"] = (
                f"{level.held} are held by orders, so there are at least {level.held}."
            )
        else:
            changed.append((level, wanted))
    if errors:
        raise Refusals(errors)
    for level, wanted in changed:
        session.execute(
            update(StockLevel)
            .where(StockLevel.variant_id == level.variant_id)
            .values(on_hand=wanted, counted=True)
        )
    if changed:
        every_store_changed(session)
        audit.record(
            session,
            actor=actor,
            action="stock.counted",
            subject=f"product:{product_id}",
            now=now,
            before={level.sku: level.on_hand for level, _ in changed},
            after={level.sku: wanted for level, wanted in changed},
        )
    return len(changed)


def add_picture(
    session: Session,
    *,
    product_id: UUID,
    key: str,
    width: int,
    height: int,
    alt: str,
    actor: str,
    now: datetime,
) -> UUID:
    """Add a stored picture behind the others, and let its sizes be made. ``key`` names its bytes."""
    product = session.execute(
        select(Product.title).where(Product.product_id == product_id).with_for_update()
    ).scalar_one_or_none()
    if product is None:
        raise NotFound("There is no such product.")
    last = session.scalar(select(func.max(Picture.position)).where(Picture.product_id == product_id))
    picture_id = new_id()
    session.execute(
        insert(Picture).values(
            picture_id=picture_id,
            product_id=product_id,
            position=0 if last is None else last + 1,
            alt=alt.strip() or product,
            key=key,
            width=width,
            height=height,
        )
    )
    enqueue(session, Job("picture.sizes", {"picture_id": str(picture_id)}))
    every_store_changed(session)
    audit.record(
        session,
        actor=actor,
        action="product.picture_added",
        subject=f"product:{product_id}",
        now=now,
        after={"alt": alt.strip() or product},
    )
    return picture_id


def describe_pictures(session: Session, *, product_id: UUID, alts: Mapping[UUID, str]) -> None:
    """Say in words what pictures show. Raises Refusal for an empty or overlong text."""
    for picture_id, alt in alts.items():
        if not 1 <= len(alt.strip()) <= 300:
            raise Refusal("Say what the picture shows, in at most 300 characters.", field=f"alt:{picture_id}")
        session.execute(
            update(Picture)
            .where(Picture.picture_id == picture_id, Picture.product_id == product_id)
            .values(alt=alt.strip())
        )
    every_store_changed(session)
