"""Addresses that only one shopper has, of orders, cases and the newsletter: signed, so that they cannot be
guessed or made."""

from __future__ import annotations

import base64
import hmac
from datetime import UTC, datetime
from hashlib import sha256
from uuid import UUID

_SIGNATURE = 16


def order_token(secret: str, *, partner_id: UUID, order_id: UUID) -> str:
    """A token that names an order and proves that we made it."""
    return _seal(secret, b"order:", partner_id.bytes + order_id.bytes)


def read_order_token(secret: str, token: str) -> tuple[UUID, UUID] | None:
    """The partner and the order that a token names; None for one that we did not make."""
    return _two_keys(_opened(secret, b"order:", token, 32))


def case_token(secret: str, *, partner_id: UUID, case_id: UUID) -> str:
    """A token that names a support case and lets its shopper read and write in it."""
    return _seal(secret, b"case:", partner_id.bytes + case_id.bytes)


def read_case_token(secret: str, token: str) -> tuple[UUID, UUID] | None:
    """The partner and the case that a token names; None for one that we did not make."""
    return _two_keys(_opened(secret, b"case:", token, 32))


def confirm_token(secret: str, *, partner_id: UUID, subscriber_id: UUID, at: datetime) -> str:
    """A token that proves that somebody reads an address's mail. ``at`` is when it was asked for."""
    moment = int(at.timestamp()).to_bytes(6, "big")
    return _seal(secret, b"news:", partner_id.bytes + subscriber_id.bytes + moment)


def read_confirm_token(secret: str, token: str) -> tuple[UUID, UUID, datetime] | None:
    """The partner, the subscriber and the moment of a token; None for one that we did not make."""
    named = _opened(secret, b"news:", token, 38)
    if named is None:
        return None
    at = datetime.fromtimestamp(int.from_bytes(named[32:], "big"), UTC)
    return UUID(bytes=named[:16]), UUID(bytes=named[16:32]), at


def leave_token(secret: str, *, partner_id: UUID, subscriber_id: UUID) -> str:
    """A token that lets an address leave the newsletter, whenever it likes."""
    return _seal(secret, b"leave:", partner_id.bytes + subscriber_id.bytes)


def read_leave_token(secret: str, token: str) -> tuple[UUID, UUID] | None:
    """The partner and the subscriber that a token names; None for one that we did not make."""
    return _two_keys(_opened(secret, b"leave:", token, 32))


def _two_keys(named: bytes | None) -> tuple[UUID, UUID] | None:
    return None if named is None else (UUID(bytes=named[:16]), UUID(bytes=named[16:]))


def _seal(secret: str, purpose: bytes, named: bytes) -> str:
    return base64.urlsafe_b64encode(named + _sign(secret, purpose, named)).decode()


def _opened(secret: str, purpose: bytes, token: str, length: int) -> bytes | None:
    """What a token of this purpose names, in so many bytes."""
    try:
        data = base64.b64decode(token, altchars=b"-_", validate=True)
    except ValueError:
        return None
    named, signature = data[:length], data[length:]
    if len(named) != length or not hmac.compare_digest(signature, _sign(secret, purpose, named)):
        return None
    return named


def _sign(secret: str, purpose: bytes, named: bytes) -> bytes:
    # One purpose's token must never be good for another.
    return hmac.new(secret.encode(), purpose + named, sha256).digest()[:_SIGNATURE]
