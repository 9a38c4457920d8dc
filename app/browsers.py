"""What tells one browser from another: the name that it carries, the token of its forms, its cookies."""

from __future__ import annotations

import hmac
from hashlib import sha256

from werkzeug.http import dump_cookie

from kit.ids import new_token

# How long a browser that does not come back keeps its name.
BROWSER_DAYS = 60


def browser_name(given: str) -> str:
    """The random name that a browser brought along, or a new one for a browser that brought none."""
    return given if 40 <= len(given) <= 60 and given.isascii() else new_token()


def form_token(secret: str, *, face: str, browser: str, session: str) -> str:
    """The token that a form of this browser carries: bound to its cookies, so no other site has it."""
    return hmac.new(secret.encode(), f"{face}|{browser}|{session}".encode(), sha256).hexdigest()


def cookie(name: str, value: str, *, days: int | None, secure: bool, script: bool = False) -> str:
    """A host-only cookie as its header has it. ``script`` lets the page's script read it; without ``days`` it
    goes with the browser's session."""
    return dump_cookie(
        name,
        value,
        max_age=None if days is None else days * 86400,
        httponly=not script,
        secure=secure,
        samesite="Lax",
        path="/",
    )
