"""A sandbox to test against: in process, and served on a free port of this machine."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest
import stripe

from kit.clock import SetClock
from payments.sandbox import Sandbox, Server
from tests.payments.sandbox.shop import MOMENT, SECRET, Receiver, Shop


@pytest.fixture
def clock() -> SetClock:
    return SetClock(MOMENT)


@pytest.fixture
def sandbox(clock: SetClock) -> Iterator[Sandbox]:
    made = Sandbox(None, "http://pay.example", clock=clock, merchant_name="Northwind & Sons")
    yield made
    made.close()


@pytest.fixture
def shop(sandbox: Sandbox) -> Shop:
    return Shop(sandbox)


@pytest.fixture
def receiver(sandbox: Sandbox) -> Receiver:
    made = Receiver()
    sandbox.configure_webhook(made, SECRET)
    return made


@pytest.fixture
def connect() -> Iterator[Callable[[Sandbox], stripe.StripeClient]]:
    """Serve a sandbox, and return Stripe's own client of it."""
    servers: list[tuple[Server, threading.Thread]] = []

    def serve(sandbox: Sandbox) -> stripe.StripeClient:
        server = Server(sandbox)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        servers.append((server, thread))
        return stripe.StripeClient(
            "sk_test_sandbox_tests",
            base_addresses={"api": f"http://127.0.0.1:{server.port}"},
            max_network_retries=0,
        )

    yield serve
    for server, thread in servers:
        server.shutdown()
        thread.join()
        server.server_close()
