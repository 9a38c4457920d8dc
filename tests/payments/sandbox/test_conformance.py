"""Everything that the sandbox shows is what Stripe would show, by Stripe's own description."""

from __future__ import annotations

import json
from typing import Any

import pytest

from payments.sandbox import Sandbox
from payments.sandbox.api import ENDPOINTS, Endpoint
from tests.payments.openapi import (
    DROPPED_REQUIREMENTS,
    NEWER_FIELDS,
    NotConforming,
    validate_error,
    validate_object,
    validate_request,
)
from tests.payments.sandbox.shop import Shop


def live(shop: Shop) -> None:
    """Let everything happen that can happen in a sandbox."""
    for card in ("4242424242424242", "4000002500003155", "4000000000000002", "4000000000000259"):
        shop.pay(shop.open(), card, passes=True)
    shop.pay(shop.open(), "4000002500003155", passes=False)
    for unit in ("usd", "eur"):
        for succeeds in (True, False):
            session = shop.open(unit=unit)
            shop.pay(session, None)
            shop.control(f"sessions/{session['id']}/settle", {"succeeds": succeeds})
    shop.pay(shop.open(0))
    shop.api("POST", f"/v1/checkout/sessions/{shop.open()['id']}/expire")
    charge = shop.paid(50_000, "4000000000000077")
    _, refund = shop.api("POST", "/v1/refunds", f"charge={charge['id']}&amount=10&reason=duplicate")
    shop.control(f"refunds/{refund['id']}/fail")
    debit = shop.api("GET", "/v1/charges?limit=100")[1]["data"]
    paid_debit = next(each for each in debit if each["id"].startswith("py_") and each["paid"])
    shop.api("POST", "/v1/refunds", f"charge={paid_debit['id']}")
    for verdict in ("win", "lose"):
        dispute = shop.control(f"charges/{shop.paid()['id']}/dispute", {})
        shop.control(f"disputes/{dispute['id']}/{verdict}")
    account = shop.connected()
    _, transfer = shop.api(
        "POST", "/v1/transfers", f"amount=500&currency=usd&destination={account}&metadata[line]=1"
    )
    shop.api("POST", f"/v1/transfers/{transfer['id']}/reversals", "amount=100")
    shop.control("payouts", {"currency": "usd"})


def test_every_object_and_event(sandbox: Sandbox, shop: Shop) -> None:
    live(shop)
    kinds, types = set(), set()
    for (body,) in sandbox.store.execute("SELECT body FROM objects"):
        kept: dict[str, Any] = json.loads(body)
        validate_object(kept)
        kinds.add(kept["object"])
        types |= {kept["type"]} if kept["object"] == "event" else set()
    assert kinds >= {"checkout.session", "payment_intent", "charge", "balance_transaction", "refund"}
    assert kinds >= {"dispute", "transfer", "transfer_reversal", "payout", "event", "v2.core.account"}
    assert types >= {
        "checkout.session.completed",
        "checkout.session.expired",
        "checkout.session.async_payment_succeeded",
        "checkout.session.async_payment_failed",
        "payment_intent.payment_failed",
        "charge.refunded",
        "refund.failed",
        "charge.dispute.funds_reinstated",
        "transfer.reversed",
        "payout.paid",
        "account.updated",
    }


def test_every_list_and_expansion(shop: Shop) -> None:
    live(shop)
    for endpoint in ENDPOINTS:
        if endpoint.method != "GET" or "<" in endpoint.path:
            continue
        status, answer = shop.api("GET", endpoint.path)
        assert status == 200
        validate_object(answer)
        validate_request("GET", endpoint.path, {"limit": 1} if "data" in answer else {})
    expand = "&".join(
        f"expand[]=data.{path}" for path in ("payment_intent.latest_charge.balance_transaction", "line_items")
    )
    status, sessions = shop.api("GET", f"/v1/checkout/sessions?limit=100&{expand}")
    assert status == 200
    validate_object(sessions)


def test_version_two(shop: Shop) -> None:
    account = shop.connected()
    wanted = ["configuration.recipient", "defaults", "identity", "requirements"]
    query = "&".join(f"include[{place}]={name}" for place, name in enumerate(wanted))
    validate_object(shop.json("GET", f"/v2/core/accounts/{account}?{query}"))
    flow = {"refresh_url": "https://portal.example/a", "return_url": "https://portal.example/b"}
    given = {"account": account, "use_case": {"type": "account_onboarding", "account_onboarding": flow}}
    validate_request("POST", "/v2/core/account_links", given)
    validate_object(shop.json("POST", "/v2/core/account_links", given))


@pytest.mark.parametrize("path", ["/v1/charges/ch_none", "/v1/nothing", "/v1/charges?bogus=1"])
def test_errors(shop: Shop, path: str) -> None:
    status, answer = shop.api("GET", path)
    assert status in (400, 404)
    validate_error(answer)


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda each: f"{each.method} {each.path}")
def test_every_endpoint_is_one_of_stripes(endpoint: Endpoint) -> None:
    with pytest.raises(NotConforming, match="invented"):
        validate_request(endpoint.method, endpoint.path.replace("<id>", "id_1"), {"invented": "1"})


@pytest.mark.parametrize(
    "change",
    [
        {"created": None},
        {"status": "done"},
        {"invented": 1},
        {"payment_intent": {"object": "payment_intent", "id": "pi_1"}},
        {"total_details": {"amount_discount": 0}},
    ],
)
def test_the_helper_finds_what_differs(shop: Shop, change: dict[str, Any]) -> None:
    session = shop.open()
    validate_object(session)
    with pytest.raises(NotConforming):
        validate_object({**session, **change})


@pytest.mark.parametrize(
    ("method", "path", "params"),
    [
        ("POST", "/v1/checkout/sessions", {"mode": "payment", "invented": 1}),
        ("POST", "/v1/checkout/sessions", {"line_items": [{"price_date": {}}]}),
        ("POST", "/v1/refunds", "amount=x"),
        ("POST", "/v1/transfers", {"amount": 1}),
        ("GET", "/v1/events", {"kind": "x"}),
        ("POST", "/v1/invented", {}),
    ],
)
def test_the_helper_refuses_requests(method: str, path: str, params: dict[str, Any] | str) -> None:
    with pytest.raises(NotConforming):
        validate_request(method, path, params)


def test_every_allowance_has_its_reason() -> None:
    assert all(len(reason) > 20 for reason in {**NEWER_FIELDS, **DROPPED_REQUIREMENTS}.values())
