"""Tables of shoppers' accounts, and of the links that are mailed to them."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.database import Base, one_of

PURPOSES = ("register", "prove", "reset", "email", "data", "find")
_STORE = (["partner_id", "store_id"], ["stores.partner_id", "stores.store_id"])
_CUSTOMER = (["partner_id", "customer_id"], ["customers.partner_id", "customers.customer_id"])
_ACCOUNT = (["partner_id", "account_id"], ["accounts.partner_id", "accounts.account_id"])


class Account(Base):
    """What a shopper signs in with: an address and a password, in one store.

    Until the address has proven itself (``proven_at``), the account shows the order that it was made from
    (``order_id``) and nothing else. Several such may wait for one address; one proves it.
    """

    __tablename__ = "accounts"
    __table_args__ = (
        CheckConstraint("email = lower(email)", name="email"),
        CheckConstraint("proven_at IS NOT NULL OR order_id IS NOT NULL", name="order_id"),
        ForeignKeyConstraint(*_STORE),
        ForeignKeyConstraint(*_CUSTOMER),
        ForeignKeyConstraint(["partner_id", "order_id"], ["orders.partner_id", "orders.order_id"]),
        Index(
            "accounts_one_proven_key", "partner_id", "store_id", "email", unique=True,
            postgresql_where="proven_at IS NOT NULL",
        ),
        Index("accounts_partner_id_store_id_email_idx", "partner_id", "store_id", "email"),
        Index("accounts_partner_id_customer_id_idx", "partner_id", "customer_id"),
    )  # fmt: skip
    partner_id: Mapped[UUID] = mapped_column(primary_key=True)
    account_id: Mapped[UUID] = mapped_column(primary_key=True)
    store_id: Mapped[UUID]
    customer_id: Mapped[UUID]
    email: Mapped[str]
    password_hash: Mapped[str]
    order_id: Mapped[UUID | None]
    created_at: Mapped[datetime]
    proven_at: Mapped[datetime | None]


class AccountSession(Base):
    """A browser that is signed in to an account. Only the hash of its cookie is kept."""

    __tablename__ = "account_sessions"
    __table_args__ = (
        CheckConstraint("expires_at > created_at", name="expires_at"),
        ForeignKeyConstraint(*_ACCOUNT),
        Index("account_sessions_partner_id_account_id_idx", "partner_id", "account_id"),
        Index("account_sessions_expires_at_idx", "expires_at"),
    )
    partner_id: Mapped[UUID] = mapped_column(primary_key=True)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    account_id: Mapped[UUID]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]


class AccountAddress(Base):
    """An address that a shopper keeps. ``address`` has the same parts as that of an order."""

    __tablename__ = "account_addresses"
    __table_args__ = (
        ForeignKeyConstraint(*_ACCOUNT),
        Index(
            "account_addresses_one_default_key", "partner_id", "account_id", unique=True,
            postgresql_where="is_default",
        ),
        Index("account_addresses_partner_id_account_id_idx", "partner_id", "account_id"),
    )  # fmt: skip
    partner_id: Mapped[UUID] = mapped_column(primary_key=True)
    address_id: Mapped[UUID] = mapped_column(primary_key=True)
    account_id: Mapped[UUID]
    address: Mapped[dict[str, str]]
    is_default: Mapped[bool]
    created_at: Mapped[datetime]


class ShopperLink(Base):
    """Something that is mailed to an address on a shopper's wish; it expires, and works once.

    ``register`` finishes an account and carries its password, ``prove`` and ``email`` prove the address of
    an account, ``reset`` sets a new password, ``data`` gives out or erases what is kept, ``find`` tells of
    the order with a ``number``. The token is made when the mail is written, so that nothing keeps it.
    ``browser`` is the hash of the cookie of the browser that asked.
    """

    __tablename__ = "shopper_links"
    __table_args__ = (
        UniqueConstraint("partner_id", "token_hash"),
        CheckConstraint(one_of("purpose", PURPOSES), name="purpose"),
        CheckConstraint("(purpose = 'register') = (password_hash IS NOT NULL)", name="password_hash"),
        CheckConstraint("(purpose IN ('prove', 'email')) = (account_id IS NOT NULL)", name="account_id"),
        CheckConstraint("(purpose = 'find') = (number IS NOT NULL)", name="number"),
        CheckConstraint("expires_at > created_at", name="expires_at"),
        ForeignKeyConstraint(*_STORE),
        ForeignKeyConstraint(*_ACCOUNT),
        Index("shopper_links_partner_id_account_id_idx", "partner_id", "account_id"),
        Index("shopper_links_expires_at_idx", "expires_at"),
    )
    partner_id: Mapped[UUID] = mapped_column(primary_key=True)
    link_id: Mapped[UUID] = mapped_column(primary_key=True)
    store_id: Mapped[UUID]
    purpose: Mapped[str]
    email: Mapped[str]
    account_id: Mapped[UUID | None]
    number: Mapped[int | None]
    password_hash: Mapped[str | None]
    browser: Mapped[bytes | None] = mapped_column(LargeBinary)
    locale: Mapped[str]
    token_hash: Mapped[bytes | None] = mapped_column(LargeBinary)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
