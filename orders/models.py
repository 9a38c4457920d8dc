"""Tables of carts, orders and what happened to them. Amounts are minor units."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, LargeBinary, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from storage.database import Base

_STORE = (["partner_id", "store_id"], ["stores.partner_id", "stores.store_id"])
_ORDER = (["partner_id", "order_id"], ["orders.partner_id", "orders.order_id"])


class Cart(Base):
    """A shopper's cart in one store. Its key is made from the shopper's cookie.

    ``code`` is the coupon or promotion that the shopper named, in capitals.
    """

    __tablename__ = "carts"
    __table_args__ = (ForeignKeyConstraint(*_STORE),)
    partner_id: Mapped[UUID] = mapped_column(primary_key=True)
    cart_id: Mapped[UUID] = mapped_column(primary_key=True)
    store_id: Mapped[UUID]
    updated_at: Mapped[datetime]
    code: Mapped[str | None]


class CartItem(Base):
    """``seen`` is the unit price that the shopper was shown when it chose or confirmed the line."""

    __tablename__ = "cart_items"
    __table_args__ = (
        CheckConstraint("quantity BETWEEN 1 AND 99", name="quantity"),
        ForeignKeyConstraint(["partner_id", "cart_id"], ["carts.partner_id", "carts.cart_id"]),
    )
    partner_id: Mapped[UUID] = mapped_column(primary_key=True)
    cart_id: Mapped[UUID] = mapped_column(primary_key=True)
    variant_id: Mapped[UUID] = mapped_column(primary_key=True)
    quantity: Mapped[int]
    seen: Mapped[int]
    added_at: Mapped[datetime]


class Customer(Base):
    """Who buys. A customer belongs to one store: the same address in two stores is two customers.

    ``registered_at`` is when it made an account. Of one that is erased nothing is left but that it was.
    """

    __tablename__ = "customers"
    __table_args__ = (
        UniqueConstraint("partner_id", "store_id", "email"),
        ForeignKeyConstraint(*_STORE),
        Index("customers_partner_id_store_id_created_at_idx", "partner_id", "store_id", "created_at"),
    )
    partner_id: Mapped[UUID] = mapped_column(primary_key=True)
    customer_id: Mapped[UUID] = mapped_column(primary_key=True)
    store_id: Mapped[UUID]
    email: Mapped[str]
    name: Mapped[str]
    phone: Mapped[str] = mapped_column(server_default="")
    address: Mapped[dict[str, str]]
    created_at: Mapped[datetime]
    registered_at: Mapped[datetime | None]
    erased_at: Mapped[datetime | None]


class Order(Base):
    """What was promised to a shopper. Amounts are frozen when it is placed.

    ``goods``, ``delivery`` and ``tax`` add up to ``total``, where goods and delivery are net of tax.
    ``stock`` says whether its units are held, taken (they left with a parcel), or released. ``fingerprint``
    identifies what was ordered, so that a second press of the button finds the same order.
    ``returns_days`` after delivery the shopper may send things back.
    ``fee_share_bps`` is the part of Stripe's fee that the partner bears, in basis points of the fee.
    ``owed`` is what the ledger's entries of the order give the partner; posting keeps it up to date.
    Whose it was is replaced at ``erased_at``; ``erase_asked_at`` is when the shopper asked for that.
    """

    __tablename__ = "orders"
    __table_args__ = (
        UniqueConstraint("partner_id", "store_id", "number"),
        CheckConstraint(
            "payment IN ('awaiting', 'paid', 'partly_refunded', 'refunded', 'expired', 'failed')",
            name="payment",
        ),
        CheckConstraint(
            "fulfilment IN ('unfulfilled', 'partly_shipped', 'shipped', 'delivered', 'cancelled',"
            " 'returned')",
            name="fulfilment",
        ),
        CheckConstraint("stock IN ('held', 'taken', 'released')", name="stock"),
        CheckConstraint("goods >= 0 AND delivery >= 0 AND tax >= 0", name="amounts"),
        CheckConstraint("total = goods + delivery + tax", name="total"),
        CheckConstraint("payment NOT IN ('paid') OR paid_at IS NOT NULL", name="paid_at"),
        CheckConstraint("fee_share_bps BETWEEN 0 AND 10000", name="fee_share_bps"),
        CheckConstraint("erased_at IS NULL OR email = ''", name="erased_at"),
        ForeignKeyConstraint(*_STORE),
        Index("orders_partner_id_store_id_placed_at_idx", "partner_id", "store_id", "placed_at"),
        Index("orders_partner_id_cart_id_idx", "partner_id", "cart_id"),
        Index("orders_partner_id_paid_at_idx", "partner_id", "paid_at"),
        Index("orders_placed_at_idx", "placed_at"),
        Index("orders_partner_id_customer_id_idx", "partner_id", "customer_id"),
        Index("orders_kept_idx", "placed_at", postgresql_where="erased_at IS NULL"),
        Index(
            "orders_erase_asked_idx",
            "erase_asked_at",
            postgresql_where="erase_asked_at IS NOT NULL AND erased_at IS NULL",
        ),
        Index(
            "orders_partner_id_available_on_idx",
            "partner_id",
            "available_on",
            postgresql_where="paid_at IS NOT NULL",
        ),
    )
    partner_id: Mapped[UUID] = mapped_column(primary_key=True)
    order_id: Mapped[UUID] = mapped_column(primary_key=True)
    store_id: Mapped[UUID]
    number: Mapped[int]
    cart_id: Mapped[UUID]
    customer_id: Mapped[UUID | None]
    payment: Mapped[str] = mapped_column(server_default="awaiting")
    fulfilment: Mapped[str] = mapped_column(server_default="unfulfilled")
    stock: Mapped[str] = mapped_column(server_default="held")
    currency: Mapped[str]
    goods: Mapped[int]
    delivery: Mapped[int]
    delivery_tax: Mapped[int]
    tax: Mapped[int]
    total: Mapped[int]
    tax_inclusive: Mapped[bool]
    delivery_name: Mapped[str]
    email: Mapped[str]
    address: Mapped[dict[str, str]]
    locale: Mapped[str]
    fingerprint: Mapped[bytes] = mapped_column(LargeBinary)
    hold_from: Mapped[str]
    hold_days: Mapped[int]
    fee_share_bps: Mapped[int] = mapped_column(server_default="0")
    owed: Mapped[int] = mapped_column(server_default="0")
    returns_days: Mapped[int] = mapped_column(server_default="30")
    placed_at: Mapped[datetime]
    paid_at: Mapped[datetime | None]
    shipped_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]
    available_on: Mapped[datetime | None]
    flagged: Mapped[str] = mapped_column(server_default="")
    erase_asked_at: Mapped[datetime | None]
    erased_at: Mapped[datetime | None]


class OrderLine(Base):
    """A line as it was sold; nothing may change it.

    ``unit_retail`` is the listed price, ``net`` the whole line without tax after discounts. Each discount
    is what it takes off the net, so that both and ``net`` add up to the net of the listed price. The
    margin is what net leaves above wholesale with what the company pays of it, exactly.
    """

    __tablename__ = "order_lines"
    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity"),
        CheckConstraint("unit_wholesale > 0 AND unit_floor >= unit_wholesale", name="floor"),
        CheckConstraint("company_discount >= 0 AND partner_discount >= 0 AND tax >= 0", name="amounts"),
        CheckConstraint("net >= 0", name="net"),
        CheckConstraint("net + company_discount >= unit_floor * quantity", name="not_under_floor"),
        CheckConstraint(
            "margin = net + company_discount - unit_wholesale * quantity AND margin >= 0", name="margin"
        ),
        ForeignKeyConstraint(*_ORDER),
        Index("order_lines_partner_id_order_id_idx", "partner_id", "order_id"),
        Index("order_lines_partner_id_variant_id_idx", "partner_id", "variant_id"),
    )
    partner_id: Mapped[UUID] = mapped_column(primary_key=True)
    line_id: Mapped[UUID] = mapped_column(primary_key=True)
    order_id: Mapped[UUID]
    position: Mapped[int]
    variant_id: Mapped[UUID]
    sku: Mapped[str]
    product_title: Mapped[str]
    variant_title: Mapped[str]
    picture: Mapped[dict[str, Any] | None]
    quantity: Mapped[int]
    unit_retail: Mapped[int]
    unit_wholesale: Mapped[int]
    unit_floor: Mapped[int]
    partner_discount: Mapped[int] = mapped_column(server_default="0")
    company_discount: Mapped[int] = mapped_column(server_default="0")
    net: Mapped[int]
    tax_bps: Mapped[int]
    tax: Mapped[int]
    margin: Mapped[int]


class CancelledUnits(Base):
    """Units of a line that will not be sent. They went back to what is for sale, or were written off."""

    __tablename__ = "cancelled_units"
    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity"),
        ForeignKeyConstraint(*_ORDER),
        ForeignKeyConstraint(["partner_id", "line_id"], ["order_lines.partner_id", "order_lines.line_id"]),
        Index("cancelled_units_partner_id_order_id_idx", "partner_id", "order_id"),
    )
    partner_id: Mapped[UUID] = mapped_column(primary_key=True)
    cancel_id: Mapped[UUID] = mapped_column(primary_key=True)
    order_id: Mapped[UUID]
    line_id: Mapped[UUID]
    quantity: Mapped[int]
    restocked: Mapped[bool]
    actor: Mapped[str]
    cancelled_at: Mapped[datetime]


class OrderDiscount(Base):
    """What came off an order, and who pays for it; nothing may change it. An order that was not paid in
    time, or whose payment failed, has not used it.

    ``discount_id`` is a coupon where the partner pays, and a promotion where the company does. ``amount``
    is as the store shows it, ``net`` what of it is not tax.
    """

    __tablename__ = "order_discounts"
    __table_args__ = (
        CheckConstraint("funder IN ('partner', 'company')", name="funder"),
        CheckConstraint("amount > 0 AND net >= 0 AND net <= amount", name="amount"),
        ForeignKeyConstraint(*_ORDER),
        Index("order_discounts_discount_id_idx", "partner_id", "discount_id"),
    )
    partner_id: Mapped[UUID] = mapped_column(primary_key=True)
    order_id: Mapped[UUID] = mapped_column(primary_key=True)
    funder: Mapped[str] = mapped_column(primary_key=True)
    discount_id: Mapped[UUID]
    code: Mapped[str]
    name: Mapped[str]
    amount: Mapped[int]
    net: Mapped[int]


class OrderEvent(Base):
    """One entry of an order's permanent timeline. ``data`` holds what its sentence needs."""

    __tablename__ = "order_events"
    __table_args__ = (
        ForeignKeyConstraint(*_ORDER),
        Index("order_events_partner_id_order_id_at_idx", "partner_id", "order_id", "at"),
    )
    partner_id: Mapped[UUID] = mapped_column(primary_key=True)
    event_id: Mapped[UUID] = mapped_column(primary_key=True)
    order_id: Mapped[UUID]
    at: Mapped[datetime]
    kind: Mapped[str]
    data: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))


class Shipment(Base):
    """A parcel on its way."""

    __tablename__ = "shipments"
    __table_args__ = (
        ForeignKeyConstraint(*_ORDER),
        Index("shipments_partner_id_order_id_idx", "partner_id", "order_id"),
    )
    partner_id: Mapped[UUID] = mapped_column(primary_key=True)
    shipment_id: Mapped[UUID] = mapped_column(primary_key=True)
    order_id: Mapped[UUID]
    carrier: Mapped[str]
    number: Mapped[str]
    url: Mapped[str]
    shipped_at: Mapped[datetime]


class SentMail(Base):
    """A mail about an order: one row for each kind, so that each is sent once."""

    __tablename__ = "sent_mails"
    __table_args__ = (ForeignKeyConstraint(*_ORDER),)
    partner_id: Mapped[UUID] = mapped_column(primary_key=True)
    order_id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    message_id: Mapped[str]
    sent_at: Mapped[datetime]
