"""Tables of what lowers prices for a while: the company's sale events, and sales of a store."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, Uuid, text
from sqlalchemy.dialects.postgresql import TSTZRANGE, ExcludeConstraint, Range
from sqlalchemy.orm import Mapped, mapped_column

from storage.database import Base, one_of


class SaleEvent(Base):
    """A period in which the company takes less for some products. ``ends`` is exclusive.

    Partners see it from ``visible_from``: those on one of ``price_lists``, or all where that is empty.
    An event that was withdrawn never began; one that was stopped has an earlier end.
    """

    __tablename__ = "sale_events"
    __table_args__ = (
        CheckConstraint("name <> ''", name="name"),
        CheckConstraint("visible_from <= begins AND begins < ends", name="period"),
        CheckConstraint("withdrawn_at < begins", name="withdrawn_at"),
        Index("sale_events_ends_idx", "ends"),
    )
    event_id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    note: Mapped[str] = mapped_column(server_default="")
    visible_from: Mapped[datetime]
    begins: Mapped[datetime]
    ends: Mapped[datetime]
    price_lists: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid))
    actor: Mapped[str]
    created_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]


class SaleEventProduct(Base):
    """How much less the company takes for a product during an event, in basis points of wholesale."""

    __tablename__ = "sale_event_products"
    __table_args__ = (
        CheckConstraint("off_bps BETWEEN 1 AND 9000", name="off_bps"),
        Index("sale_event_products_product_id_idx", "product_id"),
    )
    event_id: Mapped[UUID] = mapped_column(ForeignKey("sale_events.event_id"), primary_key=True)
    product_id: Mapped[UUID] = mapped_column(ForeignKey("products.product_id"), primary_key=True)
    off_bps: Mapped[int]


class SaleEventChoice(Base):
    """Whether a store takes part in an event, and the share of the saving that it passes on to shoppers,
    in basis points. The newest choice counts; without an event it is the standing one, for all events
    that have none of their own.
    """

    __tablename__ = "sale_event_choices"
    __table_args__ = (
        CheckConstraint("pass_on_bps BETWEEN 0 AND 10000", name="pass_on_bps"),
        ForeignKeyConstraint(["partner_id", "store_id"], ["stores.partner_id", "stores.store_id"]),
        Index("sale_event_choices_lookup_idx", "partner_id", "store_id", "event_id", "since"),
    )
    partner_id: Mapped[UUID] = mapped_column(primary_key=True)
    choice_id: Mapped[UUID] = mapped_column(primary_key=True)
    store_id: Mapped[UUID]
    event_id: Mapped[UUID | None] = mapped_column(ForeignKey("sale_events.event_id"))
    joined: Mapped[bool]
    pass_on_bps: Mapped[int]
    since: Mapped[datetime]
    actor: Mapped[str]


class SaleEventNotice(Base):
    """A mail to one person of a partner about a sale event. ``sent_at`` is None until it left."""

    __tablename__ = "sale_event_notices"
    __table_args__ = (
        CheckConstraint(one_of("kind", ("announced", "withdrawn")), name="kind"),
        Index("sale_event_notices_event_id_idx", "event_id", "partner_id"),
    )
    partner_id: Mapped[UUID] = mapped_column(ForeignKey("partners.partner_id"), primary_key=True)
    event_id: Mapped[UUID] = mapped_column(ForeignKey("sale_events.event_id"), primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.person_id"), primary_key=True)
    sent_at: Mapped[datetime | None]


class StoreSale(Base):
    """A reduction that a partner gives out of its margin on a product, a collection or the whole store,
    during ``valid``, in basis points of the price. ``withdrawn_at`` is set where it never began.
    """

    __tablename__ = "store_sales"
    __table_args__ = (
        CheckConstraint(one_of("scope", ("product", "collection", "store")), name="scope"),
        CheckConstraint("off_bps BETWEEN 1 AND 9000", name="off_bps"),
        CheckConstraint("NOT isempty(valid)", name="valid"),
        ExcludeConstraint(
            ("partner_id", "="),
            ("store_id", "="),
            ("scope", "="),
            ("scope_id", "="),
            ("valid", "&&"),
            name="store_sales_one_at_a_time",
            using="gist",
            where=text("withdrawn_at IS NULL"),
        ),
        ForeignKeyConstraint(["partner_id", "store_id"], ["stores.partner_id", "stores.store_id"]),
        Index("store_sales_lookup_idx", "partner_id", "store_id"),
    )
    partner_id: Mapped[UUID] = mapped_column(primary_key=True)
    sale_id: Mapped[UUID] = mapped_column(primary_key=True)
    store_id: Mapped[UUID]
    scope: Mapped[str]
    scope_id: Mapped[UUID]
    off_bps: Mapped[int]
    valid: Mapped[Range[datetime]] = mapped_column(TSTZRANGE)
    withdrawn_at: Mapped[datetime | None]
    actor: Mapped[str]
    created_at: Mapped[datetime]
