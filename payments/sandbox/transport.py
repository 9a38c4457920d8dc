"""Carries one HTTP request to the sandbox without a socket, for tests and for processes that hold both."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from io import BytesIO
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_to_bytes, urlsplit

from payments.sandbox.app import Sandbox

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment


def call(
    sandbox: Sandbox,
    method: str,
    url: str,
    headers: Mapping[str, str] | None = None,
    body: bytes | str | None = None,
    *,
    remote_address: str = "127.0.0.1",
) -> tuple[int, dict[str, str], bytes]:
    """Return the answer's status, headers and body. Raises AnswerLost (a ConnectionError) for that fault."""
    content = body.encode() if isinstance(body, str) else body or b""
    status, answered = 0, {}

    def start_response(line: str, fields: list[tuple[str, str]], _: Any = None) -> Callable[[bytes], object]:
        nonlocal status, answered
        status, answered = int(line[:3]), dict(fields)
        return lambda _: None

    environ = _environ(method, url, headers or {}, content, remote_address)
    chunks = sandbox.wsgi(environ, start_response)
    try:
        return status, answered, b"".join(chunks)
    finally:
        close = getattr(chunks, "close", None)
        if close is not None:
            close()


def _environ(
    method: str, url: str, headers: Mapping[str, str], content: bytes, remote_address: str
) -> WSGIEnvironment:
    parts = urlsplit(url)
    environ: WSGIEnvironment = {
        "REQUEST_METHOD": method.upper(),
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(parts.path or "/").decode("latin-1"),
        "QUERY_STRING": parts.query,
        "SERVER_NAME": parts.hostname or "localhost",
        "SERVER_PORT": str(parts.port or 80),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": remote_address,
        "CONTENT_LENGTH": str(len(content)),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": parts.scheme or "http",
        "wsgi.input": BytesIO(content),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for name, value in headers.items():
        key = name.upper().replace("-", "_")
        if key == "CONTENT_TYPE":
            environ[key] = value
        elif key != "CONTENT_LENGTH":
            environ[f"HTTP_{key}"] = value
    return environ
