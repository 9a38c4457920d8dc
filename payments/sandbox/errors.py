"""Refusals in Stripe's own words: an error type, a code, a message and the parameter at fault."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]


class SandboxRefused(RuntimeError):
    """The sandbox was asked to run where real money moves."""


class AnswerLost(ConnectionError):
    """The work was done, but its answer never reaches the caller (a fault asked for beforehand)."""


class StripeError(Exception):
    """A request that Stripe would refuse.

    ``status`` is the HTTP status and ``body`` the content of the ``error`` field.
    """

    def __init__(
        self,
        status: int,
        message: str,
        *,
        kind: str = "invalid_request_error",
        code: str | None = None,
        param: str | None = None,
        **more: Any,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.body: Json = {"message": message, "type": kind, **more}
        if code is not None:
            self.body["code"] = code
            self.body["doc_url"] = f"https://docs.stripe.com/error-codes/{code.replace('_', '-')}"
        if param is not None:
            self.body["param"] = param


def invalid(message: str, *, param: str | None = None, code: str | None = None) -> StripeError:
    """Return the refusal of a request that can never succeed as it stands."""
    return StripeError(400, message, param=param, code=code)


def missing(kind: str, identifier: str, *, param: str = "id") -> StripeError:
    """Return the refusal that names an object which does not exist."""
    return StripeError(404, f"No such {kind}: '{identifier}'", code="resource_missing", param=param)
