"""Statements with their lines, as they are stored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import accumulate
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from kit.errors import NotFound
from kit.money import Money
from payments.statements.kinds import KINDS, kind_of


@dataclass(frozen=True, slots=True)
class StatementFacts:
    """What a statement says of itself. ``opening`` and ``closing`` are minor units of ``currency``.

    ``begins`` is its first moment and ``ends`` the one after its last; all moments are in UTC.
    ``previous_hash`` is empty for the first of a chain, and ``hash`` while it is being made.
    """

    partner_id: UUID
    statement_id: UUID
    currency: str
    number: int
    begins: datetime
    ends: datetime
    opening: int
    closing: int
    entries: int
    previous_hash: str
    issued_at: datetime
    version: int
    company: str
    partner: str
    hash: str = ""

    @property
    def opening_money(self) -> Money:
        return Money(self.opening, self.currency)

    @property
    def closing_money(self) -> Money:
        return Money(self.closing, self.currency)

    @property
    def moved_money(self) -> Money:
        """What came in less what went out."""
        return Money(self.closing - self.opening, self.currency)


@dataclass(frozen=True, slots=True)
class StatementLine:
    """An entry of the partner's account, at a moment in UTC. ``amount`` is negative when it takes away;
    ``balance`` is what is owed after it. Both are minor units. ``title`` is what was sold, or empty."""

    number: int
    posted_at: datetime
    source: str
    order_id: UUID | None
    order_number: int | None
    title: str
    amount: int
    balance: int

    @property
    def fact(self) -> str:
        return self.source.partition(":")[0]

    @property
    def kind(self) -> str:
        return kind_of(self.fact)


@dataclass(frozen=True, slots=True)
class Subtotal:
    """How many entries of a kind there are, and what they add up to in minor units."""

    kind: str
    entries: int
    amount: int


def subtotals(lines: Sequence[StatementLine]) -> list[Subtotal]:
    """The sums of each kind that has entries, in the order of KINDS."""
    found: dict[str, list[int]] = {}
    for line in lines:
        found.setdefault(line.kind, []).append(line.amount)
    return [Subtotal(kind, len(found[kind]), sum(found[kind])) for kind in KINDS if kind in found]


_MINE = """
    SELECT s.partner_id, s.statement_id, s.currency, s.number, s.period_from, s.period_to, s.opening,
           s.closing, s.entries, coalesce(s.previous_hash, '') AS previous_hash, s.issued_at, s.version,
           s.company, s.partner, s.hash
      FROM statements s WHERE s.partner_id = :partner_id
"""
_ALL = text(f"{_MINE} ORDER BY s.period_from DESC, s.currency LIMIT :limit OFFSET :offset")
_ONE = text(f"{_MINE} AND s.statement_id = :key")
_NUMBERED = text(f"{_MINE} AND s.currency = :currency AND s.number = :number")
# Entries of one moment come in the order in which they were written, to the millisecond that their keys begin
# with. The position within a source is unique, so that there is one order for ever.
_LINES = text("""
    SELECT e.posted_at, e.source, e.order_id, o.number,
           concat_ws(', ', l.product_title, nullif(l.variant_title, '')) AS title,
           CASE WHEN e.credit = 'partner_payable' THEN e.amount ELSE -e.amount END AS amount
      FROM ledger_entries e
      LEFT JOIN orders o ON o.partner_id = e.partner_id AND o.order_id = e.order_id
      LEFT JOIN order_lines l ON l.partner_id = e.partner_id AND l.line_id = e.line_id
     WHERE e.partner_id = :partner_id AND e.currency = :currency
       AND e.posted_at >= :begins AND e.posted_at < :ends AND 'partner_payable' IN (e.debit, e.credit)
     ORDER BY e.posted_at, left(CAST(e.entry_id AS text), 13), e.source, e.position
""")


def statements_of(
    session: Session, *, partner_id: UUID, limit: int = 60, offset: int = 0
) -> list[StatementFacts]:
    """A partner's statements, the newest months first."""
    rows = session.execute(_ALL, {"partner_id": partner_id, "limit": limit, "offset": offset})
    return [_facts(row) for row in rows]


def read_statement(session: Session, *, partner_id: UUID, statement_id: UUID) -> StatementFacts:
    """One of a partner's statements. Raises NotFound."""
    row = session.execute(_ONE, {"partner_id": partner_id, "key": statement_id}).one_or_none()
    if row is None:
        raise NotFound("There is no such statement.")
    return _facts(row)


def numbered_statement(
    session: Session, *, partner_id: UUID, currency: str, number: int
) -> StatementFacts | None:
    """The statement with a number of the chain of a partner and a currency."""
    keys = {"partner_id": partner_id, "currency": currency, "number": number}
    row = session.execute(_NUMBERED, keys).one_or_none()
    return _facts(row) if row else None


def statement_lines(
    session: Session, *, partner_id: UUID, currency: str, begins: datetime, ends: datetime, opening: int
) -> list[StatementLine]:
    """Every entry of the partner's account in a currency, from ``begins`` to before ``ends``, oldest first.

    ``opening`` is what was owed before the first of them, in minor units.
    """
    keys = {"partner_id": partner_id, "currency": currency, "begins": begins, "ends": ends}
    rows = session.execute(_LINES, keys).all()
    balances = accumulate((row.amount for row in rows), initial=opening)
    next(balances)
    return [
        StatementLine(
            number,
            row.posted_at.astimezone(UTC),
            row.source,
            row.order_id,
            row.number,
            flat(row.title),
            row.amount,
            balance,
        )
        for number, (row, balance) in enumerate(zip(rows, balances, strict=True), 1)
    ]


def lines_of(session: Session, facts: StatementFacts) -> list[StatementLine]:
    """A statement's own lines."""
    return statement_lines(
        session,
        partner_id=facts.partner_id,
        currency=facts.currency,
        begins=facts.begins,
        ends=facts.ends,
        opening=facts.opening,
    )


def flat(title: str) -> str:
    """A text on one line, so that a line of the file is one entry."""
    return " ".join(title.split())


def _facts(row: Row[Any]) -> StatementFacts:
    return StatementFacts(
        partner_id=row.partner_id,
        statement_id=row.statement_id,
        currency=row.currency,
        number=row.number,
        begins=row.period_from.astimezone(UTC),
        ends=row.period_to.astimezone(UTC),
        opening=row.opening,
        closing=row.closing,
        entries=row.entries,
        previous_hash=row.previous_hash,
        issued_at=row.issued_at.astimezone(UTC),
        version=row.version,
        company=row.company,
        partner=row.partner,
        hash=row.hash,
    )
