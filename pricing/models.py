"""Tables of what things cost. Amounts are minor units; periods include their start, not their end."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Computed, ForeignKey, ForeignKeyConstraint, Index, text
from sqlalchemy.dialects.postgresql import TSTZRANGE, ExcludeConstraint, Range
from sqlalchemy.orm import Mapped, mapped_column

from storage.database import Base, one_of

SCOPES = ("variant", "product", "collection", "store")
LAYERS = ("planned", "standing")
METHODS = ("fixed", "markup", "margin")
ROUNDINGS = ("none", "99", "95", "90", "00", "nearest_5", "nearest_10")


class PriceList(Base):
    """A set of wholesale prices. What a list lacks falls back to the default list.

    ``customer_fields`` are what its partners may see of customers and orders. ``hold_from`` and
    ``hold_days`` override the company's hold. Its partners bear ``fee_share_bps`` of Stripe's fee for a
    payment, in basis points of that fee.
    """

    __tablename__ = "price_lists"
    __table_args__ = (
        Index(
            "price_lists_one_default_key",
            "is_default",
            unique=True,
            postgresql_where=text("is_default"),
        ),
        CheckConstraint(one_of("hold_from", ("payment", "delivery")), name="hold_from"),
        CheckConstraint("fee_share_bps BETWEEN 0 AND 10000", name="fee_share_bps"),
    )
    price_list_id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    is_default: Mapped[bool]
    customer_fields: Mapped[list[str]]
    hold_from: Mapped[str | None]
    hold_days: Mapped[int | None]
    fee_share_bps: Mapped[int] = mapped_column(server_default="0")


class WholesaleChange(Base):
    """New wholesale prices that were saved at once: they begin together, partners are told of them in
    one mail, and they are withdrawn together, which is possible until they begin.

    ``raises`` says that some price rises by it, so that partners are to be told.
    """

    __tablename__ = "wholesale_changes"
    __table_args__ = (
        CheckConstraint("withdrawn_at < begins", name="withdrawn_at"),
        Index("wholesale_changes_begins_idx", "begins"),
    )
    change_id: Mapped[UUID] = mapped_column(primary_key=True)
    begins: Mapped[datetime]
    raises: Mapped[bool] = mapped_column(server_default=text("false"))
    actor: Mapped[str]
    reason: Mapped[str] = mapped_column(server_default="")
    created_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]


class WholesaleNotice(Base):
    """A mail to one person of a partner about a change of wholesale. ``sent_at`` is None until it left.

    It is noted before it is sent, so that a change that is withdrawn meanwhile knows who may have read
    of it.
    """

    __tablename__ = "wholesale_notices"
    __table_args__ = (
        CheckConstraint(one_of("kind", ("announced", "withdrawn")), name="kind"),
        Index("wholesale_notices_change_id_idx", "change_id", "partner_id"),
    )
    partner_id: Mapped[UUID] = mapped_column(ForeignKey("partners.partner_id"), primary_key=True)
    change_id: Mapped[UUID] = mapped_column(ForeignKey("wholesale_changes.change_id"), primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.person_id"), primary_key=True)
    sent_at: Mapped[datetime | None]


class WholesalePrice(Base):
    """What the company takes for a unit during ``valid``. Periods of one variant never overlap.

    A change ends one row and begins another, so the table is its own history. ``change_id`` is None for
    what was set before changes were kept together.
    """

    __tablename__ = "wholesale_prices"
    __table_args__ = (
        CheckConstraint("amount > 0", name="amount"),
        CheckConstraint("NOT isempty(valid)", name="valid"),
        ExcludeConstraint(
            ("variant_id", "="),
            ("currency", "="),
            ("price_list_id", "="),
            ("valid", "&&"),
            name="wholesale_prices_one_at_a_time",
            using="gist",
        ),
        Index("wholesale_prices_lookup_idx", "variant_id", "currency", "price_list_id"),
        Index("wholesale_prices_begins_idx", text("lower(valid)")),
        Index("wholesale_prices_change_id_idx", "change_id"),
    )
    wholesale_id: Mapped[UUID] = mapped_column(primary_key=True)
    variant_id: Mapped[UUID] = mapped_column(ForeignKey("variants.variant_id"))
    currency: Mapped[str]
    price_list_id: Mapped[UUID] = mapped_column(ForeignKey("price_lists.price_list_id"))
    amount: Mapped[int]
    valid: Mapped[Range[datetime]] = mapped_column(TSTZRANGE)
    actor: Mapped[str]
    reason: Mapped[str] = mapped_column(server_default="")
    created_at: Mapped[datetime]
    change_id: Mapped[UUID | None] = mapped_column(ForeignKey("wholesale_changes.change_id"))


class SuggestedPrice(Base):
    """The retail price that the company suggests, and the price that it is compared with."""

    __tablename__ = "suggested_prices"
    __table_args__ = (CheckConstraint("amount >= 0", name="amount"),)
    variant_id: Mapped[UUID] = mapped_column(ForeignKey("variants.variant_id"), primary_key=True)
    currency: Mapped[str] = mapped_column(primary_key=True)
    amount: Mapped[int]
    compare_at: Mapped[int | None]


class PriceCeiling(Base):
    """The highest retail price of a variant that the company allows, as stores show it.

    It is never lower than a floor: where wholesale has risen above it, the floor goes before.
    """

    __tablename__ = "price_ceilings"
    __table_args__ = (CheckConstraint("amount > 0", name="amount"),)
    variant_id: Mapped[UUID] = mapped_column(ForeignKey("variants.variant_id"), primary_key=True)
    currency: Mapped[str] = mapped_column(primary_key=True)
    amount: Mapped[int]


class TaxRate(Base):
    """Tax of a country in basis points. ``region`` is empty for the whole country."""

    __tablename__ = "tax_rates"
    __table_args__ = (CheckConstraint("rate_bps BETWEEN 0 AND 10000", name="rate_bps"),)
    country: Mapped[str] = mapped_column(primary_key=True)
    region: Mapped[str] = mapped_column(primary_key=True, server_default="")
    name: Mapped[str]
    rate_bps: Mapped[int]
    on_delivery: Mapped[bool] = mapped_column(server_default=text("true"))


class DeliveryRate(Base):
    """A way of delivery that the company offers to some countries, priced in one currency.

    ``free_from`` is the goods amount from which it costs nothing. ``position`` orders the choices.
    """

    __tablename__ = "delivery_rates"
    __table_args__ = (
        CheckConstraint("amount >= 0", name="amount"),
        CheckConstraint("days_from >= 0 AND days_to >= days_from", name="days"),
        Index("delivery_rates_currency_idx", "currency"),
    )
    rate_id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    countries: Mapped[list[str]]
    currency: Mapped[str]
    amount: Mapped[int]
    free_from: Mapped[int | None]
    days_from: Mapped[int]
    days_to: Mapped[int]
    position: Mapped[int]


class RetailRule(Base):
    """How a store prices a variant, a product, a collection or everything, during ``valid``.

    ``value`` is a price in minor units (fixed), basis points of wholesale (markup), or an amount in
    minor units (margin). A fixed price keeps the wholesale price and the floor that it was judged
    against. The scope of a whole store is the nil UUID. A planned rule lies over the standing one of
    the same scope, so that a price for a while gives way by itself to what stood before; ``withdrawn_at``
    is set where it was taken back before it began. ``begins`` and ``ends`` are those of ``valid``
    for an index to be searched by; what never ends has ``infinity``, for which Python has no datetime.
    """

    __tablename__ = "retail_rules"
    __table_args__ = (
        CheckConstraint(one_of("scope", SCOPES), name="scope"),
        CheckConstraint(one_of("method", METHODS), name="method"),
        CheckConstraint(one_of("rounding", ROUNDINGS), name="rounding"),
        CheckConstraint("value >= 0", name="value"),
        CheckConstraint(one_of("layer", LAYERS), name="layer"),
        CheckConstraint("NOT isempty(valid)", name="valid"),
        CheckConstraint(
            "method <> 'fixed' OR (judged_floor IS NOT NULL AND judged_wholesale IS NOT NULL"
            " AND value >= judged_floor)",
            name="not_under_floor",
        ),
        ExcludeConstraint(
            ("scope_id", "="),
            ("partner_id", "="),
            ("store_id", "="),
            ("scope", "="),
            ("layer", "="),
            ("valid", "&&"),
            name="retail_rules_one_at_a_time",
            using="gist",
            where=text("withdrawn_at IS NULL"),
        ),
        ForeignKeyConstraint(["partner_id", "store_id"], ["stores.partner_id", "stores.store_id"]),
        Index("retail_rules_lookup_idx", "partner_id", "store_id", "scope_id", "ends"),
        Index(
            "retail_rules_begins_idx",
            "partner_id",
            "store_id",
            "begins",
            postgresql_where=text("withdrawn_at IS NULL"),
        ),
    )
    partner_id: Mapped[UUID] = mapped_column(primary_key=True)
    rule_id: Mapped[UUID] = mapped_column(primary_key=True)
    store_id: Mapped[UUID]
    scope: Mapped[str]
    scope_id: Mapped[UUID]
    method: Mapped[str]
    value: Mapped[int]
    rounding: Mapped[str]
    judged_wholesale: Mapped[int | None]
    judged_floor: Mapped[int | None]
    valid: Mapped[Range[datetime]] = mapped_column(TSTZRANGE)
    begins: Mapped[datetime | None] = mapped_column(Computed("lower(valid)", persisted=True))
    ends: Mapped[datetime | None] = mapped_column(
        Computed("coalesce(upper(valid), 'infinity')", persisted=True), deferred=True
    )
    layer: Mapped[str] = mapped_column(server_default="standing")
    withdrawn_at: Mapped[datetime | None]
    actor: Mapped[str]
    created_at: Mapped[datetime]


class HiddenProduct(Base):
    """A product that a partner keeps out of a store."""

    __tablename__ = "hidden_products"
    __table_args__ = (
        ForeignKeyConstraint(["partner_id", "store_id"], ["stores.partner_id", "stores.store_id"]),
    )
    partner_id: Mapped[UUID] = mapped_column(primary_key=True)
    store_id: Mapped[UUID] = mapped_column(primary_key=True)
    product_id: Mapped[UUID] = mapped_column(ForeignKey("products.product_id"), primary_key=True)
