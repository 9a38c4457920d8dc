"""How often something was tried lately: for slowing down whoever guesses, also across restarts."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select, text
from sqlalchemy.orm import Session

from tenants.models import SignInAttempt

WINDOW = timedelta(minutes=15)


def attempt_key(kind: str, value: str) -> bytes:
    """What tries are counted under. It is one-way, so that the count tells nobody who it is about."""
    return hashlib.sha256(f"{kind}:{value}".encode()).digest()


def exhausted(session: Session, limits: Mapping[bytes, int], now: datetime) -> bool:
    """Whether one of the keys was counted as often as its limit within fifteen minutes."""
    rows = session.execute(
        select(SignInAttempt.key, SignInAttempt.failures).where(
            SignInAttempt.key == func.any(list(limits)), SignInAttempt.since > now - WINDOW
        )
    )
    return any(row.failures >= limits[row.key] for row in rows)


def count_attempt(session: Session, keys: Iterable[bytes], now: datetime) -> None:
    """Count one more try under each of the keys."""
    # In one order, so that two who count the same keys do not wait for each other.
    for key in sorted(keys):
        session.execute(_COUNT, {"key": key, "now": now, "oldest": now - WINDOW})


def forget_attempts(session: Session, *keys: bytes) -> None:
    """Begin to count anew."""
    for key in keys:
        session.execute(delete(SignInAttempt).where(SignInAttempt.key == key))


_COUNT = text("""
    INSERT INTO sign_in_attempts AS a (key, failures, since) VALUES (:key, 1, :now)
    ON CONFLICT (key) DO UPDATE
       SET failures = CASE WHEN a.since > :oldest THEN a.failures + 1 ELSE 1 END,
           since = CASE WHEN a.since > :oldest THEN a.since ELSE :now END
""")
