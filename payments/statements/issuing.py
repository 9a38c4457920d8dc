"""Closing months: the statements that a partner has not got yet, in every currency that it ever earned in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from kit.ids import NIL, new_id
from payments.statements.models import Statement
from payments.statements.periods import SETTLED_AFTER, month_of, next_month
from payments.statements.reading import StatementFacts, numbered_statement, statement_lines
from payments.statements.writing import VERSION, content, digest
from storage.database import insert_rows

# All currencies of a partner are closed together, so its latest month says whether something is missing.
_DUE = text("""
    SELECT p.partner_id FROM partners p
     WHERE p.partner_id > :after
       AND coalesce((SELECT max(s.period_to) FROM statements s WHERE s.partner_id = p.partner_id),
                    '-infinity') < :until
       AND EXISTS (SELECT 1 FROM ledger_entries e
                    WHERE e.partner_id = p.partner_id AND 'partner_payable' IN (e.debit, e.credit)
                      AND e.posted_at < :until)
     ORDER BY p.partner_id LIMIT :limit
""")
_CHAINS = text("""
    SELECT f.currency, f.first, s.number, s.period_to, s.closing, s.hash
      FROM (SELECT e.currency, min(e.posted_at) AS first FROM ledger_entries e
             WHERE e.partner_id = :partner_id AND 'partner_payable' IN (e.debit, e.credit)
               AND e.posted_at < :until GROUP BY e.currency) f
      LEFT JOIN LATERAL (SELECT x.number, x.period_to, x.closing, x.hash FROM statements x
                          WHERE x.partner_id = :partner_id AND x.currency = f.currency
                          ORDER BY x.number DESC LIMIT 1) s ON true
     ORDER BY f.currency
""")
_NAMES = text("""
    SELECT c.name AS company, p.name AS partner FROM partners p CROSS JOIN company c
     WHERE p.partner_id = :partner_id
""")


def partners_due(session: Session, *, until: datetime, after: UUID = NIL, limit: int) -> list[UUID]:
    """Partners that lack a statement of a month before ``until``, by key. Only as the company's role."""
    return list(session.execute(_DUE, {"until": until, "after": after, "limit": limit}).scalars())


def issue_statements(
    session: Session, *, partner_id: UUID, until: datetime, now: datetime
) -> list[StatementFacts]:
    """Issue every statement that a partner lacks of the months before ``until``, the end of one of them.

    The first is of the month in which the partner first earned in a currency; from then on there is one for
    each month, also of those in which nothing happened. Returns the new ones, oldest first in each
    currency; none when all are there. Raises ValueError for a moment that is no end of a closed month.
    """
    if until != month_of(until) or until + SETTLED_AFTER > now:
        raise ValueError(f"{until} is not the end of a month that can be closed at {now}")
    chains = session.execute(_CHAINS, {"partner_id": partner_id, "until": until}).all()
    names = session.execute(_NAMES, {"partner_id": partner_id}).one()
    issued: list[StatementFacts] = []
    for chain in chains:
        begins = chain.period_to or month_of(chain.first)
        number, opening, previous = chain.number or 0, chain.closing or 0, chain.hash or ""
        while begins < until:
            number += 1
            made = _issue(
                session,
                StatementFacts(
                    partner_id=partner_id,
                    statement_id=new_id(),
                    currency=chain.currency,
                    number=number,
                    begins=begins,
                    ends=next_month(begins),
                    opening=opening,
                    closing=opening,
                    entries=0,
                    previous_hash=previous,
                    issued_at=now,
                    version=VERSION,
                    company=names.company,
                    partner=names.partner,
                ),
                issued,
            )
            begins, opening, previous = made.ends, made.closing, made.hash
    return issued


def _issue(session: Session, facts: StatementFacts, issued: list[StatementFacts]) -> StatementFacts:
    """Write one statement, unless somebody else just did; whichever stands goes on in the chain."""
    lines = statement_lines(
        session,
        partner_id=facts.partner_id,
        currency=facts.currency,
        begins=facts.begins,
        ends=facts.ends,
        opening=facts.opening,
    )
    closing = lines[-1].balance if lines else facts.opening
    facts = replace(facts, entries=len(lines), closing=closing)
    facts = replace(facts, hash=digest(content(facts, lines)))
    insert_rows(session, Statement, _rows([facts]), unless_there=True)
    stands = numbered_statement(
        session, partner_id=facts.partner_id, currency=facts.currency, number=facts.number
    )
    if stands is None:
        raise RuntimeError("a statement of this month stands under another number")
    if stands.statement_id == facts.statement_id:
        issued.append(facts)
    return stands


def _rows(made: Sequence[StatementFacts]) -> list[dict[str, object]]:
    return [
        {
            "partner_id": each.partner_id,
            "statement_id": each.statement_id,
            "currency": each.currency,
            "number": each.number,
            "period_from": each.begins,
            "period_to": each.ends,
            "opening": each.opening,
            "closing": each.closing,
            "entries": each.entries,
            "hash": each.hash,
            "previous_hash": each.previous_hash or None,
            "issued_at": each.issued_at,
            "version": each.version,
            "company": each.company,
            "partner": each.partner,
        }
        for each in made
    ]
