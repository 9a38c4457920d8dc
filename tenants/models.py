"""Tables of the company, its partners, their stores, and the people who sign in."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, LargeBinary, text
from sqlalchemy.orm import Mapped, mapped_column

from storage.database import Base, one_of

STORE_STATES = ("draft", "live", "paused", "closed")
PORTAL_ROLES = ("owner", "manager", "support", "analyst")
CONSOLE_ROLES = ("owner", "catalogue", "finance", "support", "viewer")


class Company(Base):
    """The one sponsor of this installation, and its settings. The table holds one row.

    The smallest margin is the larger of an amount for each currency, in minor units, and a rate of
    the wholesale price in basis points. ``hold_days`` count from payment or from delivery; where
    delivery is never confirmed, it is assumed ``assumed_delivery_days`` after dispatch.
    ``lost_wholesale`` is the account that bears the wholesale of a lost dispute, ``dispute_fee_by`` who
    bears Stripe's fee of it. ``return_instructions`` are what shoppers read about sending goods back;
    partners may ask for refunds where ``partner_refund_requests`` is set. Whose an order was is kept for
    ``keep_orders_months`` after it has arrived.
    """

    __tablename__ = "company"
    __table_args__ = (
        CheckConstraint("company_id = 1", name="one_row"),
        CheckConstraint(one_of("hold_from", ("payment", "delivery")), name="hold_from"),
        CheckConstraint("hold_days BETWEEN 0 AND 365", name="hold_days"),
        CheckConstraint("smallest_margin_bps BETWEEN 0 AND 1000000", name="smallest_margin_bps"),
        CheckConstraint(
            one_of("lost_wholesale", ("wholesale_revenue", "dispute_losses")), name="lost_wholesale"
        ),
        CheckConstraint(one_of("dispute_fee_by", ("company", "partner")), name="dispute_fee_by"),
        CheckConstraint("keep_orders_months BETWEEN 0 AND 600", name="keep_orders_months"),
    )
    company_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name: Mapped[str]
    support_email: Mapped[str]
    currencies: Mapped[list[str]]
    smallest_margin_minor: Mapped[dict[str, int]]
    smallest_margin_bps: Mapped[int] = mapped_column(server_default="0")
    hold_from: Mapped[str] = mapped_column(server_default="delivery")
    hold_days: Mapped[int] = mapped_column(server_default="14")
    assumed_delivery_days: Mapped[int] = mapped_column(server_default="7")
    returns_days: Mapped[int] = mapped_column(server_default="30")
    lost_wholesale: Mapped[str] = mapped_column(server_default="wholesale_revenue")
    dispute_fee_by: Mapped[str] = mapped_column(server_default="company")
    return_instructions: Mapped[str] = mapped_column(server_default="")
    partner_refund_requests: Mapped[bool] = mapped_column(server_default=text("false"))
    keep_orders_months: Mapped[int] = mapped_column(server_default="120")
    demo: Mapped[bool] = mapped_column(server_default=text("false"))


class Partner(Base):
    """The tenant. ``customer_fields`` overrides what its price list grants of customers and orders."""

    __tablename__ = "partners"
    __table_args__ = (CheckConstraint(one_of("state", ("active", "paused")), name="state"),)
    partner_id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    state: Mapped[str] = mapped_column(server_default="active")
    price_list_id: Mapped[UUID] = mapped_column(ForeignKey("price_lists.price_list_id"))
    customer_fields: Mapped[list[str] | None]
    created_at: Mapped[datetime]


class Store(Base):
    """A partner's shop. Retail prices contain tax where ``tax_inclusive`` is set."""

    __tablename__ = "stores"
    __table_args__ = (
        CheckConstraint(one_of("state", STORE_STATES), name="state"),
        CheckConstraint(
            one_of("on_wholesale_rise", ("keep_percentage", "keep_amount", "lift", "pause")),
            name="on_wholesale_rise",
        ),
        ForeignKeyConstraint(["partner_id"], ["partners.partner_id"]),
    )
    partner_id: Mapped[UUID] = mapped_column(primary_key=True)
    store_id: Mapped[UUID] = mapped_column(primary_key=True)
    slug: Mapped[str]
    name: Mapped[str]
    tagline: Mapped[str] = mapped_column(server_default="")
    state: Mapped[str] = mapped_column(server_default="draft")
    currency: Mapped[str]
    country: Mapped[str]
    locale: Mapped[str]
    tax_inclusive: Mapped[bool]
    support_email: Mapped[str]
    on_wholesale_rise: Mapped[str] = mapped_column(server_default="lift")
    published_look_id: Mapped[UUID | None]
    last_order_number: Mapped[int] = mapped_column(server_default="1000")
    last_case_number: Mapped[int] = mapped_column(server_default="0")
    created_at: Mapped[datetime]


class Hostname(Base):
    """Which store answers on a host. Looked up exactly, before the tenant is known."""

    __tablename__ = "hostnames"
    __table_args__ = (
        CheckConstraint("host = lower(host)", name="lower"),
        Index("hostnames_partner_id_store_id_idx", "partner_id", "store_id"),
    )
    host: Mapped[str] = mapped_column(primary_key=True)
    partner_id: Mapped[UUID]
    store_id: Mapped[UUID]
    is_primary: Mapped[bool]


class Person(Base):
    """Someone who signs in. A person without a password has not accepted its invitation yet.

    ``console_role`` is set for the company's staff.
    """

    __tablename__ = "people"
    __table_args__ = (
        CheckConstraint("email = lower(email)", name="email"),
        CheckConstraint(one_of("console_role", CONSOLE_ROLES), name="console_role"),
    )
    person_id: Mapped[UUID] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    password_hash: Mapped[str | None]
    console_role: Mapped[str | None]
    created_at: Mapped[datetime]


class Membership(Base):
    """A person's role with a partner. One person may work for several."""

    __tablename__ = "memberships"
    __table_args__ = (
        CheckConstraint(one_of("role", PORTAL_ROLES), name="role"),
        Index("memberships_partner_id_idx", "partner_id"),
    )
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.person_id"), primary_key=True)
    partner_id: Mapped[UUID] = mapped_column(primary_key=True)
    role: Mapped[str]
    created_at: Mapped[datetime]


class WebSession(Base):
    """A signed-in browser. Only the hash of its cookie is kept."""

    __tablename__ = "web_sessions"
    __table_args__ = (
        CheckConstraint(one_of("face", ("portal", "console")), name="face"),
        Index("web_sessions_person_id_idx", "person_id"),
    )
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    face: Mapped[str]
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.person_id"))
    partner_id: Mapped[UUID | None]
    user_agent: Mapped[str]
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class OneTimeLink(Base):
    """An invitation, a password reset or a sign-in link: it expires, and works once."""

    __tablename__ = "one_time_links"
    __table_args__ = (
        CheckConstraint(one_of("purpose", ("invitation", "reset", "sign_in")), name="purpose"),
        CheckConstraint(one_of("face", ("portal", "console")), name="face"),
    )
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    purpose: Mapped[str]
    face: Mapped[str]
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.person_id"))
    partner_id: Mapped[UUID | None]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class SignInAttempt(Base):
    """How often signing in failed for one account or one address since ``since``."""

    __tablename__ = "sign_in_attempts"
    key: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    failures: Mapped[int]
    since: Mapped[datetime]
