"""Writing products, many at once: what is new is added, what differs is changed, the rest left alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import nh3
from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from catalog.indexing import index_products
from catalog.models import Picture, Product, StockLevel, Variant
from catalog.shopify import FileProduct, FileVariant, RowRefused
from kit.ids import new_id
from storage.jobs import Job, enqueue

_TAGS = {
    "p",
    "br",
    "b",
    "strong",
    "i",
    "em",
    "u",
    "ul",
    "ol",
    "li",
    "h2",
    "h3",
    "h4",
    "a",
    "table",
    "tr",
    "td",
}
_TAGS |= {"th", "thead", "tbody", "blockquote", "span", "sub", "sup"}


def clean_html(text: str) -> str:
    """Make HTML from elsewhere safe to show: known elements only, links to the web only, no styles."""
    return nh3.clean(
        text,
        tags=_TAGS,
        attributes={"a": {"href"}},
        url_schemes={"https", "http", "mailto"},
        link_rel="nofollow noopener",
    )


@dataclass(frozen=True, slots=True)
class Saved:
    """What became of one variant of a file: ``action`` is created, changed or unchanged."""

    variant_id: UUID
    source: FileVariant
    action: str


@dataclass(frozen=True, slots=True)
class Batch:
    """What became of a batch of products. ``products`` counts created, changed and unchanged ones."""

    saved: list[Saved]
    refused: list[RowRefused]
    products: dict[str, int]


def save_products(session: Session, *, products: Sequence[FileProduct], now: datetime) -> Batch:
    """Write a batch of products with variants, stock and pictures to be fetched.

    A variant is known by its SKU. A row is refused when its SKU belongs to another product, or when
    its options are taken by another SKU of the product; the rest goes on.
    """
    existing = {p.handle: p for p in session.scalars(_of(Product.handle, [p.handle for p in products]))}
    skus = [variant.sku for product in products for variant in product.variants]
    ids = [product.product_id for product in existing.values()]
    known = session.scalars(
        select(Variant).where((Variant.sku == func.any(skus)) | (Variant.product_id == func.any(ids)))
    ).all()
    writer = _Writer(session, now, {v.sku: v for v in known})
    for product in products:
        writer.add(product, existing.get(product.handle))
    writer.flush()
    return Batch(writer.saved, writer.refused, writer.products)


def _of(column: Any, values: list[str]) -> Any:
    return select(column.class_).where(column == func.any(values))


class _Writer:
    """Gathers rows to write, so that a batch takes a handful of statements."""

    def __init__(self, session: Session, now: datetime, variants: dict[str, Variant]) -> None:
        self._session = session
        self._now = now
        self._variants = variants
        self._claimed: set[str] = set()
        self._new: dict[type, list[dict[str, Any]]] = {Product: [], Picture: [], Variant: [], StockLevel: []}
        self._changed: dict[type, list[dict[str, Any]]] = {Product: [], Variant: [], StockLevel: []}
        owned = {variant.variant_id for variant in variants.values()}
        self._stock = {
            level.variant_id: level
            for level in session.scalars(
                select(StockLevel).where(StockLevel.variant_id == func.any(list(owned)))
            )
        }
        products = {variant.product_id for variant in variants.values()}
        self._pictures: dict[UUID, list[Picture]] = {}
        for picture in session.scalars(
            select(Picture).where(Picture.product_id == func.any(list(products))).order_by(Picture.position)
        ):
            self._pictures.setdefault(picture.product_id, []).append(picture)
        self.saved: list[Saved] = []
        self.refused: list[RowRefused] = []
        self.products = {"created": 0, "changed": 0, "unchanged": 0}

    def add(self, source: FileProduct, product: Product | None) -> None:
        wanted = {
            "title": source.title,
            "description": clean_html(source.description),
            "vendor": source.vendor,
            "kind": source.kind,
            "tags": source.tags,
            "option_names": list(source.option_names),
            "state": "active" if source.active else "draft",
        }
        product_id = product.product_id if product else new_id()
        variants = [v for v in source.variants if self._free(v, product_id)]
        if not variants:
            return
        pictures, new_pictures = self._add_pictures(source, product_id)
        actions = [
            self._add_variant(variant, product_id, position, pictures)
            for position, variant in enumerate(variants)
        ]
        if product is None:
            self._new[Product].append(
                wanted
                | {
                    "product_id": product_id,
                    "handle": source.handle,
                    "created_at": self._now,
                    "updated_at": self._now,
                }
            )
            self.products["created"] += 1
            return
        changed = any(getattr(product, name) != value for name, value in wanted.items())
        if changed:
            self._changed[Product].append(wanted | {"product_id": product_id, "updated_at": self._now})
        touched = changed or new_pictures or any(action != "unchanged" for action in actions)
        self.products["changed" if touched else "unchanged"] += 1

    def _refuse(self, line: int, subject: str, reason: str) -> None:
        self.refused.append(RowRefused(line, subject, reason))

    def _free(self, variant: FileVariant, product_id: UUID) -> bool:
        found = self._variants.get(variant.sku)
        if variant.sku in self._claimed:
            self._refuse(variant.line, variant.sku, "This SKU stands in the file twice.")
            return False
        if found is not None and found.product_id != product_id:
            self._refuse(variant.line, variant.sku, "This SKU belongs to another product.")
            return False
        rivals = (
            v
            for v in self._variants.values()
            if v.product_id == product_id and v.sku != variant.sku and tuple(v.options) == variant.options
        )
        if (rival := next(rivals, None)) is not None:
            self._refuse(
                variant.line, variant.sku, f"The product has these options already, as SKU {rival.sku}."
            )
            return False
        self._claimed.add(variant.sku)
        return True

    def _add_pictures(self, source: FileProduct, product_id: UUID) -> tuple[dict[str, UUID], bool]:
        known = {picture.source_url: picture.picture_id for picture in self._pictures.get(product_id, [])}
        fresh = False
        for picture in source.pictures:
            if picture.url in known:
                continue
            known[picture.url] = picture_id = new_id()
            fresh = True
            self._new[Picture].append(
                {
                    "picture_id": picture_id,
                    "product_id": product_id,
                    "position": len(known) - 1,
                    "alt": picture.alt or source.title,
                    "source_url": picture.url,
                    # Rows written in one statement need the same columns.
                    "key": None,
                }
            )
        return known, fresh

    def _add_variant(
        self, source: FileVariant, product_id: UUID, position: int, pictures: dict[str, UUID]
    ) -> str:
        wanted = {
            "options": list(source.options),
            "position": position,
            "barcode": source.barcode,
            "grams": source.grams,
            "requires_shipping": source.requires_shipping,
            "taxable": source.taxable,
            "picture_id": pictures.get(source.picture_url),
        }
        stocked = {"on_hand": source.quantity, "counted": source.counted, "oversell": source.oversell}
        found = self._variants.get(source.sku)
        if found is None:
            variant_id, action = new_id(), "created"
            self._new[Variant].append(
                wanted | {"variant_id": variant_id, "product_id": product_id, "sku": source.sku}
            )
            self._new[StockLevel].append(stocked | {"variant_id": variant_id})
        else:
            variant_id, action = found.variant_id, "unchanged"
            if any(getattr(found, name) != value for name, value in wanted.items()):
                self._changed[Variant].append(wanted | {"variant_id": variant_id})
                action = "changed"
            level = self._stock.get(variant_id)
            if level and any(getattr(level, name) != value for name, value in stocked.items()):
                if source.counted and not source.oversell and source.quantity < level.held:
                    # Open checkouts hold more units than the file says there are; they keep them.
                    stocked["on_hand"] = level.held
                self._changed[StockLevel].append(stocked | {"variant_id": variant_id})
                action = "changed"
        self.saved.append(Saved(variant_id, source, action))
        return action

    def flush(self) -> None:
        for table, rows in self._new.items():
            if rows:
                self._session.execute(insert(table), rows)
        for table, rows in self._changed.items():
            if rows:
                self._session.execute(update(table), rows)
        index_products(self._session, self._reworded())
        jobs = [Job("picture.fetch", {"picture_id": str(row["picture_id"])}) for row in self._new[Picture]]
        if jobs:
            enqueue(self._session, *jobs)

    def _reworded(self) -> set[UUID]:
        """The products whose words are new or others than before."""
        products = {row["product_id"] for row in (*self._new[Product], *self._changed[Product])}
        products |= {row["product_id"] for row in self._new[Variant]}
        owners = {variant.variant_id: variant.product_id for variant in self._variants.values()}
        return products | {owners[row["variant_id"]] for row in self._changed[Variant]}
