"""What is kept, where the sandbox may run, and how it is served."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from payments.sandbox import Sandbox, SandboxRefused, Server
from tests.payments.sandbox.shop import Shop

PROGRAM = """
import sys
from pathlib import Path
from payments.sandbox import Sandbox, Server
sandbox = Sandbox(Path(sys.argv[1]), "http://pay.example")
server = Server(sandbox)
print(server.port, flush=True)
server.serve_forever()
"""

SERVED = """
import sys
from payments.sandbox import Sandbox, serve
sandbox = Sandbox(None, "http://pay.example")
print("ready", flush=True)
serve(sandbox, port=0)
print("stopped", flush=True)
"""


@pytest.mark.parametrize("environment", ["production", "Production", "live"])
def test_refused_in_production(environment: str) -> None:
    with pytest.raises(SandboxRefused, match="no money moves"):
        Sandbox(None, "http://pay.example", environment=environment)


def test_refused_on_an_address_that_others_reach(sandbox: Sandbox) -> None:
    with pytest.raises(SandboxRefused, match="loopback"):
        Server(sandbox, "0.0.0.0")


def test_answered_work_survives_kill_nine(tmp_path: Path) -> None:
    root = Path(__file__).parents[3]
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(tmp_path)], stdout=subprocess.PIPE, text=True, cwd=root
    ) as process:
        assert process.stdout is not None
        port = int(process.stdout.readline())
        asked = urllib.request.Request(
            f"http://127.0.0.1:{port}/v2/core/accounts",
            data=json.dumps({"contact_email": "partner@example.com"}).encode(),
            headers={"Authorization": "Bearer sk_test_sandbox", "Idempotency-Key": "account:1"},
        )
        with urllib.request.urlopen(asked) as answer:
            account = json.load(answer)
        process.send_signal(signal.SIGKILL)
    again = Sandbox(tmp_path, "http://pay.example")
    try:
        assert Shop(again).json("GET", f"/v2/core/accounts/{account['id']}")["id"] == account["id"]
    finally:
        again.close()


def test_serving_ends_with_a_signal() -> None:
    root = Path(__file__).parents[3]
    with subprocess.Popen(
        [sys.executable, "-c", SERVED], stdout=subprocess.PIPE, text=True, cwd=root, env=dict(os.environ)
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        process.send_signal(signal.SIGTERM)
        rest = process.stdout.read()
    assert process.returncode in (0, -signal.SIGTERM)
    assert rest in ("stopped\n", "")


def test_work_that_fails_is_undone(shop: Shop) -> None:
    # The amount is judged after products and shipping rates were kept, so they must go again.
    line = "line_items[0][price_data]"
    form = (
        f"mode=payment&success_url=https://x.example&{line}[currency]=usd&{line}[unit_amount]=10"
        f"&{line}[product_data][name]=Pin"
    )
    status, answer = shop.api("POST", "/v1/checkout/sessions", form, key="cs:1")
    assert (status, answer["error"]["code"]) == (400, "amount_too_small")
    assert shop.sandbox.store.execute("SELECT count(*) FROM objects") == [(0,)]


def test_sessions_stay_open_between_half_an_hour_and_a_day(shop: Shop, sandbox: Sandbox) -> None:
    for seconds in (60, 2 * 86_400):
        extra = f"&expires_at={sandbox.state.now() + seconds}"
        line = "line_items[0][price_data]"
        status, answer = shop.api(
            "POST",
            "/v1/checkout/sessions",
            f"mode=payment&success_url=https://x.example&{line}[currency]=usd&{line}[unit_amount]=100"
            f"&{line}[product_data][name]=Pin{extra}",
        )
        assert (status, answer["error"]["param"]) == (400, "expires_at")
