"""Payout runs and payouts as people read them: the company all of a run, a partner its own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from kit.errors import NotFound
from kit.money import Money


@dataclass(frozen=True, slots=True)
class RunTotal:
    """What a run pays in one currency, and how far that is: amounts of lines, without what is left out."""

    amount: Money
    partners: int
    paid: Money
    failed: Money
    reversed: Money


@dataclass(frozen=True, slots=True)
class Run:
    """A payout run. ``state`` is draft, sending, done or withdrawn; ``sending`` counts its open lines,
    ``excluded`` those left out."""

    run_id: UUID
    state: str
    drafted_by: str
    drafted_at: datetime
    reviewed_by: str | None
    approved_by: str | None
    approved_at: datetime | None
    sending: int
    failed: int
    excluded: int
    totals: tuple[RunTotal, ...]


@dataclass(frozen=True, slots=True)
class RunLine:
    """One partner's line of a run; see ``payments.payouts.models.PayoutLine`` for its words."""

    partner_id: UUID
    line_id: UUID
    partner: str
    amount: Money
    state: str
    reason: str
    note: str
    failure: str
    waits_for: str
    reversed: Money
    stripe_id: str | None
    settled_at: datetime | None


@dataclass(frozen=True, slots=True)
class Hanging:
    """Lines that are being sent for longer than it takes, by what keeps them: stripe, balance or neither."""

    waits_for: str
    lines: int
    amount: Money
    since: datetime
    run_id: UUID


@dataclass(frozen=True, slots=True)
class Payout:
    """A payout of one partner. ``state`` is sending, paid, failed or reversed, the last for all of it."""

    line_id: UUID
    amount: Money
    state: str
    failure: str
    reversed: Money
    at: datetime
    stripe_id: str | None


@dataclass(frozen=True, slots=True)
class PaidEntry:
    """One entry of a partner's account that a payout paid."""

    posted_at: datetime
    fact: str
    order_id: UUID | None
    order_number: int | None
    title: str
    amount: Money


