"""What people are told when something fails outside of their doing."""

from __future__ import annotations

from psycopg.errors import AdminShutdown
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import InternalServerError

from app.errors import worded


def test_a_database_that_goes_away_is_a_moment_and_not_a_fault() -> None:
    """Whether it goes away under the view or under the commit after it."""
    lost = OperationalError("COMMIT", None, AdminShutdown("terminating connection"))
    for error in (lost, InternalServerError(original_exception=lost)):
        status, _, sentence = worded(error)
        assert status == 503
        assert "try again" in sentence


def test_a_fault_of_ours_stays_one() -> None:
    assert worded(InternalServerError(original_exception=KeyError("x")))[0] == 500
    assert worded(InternalServerError())[0] == 500
