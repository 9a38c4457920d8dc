"""Identifiers: UUIDv7 keys made by the program, and tokens that cannot be guessed."""

from __future__ import annotations

import hashlib
import secrets
import time
from uuid import UUID

NIL = UUID(int=0)


def new_id() -> UUID:
    """Return a UUIDv7 (RFC 9562, section 5.7): 48 bits of Unix milliseconds, then randomness.

    Keys made one after the other sort nearly in that order, which keeps index pages warm.
    """
    milliseconds = time.time_ns() // 1_000_000
    value = (milliseconds & (1 << 48) - 1) << 80 | secrets.randbits(80)
    value = value & ~(0xF << 76) | 0x7 << 76
    return UUID(int=value & ~(0x3 << 62) | 0x2 << 62)


def new_ids(count: int) -> list[UUID]:
    """Return so many keys as ``new_id`` makes them, for much less than as many calls."""
    milliseconds = time.time_ns() // 1_000_000
    fixed = (milliseconds & (1 << 48) - 1) << 80 | 0x7 << 76 | 0x2 << 62
    random = secrets.token_bytes(10 * count)
    free = ~(0xF << 76 | 0x3 << 62)
    return [
        UUID(int=fixed | int.from_bytes(random[place : place + 10]) & free)
        for place in range(0, 10 * count, 10)
    ]


def new_token() -> str:
    """Return 256 random bits, safe in a URL and in a cookie."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> bytes:
    """Return what is stored of a token. A full-entropy token needs no salt and no slow hash."""
    return hashlib.sha256(token.encode()).digest()
