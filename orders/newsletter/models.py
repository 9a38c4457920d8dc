"""Tables of the newsletter."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.database import Base, one_of

STATES = ("asked", "confirmed", "left")


class Subscriber(Base):
    """An address that asked for a store's news, with the proof of its consent.

    ``words`` are what the form said, ``page`` is the path of the page that it stood on, ``asked_at`` when it
    was sent, and ``confirmed_at`` when the link in the mail was used. ``asks`` counts the mails that asked
    for that since the address was last confirmed; ``mailed_at`` is when the last mail was ordered.
    """

    __tablename__ = "newsletter_subscribers"
    __table_args__ = (
        CheckConstraint(one_of("state", STATES), name="state"),
        CheckConstraint("email = lower(email)", name="email"),
        CheckConstraint("asks >= 0", name="asks"),
        CheckConstraint(
            "(state <> 'confirmed' OR confirmed_at IS NOT NULL)"
            " AND (state <> 'asked' OR confirmed_at IS NULL)",
            name="confirmed_at",
        ),
        CheckConstraint("(state = 'left') = (left_at IS NOT NULL)", name="left_at"),
        UniqueConstraint("partner_id", "store_id", "email"),
        ForeignKeyConstraint(["partner_id", "store_id"], ["stores.partner_id", "stores.store_id"]),
        Index(
            "newsletter_subscribers_confirmed_idx",
            "partner_id",
            "store_id",
            "confirmed_at",
            postgresql_where="state = 'confirmed'",
        ),
        Index("newsletter_subscribers_state_asked_at_idx", "state", "asked_at"),
    )
    partner_id: Mapped[UUID] = mapped_column(primary_key=True)
    subscriber_id: Mapped[UUID] = mapped_column(primary_key=True)
    store_id: Mapped[UUID]
    email: Mapped[str]
    state: Mapped[str]
    words: Mapped[str]
    page: Mapped[str]
    locale: Mapped[str]
    asks: Mapped[int]
    asked_at: Mapped[datetime]
    mailed_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
    left_at: Mapped[datetime | None]


class NewsletterWish(Base):
    """Whoever placed this order wants the store's news. It begins when the order is paid."""

    __tablename__ = "newsletter_wishes"
    __table_args__ = (
        ForeignKeyConstraint(["partner_id", "order_id"], ["orders.partner_id", "orders.order_id"]),
    )
    partner_id: Mapped[UUID] = mapped_column(primary_key=True)
    order_id: Mapped[UUID] = mapped_column(primary_key=True)
    words: Mapped[str]
    asked_at: Mapped[datetime]
