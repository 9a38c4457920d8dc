"""The test bank as a browser meets it: what it lists, what each button does, and whom it refuses."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import timedelta
from html import unescape
from typing import Any
from urllib.parse import urlencode

import html5lib
import pytest

from app.config import Config
from kit.clock import SetClock
from payments.sandbox import Sandbox, SandboxRefused, call
from payments.sandbox.bank import PATH
from payments.sandbox.clicks import API, CALLS, COUNTS, DEEDS, WEBHOOKS
from tests.payments.sandbox.shop import Receiver, Shop

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
LATER_PAYABLE = "4000000000000077"


class Person:
    """Somebody with a browser at the test bank."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop

    def see(self, query: str = "") -> str:
        status, _, html = self.shop.page(PATH + query)
        assert status == 200
        return self.valid(html)

    @staticmethod
    def valid(html: str) -> str:
        html5lib.HTMLParser(strict=True).parse(html)
        names = re.findall(r' id="([^"]+)"', html)
        assert len(names) == len(set(names)), names
        return unescape(html)

    @property
    def token(self) -> str:
        found = re.search(r'name="token" value="([^"]+)"', self.see())
        assert found is not None
        return found[1]

    def send(
        self, values: Mapping[str, str], headers: Mapping[str, str] | None = None
    ) -> tuple[int, dict[str, str], str]:
        body = urlencode({"token": self.token, **values})
        status, answered, html = call(self.shop.sandbox, "POST", PATH, {**FORM, **(headers or {})}, body)
        return status, answered, html.decode()

    def press(self, deed: str, **values: str) -> str:
        """Press a button that is on the page, and return what is said afterwards."""
        assert f'name="do" value="{deed}"' in self.see()
        status, answered, html = self.send({"do": deed, **values})
        assert status == 303, html
        return self.said(self.see(answered["Location"].removeprefix(PATH).partition("#")[0]))

    def refused(self, deed: str, **values: str) -> tuple[int, str]:
        status, _, html = self.send({"do": deed, **values})
        assert 'role="alert"' in html
        return status, self.said(self.valid(html))

    @staticmethod
    def said(html: str) -> str:
        found = re.search(r'id="said".*?<p>(.*?)</p>', html)
        assert found is not None, html
        return found[1]


@pytest.fixture
def person(shop: Shop) -> Person:
    return Person(shop)


def state_of(shop: Shop, path: str) -> Any:
    status, found = shop.api("GET", path)
    assert status == 200
    return found


def test_an_empty_bank_says_how_it_fills(person: Person) -> None:
    html = person.see()
    for words in (
        "No payment yet",
        "No refund yet",
        "No dispute yet",
        "No payout yet",
        "No partner has an account",
        "Everything sent was received",
        "Nothing is set to go wrong",
    ):
        assert words in html
    assert "<script" not in html


def test_payments_are_listed_newest_first_with_what_can_be_done(shop: Shop, person: Person) -> None:
    shop.paid(2_500)
    shop.pay(shop.open(3_100), None)
    session = shop.open(4_200, "eur", "&metadata[order]=0199-17&customer_email=maya@example.com")
    html = person.see()
    newest, pending, paid = (html.index(words) for words in ("EUR 42.00", "USD 31.00", "USD 25.00"))
    assert newest < pending < paid
    for words in (
        "EUR 42.00, maya@example.com",
        "Its payment page is open",
        f'href="/c/pay/{session["id"]}"',
        "shop.example, order 0199-17",
        "A bank debit is pending",
        "USD 25.00, shopper@example.com",
        "Mug",
    ):
        assert words in html


def test_everything_from_outside_is_escaped(shop: Shop, person: Person) -> None:
    shop.pay(shop.open(extra="&metadata[order]=%3Cscript%3E"), email='"><b>@example.com')
    status, _, html = shop.page(f"{PATH}?said=<b>&refunds=<b>")
    assert status == 200
    assert "<b>" not in html
    assert "<script>" not in html
    assert "&lt;script&gt;" in html
    assert "<b>" not in person.send({"do": "decline", "id": "<b>", "card": "<b>"})[2]


def test_older_payments_are_a_click_away(shop: Shop, person: Person) -> None:
    for amount in range(12):
        shop.open(1_000 + amount)
    html = person.see()
    assert "USD 10.11" in html
    assert "USD 10.01" not in html
    older = re.search(r'href="(\?payments=[^"#]+)#payments"', html)
    assert older is not None
    html = person.see(older[1])
    assert "USD 10.01" in html
    assert "USD 10.11" not in html
    # What is done there leads back there.
    assert f'action="{PATH}{older[1]}"' in html
    assert "No payment" not in person.see("?payments=cs_none")


