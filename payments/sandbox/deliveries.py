"""Webhooks: what is to be sent to whom, kept until it has been received.

Each event becomes one delivery for each endpoint, in the transaction that made the event. A delivery is
tried until the endpoint answers 2xx (at least once, perhaps twice), also after a restart. Times here are
the machine's, not the sandbox's: an endpoint checks a signature's age against its own clock.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from payments.sandbox.errors import Json
from payments.sandbox.faults import Faults
from payments.sandbox.posting import post
from payments.sandbox.signing import signature
from payments.sandbox.store import Store

Deliver = Callable[[bytes, dict[str, str]], int]

IN_PROCESS = "in-process:"  # Stands for a callable; a restarted process has to name its callable again.
LONGEST_PAUSE = 60.0  # seconds between two attempts; the first retry comes after half a second
_REORDER_HOLD = 0.25  # seconds; long enough for the event behind to overtake

_SCHEMA = """
CREATE TABLE IF NOT EXISTS deliveries (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    event TEXT NOT NULL,
    type TEXT NOT NULL,
    url TEXT NOT NULL,
    payload BLOB NOT NULL,
    shift REAL NOT NULL,
    due REAL NOT NULL,
    corrupt INTEGER NOT NULL DEFAULT 0,
    attempts INTEGER NOT NULL DEFAULT 0,
    answer TEXT
);
CREATE INDEX IF NOT EXISTS deliveries_by_due ON deliveries (due);
"""


@dataclass(frozen=True)
class Drained:
    """What a drain did: deliveries received, attempts that failed, and deliveries still waiting."""

    delivered: int
    failed: int
    pending: int


class Deliveries:
    """The queue of webhooks and the endpoints that it goes to."""

    def __init__(self, store: Store, faults: Faults) -> None:
        self._store = store
        self._faults = faults
        self._callables: dict[str, Deliver] = {}
        self._busy: set[int] = set()
        self._sent = threading.Condition()
        store.create(_SCHEMA)
        self._endpoints: list[Json] = store.setting("endpoints", [])

    def configure(
        self, target: str | Deliver | None, secrets: Sequence[str], types: Sequence[str] = ("*",)
    ) -> None:
        """Send events of these types to one target from now on; None sends to nobody.

        Deliveries that wait for the target's address keep waiting; those for a former address are
        given up, as when an endpoint is deleted at Stripe.
        """
        endpoints: list[Json] = []
        self._callables = {}
        if target is not None:
            url = target if isinstance(target, str) else IN_PROCESS
            if callable(target):
                self._callables[url] = target
            endpoints = [{"url": url, "secrets": list(secrets), "types": list(types)}]
        with self._store.transaction():
            self._store.set_setting("endpoints", endpoints)
            for url in {row[0] for row in self._store.execute("SELECT DISTINCT url FROM deliveries")}:
                if url not in {endpoint["url"] for endpoint in endpoints}:
                    self._store.execute("DELETE FROM deliveries WHERE url = ?", (url,))
        self._endpoints = endpoints

    def _listening(self, event_type: str) -> list[Json]:
        return [each for each in self._endpoints if "*" in each["types"] or event_type in each["types"]]

    def listeners(self, event_type: str) -> int:
        """Return how many endpoints an event of this type goes to."""
        return len(self._listening(event_type))

    def enqueue(self, event: Json) -> None:
        """Keep a delivery of the event for each endpoint, in the caller's transaction."""
        for endpoint in self._listening(event["type"]):
            faults = self._faults.for_delivery(event["type"])
            if "drop" in faults:
                continue
            due = time.time() + (faults["delay"].seconds if "delay" in faults else 0.0)
            due += _REORDER_HOLD if "reorder" in faults else 0.0
            payload = json.dumps(event, indent=2).encode()
            # A reordered delivery takes the place behind the one that comes next.
            shift = 1.5 if "reorder" in faults else 0.0
            values = (
                event["id"],
                event["type"],
                endpoint["url"],
                payload,
                shift,
                due,
                int("corrupt" in faults),
            )
            for _ in range(2 if "duplicate" in faults else 1):
                self._store.execute(
                    "INSERT INTO deliveries (event, type, url, payload, shift, due, corrupt)"
                    " VALUES (?, ?, ?, ?, ?, ?, ?)",
                    values,
                )

    def pending(self) -> list[Json]:
        """Return the deliveries that have not been received, in the order in which they will be sent."""
        rows = self._store.execute(
            "SELECT id, event, type, url, due, attempts, answer FROM deliveries ORDER BY id + shift"
        )
        names = ("id", "event", "type", "url", "due", "attempts", "answer")
        return [dict(zip(names, row, strict=True)) for row in rows]

    def next_due(self) -> float | None:
        """Return the moment (Unix seconds) of the next attempt, or None when nothing waits."""
        known = [each["url"] for each in self._endpoints if self._reachable(each["url"])]
        if not known:
            return None
        rows = self._store.execute("SELECT min(due) FROM deliveries")
        moment: float | None = rows[0][0]
        return moment

    def _reachable(self, url: str) -> bool:
        return url != IN_PROCESS or url in self._callables

    def send_due(self) -> int:
        """Attempt once each delivery whose time has come; returns how many were received."""
        return sum(
            self._send(identifier)
            for (identifier,) in self._store.execute(
                "SELECT id FROM deliveries WHERE due <= ? ORDER BY id + shift LIMIT 200", (time.time(),)
            )
        )

    def drain(self, timeout: float) -> Drained:
        """Attempt everything now, also what is not due yet and what these deliveries cause in turn.

        Each delivery is attempted once. Returns when nothing new is left, or after ``timeout`` seconds.
        """
        until = time.monotonic() + timeout
        tried: set[int] = set()
        delivered = failed = 0
        while time.monotonic() < until:
            waiting = [row[0] for row in self._store.execute("SELECT id FROM deliveries ORDER BY id + shift")]
            fresh = [identifier for identifier in waiting if identifier not in tried]
            if not fresh:
                break
            for identifier in fresh:
                tried.add(identifier)
                if self._send(identifier, patience=max(0.0, until - time.monotonic())):
                    delivered += 1
                else:
                    failed += 1
        return Drained(delivered, failed, len(self.pending()))

    def _send(self, identifier: int, patience: float = 0.0) -> bool:
        """Attempt one delivery. When another thread is at it, wait up to ``patience`` seconds for it."""
        with self._sent:
            if identifier in self._busy:
                self._sent.wait_for(lambda: identifier not in self._busy, patience)
                return not self._store.execute("SELECT 1 FROM deliveries WHERE id = ?", (identifier,))
            self._busy.add(identifier)
        try:
            return self._attempt(identifier)
        finally:
            with self._sent:
                self._busy.discard(identifier)
                self._sent.notify_all()

    def _attempt(self, identifier: int) -> bool:
        rows = self._store.execute(
            "SELECT url, payload, corrupt, attempts FROM deliveries WHERE id = ?", (identifier,)
        )
        if not rows:
            return True
        url, payload, corrupt, attempts = rows[0]
        answer = self._post(url, payload, corrupt=bool(corrupt))
        received = answer.isdecimal() and 200 <= int(answer) < 300
        with self._store.transaction():
            if received:
                self._store.execute("DELETE FROM deliveries WHERE id = ?", (identifier,))
            else:
                pause = min(LONGEST_PAUSE, 0.5 * 2 ** min(attempts, 10))
                self._store.execute(
                    "UPDATE deliveries SET attempts = attempts + 1, corrupt = 0, answer = ?, due = ?"
                    " WHERE id = ?",
                    (answer, time.time() + pause, identifier),
                )
        return received

    def _post(self, url: str, payload: bytes, *, corrupt: bool) -> str:
        """Send, and return the answer's status as text, or why there was none."""
        secrets: list[str] = next((each["secrets"] for each in self._endpoints if each["url"] == url), [])
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": "Stripe/1.0 (Awning sandbox)",
            "Stripe-Signature": signature(payload, secrets, int(time.time())),
        }
        if corrupt:
            # One altered byte is what the signature exists to find.
            payload = payload.replace(b'"livemode": false', b'"livemode": true ', 1)
        deliver = self._callables.get(url)
        try:
            if deliver is not None:
                return str(deliver(payload, headers))
            if url == IN_PROCESS:
                return "no callable is configured in this process"
            return str(post(url, payload, headers))
        except Exception as problem:
            # Whatever the receiver raises is its failure to receive, and a reason to try again.
            return f"{type(problem).__name__}: {problem}"
