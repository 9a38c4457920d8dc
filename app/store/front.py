"""The way in to every store: learns whose host it is, and answers at once with a page that is in memory.

A page that nothing has changed since it was rendered needs one row, which says so, and no application:
no routes, no request, no transaction. Whatever else is asked for goes on, with what was learned of the
host, so that nobody asks for it again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from sqlalchemy.exc import SQLAlchemyError
from werkzeug.http import parse_cookie
from werkzeug.wsgi import get_host

from app.browsers import BROWSER_DAYS, browser_name, cookie, form_token
from app.edge import Face
from app.store.bag_count import kept_count
from app.store.kept import Kept, Page
from app.store.language import kept_language
from tenants.partners import HostEntry, find_host

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_LEARNED = "awning.host_entry"


class Front:
    """Stands before a store's application."""

    def __init__(self, program: WSGIApplication, *, face: Face, pages: Kept[Page]) -> None:
        self._program = program
        self._face = face
        self._pages = pages

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if path.startswith("/_") or "?" in path:
            # Files are the same on every host, and no page has such a path.
            return self._program(environ, start_response)
        try:
            entry = _look_up(self._face, environ)
        except SQLAlchemyError as error:
            # The application words errors, and must not wait for the same database a second time.
            return self._program({**environ, _LEARNED: error}, start_response)
        if entry is not None and environ["REQUEST_METHOD"] == "GET":
            query = environ.get("QUERY_STRING", "")
            cookies = parse_cookie(environ)
            place = (entry.store_id, kept_language(cookies), f"{path}?{query}" if query else path)
            page = self._pages.get(place, revision=entry.revision, now=self._face.services.clock.now())
            if page is not None:
                return self._answer(page, cookies, start_response)
        return self._program({**environ, _LEARNED: entry}, start_response)

    def _answer(self, page: Page, cookies: Mapping[str, str], start_response: StartResponse) -> list[bytes]:
        face, config = self._face, self._face.services.config
        given = cookies.get(face.visitor_cookie, "")
        browser = browser_name(given)
        token = form_token(
            config.secret,
            face=face.name,
            browser=browser,
            session=cookies.get(face.session_cookie, ""),
        )
        body = page.for_shopper(csrf=token, bag=kept_count(cookies))
        headers = [
            ("Content-Type", "text/html; charset=utf-8"),
            ("Content-Length", str(len(body))),
            *face.headers,
        ]
        if browser != given:
            named = cookie(face.visitor_cookie, browser, days=BROWSER_DAYS, secure=config.secure_cookies)
            headers.append(("Set-Cookie", named))
        start_response("200 OK", headers)
        return [body]


def entry_in(face: Face, environ: WSGIEnvironment) -> HostEntry | None:
    """What a request's host leads to; None for a host that leads nowhere."""
    learned = environ[_LEARNED] if _LEARNED in environ else _look_up(face, environ)
    if isinstance(learned, SQLAlchemyError):
        raise learned
    return learned


def _look_up(face: Face, environ: WSGIEnvironment) -> HostEntry | None:
    host = get_host(environ).rsplit(":", 1)[0].lower()
    with face.single.connect() as connection:
        return find_host(connection, host)
