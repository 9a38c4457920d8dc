"""Proving that the stored statements are what the ledger says, each bound to the one before it."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import text
from sqlalchemy.orm import Session

from payments.statements.reading import lines_of, read_statement
from payments.statements.writing import content, digest

# Finds a statement that does not follow from the one before it, or is not what the entries of its month say.
CHAIN = """
    SELECT s.statement_id::text AS what, s.currency, s.number, s.opening, b.closing AS closing_before,
           s.closing, s.opening + m.amount AS entries_say, s.entries, m.entries AS entries_found
      FROM statements s
      LEFT JOIN statements b ON b.partner_id = s.partner_id AND b.currency = s.currency
                            AND b.number = s.number - 1
     CROSS JOIN LATERAL (
       SELECT count(*) AS entries,
              coalesce(sum(CASE WHEN e.credit = 'partner_payable' THEN e.amount ELSE -e.amount END), 0)
                AS amount
         FROM ledger_entries e
        WHERE e.partner_id = s.partner_id AND e.currency = s.currency
          AND 'partner_payable' IN (e.debit, e.credit)
          AND e.posted_at >= s.period_from AND e.posted_at < s.period_to) m
     WHERE s.number > 1 AND b.number IS NULL
        OR s.opening <> coalesce(b.closing, 0)
        OR s.previous_hash IS DISTINCT FROM b.hash
        OR s.period_from <> coalesce(b.period_to, s.period_from)
        OR s.closing <> s.opening + m.amount OR s.entries <> m.entries
        OR s.number = 1 AND EXISTS (
             SELECT 1 FROM ledger_entries x
              WHERE x.partner_id = s.partner_id AND x.currency = s.currency
                AND 'partner_payable' IN (x.debit, x.credit) AND x.posted_at < s.period_from)
"""
_ALL = text("SELECT s.partner_id, s.statement_id FROM statements s ORDER BY s.partner_id, s.statement_id")


def altered_statements(session: Session) -> Iterator[str]:
    """Say of each stored statement whose hash is not that of its content, which it is. Only as the
    company's role. A statement is read whole, one after the other."""
    for partner_id, statement_id in session.execute(_ALL).all():
        facts = read_statement(session, partner_id=partner_id, statement_id=statement_id)
        found = digest(content(facts, lines_of(session, facts)))
        if found != facts.hash:
            yield f"what {statement_id}, number {facts.number} in {facts.currency}, content gives {found}"
