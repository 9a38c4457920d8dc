"""A shopper without a browser: keeps cookies, reads forms, buys. The chaos script uses it too."""

from __future__ import annotations

import re
import socket
from dataclasses import dataclass, field
from typing import BinaryIO, cast
from urllib.parse import urlencode, urlsplit

_TOKEN = re.compile(r'name="csrf_token" value="([0-9a-f]{64})"')
_VARIANT = re.compile(r'name="variant_id" value="([0-9a-f-]{36})"')
_RATE = re.compile(r'name="rate_id" value="([0-9a-f-]{36})"')


class Failed(Exception):
    """A step did not answer as it should; the message says which."""


@dataclass
class Answer:
    status: int
    text: str
    location: str


@dataclass
class Browser:
    """One connection to the web server, speaking to any of its hosts, with a jar of cookies for each.

    It reads as little of an answer as a shopper's next step needs: a whole HTTP library would cost a
    good part of what is measured.
    """

    port: int
    timeout: float = 20
    jars: dict[str, dict[str, str]] = field(default_factory=dict)
    _stream: BinaryIO | None = None

    def get(self, host: str, path: str) -> Answer:
        return self._send("GET", host, path, None)

    def post(self, host: str, path: str, **form: str) -> Answer:
        return self._send("POST", host, path, urlencode(form))

    def close(self) -> None:
        if self._stream is not None:
            self._stream.close()
            self._stream = None

    def _send(self, method: str, host: str, path: str, body: str | None) -> Answer:
        jar = self.jars.setdefault(host, {})
        lines = [f"{method} {path} HTTP/1.1", f"Host: {host}:{self.port}"]
        if jar:
            lines.append("Cookie: " + "; ".join(f"{name}={value}" for name, value in jar.items()))
        if body is not None:
            lines.append("Content-Type: application/x-www-form-urlencoded")
            lines.append(f"Content-Length: {len(body)}")
        try:
            if self._stream is None:
                self._stream = self._connect()
            self._stream.write("\r\n".join([*lines, "", body or ""]).encode())
            self._stream.flush()
            return self._receive(self._stream, jar)
        except (OSError, ValueError) as error:
            self.close()
            raise Failed(f"{method} {host}{path}: {error}") from error

    def _connect(self) -> BinaryIO:
        with socket.create_connection(("127.0.0.1", self.port), timeout=self.timeout) as sock:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return cast("BinaryIO", sock.makefile("rwb"))

    @staticmethod
    def _receive(stream: BinaryIO, jar: dict[str, str]) -> Answer:
        """Read one answer. Raises ValueError when the connection ends before it does."""
        status = int(stream.readline()[9:12])
        length, location = 0, ""
        while (line := stream.readline().decode("latin-1")) != "\r\n":
            name, colon, value = line.partition(":")
            if not colon:
                raise ValueError("the answer broke off")
            match name.lower():
                case "content-length":
                    length = int(value)
                case "location":
                    location = value.strip()
                case "set-cookie":
                    cookie, _, kept = value.strip().partition(";")[0].partition("=")
                    jar[cookie] = kept
        body = stream.read(length)
        if len(body) < length:
            raise ValueError("the answer broke off")
        return Answer(status, body.decode(), location)


@dataclass
class Shopper:
    """Somebody who buys in one store, paying on the sandbox's page."""

    browser: Browser
    host: str
    country: str
    pay_port: int
    email: str = "bench@example.com"
    card: str = "4242424242424242"

    def buy(self, handles: list[str]) -> str:
        """Buy one of each product; return the confirmation page's address. Raises Failed."""
        for handle in handles:
            self.add(handle)
        return self.confirm(self.pay(self.check_out()))

    def add(self, handle: str) -> None:
        page = self._get(f"/products/{handle}")
        token, variant = _TOKEN.search(page), _VARIANT.search(page)
        if not token or not variant:
            raise Failed(f"{handle} cannot be bought")
        self._redirected("/cart/add", csrf_token=token[1], variant_id=variant[1], quantity="1")
        self._get("/cart")

    def check_out(self) -> str:
        """Fill in the checkout and press the button; return the address of the payment page."""
        page = self._get("/checkout")
        token, rate = _TOKEN.search(page), _RATE.search(page)
        if not token or not rate:
            raise Failed("the checkout shows no form")
        return self._redirected(
            "/checkout",
            csrf_token=token[1],
            act="pay",
            email=self.email,
            name="Bench Shopper",
            line1="1 Long Road",
            city="Somewhere",
            region="",
            postcode="10115",
            country=self.country,
            rate_id=rate[1],
        )

    def pay(self, url: str) -> str:
        """Pay on the sandbox's page with a good card; return where it sends the shopper."""
        path = urlsplit(url).path
        if "/c/pay/" not in path:
            return url
        page = Browser(self.pay_port)
        try:
            shown = page.get("localhost", path)
            form = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', shown.text))
            card = {"email": self.email, "name": "Bench Shopper", "number": self.card}
            answer = page.post("localhost", path, **form, **card)
            if answer.status != 303:
                raise Failed(f"the payment page answered {answer.status}")
            return answer.location
        finally:
            page.close()

    def confirm(self, url: str) -> str:
        parts = urlsplit(url)
        page = self._get(f"{parts.path}?{parts.query}")
        if "Thank you" not in page:
            raise Failed("the order is not confirmed")
        return url

    def _get(self, path: str) -> str:
        answer = self.browser.get(self.host, path)
        if answer.status != 200:
            raise Failed(f"GET {path} answered {answer.status}")
        return answer.text

    def _redirected(self, path: str, **form: str) -> str:
        answer = self.browser.post(self.host, path, **form)
        if answer.status != 303 or (path == "/checkout" and answer.location == "/cart"):
            raise Failed(f"POST {path} answered {answer.status} {answer.location}")
        return answer.location
