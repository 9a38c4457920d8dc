"""The number beside the bag, kept in a cookie of its own so that a cached page needs no query for it."""

from __future__ import annotations

from collections.abc import Mapping

from flask import g, request
from werkzeug.wrappers import Response

from app.edge import set_cookie

_COOKIE = "awning-bag"


def bag_count() -> str:
    """How many units the shopper's bag holds, as last set; "0" for a shopper without one."""
    if "bag_now" in g:
        return str(g.bag_now)
    return kept_count(request.cookies)


def kept_count(cookies: Mapping[str, str]) -> str:
    """The count that a browser brought along; "0" from one that brought none, or made one up."""
    given = cookies.get(_COOKIE, "")
    return given if given.isascii() and given.isdigit() and len(given) <= 4 else "0"


def remember_count(count: int) -> None:
    """Say how many units the bag holds from this answer on."""
    g.bag_now = count


def send_count(response: Response) -> Response:
    """Put a count that changed into the answer's cookies."""
    if "bag_now" in g and request.cookies.get(_COOKIE) != str(g.bag_now):
        set_cookie(response, _COOKIE, str(g.bag_now), days=60)
    return response
