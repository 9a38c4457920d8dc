"""Tables of what comes off a cart. Amounts are minor units; periods include their start, not their end."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, Uuid, text
from sqlalchemy.dialects.postgresql import ARRAY, TSTZRANGE, Range
from sqlalchemy.orm import Mapped, mapped_column

from storage.database import Base, one_of

COUPON_SCOPES = ("store", "collection", "product")
PROMOTION_SCOPES = ("all", "collection", "product")
_KIND = one_of("kind", ("percent", "amount"))
_VALUE = "value > 0 AND (kind = 'amount' OR value <= 10000)"
_CODE = "code ~ '^[A-Z0-9-]{3,40}$'"


class Coupon(Base):
    """A code of a partner's store that takes something off, out of the partner's margin.

    ``value`` is basis points, or minor units of the store's currency. ``smallest_order`` is what the goods
    have to cost for it. ``withdrawn_at`` ends it before its period does, and frees the code.
    """

    __tablename__ = "coupons"
    __table_args__ = (
        CheckConstraint(_CODE, name="code"),
        CheckConstraint(_KIND, name="kind"),
        CheckConstraint(_VALUE, name="value"),
        CheckConstraint(one_of("scope", COUPON_SCOPES), name="scope"),
        CheckConstraint("smallest_order > 0", name="smallest_order"),
        CheckConstraint("most_uses > 0 AND most_per_customer > 0", name="uses"),
        CheckConstraint("NOT isempty(valid)", name="valid"),
        ForeignKeyConstraint(["partner_id", "store_id"], ["stores.partner_id", "stores.store_id"]),
        Index(
            "coupons_one_code_key",
            "partner_id",
            "store_id",
            "code",
            unique=True,
            postgresql_where=text("withdrawn_at IS NULL"),
        ),
    )
    partner_id: Mapped[UUID] = mapped_column(primary_key=True)
    coupon_id: Mapped[UUID] = mapped_column(primary_key=True)
    store_id: Mapped[UUID]
    code: Mapped[str]
    kind: Mapped[str]
    value: Mapped[int]
    scope: Mapped[str]
    scope_id: Mapped[UUID]
    smallest_order: Mapped[int | None]
    valid: Mapped[Range[datetime]] = mapped_column(TSTZRANGE)
    most_uses: Mapped[int | None]
    most_per_customer: Mapped[int | None]
    withdrawn_at: Mapped[datetime | None]
    actor: Mapped[str]
    created_at: Mapped[datetime]


class Promotion(Base):
    """A discount that the company pays, in the stores of some price lists; of all, where none is named.

    Without ``code`` it applies by itself. ``currency`` is set for an amount. ``limit_bps`` is the share of
    wholesale that shoppers pay at least, ``most_per_store`` how often each store may give it.
    """

    __tablename__ = "promotions"
    __table_args__ = (
        CheckConstraint("name <> ''", name="name"),
        CheckConstraint(_CODE, name="code"),
        CheckConstraint(_KIND, name="kind"),
        CheckConstraint(_VALUE, name="value"),
        CheckConstraint("(kind = 'amount') = (currency IS NOT NULL)", name="currency"),
        CheckConstraint(one_of("scope", PROMOTION_SCOPES), name="scope"),
        CheckConstraint("limit_bps BETWEEN 0 AND 10000", name="limit_bps"),
        CheckConstraint("most_per_store > 0 AND most_per_customer > 0", name="uses"),
        CheckConstraint("NOT isempty(valid)", name="valid"),
        Index(
            "promotions_one_code_key",
            "code",
            unique=True,
            postgresql_where=text("withdrawn_at IS NULL"),
        ),
    )
    promotion_id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    code: Mapped[str | None]
    kind: Mapped[str]
    value: Mapped[int]
    currency: Mapped[str | None]
    scope: Mapped[str]
    scope_id: Mapped[UUID]
    price_lists: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid))
    valid: Mapped[Range[datetime]] = mapped_column(TSTZRANGE)
    limit_bps: Mapped[int]
    most_per_store: Mapped[int | None]
    most_per_customer: Mapped[int | None]
    withdrawn_at: Mapped[datetime | None]
    actor: Mapped[str]
    reason: Mapped[str] = mapped_column(server_default="")
    created_at: Mapped[datetime]
