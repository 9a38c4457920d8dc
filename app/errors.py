"""What a person is told when something does not work: status, heading and sentence for each error."""

from __future__ import annotations

from sqlalchemy.exc import DataError, IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException, InternalServerError

from kit.errors import Forbidden, NotFound, Refusal
from payments.gateway.errors import GatewayUnavailable
from storage.database import lost_connection

# Two did the same thing, or locked in each other's way.
_CONFLICTS = ("23505", "23P01", "40001", "40P01")


def worded(error: Exception) -> tuple[int, str, str]:
    """Status, heading and sentence for an error, in words for the person who meets it."""
    # What fails after the view, as a commit may when the database goes away, comes wrapped.
    if isinstance(error, InternalServerError) and isinstance(error.original_exception, Exception):
        error = error.original_exception
    match error:
        case NotFound():
            return 404, "Not found", error.message
        case Forbidden():
            return 403, "Not allowed", error.message
        case Refusal():
            return 422, "That cannot be done", error.message
        case GatewayUnavailable():
            return (
                503,
                "Payment is not reachable",
                "The payment service did not answer. Nothing was charged. Please try again in a moment.",
            )
        case DataError():
            return 422, "That cannot be done", "The text holds characters that cannot be stored."
        case PoolTimeout():
            return 503, "One moment, please", "Many people are here at once. Please try again in a moment."
        case IntegrityError() if getattr(error.orig, "sqlstate", "") in _CONFLICTS:
            return 409, "Somebody was quicker", "This changed at the same moment elsewhere. Please try again."
        case OperationalError() if getattr(error.orig, "sqlstate", "") in _CONFLICTS:
            return 409, "Somebody was quicker", "This changed at the same moment elsewhere. Please try again."
        case HTTPException():
            return _worded_http(error)
        case _ if lost_connection(error):
            return 503, "One moment, please", "The service is restarting. Please try again in a moment."
    return 500, "Something went wrong", "The fault is ours, and it was recorded. Please try again."


def _worded_http(error: HTTPException) -> tuple[int, str, str]:
    status = error.code or 500
    known = {
        403: ("Not allowed", "You may not do this."),
        404: ("Not found", "There is nothing at this address."),
        405: ("Not allowed", "This address cannot be used that way."),
        413: ("Too large", "What was sent is too large. Files may have up to 64 MB."),
        401: ("Sign in", "Sign in first."),
    }
    heading, body = known.get(status, ("That cannot be done", "The request was not understood."))
    if status == 403 and error.description and error.description != HTTPException.description:
        default = type(error).description
        body = error.description if error.description != default else body
    return status, heading, body
