"""Addresses of orders that only their shopper has: signed, so that they cannot be guessed or made."""

from __future__ import annotations

import base64
import hmac
from hashlib import sha256
from uuid import UUID

_SIGNATURE = 16


def order_token(secret: str, *, partner_id: UUID, order_id: UUID) -> str:
    """A token that names an order and proves that we made it."""
    named = partner_id.bytes + order_id.bytes
    return base64.urlsafe_b64encode(named + _sign(secret, named)).decode()


def read_order_token(secret: str, token: str) -> tuple[UUID, UUID] | None:
    """The partner and the order that a token names; None for one that we did not make."""
    try:
        data = base64.b64decode(token, altchars=b"-_", validate=True)
    except ValueError:
        return None
    named, signature = data[:32], data[32:]
    if len(named) != 32 or not hmac.compare_digest(signature, _sign(secret, named)):
        return None
    return UUID(bytes=named[:16]), UUID(bytes=named[16:])


def _sign(secret: str, named: bytes) -> bytes:
    return hmac.new(secret.encode(), b"order:" + named, sha256).digest()[:_SIGNATURE]