def test_a_card_is_declined_and_a_page_expires(shop: Shop, person: Person) -> None:
    session = shop.open(extra="&customer_email=maya@example.com")
    said = person.press("decline", id=session["id"], card="4000000000009995")
    assert said.endswith("Your card has insufficient funds.")
    assert "Declined: Your card has insufficient funds." in person.see()
    kept = state_of(shop, f"/v1/checkout/sessions/{session['id']}")
    assert (kept["status"], kept["customer_details"]["email"]) == ("open", "maya@example.com")
    assert "has expired" in person.press("expire", id=session["id"])
    assert state_of(shop, f"/v1/checkout/sessions/{session['id']}")["status"] == "expired"
    assert person.refused("expire", id=session["id"]) == (409, "This payment page has expired.")
    other = shop.open()
    shop.pay(other)
    assert "used already" in person.refused("decline", id=other["id"], card="4000000000000002")[1]
    assert person.refused("decline", id=shop.open()["id"], card="4242424242424242")[0] == 400


@pytest.mark.parametrize(("deed", "paid"), [("settle", "paid"), ("bounce", "unpaid")])
def test_a_pending_debit_comes_in_or_fails(
    shop: Shop, person: Person, receiver: Receiver, deed: str, paid: str
) -> None:
    session = shop.open()
    shop.pay(session, None)
    assert "USD 25.00" in person.press(deed, id=session["id"])
    assert state_of(shop, f"/v1/checkout/sessions/{session['id']}")["payment_status"] == paid
    shop.sandbox.drain()
    outcome = "succeeded" if paid == "paid" else "failed"
    assert f"checkout.session.async_payment_{outcome}" in receiver.types
    assert "No debit" in person.refused(deed, id=session["id"])[1]
    assert ("The bank debit failed" in person.see()) == (paid == "unpaid")


@pytest.mark.parametrize(("deed", "standing"), [("win", "won"), ("lose", "lost")])
def test_a_dispute_is_opened_and_decided(shop: Shop, person: Person, deed: str, standing: str) -> None:
    charge = shop.paid(9_000)
    assert "USD 90.00" in person.press("dispute", id=charge["id"], reason="product_not_received")
    dispute = state_of(shop, f"/v1/disputes?charge={charge['id']}")["data"][0]
    assert (dispute["reason"], dispute["status"]) == ("product_not_received", "needs_response")
    html = person.see()
    assert "The goods never came" in html
    assert "Disputed. Open, waits for evidence" in html
    again = person.refused("dispute", id=charge["id"], reason="general")
    assert again == (409, "This payment is disputed already, and a payment can be disputed only once.")
    assert person.press(deed, id=dispute["id"]).startswith(f"The company {standing}")
    assert state_of(shop, f"/v1/disputes/{dispute['id']}")["status"] == standing
    assert person.refused("win", id=dispute["id"])[1].startswith("This dispute was decided already")


def test_a_bank_may_only_ask_and_then_dispute(shop: Shop, person: Person) -> None:
    first, second = shop.paid(9_000), shop.paid(4_000)
    assert "taken nothing" in person.press("inquire", id=first["id"], reason="general")
    inquiry = state_of(shop, f"/v1/disputes?charge={first['id']}")["data"][0]
    assert (inquiry["status"], inquiry["balance_transactions"]) == ("warning_needs_response", [])
    assert "The bank asks, and has taken nothing" in person.see()
    assert person.refused("lose", id=inquiry["id"])[1].startswith("The bank only asks")
    assert "USD 90.00" in person.press("escalate", id=inquiry["id"])
    assert state_of(shop, f"/v1/disputes/{inquiry['id']}")["status"] == "needs_response"
    assert person.refused("escalate", id=inquiry["id"])[0] == 409
    person.press("inquire", id=second["id"], reason="general")
    satisfied = state_of(shop, f"/v1/disputes?charge={second['id']}")["data"][0]
    assert "stays with the company" in person.press("win", id=satisfied["id"])
    assert state_of(shop, f"/v1/disputes/{satisfied['id']}")["status"] == "warning_closed"


def test_what_cannot_be_disputed_says_why(shop: Shop, person: Person) -> None:
    charge = shop.paid()
    shop.api("POST", "/v1/refunds", f"charge={charge['id']}")
    assert (
        "All of this payment was given back"
        in person.refused("dispute", id=charge["id"], reason="general")[1]
    )
    assert person.refused("dispute", id=shop.paid()["id"], reason="boredom")[0] == 400
    assert person.refused("dispute", id="ch_none", reason="general")[0] == 404
    session = shop.open()
    shop.pay(session, "4000000000000002")
    failed = state_of(shop, "/v1/charges")["data"][0]["id"]
    assert "has not come in" in person.refused("dispute", id=failed, reason="general")[1]


