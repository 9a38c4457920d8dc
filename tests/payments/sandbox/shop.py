"""Who takes part in the sandbox's tests: a shop that uses it, and an endpoint that hears from it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from payments.sandbox import Sandbox, call

SECRET = "whsec_first"
MOMENT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


class Receiver:
    """A webhook endpoint that keeps what it gets, and answers with ``statuses`` in turn, then 200."""

    def __init__(self) -> None:
        self.received: list[tuple[bytes, dict[str, str]]] = []
        self.statuses: list[int] = []

    def __call__(self, payload: bytes, headers: dict[str, str]) -> int:
        self.received.append((payload, headers))
        return self.statuses.pop(0) if self.statuses else 200

    @property
    def events(self) -> list[dict[str, Any]]:
        return [json.loads(payload) for payload, _ in self.received]

    @property
    def types(self) -> list[str]:
        return [event["type"] for event in self.events]


class Shop:
    """What a test does with a sandbox: call its API, pay its sessions, play the bank."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox

    def api(self, method: str, path: str, form: str = "", *, key: str | None = None) -> tuple[int, Any]:
        status, answer, _ = self.raw(method, path, form, key=key)
        return status, answer

    def raw(
        self,
        method: str,
        path: str,
        form: str = "",
        *,
        key: str | None = None,
        secret: str = "sk_test_sandbox",
    ) -> tuple[int, Any, dict[str, str]]:
        headers = {"Authorization": f"Bearer {secret}", "Content-Type": "application/x-www-form-urlencoded"}
        if key is not None:
            headers["Idempotency-Key"] = key
        status, answered, body = call(self.sandbox, method, path, headers, form)
        return status, json.loads(body), answered

    def json(self, method: str, path: str, given: dict[str, Any] | None = None) -> Any:
        headers = {"Authorization": "Bearer sk_test_sandbox", "Content-Type": "application/json"}
        status, _, body = call(self.sandbox, method, path, headers, json.dumps(given) if given else None)
        assert status == 200, body
        return json.loads(body)

    def control(self, path: str, given: dict[str, Any] | None = None, *, method: str = "POST") -> Any:
        headers = {"Content-Type": "application/json"}
        status, _, body = call(
            self.sandbox, method, f"/_sandbox/{path}", headers, json.dumps(given) if given else None
        )
        assert status == 200, body
        return json.loads(body)

    def open(self, amount: int = 2_500, unit: str = "usd", extra: str = "", *, key: str | None = None) -> Any:
        """Open a session over one thing."""
        line = "line_items[0][price_data]"
        form = (
            "mode=payment&success_url=https://shop.example/thanks?s={CHECKOUT_SESSION_ID}"
            f"&cancel_url=https://shop.example/cart&{line}[currency]={unit}&{line}[unit_amount]={amount}"
            f"&{line}[product_data][name]=Mug&line_items[0][quantity]=1"
        )
        status, session = self.api("POST", "/v1/checkout/sessions", form + extra, key=key)
        assert status == 200, session
        return session

    def pay(self, session: Any, card: str | None = "4242424242424242", **given: Any) -> Any:
        person = {"email": "shopper@example.com", "name": "A Shopper", **given}
        if card is not None:
            person["card"] = card
        return self.control(f"sessions/{session['id']}/pay", person)

    def paid(self, amount: int = 2_500, card: str = "4242424242424242", unit: str = "usd") -> Any:
        """Return a new session's charge, paid, with its balance transaction inside."""
        session = self.open(amount, unit)
        self.pay(session, card)
        expand = "expand[]=payment_intent.latest_charge.balance_transaction"
        _, full = self.api("GET", f"/v1/checkout/sessions/{session['id']}?{expand}")
        return full["payment_intent"]["latest_charge"]

    def page(self, path: str, form: str | None = None) -> tuple[int, dict[str, str], str]:
        """Act as a browser."""
        method = "GET" if form is None else "POST"
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        status, answered, body = call(self.sandbox, method, path, headers, form)
        return status, answered, body.decode()

    def connected(self) -> str:
        """Return the id of a partner's account that may receive transfers."""
        account = self.json(
            "POST",
            "/v2/core/accounts",
            {
                "contact_email": "partner@example.com",
                "configuration": {
                    "recipient": {
                        "capabilities": {"stripe_balance": {"stripe_transfers": {"requested": True}}}
                    }
                },
            },
        )
        self.control(f"accounts/{account['id']}/onboard")
        identifier: str = account["id"]
        return identifier
