"""Kill web, worker and database at random moments during checkouts, then count orders and money.

Shoppers buy until fifty have arrived at a confirmation, while processes die by SIGKILL and come back.
Afterwards everything is up again and the queue drained; then each session that Stripe was paid for
must have exactly one order, one sale posting and one receipt, and `verify` and `reconcile` must find
nothing. The seed is printed; the same seed kills in the same order.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import secrets
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from datetime import UTC, datetime

import psutil
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.services import gateway
from bench.installation import Installation
from bench.shopper import Browser, Failed, Shopper
from payments.reconciliation import reconcile
from payments.verify import verify
from storage.database import transaction

CHECKOUTS = 50
_SHOPPERS = 4
_DRAIN_SECONDS = 180
_MOST_SECONDS = 240


class Chaos:
    """The processes that are killed, and what is counted."""

    def __init__(self, bench: Installation, dice: random.Random) -> None:
        self.bench = bench
        self.dice = dice
        self.web = bench.start("serve")
        self.worker = bench.start("worker")
        self.deadline = time.monotonic() + _MOST_SECONDS
        self.bought = 0
        self.failures = 0
        self.kills = {"web": 0, "a web process": 0, "worker": 0, "database": 0}
        self._lock = threading.Lock()

    def shop(self, number: int) -> None:
        """Buy, again and again, as somebody does who tries once more when a page fails."""
        while self.bought < CHECKOUTS and time.monotonic() < self.deadline:
            shopper = Shopper(
                Browser(self.bench.port, timeout=10), self.bench.stores[0], "DE", self.bench.pay_port
            )
            try:
                shopper.buy([f"thing-{number * 40 + self.bought % 40}", f"thing-{number}"])
                with self._lock:
                    self.bought += 1
            except Failed:
                with self._lock:
                    self.failures += 1
                time.sleep(0.2)
            finally:
                shopper.browser.close()

    def rage(self) -> None:
        """Kill something, let it be missing for a moment, bring it back."""
        while self.bought < CHECKOUTS:
            time.sleep(self.dice.uniform(0.3, 1.2))
            victim = self.dice.choice(list(self.kills))
            self.kills[victim] += 1
            if victim == "web":
                _kill(self.web)
                time.sleep(self.dice.uniform(0, 0.5))
                self.web = self.bench.start("serve")
                self._until_healthy()
            elif victim == "a web process":
                self._kill_one_web_process()
            elif victim == "worker":
                _kill(self.worker)
                time.sleep(self.dice.uniform(0, 0.5))
                self.worker = self.bench.start("worker")
            else:
                pid = self.bench.server.pid()
                if pid is not None:
                    os.kill(pid, signal.SIGKILL)
                time.sleep(self.dice.uniform(0, 0.5))
                self.bench.server.start()
            # What ended with the database is started again, as a supervisor would.
            if self.worker.poll() is not None:
                self.worker = self.bench.start("worker")
            if self.web.poll() is not None:
                self.web = self.bench.start("serve")
            if time.monotonic() > self.deadline:
                raise RuntimeError(f"only {self.bought} of {CHECKOUTS} checkouts came through in time")

    def _kill_one_web_process(self) -> None:
        """Kill one of the processes that answer; the server starts another by itself."""
        with contextlib.suppress(psutil.NoSuchProcess):
            children = psutil.Process(self.web.pid).children(recursive=True)
            if children:
                self.dice.choice(children).kill()

    def _until_healthy(self) -> None:
        try:
            self.bench.wait("/healthz", 15)
        except RuntimeError:
            print("the web server did not come back in 15 seconds")

    def calm(self) -> None:
        """Everything up, every webhook delivered, every job done."""
        for process in (self.web, self.worker):
            _kill(process)
        self.bench.server.start()
        # Our own pools still hold connections to servers that were killed.
        self.bench.console.dispose()
        self.bench.root.dispose()
        self.web, self.worker = self.bench.start("serve"), self.bench.start("worker")
        self.bench.wait("/healthz")
        deadline = time.monotonic() + _DRAIN_SECONDS
        while time.monotonic() < deadline:
            self._post("drain", {"timeout": 5})
            if self._open_jobs() == 0 and not self._deliveries():
                break
            time.sleep(1)
        subprocess.run(
            [sys.executable, "-m", "app.cli", "sweep"],
            env=self.bench.environment,
            check=True,
            capture_output=True,
        )
        # What the sweep found waits for the worker like any other event.
        while time.monotonic() < deadline and self._open_jobs():
            time.sleep(1)

    def _open_jobs(self) -> int:
        try:
            with self.bench.root.connect() as connection:
                return int(
                    connection.execute(
                        text(
                            "SELECT (SELECT count(*) FROM procrastinate_jobs"
                            "         WHERE status IN ('todo', 'doing') AND task_name NOT IN"
                            "               ('payments.sweep', 'queue.rescue', 'stripe.inbox'))"
                            " + (SELECT count(*) FROM stripe_events WHERE handled_at IS NULL)"
                        )
                    ).scalar_one()
                )
        except DBAPIError:
            return -1

    def _post(self, path: str, body: dict[str, object]) -> dict[str, object]:
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.bench.pay_port}/_sandbox/{path}",
            json.dumps(body).encode(),
            {"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            return dict(json.loads(answer.read()))

    def _deliveries(self) -> list[object]:
        address = f"http://127.0.0.1:{self.bench.pay_port}/_sandbox/deliveries"
        with urllib.request.urlopen(address, timeout=30) as answer:
            return list(json.loads(answer.read())["data"])

    def findings(self) -> list[str]:
        """What is wrong, in sentences; nothing when money and orders add up."""
        found = []
        stripe = gateway(self.bench.config)
        paid = {m.source for m in stripe.movements() if m.kind in ("charge", "payment")}
        with transaction(self.bench.console) as session:
            found += [f"{finding.check}: {finding.detail}" for finding in verify(session)]
            rows = session.execute(
                text("""
                    SELECT a.charge_id, o.order_id::text AS order_id, o.payment,
                      (SELECT count(DISTINCT e.source) FROM ledger_entries e
                        WHERE e.order_id = o.order_id AND e.source LIKE 'sale:%') AS sales,
                      (SELECT count(*) FROM sent_mails m
                        WHERE m.order_id = o.order_id AND m.kind = 'receipt') AS receipts
                      FROM payment_attempts a
                      JOIN orders o ON o.partner_id = a.partner_id AND o.order_id = a.order_id
                     WHERE a.charge_id IS NOT NULL
                """)
            ).all()
        compared = reconcile(self.bench.console, stripe, until=datetime.now(UTC))
        found += [f"{each.cause.what}: {each.stripe_id}" for each in compared.differences]
        charges = [row.charge_id for row in rows]
        found += [f"charge {charge} has no order" for charge in paid - set(charges)]
        found += [
            f"charge {charge} has several orders" for charge in set(charges) if charges.count(charge) > 1
        ]
        mails = {path.name for path in (self.bench.folder / "mail").glob("receipt.*.eml")}
        for row in rows:
            if (row.payment, row.sales, row.receipts) != ("paid", 1, 1):
                found.append(
                    f"order {row.order_id}: {row.payment}, {row.sales} sales, {row.receipts} receipts"
                )
            if sum(row.order_id in name for name in mails) != 1:
                found.append(f"order {row.order_id}: its receipt is not in the mail once")
        self.paid = len(paid)
        return found


def _kill(process: subprocess.Popen[bytes]) -> None:
    """Kill a command with everything that it started."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def main() -> int:
    parser = argparse.ArgumentParser(prog="make chaos")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**6))
    seed = parser.parse_args().seed
    print(f"seed {seed}", flush=True)
    with Installation() as bench:
        bench.start("sandbox")
        chaos = Chaos(bench, random.Random(seed))
        bench.wait("/healthz")
        threads = [threading.Thread(target=chaos.shop, args=(n,), daemon=True) for n in range(_SHOPPERS)]
        begun = time.monotonic()
        for thread in threads:
            thread.start()
        chaos.rage()
        for thread in threads:
            thread.join()
        print(
            f"{chaos.bought} checkouts confirmed and {chaos.failures} steps failed and tried again in"
            f" {time.monotonic() - begun:.0f} s; killed: {chaos.kills}",
            flush=True,
        )
        chaos.calm()
        findings = chaos.findings()
        print(f"{chaos.paid} payments at Stripe, {len(findings)} findings")
        for finding in findings[:30]:
            print(f"  {finding}")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
