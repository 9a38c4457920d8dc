"""Tables of what is sold. They hold no price."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.dialects.postgresql import ARRAY, INTEGER, TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from storage.database import Base

# Nothing waits outside the index to be searched as well.
_AT_ONCE = {"fastupdate": "off"}


class Product(Base):
    """``handle`` is its name in addresses. ``description`` is HTML cleaned on the way in.

    ``swatches`` maps values of a colour option to CSS colours.
    """

    __tablename__ = "products"
    __table_args__ = (
        CheckConstraint("state IN ('draft', 'active', 'archived')", name="state"),
        CheckConstraint("cardinality(option_names) <= 3", name="option_names"),
        Index("products_state_position_idx", "state", "position"),
    )
    product_id: Mapped[UUID] = mapped_column(primary_key=True)
    handle: Mapped[str] = mapped_column(unique=True)
    title: Mapped[str]
    summary: Mapped[str] = mapped_column(server_default="")
    description: Mapped[str] = mapped_column(server_default="")
    vendor: Mapped[str] = mapped_column(server_default="")
    kind: Mapped[str] = mapped_column(server_default="")
    tags: Mapped[list[str]] = mapped_column(server_default="{}")
    option_names: Mapped[list[str]] = mapped_column(server_default="{}")
    swatches: Mapped[dict[str, str]] = mapped_column(server_default=text("'{}'"))
    state: Mapped[str]
    position: Mapped[int] = mapped_column(server_default="0")
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class Picture(Base):
    """A picture of a product. ``key`` names its stored bytes; it is null until it was fetched.

    ``source_url`` is where an import found it. ``problem`` says why it could not be had.
    """

    __tablename__ = "pictures"
    __table_args__ = (Index("pictures_product_id_position_idx", "product_id", "position"),)
    picture_id: Mapped[UUID] = mapped_column(primary_key=True)
    product_id: Mapped[UUID] = mapped_column(ForeignKey("products.product_id"))
    position: Mapped[int]
    alt: Mapped[str] = mapped_column(server_default="")
    key: Mapped[str | None]
    width: Mapped[int] = mapped_column(server_default="0")
    height: Mapped[int] = mapped_column(server_default="0")
    sizes: Mapped[list[int]] = mapped_column(ARRAY(INTEGER), server_default="{}")
    source_url: Mapped[str] = mapped_column(server_default="")
    problem: Mapped[str] = mapped_column(server_default="")


class Variant(Base):
    """What can be bought: one combination of a product's option values, with its own SKU."""

    __tablename__ = "variants"
    __table_args__ = (
        CheckConstraint("cardinality(options) <= 3", name="options"),
        Index("variants_product_id_position_idx", "product_id", "position"),
        Index("variants_product_id_options_key", "product_id", "options", unique=True),
    )
    variant_id: Mapped[UUID] = mapped_column(primary_key=True)
    product_id: Mapped[UUID] = mapped_column(ForeignKey("products.product_id"))
    sku: Mapped[str] = mapped_column(unique=True)
    options: Mapped[list[str]] = mapped_column(server_default="{}")
    position: Mapped[int]
    barcode: Mapped[str] = mapped_column(server_default="")
    grams: Mapped[int] = mapped_column(server_default="0")
    requires_shipping: Mapped[bool] = mapped_column(server_default=text("true"))
    taxable: Mapped[bool] = mapped_column(server_default=text("true"))
    picture_id: Mapped[UUID | None] = mapped_column(ForeignKey("pictures.picture_id"))


class StockLevel(Base):
    """Units of a variant. ``held`` are promised to open checkouts; a sale takes them from ``on_hand``.

    A plain table: it is written with every order, too often for a shared one.
    """

    __tablename__ = "stock_levels"
    __table_args__ = (
        CheckConstraint("held >= 0", name="held"),
        CheckConstraint("oversell OR NOT counted OR held <= on_hand", name="not_oversold"),
    )
    variant_id: Mapped[UUID] = mapped_column(ForeignKey("variants.variant_id"), primary_key=True)
    on_hand: Mapped[int]
    held: Mapped[int] = mapped_column(server_default="0")
    counted: Mapped[bool]
    oversell: Mapped[bool]


class Collection(Base):
    """Products shown together. Collections of lower position come first."""

    __tablename__ = "collections"
    collection_id: Mapped[UUID] = mapped_column(primary_key=True)
    handle: Mapped[str] = mapped_column(unique=True)
    title: Mapped[str]
    description: Mapped[str] = mapped_column(server_default="")
    position: Mapped[int]


class CollectionProduct(Base):
    __tablename__ = "collection_products"
    __table_args__ = (Index("collection_products_product_id_idx", "product_id"),)
    collection_id: Mapped[UUID] = mapped_column(ForeignKey("collections.collection_id"), primary_key=True)
    product_id: Mapped[UUID] = mapped_column(ForeignKey("products.product_id"), primary_key=True)
    position: Mapped[int]


class SearchDocument(Base):
    """What search knows of a product, made by ``catalog.indexing``.

    ``title`` and ``codes`` (article numbers) are folded. ``words`` has those of the title by weight A,
    of kind, tags and option values by B, of summary and collections by C, and the rest by D; each as it
    stands and by its English and German stem.
    """

    __tablename__ = "search_documents"
    __table_args__ = (
        Index("search_documents_words_idx", "words", postgresql_using="gin", postgresql_with=_AT_ONCE),
        Index("search_documents_codes_idx", "codes", postgresql_using="gin", postgresql_with=_AT_ONCE),
        Index("search_documents_title_idx", "title"),
    )
    product_id: Mapped[UUID] = mapped_column(ForeignKey("products.product_id"), primary_key=True)
    title: Mapped[str]
    codes: Mapped[list[str]]
    words: Mapped[str] = mapped_column(TSVECTOR)


class SearchWord(Base):
    """A word by which things are found, for telling what a misspelt one was meant as. None is taken away:
    one that leads to nothing is not offered."""

    __tablename__ = "search_words"
    __table_args__ = (
        Index(
            "search_words_word_idx", "word", postgresql_using="gist", postgresql_ops={"word": "gist_trgm_ops"}
        ),
    )
    word: Mapped[str] = mapped_column(primary_key=True)
