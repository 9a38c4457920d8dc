"""Fetching pictures: only from the public internet, only pictures, and never by a redirect."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from catalog.fetching import PictureNotFetched, PictureNotReachable, fetch, is_public


class _Pictures(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        status, kind, body = {
            "/ok.png": (200, "image/png", b"png"),
            "/page": (200, "text/html", b"<html>"),
            "/moved": (302, "image/png", b""),
            "/broken": (500, "text/plain", b""),
            "/large": (200, "image/png", b"x" * ((15 << 20) + 1)),
        }.get(self.path, (404, "text/plain", b""))
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Location", "http://127.0.0.1/ok.png")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        return None


@pytest.fixture
def server() -> Iterator[str]:
    made = HTTPServer(("127.0.0.1", 0), _Pictures)
    thread = threading.Thread(target=made.serve_forever, daemon=True)
    thread.start()
    yield f"http://pictures.example:{made.server_port}"
    made.shutdown()
    made.server_close()
    thread.join()


def _get(url: str) -> bytes:
    return fetch(url, resolve=lambda host, port: ["127.0.0.1"], allowed=lambda address: True)


def test_a_picture_is_fetched_from_the_address_that_was_checked(server: str) -> None:
    assert _get(f"{server}/ok.png") == b"png"


@pytest.mark.parametrize("path", ["/page", "/moved", "/large", "/missing"])
def test_what_is_no_picture_is_refused_for_good(server: str, path: str) -> None:
    with pytest.raises(PictureNotFetched):
        _get(f"{server}{path}")


def test_a_failing_server_may_be_asked_again(server: str) -> None:
    with pytest.raises(PictureNotReachable):
        _get(f"{server}/broken")


@pytest.mark.parametrize(
    "url",
    [
        "ftp://a.example/1.png",
        "file:///etc/passwd",
        "/1.png",
        "https://user:pass@a.example/1.png",
        "http://[::1",
    ],
)
def test_other_addresses_are_refused(url: str) -> None:
    with pytest.raises(PictureNotFetched):
        _get(url)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "192.168.0.1",
        "169.254.169.254",
        "::1",
        "fe80::1",
        "fd00::1",
        "0.0.0.0",
        "224.0.0.1",
        "::ffff:10.0.0.1",
    ],
)
def test_addresses_of_our_own_network_are_refused(address: str) -> None:
    assert not is_public(address)
    with pytest.raises(PictureNotFetched, match="public internet"):
        fetch("http://pictures.example/1.png", resolve=lambda host, port: [address])


def test_public_addresses_are_allowed() -> None:
    assert is_public("93.184.216.34")
    assert is_public("2606:2800:220:1:248:1893:25c8:1946")
