"""Cases as pages and mails show them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from kit.errors import NotFound

# What may be granted of a shopper that a case shows: its name and its address.
ALL_FIELDS = frozenset({"name", "email"})


@dataclass(frozen=True, slots=True)
class CaseEntryView:
    """An entry of a thread: see ``orders.cases.models.CaseEntry``."""

    entry_id: UUID
    at: datetime
    side: str
    kind: str
    body: str
    author: str
    author_name: str
    mailed_at: datetime | None

    @property
    def for_shopper(self) -> bool:
        """Whether the shopper may read it: not what store and company say to each other."""
        return self.kind in ("message", "closed", "reopened") or self.side == "shopper"


@dataclass(frozen=True, slots=True)
class CaseView:
    """A case: see ``orders.cases.models.Case``. ``name`` and ``email`` are empty where they were not granted.
    ``last`` are the last words that somebody wrote, and ``last_side`` is who did; ``entries`` are there where
    one case was read."""

    partner_id: UUID
    case_id: UUID
    store_id: UUID
    partner: str
    store: str
    number: int
    order_id: UUID | None
    order_number: int | None
    order_said: str
    email: str
    name: str
    subject: str
    locale: str
    state: str
    company_waits: bool
    company_since: datetime | None
    opened_at: datetime
    changed_at: datetime
    closed_at: datetime | None
    last: str
    last_side: str
    entries: tuple[CaseEntryView, ...] = ()

    @property
    def said_elsewhere(self) -> str:
        """The order's number as it was typed, where no order of this address has it."""
        return "" if self.order_id else self.order_said

    @property
    def shown_to_shopper(self) -> tuple[CaseEntryView, ...]:
        return tuple(entry for entry in self.entries if entry.for_shopper)


@dataclass(frozen=True, slots=True)
class CaseCounts:
    """How many cases are in each state, and in how many of them the company is to do something."""

    open: int
    waiting: int
    closed: int
    company: int


_SELECT = """
    SELECT c.partner_id, c.case_id, c.store_id, p.name AS partner, s.name AS store, c.number, c.order_id,
           o.number AS order_number, c.order_said, {email} AS email, {name} AS name, c.subject, c.locale,
           c.state, c.company_waits, c.company_since, c.opened_at, c.changed_at, c.closed_at, l.body AS last,
           l.side AS last_side {entries}
      FROM support_cases c
      JOIN stores s ON s.partner_id = c.partner_id AND s.store_id = c.store_id
      JOIN partners p ON p.partner_id = c.partner_id
      LEFT JOIN orders o ON o.partner_id = c.partner_id AND o.order_id = c.order_id
      JOIN LATERAL (
        SELECT e.body, e.side FROM case_entries e
         WHERE e.partner_id = c.partner_id AND e.case_id = c.case_id AND e.kind = 'message'
         ORDER BY e.at DESC, e.entry_id DESC LIMIT 1
      ) l ON true
"""
_ENTRIES = """,
           (SELECT jsonb_agg(jsonb_build_array(e.entry_id, e.at, e.side, e.kind, e.body, e.author,
                                               e.author_name, e.mailed_at) ORDER BY e.at, e.entry_id)
              FROM case_entries e WHERE e.partner_id = c.partner_id AND e.case_id = c.case_id) AS entries
"""
_MINE = """c.partner_id = :partner_id AND s.partner_id = :partner_id AND p.partner_id = :partner_id
       AND (o.partner_id = :partner_id OR o.partner_id IS NULL)"""