_RUNS = """
    SELECT r.*, coalesce(t.sending, 0) AS sending, coalesce(t.failed, 0) AS failed,
           coalesce(t.excluded, 0) AS excluded, t.totals
      FROM payout_runs r
      LEFT JOIN LATERAL (
        SELECT sum(s.sending) AS sending, sum(s.failed) AS failed, sum(s.excluded) AS excluded,
               jsonb_agg(jsonb_build_array(s.currency, s.amount, s.partners, s.paid, s.lost, s.back)
                         ORDER BY s.currency) FILTER (WHERE s.partners > 0) AS totals
          FROM (
            SELECT l.currency, count(*) FILTER (WHERE l.state = 'sending') AS sending,
                   count(*) FILTER (WHERE l.state = 'failed') AS failed,
                   count(*) FILTER (WHERE l.state = 'excluded') AS excluded,
                   count(*) FILTER (WHERE l.state <> 'excluded') AS partners,
                   coalesce(sum(l.amount) FILTER (WHERE l.state <> 'excluded'), 0) AS amount,
                   coalesce(sum(l.amount) FILTER (WHERE l.state IN ('paid', 'reversed')), 0) AS paid,
                   coalesce(sum(l.amount) FILTER (WHERE l.state = 'failed'), 0) AS lost,
                   sum(l.reversed) AS back
              FROM payout_lines l WHERE l.run_id = r.run_id GROUP BY l.currency) s) t ON true
"""
_LIST = text(f"{_RUNS} ORDER BY r.drafted_at DESC, r.run_id DESC LIMIT :limit OFFSET :offset")
_ONE = text(f"{_RUNS} WHERE r.run_id = :run_id")
_LINES = text("""
    SELECT l.partner_id, l.line_id, p.name AS partner, l.amount, l.currency, l.state, l.reason, l.note,
           l.failure, l.waits_for, l.reversed, l.stripe_id, l.settled_at
      FROM payout_lines l
      JOIN partners p ON p.partner_id = l.partner_id
     WHERE l.run_id = :run_id AND (l.state = 'excluded') = :excluded
     ORDER BY l.currency, array_position(ARRAY['failed', 'sending', 'draft', 'reversed', 'paid'], l.state),
              l.amount DESC, p.name, l.line_id
     LIMIT :limit OFFSET :offset
""")
_HANGING = text("""
    SELECT l.waits_for, l.currency, l.run_id, count(*) AS lines, sum(l.amount) AS amount,
           min(coalesce(l.tried_at, r.approved_at)) AS since
      FROM payout_lines l
      JOIN payout_runs r ON r.run_id = l.run_id
     WHERE l.state = 'sending' AND (l.waits_for <> '' OR r.approved_at < :before)
     GROUP BY l.waits_for, l.currency, l.run_id ORDER BY since
""")
_TO_APPROVE = text(f"{_RUNS} WHERE r.state = 'draft'")
_PAYOUT = """
    SELECT l.line_id, l.amount, l.currency, l.state, l.failure, l.reversed, l.stripe_id,
           coalesce(l.settled_at, r.approved_at) AS at, l.created_at
      FROM payout_lines l
      JOIN payout_runs r ON r.run_id = l.run_id
     WHERE l.partner_id = :partner_id AND l.state IN ('sending', 'paid', 'failed', 'reversed')
"""
_PAYOUTS = text(f"{_PAYOUT} ORDER BY l.created_at DESC, l.line_id DESC LIMIT :limit OFFSET :offset")
_PAYOUT_OF = text(f"{_PAYOUT} AND l.line_id = :line_id")
# What became available between the draft before that paid and this one; the rest was paid by others.
_BEFORE = text("""
    SELECT max(x.created_at) FROM payout_lines x
     WHERE x.partner_id = :partner_id AND x.currency = :currency AND x.state IN ('paid', 'reversed')
       AND x.created_at < :at
""")
_ENTRIES = text("""
    SELECT e.posted_at, split_part(e.source, ':', 1) AS fact, e.order_id, o.number,
           concat_ws(', ', l.product_title, nullif(l.variant_title, '')) AS title,
           CASE WHEN e.credit = 'partner_payable' THEN e.amount ELSE -e.amount END AS amount,
           count(*) OVER () AS entries,
           sum(CASE WHEN e.credit = 'partner_payable' THEN e.amount ELSE -e.amount END) OVER () AS total
      FROM ledger_entries e
      LEFT JOIN orders o ON o.partner_id = e.partner_id AND o.order_id = e.order_id
      LEFT JOIN order_lines l ON l.partner_id = e.partner_id AND l.line_id = e.line_id
     WHERE e.partner_id = :partner_id AND e.currency = :currency
       AND 'partner_payable' IN (e.debit, e.credit) AND e.source NOT LIKE 'payout:%'
       AND coalesce(e.available_on, o.available_on) IS NOT NULL
       AND greatest(e.posted_at, coalesce(e.available_on, o.available_on)) > :since
       AND greatest(e.posted_at, coalesce(e.available_on, o.available_on)) <= :until
     ORDER BY e.posted_at DESC, e.entry_id DESC LIMIT :limit OFFSET :offset
""")


def runs(session: Session, *, limit: int = 20, offset: int = 0) -> list[Run]:
    """The runs, newest first. Only as the company's role."""
    return [_run(row) for row in session.execute(_LIST, {"limit": limit, "offset": offset})]


def read_run(session: Session, *, run_id: UUID) -> Run:
    """One run. Raises NotFound."""
    row = session.execute(_ONE, {"run_id": run_id}).one_or_none()
    if row is None:
        raise NotFound("There is no such payout run.")
    return _run(row)


def open_draft(session: Session) -> Run | None:
    """The draft that waits for its two people."""
    row = session.execute(_TO_APPROVE).one_or_none()
    return _run(row) if row else None


