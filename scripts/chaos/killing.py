"""The processes that are killed and come back, and the calm after it."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import sys
import time

import psutil
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from bench.installation import Installation
from scripts.chaos.stripe import Stripe

_DRAIN_SECONDS = 300


class Processes:
    """Web, worker and database, any of which may die at any moment by SIGKILL."""

    def __init__(self, bench: Installation, stripe: Stripe, dice: random.Random) -> None:
        self.bench, self.stripe, self.dice = bench, stripe, dice
        self.web, self.worker = bench.start("serve"), bench.start("worker")
        self.kills = {"web": 0, "a web process": 0, "worker": 0, "database": 0}

    @property
    def killed(self) -> int:
        return sum(self.kills.values())

    def kill_one(self) -> None:
        """Kill something, let it be missing for a moment, bring it back."""
        victim = self.dice.choice(list(self.kills))
        self.kills[victim] += 1
        if victim == "web":
            kill(self.web)
            time.sleep(self.dice.uniform(0, 0.5))
            self.web = self.bench.start("serve")
            self._until_healthy()
        elif victim == "a web process":
            self._kill_one_web_process()
        elif victim == "worker":
            kill(self.worker)
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
            kill(process)
        self.bench.server.start()
        # Our own pools still hold connections to servers that were killed.
        self.bench.console.dispose()
        self.bench.root.dispose()
        self.web, self.worker = self.bench.start("serve"), self.bench.start("worker")
        self.bench.wait("/healthz")
        deadline = time.monotonic() + _DRAIN_SECONDS
        while time.monotonic() < deadline:
            self.stripe.deliver()
            if self._open_jobs() == 0 and not self.stripe.deliveries():
                break
            time.sleep(1)
        # What the sweep finds waits for the worker like any other event; lines of payouts that hang are asked
        # about when they have hung for a while, which the second sweep sees.
        for _ in range(2):
            self._sweep()
            while time.monotonic() < deadline and self._open_jobs():
                time.sleep(1)

    def _sweep(self) -> None:
        subprocess.run(
            [sys.executable, "-m", "app.cli", "sweep"],
            env=self.bench.environment,
            check=True,
            capture_output=True,
        )

    def _open_jobs(self) -> int:
        try:
            with self.bench.root.connect() as connection:
                return int(connection.execute(_OPEN_JOBS).scalar_one())
        except DBAPIError:
            return -1


_OPEN_JOBS = text("""
    SELECT (SELECT count(*) FROM procrastinate_jobs
             WHERE status IN ('todo', 'doing')
               AND task_name NOT IN ('payments.sweep', 'queue.rescue', 'stripe.inbox'))
         + (SELECT count(*) FROM stripe_events WHERE handled_at IS NULL)
""")


def kill(process: subprocess.Popen[bytes]) -> None:
    """Kill a command with everything that it started."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
