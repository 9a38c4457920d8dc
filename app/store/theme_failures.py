"""Telling the company which theme fails: its shoppers see the core's pages, so nobody else would know."""

from __future__ import annotations

import logging
import traceback
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from flask import g, has_request_context
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.wrappers import Response

from app.edge import now, this_face
from themes.failures import note_failure

log = logging.getLogger(__name__)

# One process says the same no more often than this: a page that is not kept fails at each request.
_AGAIN = timedelta(minutes=1)
_MOST_TOLD = 1000


class _Failure(NamedTuple):
    theme: str
    template: str
    problem: str


_told: dict[_Failure, datetime] = {}


def theme_failed(theme: str, template: str, error: Exception) -> None:
    """Say in the log that a theme's template raised ``error``, and remember it until the answer is sent."""
    log.error("theme %s failed in %s, which the core shows in its place", theme, template, exc_info=error)
    if has_request_context():
        g.setdefault("theme_failures", []).append(_Failure(theme, template, _said(error)))


def note_failures(response: Response) -> Response:
    """Note what failed during this request, in a statement of its own. An answer is never lost to it."""
    for failure in g.pop("theme_failures", ()):
        if failure in _told and now() - _told[failure] < _AGAIN:
            continue
        try:
            with this_face().single.connect() as connection:
                note_failure(connection, **failure._asdict(), now=now())
        except SQLAlchemyError:
            log.warning("a failure of theme %s could not be noted", failure.theme)
            continue
        if len(_told) >= _MOST_TOLD:
            _told.clear()
        _told[failure] = now()
    return response


def _said(error: Exception) -> str:
    """What went wrong, and on which line of which template."""
    frames = [each for each in traceback.extract_tb(error.__traceback__) if each.filename.endswith(".html")]
    words = f"{type(error).__name__}: {error}"
    if not frames:
        return words
    return f"{words} ({'/'.join(Path(frames[-1].filename).parts[-2:])}, line {frames[-1].lineno})"
