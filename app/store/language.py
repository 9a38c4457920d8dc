"""Which language a shopper reads: the store's own, unless it chose another at the foot of a page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flask import g, has_request_context, request, url_for
from werkzeug.wrappers import Response

from app.edge import set_cookie
from app.languages import LANGUAGES

_COOKIE = "awning-language"
_DAYS = 365


@dataclass(frozen=True, slots=True)
class Speech:
    """A language of the switch: its code, the name its speakers give it, and this page in it."""

    code: str
    name: str
    url: str


def chosen_language() -> str:
    """The language that the address or the shopper's cookie names; empty where the store's own is meant."""
    if not has_request_context():
        return ""
    if "language" not in g:
        asked = request.args.get("lang", "")
        g.language = asked if asked in LANGUAGES else kept_language(request.cookies)
    return str(g.language)


def kept_language(cookies: Mapping[str, str]) -> str:
    """The language that a browser brought along; empty from one that brought none, or made one up."""
    kept = cookies.get(_COOKIE, "")
    return kept if kept in LANGUAGES else ""


def remember_language(response: Response) -> Response:
    """Keep a language that the address names for the pages that come after."""
    asked = request.args.get("lang", "")
    # A draft leaves no cookie behind.
    if "viewing" not in g and asked in LANGUAGES and request.cookies.get(_COOKIE) != asked:
        set_cookie(response, _COOKIE, asked, days=_DAYS)
    return response


def speeches() -> list[Speech]:
    """This page in each language. What can only be sent, such as a form, has the page that leads to it."""
    if not has_request_context():
        return []
    path = request.path
    if request.url_rule is None:
        path = url_for("store.home")
    elif request.method == "POST" and "GET" not in (request.url_rule.methods or ()):
        path = url_for("store.cart") if path.startswith("/cart") else url_for("store.home")
    elif request.endpoint == "store.search" and request.args.get("q"):
        return [
            Speech(code, name, url_for("store.search", q=request.args["q"][:100], lang=code))
            for code, name in LANGUAGES.items()
        ]
    return [Speech(code, name, f"{path}?lang={code}") for code, name in LANGUAGES.items()]