def test_a_refund_fails_afterwards(shop: Shop, person: Person, receiver: Receiver) -> None:
    charge = shop.paid()
    _, refund = shop.api("POST", "/v1/refunds", f"charge={charge['id']}&amount=700")
    assert "USD 7.00 to shopper@example.com" in person.see()
    assert "USD 7.00 failed" in person.press("fail-refund", id=refund["id"])
    assert state_of(shop, f"/v1/refunds/{refund['id']}")["status"] == "failed"
    shop.sandbox.drain()
    assert "refund.failed" in receiver.types
    assert person.refused("fail-refund", id=refund["id"])[0] == 409


def test_what_is_available_is_paid_out_or_comes_back(shop: Shop, person: Person) -> None:
    assert "Nothing in USD is available" in person.refused("pay-out", currency="usd")[1]
    assert person.refused("pay-out", currency="dollars")[0] == 400
    shop.paid(5_000, LATER_PAYABLE)
    assert "came back" in person.press("fail-payout", currency="usd")
    assert "The bank account has been closed." in person.see()
    assert "was paid out" in person.press("pay-out", currency="usd")
    standings = [payout["status"] for payout in state_of(shop, "/v1/payouts")["data"]]
    assert sorted(standings) == ["failed", "paid"]


def test_a_partners_account_is_restricted_and_opened_again(shop: Shop, person: Person) -> None:
    account = shop.connected()

    def standing() -> Any:
        found = state_of(shop, f"/v2/core/accounts/{account}?include[0]=configuration.recipient")
        return found["configuration"]["recipient"]["capabilities"]["stripe_balance"]["stripe_transfers"]

    assert "restricted" in person.press("restrict", id=account)
    assert standing()["status"] == "restricted"
    assert "can receive money" in person.press("activate", id=account)
    assert standing()["status"] == "active"


def test_how_long_a_debit_takes_is_set(shop: Shop, person: Person, clock: SetClock) -> None:
    assert "1 hour" in person.press("debits", debit_delay="3600")
    assert '<option value="3600" selected>' in person.see()
    session = shop.open()
    shop.pay(session, None)
    for minutes, paid in ((59, "unpaid"), (2, "paid")):
        clock.advance(timedelta(minutes=minutes))
        shop.sandbox.sweep()
        assert state_of(shop, f"/v1/checkout/sessions/{session['id']}")["payment_status"] == paid
    assert person.refused("debits", debit_delay="1")[0] == 400


def test_webhooks_that_wait_are_listed_and_sent(shop: Shop, person: Person, receiver: Receiver) -> None:
    receiver.statuses = [500] * 4
    shop.paid()
    shop.sandbox.drain()
    html = person.see()
    assert "payment_intent.succeeded" in html
    assert "Failed once, tried again later" in html
    assert "The answer was: 500" in html
    assert person.press("send") == "Webhooks received: 4."
    assert "Everything sent was received" in person.see()
    assert person.send({"do": "send"})[0] == 303


@pytest.mark.parametrize("name", WEBHOOKS)
def test_each_webhook_fault_is_set_listed_and_met(
    shop: Shop, person: Person, receiver: Receiver, name: str
) -> None:
    kind, seconds, words = WEBHOOKS[name]
    said = person.press("webhook-fault", kind=name)
    assert said == f"The next webhook {words}."
    assert f"<li>{said}</li>" in person.see()
    met = shop.sandbox.faults.for_delivery("charge.succeeded")
    assert (list(met), met[kind].seconds) == ([kind], seconds)
    assert "Nothing is set to go wrong" in person.see()


@pytest.mark.parametrize("kind", API)
@pytest.mark.parametrize("call_", CALLS)
def test_each_api_fault_is_set_listed_and_met(shop: Shop, person: Person, kind: str, call_: str) -> None:
    method, path, _ = CALLS[call_]
    said = person.press("api-fault", kind=kind, call=call_, count="3")
    assert said.startswith("The next 3 calls")
    assert "Set to go wrong" in person.see()
    real = (method.replace("*", "GET"), path.replace("*", "/v1/balance" if path == "*" else "cs_1"))
    for _ in range(3):
        fault = shop.sandbox.faults.for_call(*real)
        assert fault is not None
        assert fault.kind == kind
    assert shop.sandbox.faults.for_call(*real) is None


