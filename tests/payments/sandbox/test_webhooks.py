"""Webhooks: signed, sent at least once, tried again, and spoilt on demand."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
import stripe

from payments.sandbox import Sandbox
from tests.payments.openapi import validate_object
from tests.payments.sandbox.shop import SECRET, Receiver, Shop

PAID = [
    "payment_intent.created",
    "charge.succeeded",
    "payment_intent.succeeded",
    "checkout.session.completed",
]


def test_deliveries_are_signed_and_in_order(sandbox: Sandbox, shop: Shop, receiver: Receiver) -> None:
    shop.paid()
    drained = sandbox.drain()
    assert (drained.delivered, drained.failed, drained.pending) == (4, 0, 0)
    assert receiver.types == PAID
    for payload, headers in receiver.received:
        event = stripe.Webhook.construct_event(payload, headers["Stripe-Signature"], SECRET)
        assert event.api_version == stripe.api_version
        validate_object(event.to_dict(for_json=True))


def test_two_secrets_while_one_is_replaced(sandbox: Sandbox, shop: Shop) -> None:
    receiver = Receiver()
    sandbox.configure_webhook(receiver, ["whsec_new", "whsec_old"])
    shop.paid()
    sandbox.drain()
    client = stripe.StripeClient("sk_test_sandbox")
    payload, headers = receiver.received[0]
    for secret in ("whsec_new", "whsec_old"):
        assert client.construct_event(payload, headers["Stripe-Signature"], secret).type == PAID[0]
    with pytest.raises(stripe.SignatureVerificationError):
        client.construct_event(payload, headers["Stripe-Signature"], "whsec_other")


def test_an_event_names_the_request_that_made_it(sandbox: Sandbox, shop: Shop, receiver: Receiver) -> None:
    charge = shop.paid()
    shop.api("POST", "/v1/refunds", f"charge={charge['id']}", key="refund:1")
    sandbox.drain()
    by_type = {event["type"]: event for event in receiver.events}
    assert by_type["refund.created"]["request"]["idempotency_key"] == "refund:1"
    assert by_type["refund.created"]["request"]["id"].startswith("req_")
    assert by_type["charge.succeeded"]["request"] == {"id": None, "idempotency_key": None}
    assert by_type["charge.refunded"]["data"]["previous_attributes"]["amount_refunded"] == 0


def test_what_is_not_received_is_tried_again(sandbox: Sandbox, shop: Shop, receiver: Receiver) -> None:
    receiver.statuses = [500, 200, 404, 302]
    shop.paid()
    assert sandbox.drain().failed == 3
    waiting = shop.control("deliveries", method="GET")["data"]
    assert [each["answer"] for each in waiting] == ["500", "404", "302"]
    assert all(each["attempts"] == 1 for each in waiting)
    drained = sandbox.drain()
    assert (drained.delivered, drained.pending) == (3, 0)
    assert sorted(set(receiver.types)) == sorted(PAID)


def test_a_receiver_that_raises_has_not_received(sandbox: Sandbox, shop: Shop) -> None:
    def broken(payload: bytes, headers: dict[str, str]) -> int:
        raise RuntimeError("no database")

    sandbox.configure_webhook(broken, SECRET, types=["checkout.session.completed"])
    shop.paid()
    assert (sandbox.drain().failed, len(sandbox.deliveries.pending())) == (1, 1)


@pytest.mark.parametrize(
    ("fault", "types"),
    [
        ({"kind": "drop", "count": 1}, PAID[1:]),
        ({"kind": "duplicate", "count": 1}, [PAID[0], *PAID]),
        ({"kind": "reorder", "count": 1}, [PAID[1], PAID[0], *PAID[2:]]),
        ({"kind": "delay", "count": 1, "seconds": 30.0}, PAID),
        ({"kind": "drop", "probability": 1.0, "types": "*.created"}, PAID[1:]),
    ],
)
def test_faults_on_the_way(
    sandbox: Sandbox, shop: Shop, receiver: Receiver, fault: dict[str, object], types: list[str]
) -> None:
    shop.control("faults/webhook", fault)
    shop.paid()
    if fault["kind"] == "delay":
        sandbox.deliveries.send_due()
        assert PAID[0] not in receiver.types
        receiver.received.clear()
        sandbox.drain()
        assert receiver.types == PAID[:1]
    else:
        sandbox.drain()
        assert receiver.types == types
    # What was dropped can still be asked for.
    assert len(shop.api("GET", "/v1/events")[1]["data"]) == 4
    assert shop.control("faults", method="DELETE") == {"api": [], "webhook": []}


def test_a_corrupt_delivery_fails_its_signature_once(
    sandbox: Sandbox, shop: Shop, receiver: Receiver
) -> None:
    shop.control("faults/webhook", {"kind": "corrupt", "count": 1})
    receiver.statuses = [400]
    shop.paid()
    sandbox.drain()
    payload, headers = receiver.received[0]
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.Webhook.construct_event(payload, headers["Stripe-Signature"], SECRET)
    sandbox.drain()
    payload, headers = receiver.received[-1]
    assert stripe.Webhook.construct_event(payload, headers["Stripe-Signature"], SECRET).type == PAID[0]


def test_chance_falls_the_same_way_for_the_same_seed(shop: Shop, sandbox: Sandbox) -> None:
    outcomes = []
    for _ in range(2):
        receiver = Receiver()
        sandbox.configure_webhook(receiver, SECRET)
        shop.control("faults", method="DELETE")
        shop.control("faults/seed", {"seed": 7})
        shop.control("faults/webhook", {"kind": "drop", "probability": 0.5})
        for _ in range(4):
            shop.paid()
        sandbox.drain()
        outcomes.append(receiver.types)
    assert outcomes[0] == outcomes[1]
    assert 0 < len(outcomes[0]) < 16


def test_the_thread_delivers_over_http(sandbox: Sandbox, shop: Shop) -> None:
    arrived = threading.Event()
    paths: list[str] = []

    class Endpoint(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            paths.append(self.path)
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()
            if len(paths) == len(PAID):
                arrived.set()

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    endpoint = HTTPServer(("127.0.0.1", 0), Endpoint)
    thread = threading.Thread(target=endpoint.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        sandbox.configure_webhook(f"http://127.0.0.1:{endpoint.server_address[1]}/hooks?v=1", SECRET)
        sandbox.start()
        shop.paid()
        assert arrived.wait(5)
        sandbox.stop()
    finally:
        endpoint.shutdown()
        thread.join()
        endpoint.server_close()
    assert paths == ["/hooks?v=1"] * 4


def test_deliveries_survive_a_restart(tmp_path: Path) -> None:
    first = Sandbox(tmp_path, "http://pay.example")
    first.configure_webhook("http://127.0.0.1:9/unreachable", SECRET)
    shop = Shop(first)
    charge = shop.paid()
    shop.api("POST", "/v1/refunds", f"charge={charge['id']}&amount=10", key="refund:1")
    assert first.drain().failed == 6
    shop.control("clock", {"now": "2026-01-05T08:00:00+00:00"})
    first.close()

    second = Sandbox(tmp_path, "http://pay.example")
    try:
        shop = Shop(second)
        assert len(second.deliveries.pending()) == 6
        _, again, headers = shop.raw(
            "POST", "/v1/refunds", f"charge={charge['id']}&amount=10", key="refund:1"
        )
        assert (headers["Idempotent-Replayed"], again["amount"]) == ("true", 10)
        assert shop.api("GET", f"/v1/charges/{charge['id']}")[1]["amount_refunded"] == 10
        assert shop.control("clock", method="GET")["now"] == "2026-01-05T08:00:00+00:00"
    finally:
        second.close()
