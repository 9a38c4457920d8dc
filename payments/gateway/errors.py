"""How a call to Stripe can fail."""

from __future__ import annotations

from kit.errors import Refusal


class GatewayUnavailable(Exception):
    """Stripe did not answer, or answered that it could not. The same call may be made again."""


class GatewayRefused(Exception):
    """Stripe understood the call and will not do it; asking again changes nothing. ``code`` is Stripe's word
    for why, where it has one."""

    def __init__(self, message: str, code: str = "") -> None:
        super().__init__(message)
        self.code = code


class SignatureInvalid(Refusal):
    """A webhook was not signed by Stripe for us, or is too old."""