def _run(row: Row[Any]) -> Run:
    def total(currency: str, amount: int, partners: int, paid: int, failed: int, back: int) -> RunTotal:
        amounts = (Money(int(each), currency) for each in (paid, failed, back))
        return RunTotal(Money(int(amount), currency), int(partners), *amounts)

    state = row.state
    if state == "approved":
        state = "sending" if row.sending else "done"
    return Run(
        run_id=row.run_id,
        state=state,
        drafted_by=row.drafted_by,
        drafted_at=row.drafted_at,
        reviewed_by=row.reviewed_by,
        approved_by=row.approved_by,
        approved_at=row.approved_at,
        sending=int(row.sending),
        failed=int(row.failed),
        excluded=int(row.excluded),
        totals=tuple(total(*each) for each in row.totals or ()),
    )


def run_lines(
    session: Session, *, run_id: UUID, excluded: bool, limit: int = 100, offset: int = 0
) -> list[RunLine]:
    """The lines of a run that are paid, or those left out; what needs a look comes first."""
    keys = {"run_id": run_id, "excluded": excluded, "limit": limit, "offset": offset}
    return [
        RunLine(
            row.partner_id,
            row.line_id,
            row.partner,
            Money(int(row.amount), row.currency),
            row.state,
            row.reason,
            row.note,
            row.failure,
            row.waits_for,
            Money(int(row.reversed), row.currency),
            row.stripe_id,
            row.settled_at,
        )
        for row in session.execute(_LINES, keys)
    ]


def hanging(session: Session, *, before: datetime) -> list[Hanging]:
    """What is being sent and waits for something, or was approved ``before`` and is not settled yet."""
    return [
        Hanging(row.waits_for, row.lines, Money(int(row.amount), row.currency), row.since, row.run_id)
        for row in session.execute(_HANGING, {"before": before})
    ]


def payouts(session: Session, *, partner_id: UUID, limit: int = 20, offset: int = 0) -> list[Payout]:
    """A partner's payouts, newest first: those under way and those that are settled."""
    keys = {"partner_id": partner_id, "limit": limit, "offset": offset}
    return [_payout(row) for row in session.execute(_PAYOUTS, keys)]


def read_payout(session: Session, *, partner_id: UUID, line_id: UUID) -> Payout:
    """One of them. Raises NotFound, also for another partner's."""
    return _payout(_one_payout(session, partner_id, line_id))


def _one_payout(session: Session, partner_id: UUID, line_id: UUID) -> Row[Any]:
    row = session.execute(_PAYOUT_OF, {"partner_id": partner_id, "line_id": line_id}).one_or_none()
    if row is None:
        raise NotFound("There is no such payout.")
    return row


def _payout(row: Row[Any]) -> Payout:
    return Payout(
        row.line_id,
        Money(int(row.amount), row.currency),
        row.state,
        row.failure,
        Money(int(row.reversed), row.currency),
        row.at,
        row.stripe_id,
    )


@dataclass(frozen=True, slots=True)
class PaidFor:
    """What a payout paid: ``entries``, a page of ``count``, and what was ``brought`` over from before, such
    as a balance under the smallest payout, or negative where something was held back or taken off."""

    entries: tuple[PaidEntry, ...]
    count: int
    since: datetime | None
    brought: Money


def paid_for(
    session: Session, *, partner_id: UUID, line_id: UUID, limit: int = 100, offset: int = 0
) -> PaidFor:
    """What became available since the payout before, newest first. Raises NotFound."""
    row = _one_payout(session, partner_id, line_id)
    keys = {"partner_id": partner_id, "currency": row.currency}
    since = session.execute(_BEFORE, {**keys, "at": row.created_at}).scalar_one()
    bounds = {"since": since or _LONG_AGO, "until": row.created_at, "limit": limit, "offset": offset}
    found = session.execute(_ENTRIES, {**keys, **bounds}).all()
    total = int(found[0].total) if found else 0
    return PaidFor(
        entries=tuple(
            PaidEntry(
                each.posted_at, each.fact, each.order_id, each.number, each.title,
                Money(int(each.amount), row.currency),
            )
            for each in found
        ),
        count=int(found[0].entries) if found else 0,
        since=since,
        brought=Money(int(row.amount) - total, row.currency),
    )  # fmt: skip


_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
