"""Tables of support cases."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.database import Base, one_of

SUBJECTS = ("delivery", "return", "product", "payment", "advice", "other")
STATES = ("open", "waiting", "closed")
SIDES = ("shopper", "store", "company")
# What an entry of a thread is. A note is for store and company alone; "company" brings the company in,
# and "back" leaves the case to the store again.
KINDS = ("message", "note", "company", "back", "closed", "reopened")


class Case(Base):
    """What a shopper wants to be settled. It is open while the store is to answer, and waiting while the
    shopper is.

    ``number`` counts within the store. ``order_said`` is the order's number as it was typed; ``order_id`` is
    there where it belongs to the same e-mail address. The company is beside them since ``company_since``, and
    is to do something while ``company_waits``. ``locale`` is what the shopper reads.
    """

    __tablename__ = "support_cases"
    __table_args__ = (
        CheckConstraint(one_of("state", STATES), name="state"),
        CheckConstraint(one_of("subject", SUBJECTS), name="subject"),
        CheckConstraint("(state = 'closed') = (closed_at IS NOT NULL)", name="closed_at"),
        CheckConstraint(
            "NOT company_waits OR company_since IS NOT NULL AND state <> 'closed'", name="company_waits"
        ),
        UniqueConstraint("partner_id", "store_id", "number"),
        ForeignKeyConstraint(["partner_id", "store_id"], ["stores.partner_id", "stores.store_id"]),
        ForeignKeyConstraint(["partner_id", "order_id"], ["orders.partner_id", "orders.order_id"]),
        Index("support_cases_partner_id_store_id_changed_at_idx", "partner_id", "store_id", "changed_at"),
        Index("support_cases_partner_id_store_id_email_idx", "partner_id", "store_id", "email"),
        Index("support_cases_partner_id_order_id_idx", "partner_id", "order_id"),
        Index("support_cases_changed_at_idx", "changed_at"),
        Index("support_cases_company_waits_idx", "changed_at", postgresql_where="company_waits"),
    )
    partner_id: Mapped[UUID] = mapped_column(primary_key=True)
    case_id: Mapped[UUID] = mapped_column(primary_key=True)
    store_id: Mapped[UUID]
    number: Mapped[int]
    order_id: Mapped[UUID | None]
    order_said: Mapped[str]
    email: Mapped[str]
    name: Mapped[str]
    subject: Mapped[str]
    locale: Mapped[str]
    state: Mapped[str]
    company_waits: Mapped[bool]
    company_since: Mapped[datetime | None]
    opened_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]


class CaseEntry(Base):
    """One entry of a case's thread: see ``KINDS``. ``author`` is the e-mail address of whoever wrote it for
    the store or the company, ``author_name`` the name; the shopper's stand in the case. ``mailed_at`` is when
    those who are told of it were."""

    __tablename__ = "case_entries"
    __table_args__ = (
        CheckConstraint(one_of("side", SIDES), name="side"),
        CheckConstraint(one_of("kind", KINDS), name="kind"),
        CheckConstraint("kind NOT IN ('message', 'note') OR body <> ''", name="body"),
        CheckConstraint(
            "side <> 'shopper' OR kind IN ('message', 'company') AND author = '' AND author_name = ''",
            name="shopper",
        ),
        ForeignKeyConstraint(
            ["partner_id", "case_id"], ["support_cases.partner_id", "support_cases.case_id"]
        ),
        Index("case_entries_partner_id_case_id_at_idx", "partner_id", "case_id", "at"),
    )
    partner_id: Mapped[UUID] = mapped_column(primary_key=True)
    entry_id: Mapped[UUID] = mapped_column(primary_key=True)
    case_id: Mapped[UUID]
    at: Mapped[datetime]
    side: Mapped[str]
    kind: Mapped[str]
    body: Mapped[str]
    author: Mapped[str]
    author_name: Mapped[str]
    mailed_at: Mapped[datetime | None]
