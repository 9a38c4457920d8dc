"""Passwords: argon2id, in the library's current parameters, upgraded when they change."""

from __future__ import annotations

from functools import lru_cache

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from kit.errors import Refusal

SHORTEST = 10
LONGEST = 200

_hasher = PasswordHasher()


@lru_cache(maxsize=1)
def _nobody() -> str:
    """What is checked when there is no such account, so that the answer takes as long as for one."""
    return _hasher.hash("no account has this password")


def hash_password(password: str) -> str:
    """Return what is stored of a password. Raises Refusal when it is too short or too long."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise Refusal(f"A password has {SHORTEST} to {LONGEST} characters.", field="password")
    return _hasher.hash(password)


def matches(stored: str | None, password: str) -> bool:
    """Whether a password is the stored one. Takes the same time whether or not anything is stored."""
    # Made at the first call for anybody: made for an unknown account alone, it would tell of it.
    nobody = _nobody()
    try:
        _hasher.verify(stored or nobody, password[:LONGEST])
    except (Argon2Error, InvalidHashError):
        return False
    return stored is not None


def outdated(stored: str) -> bool:
    """Whether a stored hash was made with parameters weaker than today's."""
    return _hasher.check_needs_rehash(stored)