_PAGE = "ORDER BY c.changed_at DESC, c.number DESC LIMIT :limit OFFSET :offset"
_LIST = (
    f"WHERE {_MINE} AND c.store_id = :store_id AND (CAST(:state AS text) = '' OR c.state = :state) {_PAGE}"
)
_OF_ORDER = f"WHERE {_MINE} AND c.order_id = :order_id ORDER BY c.opened_at DESC, c.number DESC"
_ONE = f"WHERE {_MINE} AND c.case_id = :case_id"
_COUNTS = """
    SELECT count(*) FILTER (WHERE c.state = 'open') AS open,
           count(*) FILTER (WHERE c.state = 'waiting') AS waiting,
           count(*) FILTER (WHERE c.state = 'closed') AS closed,
           count(*) FILTER (WHERE c.company_waits) AS company
      FROM support_cases c
"""
_DESK = """
     WHERE (CAST(:partner_id AS uuid) IS NULL OR c.partner_id = :partner_id)
       AND (CASE CAST(:view AS text) WHEN 'company' THEN c.company_waits
                 WHEN 'beside' THEN c.company_since IS NOT NULL
                 WHEN 'open' THEN c.state <> 'closed' WHEN 'closed' THEN c.state = 'closed' ELSE true END)
     ORDER BY CASE WHEN CAST(:view AS text) = 'company' THEN c.changed_at END, c.changed_at DESC, c.case_id
     LIMIT :limit OFFSET :offset
"""


def list_cases(
    session: Session,
    *,
    partner_id: UUID,
    store_id: UUID,
    state: str = "",
    fields: frozenset[str],
    limit: int = 50,
    offset: int = 0,
) -> list[CaseView]:
    """A store's cases, those that changed last first. ``fields`` are what the reader was granted."""
    keys = {"partner_id": partner_id, "store_id": store_id, "state": state}
    rows = session.execute(_statement(_LIST, fields), {**keys, "limit": limit, "offset": offset})
    return [_view(row) for row in rows]


def count_cases(session: Session, *, partner_id: UUID, store_id: UUID) -> CaseCounts:
    """Count a store's cases."""
    statement = f"{_COUNTS} WHERE c.partner_id = :partner_id AND c.store_id = :store_id"
    row = session.execute(text(statement), {"partner_id": partner_id, "store_id": store_id}).one()
    return CaseCounts(*row)


def cases_of_order(
    session: Session, *, partner_id: UUID, order_id: UUID, fields: frozenset[str] = ALL_FIELDS
) -> list[CaseView]:
    """The cases that are about an order, the newest first."""
    rows = session.execute(_statement(_OF_ORDER, fields), {"partner_id": partner_id, "order_id": order_id})
    return [_view(row) for row in rows]


def read_case(
    session: Session, *, partner_id: UUID, case_id: UUID, fields: frozenset[str] = ALL_FIELDS
) -> CaseView:
    """One case with its thread. Raises NotFound where this partner has none such."""
    row = session.execute(
        _statement(_ONE, fields, entries=True), {"partner_id": partner_id, "case_id": case_id}
    ).one_or_none()
    if row is None:
        raise NotFound("There is no such case.")
    return _view(row)


def desk_cases(
    session: Session, *, view: str = "", partner_id: UUID | None = None, limit: int = 50, offset: int = 0
) -> list[CaseView]:
    """Cases of all partners, or of one: in ``company`` those that wait for the company, the longest first; in
    ``beside`` those that it was brought into; ``open``, ``closed``, or all. Only as the company's role."""
    rows = session.execute(
        _statement(_DESK, ALL_FIELDS),
        {"view": view, "partner_id": partner_id, "limit": limit, "offset": offset},
    )
    return [_view(row) for row in rows]


def count_company_cases(session: Session) -> int:
    """In how many cases the company is to do something. Only as the company's role."""
    return int(
        session.execute(text("SELECT count(*) FROM support_cases c WHERE c.company_waits")).scalar_one()
    )


def _statement(where: str, fields: frozenset[str], *, entries: bool = False) -> Any:
    return text(
        _SELECT.format(
            email="c.email" if "email" in fields else "''",
            name="c.name" if "name" in fields else "''",
            entries=_ENTRIES if entries else "",
        )
        + where
    )


def _view(row: Row[Any]) -> CaseView:
    values = dict(row._mapping)
    entries = values.pop("entries", None) or ()
    return CaseView(
        **values,
        entries=tuple(
            CaseEntryView(
                UUID(key), datetime.fromisoformat(at), side, kind, body, author, name,
                datetime.fromisoformat(mailed) if mailed else None,
            )
            for key, at, side, kind, body, author, name, mailed in entries
        ),
    )  # fmt: skip
