"""The program as it is served, and beside it the bare view that its speed is measured against.

The bare view is a Flask view on the same server and the same pool, which does one SELECT by primary
key and answers with a fixed body of a given size.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING

from flask import Flask, Response
from sqlalchemy import text

import wsgi

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

_engine = wsgi.installation.face.execution_options(isolation_level="AUTOCOMMIT")
_bare = Flask("bare", static_folder=None)
_KEY = text("SELECT h.store_id FROM hostnames h WHERE h.host = :host")


@lru_cache
def _body(size: int) -> bytes:
    return b"x" * size


@_bare.get("/bare/<int:size>/<host>")
def bare(size: int, host: str) -> Response:
    with _engine.connect() as connection:
        connection.execute(_KEY, {"host": host}).one()
    return Response(_body(size), content_type="text/html; charset=utf-8")


def app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    if environ["PATH_INFO"].startswith("/bare/"):
        return _bare(environ, start_response)
    return wsgi.app(environ, start_response)
