"""Posts to a webhook endpoint over a connection that each thread keeps open."""

from __future__ import annotations

import http.client
import threading
from urllib.parse import urlsplit

_SECONDS = 10.0  # Stripe, too, gives an endpoint a few seconds to answer.
_local = threading.local()


def post(url: str, payload: bytes, headers: dict[str, str]) -> int:
    """Post and return the status. Raises OSError or HTTPException when no answer comes."""
    connections: dict[tuple[str, str], http.client.HTTPConnection] = _local.__dict__.setdefault("open", {})
    parts = urlsplit(url)
    key = (parts.scheme, parts.netloc)
    kept = connections.pop(key, None)
    if kept is not None:
        try:
            return _exchange(connections, key, kept, url, payload, headers)
        except (OSError, http.client.HTTPException):
            # The endpoint may close a connection that it kept open; a fresh one decides.
            kept.close()
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    fresh = kind(parts.netloc, timeout=_SECONDS)
    try:
        return _exchange(connections, key, fresh, url, payload, headers)
    except BaseException:
        fresh.close()
        raise


def _exchange(
    connections: dict[tuple[str, str], http.client.HTTPConnection],
    key: tuple[str, str],
    connection: http.client.HTTPConnection,
    url: str,
    payload: bytes,
    headers: dict[str, str],
) -> int:
    parts = urlsplit(url)
    target = parts.path or "/"
    connection.request("POST", f"{target}?{parts.query}" if parts.query else target, payload, headers)
    answer = connection.getresponse()
    answer.read()
    if answer.will_close:
        connection.close()
    else:
        connections[key] = connection
    return answer.status


def hang_up() -> None:
    """Close the connections that this thread keeps open."""
    for connection in _local.__dict__.pop("open", {}).values():
        connection.close()
