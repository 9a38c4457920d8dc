"""Fetching a picture from an address that a file named: guarded, because anybody may write a file."""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
from collections.abc import Callable
from urllib.parse import urlsplit

MOST_BYTES = 15 << 20
_SECONDS = 15
_TYPES = ("image/jpeg", "image/png", "image/webp", "image/avif")

Resolve = Callable[[str, int], list[str]]


class PictureNotFetched(Exception):
    """The picture cannot be had from this address; asking again will not help."""


class PictureNotReachable(Exception):
    """The picture's server did not answer. It may be asked again."""


def resolve(host: str, port: int) -> list[str]:
    """The addresses of a host, by the system's resolver."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def is_public(address: str) -> bool:
    """Whether an IP address is one of the public internet: not this machine, nor its own network."""
    parsed = ipaddress.ip_address(address)
    mapped = getattr(parsed, "ipv4_mapped", None)
    return (mapped or parsed).is_global and not parsed.is_multicast


def fetch(url: str, *, resolve: Resolve = resolve, allowed: Callable[[str], bool] = is_public) -> bytes:
    """Return the bytes of a picture at a web address.

    The host is resolved once and the connection goes to that very address, so a name cannot lead
    elsewhere after it was checked. Redirects are not followed. Raises PictureNotFetched for another
    scheme, an address that is not public, another type, or more than 15 MB; PictureNotReachable when
    there is no answer.
    """
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise PictureNotFetched("The address is malformed.") from error
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise PictureNotFetched("The address does not begin with https:// or http://.")
    if parts.username or parts.password:
        raise PictureNotFetched("The address contains a password.")
    try:
        port = parts.port or (443 if parts.scheme == "https" else 80)
        addresses = resolve(parts.hostname, port)
    except ValueError as error:
        raise PictureNotFetched("The address is malformed.") from error
    except OSError as error:
        raise PictureNotReachable(f"The host {parts.hostname} is not known.") from error
    if not addresses or not all(allowed(address) for address in addresses):
        raise PictureNotFetched("The address is not on the public internet.")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    connection = _Pinned(parts.hostname, port, addresses[0], parts.scheme == "https")
    try:
        connection.request("GET", path, headers={"Accept": "image/*", "User-Agent": "Awning"})
        return _read(connection.getresponse())
    except (OSError, http.client.HTTPException) as error:
        raise PictureNotReachable(f"The picture's server did not answer: {error}") from error
    finally:
        connection.close()


def _read(answer: http.client.HTTPResponse) -> bytes:
    if 300 <= answer.status < 400:
        raise PictureNotFetched("The address leads to another one; give the picture's own.")
    if answer.status >= 500 or answer.status == 429:
        raise PictureNotReachable(f"The picture's server answered {answer.status}.")
    if answer.status != 200:
        raise PictureNotFetched(f"The picture's server answered {answer.status}.")
    kind = (answer.headers.get("Content-Type") or "").partition(";")[0].strip().lower()
    if kind not in _TYPES:
        raise PictureNotFetched(f"It is {kind or 'of no stated type'}, not JPEG, PNG, WebP or AVIF.")
    data = answer.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise PictureNotFetched("The picture has more than 15 MB.")
    return data


class _Pinned(http.client.HTTPConnection):
    """A connection to one address, while host name and certificate are those of the name."""

    def __init__(self, host: str, port: int, address: str, secure: bool) -> None:
        super().__init__(host, port, timeout=_SECONDS)
        self._address = address
        self._secure = secure

    def connect(self) -> None:
        self.sock = socket.create_connection((self._address, self.port), _SECONDS)
        if self._secure:
            self.sock = ssl.create_default_context().wrap_socket(self.sock, server_hostname=self.host)