def test_faults_are_cleared(shop: Shop, person: Person) -> None:
    for count in COUNTS:
        person.press("api-fault", kind="error", call="any", count=count)
    shop.control("faults/webhook", {"kind": "delay", "probability": 0.25, "seconds": 7, "types": "refund.*"})
    shop.control("faults/api", {"kind": "timeout", "path": "/v1/events", "seconds": 3})
    html = person.see()
    assert "25% of webhooks of type refund.*: each comes 7 seconds late." in html
    assert "The next call (* /v1/events) is answered after 3 seconds." in html
    assert "Nothing is set to go wrong any more" in person.press("heal")
    assert shop.sandbox.faults.waiting() == {"api": [], "webhook": []}
    assert person.refused("api-fault", kind="fire", call="any", count="1")[0] == 400
    assert person.refused("webhook-fault", kind="fire")[0] == 400


def test_a_fault_that_was_clicked_reaches_the_caller(shop: Shop, person: Person, receiver: Receiver) -> None:
    person.press("api-fault", kind="error", call="session", count="1")
    assert shop.api("POST", "/v1/checkout/sessions", "mode=payment")[0] == 500
    session = shop.open()
    person.press("webhook-fault", kind="duplicate")
    shop.control(f"sessions/{session['id']}/pay", {"card": "4242424242424242", "email": "a@example.com"})
    shop.sandbox.drain()
    assert receiver.types.count(receiver.types[0]) == 2


@pytest.mark.parametrize("deed", DEEDS)
@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost:1"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Host": "bank.evil.example"},
    ],
)
def test_another_web_page_can_do_nothing(
    shop: Shop, person: Person, deed: str, headers: dict[str, str]
) -> None:
    charge = shop.paid()
    before = json.dumps([shop.sandbox.faults.waiting(), state_of(shop, "/v1/events")])
    values = {"do": deed, "id": charge["id"], "reason": "general", "currency": "usd"}
    status, _, html = person.send(values, headers)
    assert (status, "This is refused" in html) == (403, True)
    assert json.dumps([shop.sandbox.faults.waiting(), state_of(shop, "/v1/events")]) == before


@pytest.mark.parametrize("token", ["", "x", "ü", None])
def test_a_form_without_the_pages_token_is_refused(shop: Shop, person: Person, token: str | None) -> None:
    charge = shop.paid()
    given = token if token is not None else Person(Shop(Sandbox(None, "http://pay.example"))).token
    status, said = person.refused("dispute", id=charge["id"], reason="general", token=given)
    assert status == 403
    assert "Press again" in said
    assert state_of(shop, f"/v1/charges/{charge['id']}")["disputed"] is False


def test_the_page_is_for_this_machine_alone(shop: Shop) -> None:
    status, _, body = call(shop.sandbox, "GET", PATH, remote_address="10.0.0.7")
    assert (status, b"only on the machine" in body) == (403, True)
    status, _, body = call(shop.sandbox, "GET", f"http://evil.example{PATH}", {"Host": "evil.example"})
    assert (status, b"token" in body) == (403, False)
    for host in ("localhost:4242", "127.0.0.1:4242", "[::1]:4242", "pay.example"):
        assert call(shop.sandbox, "GET", PATH, {"Host": host})[0] == 200, host
    own = {"Origin": "http://localhost:4242", "Host": "localhost:4242", "Sec-Fetch-Site": "same-origin"}
    assert Person(shop).send({"do": "heal"}, own)[0] == 303
    with pytest.raises(SandboxRefused):
        Sandbox(None, "http://pay.example", environment="production")


def test_it_runs_nothing_and_is_framed_nowhere(shop: Shop) -> None:
    status, headers, _ = shop.page(PATH)
    policy = headers["Content-Security-Policy"]
    assert (status, headers["Cache-Control"]) == (200, "no-store")
    for rule in ("default-src 'none'", "form-action 'self'", "frame-ancestors 'none'", "base-uri 'none'"):
        assert rule in policy
    assert "unsafe" not in policy
    assert call(shop.sandbox, "PUT", PATH)[0] == 405
    assert Person(shop).refused("nothing")[0] == 400


def test_loading_the_page_again_repeats_nothing(shop: Shop, person: Person) -> None:
    person.press("webhook-fault", kind="drop")
    person.see()
    assert len(shop.sandbox.faults.waiting()["webhook"]) == 1
    for _ in range(60):
        person.press("webhook-fault", kind="drop")
    assert 'id="said"' not in person.see("?said=nothing")


def test_the_address_that_the_demo_prints_is_the_pages() -> None:
    config = Config(environment="demo", sandbox_url="http://localhost:8001")
    assert config.bank_url == f"http://localhost:8001{PATH}"
    assert Config(environment="demo", sandbox_url="", stripe_api_key="").bank_url == ""
    with_stripe = Config(environment="demo", sandbox_url="http://localhost:8001", stripe_api_key="sk_test_1")
    assert with_stripe.bank_url == ""
