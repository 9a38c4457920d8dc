"""Where a store shows its draft: under a path of its own, for the editor's frame and for a shared link.

``/_preview/<token>/…`` is for the editor: its token is signed, names the store, and is good for some
hours. ``/_draft/<token>/…`` is a link that a partner has shared. Behind both stand the store's own
addresses, so that each page, link and sheet of the draft is found under the same path.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING
from uuid import UUID

from app.config import Config

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

PREVIEW, LINK = "/_preview", "/_draft"
_KEY = "awning.draft"
_HOURS = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class DraftPath:
    """What a request's path says before the store's own address begins. ``prefix`` holds the token."""

    kind: str
    token: str

    @property
    def prefix(self) -> str:
        return f"{self.kind}/{self.token}"

    @property
    def editing(self) -> bool:
        """Whether the page stands in the editor's frame."""
        return self.kind == PREVIEW


class DraftPaths:
    """Takes a draft's prefix off the path before a store's routes see it."""

    def __init__(self, program: WSGIApplication) -> None:
        self._program = program

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        _, kind, *rest = [*environ.get("PATH_INFO", "").split("/", 3), "", ""][:4]
        if f"/{kind}" in (PREVIEW, LINK):
            path = DraftPath(f"/{kind}", rest[0])
            environ = {
                **environ,
                _KEY: path,
                "SCRIPT_NAME": environ.get("SCRIPT_NAME", "") + path.prefix,
                "PATH_INFO": f"/{rest[1]}",
            }
        return self._program(environ, start_response)


def draft_path(environ: WSGIEnvironment) -> DraftPath | None:
    """The draft that a request asks for; None on an ordinary page."""
    return environ.get(_KEY)


def preview_path(config: Config, *, store_id: UUID, now: datetime) -> str:
    """Where the editor finds the draft of a store, for the next hours. It ends without a slash."""
    until = int((now + _HOURS).timestamp())
    return f"{PREVIEW}/{until}.{_signature(config, store_id, until)}"


def preview_until(config: Config, token: str, *, store_id: UUID) -> datetime | None:
    """Until when a preview's token is good; None for one that is not of this store, or made up."""
    given, _, signature = token.partition(".")
    if not (given.isascii() and given.isdigit() and len(given) < 12):
        return None
    until = int(given)
    if not hmac.compare_digest(signature.encode(), _signature(config, store_id, until).encode()):
        return None
    return datetime.fromtimestamp(until, UTC)


def _signature(config: Config, store_id: UUID, until: int) -> str:
    named = f"preview:{store_id}:{until}"
    return hmac.new(config.secret.encode(), named.encode(), sha256).hexdigest()[:43]
