"""How often something may be done from one place within a while."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session

# The table counts failures to sign in too; what is counted keeps the keys apart.
_COUNT = text("""
    INSERT INTO sign_in_attempts AS a (key, failures, since) VALUES (:key, 1, :now)
    ON CONFLICT (key) DO UPDATE
       SET failures = CASE WHEN a.since > :oldest THEN a.failures + 1 ELSE 1 END,
           since = CASE WHEN a.since > :oldest THEN a.since ELSE :now END
    RETURNING failures
""")


def within(session: Session, *, what: str, place: str, most: int, window: timedelta, now: datetime) -> bool:
    """Count one more of ``what`` from ``place``, such as a network address. Whether it is one of the first
    ``most`` within the window that began with the first."""
    key = hashlib.sha256(f"limit:{what}:{place}".encode()).digest()
    counted = session.execute(_COUNT, {"key": key, "now": now, "oldest": now - window}).scalar_one()
    return int(counted) <= most
