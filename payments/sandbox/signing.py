"""Signs webhook payloads as Stripe does: HMAC-SHA256 over "timestamp.payload", in hexadecimal."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence


def signature(payload: bytes, secrets: Sequence[str], timestamp: int) -> str:
    """Return the ``Stripe-Signature`` header; one ``v1`` for each secret, as while a secret is rolled."""
    message = f"{timestamp}.".encode() + payload
    marks = (hmac.new(secret.encode(), message, hashlib.sha256).hexdigest() for secret in secrets)
    return ",".join([f"t={timestamp}", *(f"v1={mark}" for mark in marks)])
