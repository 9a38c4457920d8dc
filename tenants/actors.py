"""Who did something, in words that a partner may read: its own people by name, the company's staff never.

Changes are recorded with the e-mail address of whoever made them, or the name of a command. A partner
is told about its own people only; of everybody else it is enough to know that it was the company.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

THE_COMPANY = "the company"
FORMER = "someone who has left"

_PEOPLE = text("""
    SELECT p.email, p.name, p.console_role IS NOT NULL AS staff,
           EXISTS (SELECT 1 FROM memberships m
                    WHERE m.partner_id = :partner_id AND m.person_id = p.person_id) AS member
      FROM people p WHERE p.email = ANY(CAST(:actors AS text[]))
""")


def told_to_partner(session: Session, *, partner_id: UUID, actors: Iterable[str]) -> dict[str, str]:
    """Return what to call each recorded actor when speaking to the partner: a name, or one of the words.

    A person who is neither staff nor a member any more has left; addresses that belong to nobody, and
    commands, are the company.
    """
    wanted = {actor for actor in actors if actor}
    told = dict.fromkeys(wanted, THE_COMPANY)
    if wanted:
        rows = session.execute(_PEOPLE, {"partner_id": partner_id, "actors": sorted(wanted)})
        for row in rows:
            if row.member and not row.staff:
                told[row.email] = row.name
            elif not row.staff:
                told[row.email] = FORMER
    return told


_ADDRESS = re.compile(r"[^\s<>()\"',;:]+@[^\s<>()\"',;:]+")


def without_addresses(words: str) -> str:
    """A note of the company's staff as a partner may read it: e-mail addresses are left out."""
    return _ADDRESS.sub(THE_COMPANY, words)
