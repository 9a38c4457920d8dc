"""The test bank: a page on which a person plays the bank by clicking, and lets things go wrong.

It has no counterpart at Stripe. What protects it from other web pages in the same browser: it answers only
on loopback and under the sandbox's own host names, each form carries a token that only this page knows, and
a form that another page sends is refused by what the browser says of its origin.
"""

from __future__ import annotations

import secrets
from collections import OrderedDict
from hmac import compare_digest
from ipaddress import ip_address
from urllib.parse import urlencode, urlsplit

from werkzeug.utils import redirect
from werkzeug.wrappers import Request, Response

from payments.sandbox.bankpage import LISTS, Told, bank_page
from payments.sandbox.clicks import DEEDS
from payments.sandbox.control import Desk
from payments.sandbox.errors import StripeError
from payments.sandbox.faults import Faults
from payments.sandbox.rendering import document
from payments.sandbox.state import State

PATH = "/_sandbox/bank"
_KEPT = 50  # sentences of what was done; an older page that is loaded again says nothing
_POLICY = "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"


class Bank:
    """Answers a browser."""

    def __init__(self, state: State, faults: Faults) -> None:
        self._desk = Desk(state, faults)
        self._token = secrets.token_urlsafe(24)
        self._said: OrderedDict[str, str] = OrderedDict()
        self._hosts = {"localhost", "127.0.0.1", "[::1]", urlsplit(state.base_url).hostname}

    def __call__(self, http: Request) -> Response:
        refusal = self._stranger(http)
        if refusal:
            answer = self._message("This is refused", refusal, 403)
        elif http.method in ("GET", "HEAD"):
            said = self._said.get(http.args.get("said", ""), "")
            answer = self._page(http, Told(said))
        elif http.method == "POST":
            answer = self._do(http)
        else:
            answer = self._message(
                "This cannot be done", "The page is read with GET and used with POST.", 405
            )
        answer.headers["Content-Security-Policy"] = _POLICY
        answer.headers["X-Content-Type-Options"] = "nosniff"
        answer.headers["Referrer-Policy"] = "same-origin"
        answer.headers["Cache-Control"] = "no-store"
        return answer

    def _stranger(self, http: Request) -> str:
        """Return why this request is not from a person at this machine who uses this page, or nothing."""
        if not ip_address(http.remote_addr or "::").is_loopback:
            return "The test bank answers only on the machine that it runs on."
        # A foreign name that was made to point to this machine would let its pages read this one.
        if http.host.removesuffix(f":{http.host.rpartition(':')[2]}") not in self._hosts:
            return "The test bank answers only under its own address."
        if http.method in ("GET", "HEAD"):
            return ""
        origin = http.headers.get("Origin")
        if origin is not None and origin != f"{http.scheme}://{http.host}":
            return "Another web page tried to use the test bank. Nothing was done."
        if http.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
            return "Another web page tried to use the test bank. Nothing was done."
        return ""

    def _do(self, http: Request) -> Response:
        values = {name: value.strip() for name, value in http.form.items()}
        if not compare_digest(values.get("token", "").encode(), self._token.encode()):
            told = Told("This page was older than the sandbox that runs now. Press again.", refused=True)
            return self._page(http, told, 403)
        deed = DEEDS.get(values.get("do", ""))
        if deed is None:
            return self._page(http, Told("There is no such button.", refused=True), 400)
        try:
            if deed.waits:
                said = deed.run(self._desk, values)
            else:
                with self._desk.state.store.transaction():
                    said = deed.run(self._desk, values)
        except StripeError as refusal:
            return self._page(http, Told(str(refusal), refused=True), refusal.status)
        # After this, loading the page again repeats nothing.
        name = secrets.token_urlsafe(6)
        self._said[name] = said
        while len(self._said) > _KEPT:
            self._said.popitem(last=False)
        return redirect(f"{PATH}?{urlencode({**_place(http), 'said': name})}#said", 303)

    def _page(self, http: Request, told: Told, status: int = 200) -> Response:
        place = _place(http)
        with self._desk.state.store.transaction():
            html = bank_page(
                self._desk,
                told,
                token=self._token,
                action=f"{PATH}?{urlencode(place)}" if place else PATH,
                place=place,
            )
        return Response(html, status, mimetype="text/html")

    def _message(self, heading: str, text: str, status: int) -> Response:
        html = document(
            self._desk.state.merchant_name, heading, "message.html", heading=heading, text=text, way=""
        )
        return Response(html, status, mimetype="text/html")


def _place(http: Request) -> dict[str, str]:
    """Return where each list begins that a person has paged through: the object before it."""
    return {name: http.args[name][:80] for name in LISTS if http.args.get(name)}
