"""A shopper without a browser: keeps cookies, reads forms, buys. The chaos script uses it too."""

from __future__ import annotations

import http.client
import re
from dataclasses import dataclass, field
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
    """One connection to the web server, speaking to any of its hosts, with a jar of cookies for each."""

    port: int
    timeout: float = 20
    jars: dict[str, dict[str, str]] = field(default_factory=dict)
    _connection: http.client.HTTPConnection | None = None

    def get(self, host: str, path: str) -> Answer:
        return self._send("GET", host, path, None)

    def post(self, host: str, path: str, **form: str) -> Answer:
        return self._send("POST", host, path, urlencode(form))

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _send(self, method: str, host: str, path: str, body: str | None) -> Answer:
        jar = self.jars.setdefault(host, {})
        headers = {"Host": f"{host}:{self.port}"}
        if jar:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in jar.items())
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        if self._connection is None:
            self._connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=self.timeout)
        try:
            self._connection.request(method, path, body, headers)
            response = self._connection.getresponse()
            text = response.read().decode()
        except (OSError, http.client.HTTPException) as error:
            self.close()
            raise Failed(f"{method} {host}{path}: {error}") from error
        for cookie in response.headers.get_all("Set-Cookie") or ():
            name, _, value = cookie.partition(";")[0].partition("=")
            jar[name] = value
        return Answer(response.status, text, response.headers.get("Location") or "")


@dataclass
class Shopper:
    """Somebody who buys in one store, paying on the sandbox's page."""

    browser: Browser
    host: str
    country: str
    pay_port: int

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
            email="bench@example.com",
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
            card = {"email": "bench@example.com", "name": "Bench Shopper", "number": "4242424242424242"}
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
