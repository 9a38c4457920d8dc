"""Remembers answers by Idempotency-Key, so that a repeated request does its work once."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from payments.sandbox.errors import Json, StripeError
from payments.sandbox.store import Store

_SCHEMA = """
CREATE TABLE IF NOT EXISTS answers (
    key TEXT PRIMARY KEY,
    request TEXT NOT NULL,
    status INTEGER NOT NULL,
    body TEXT NOT NULL,
    request_id TEXT NOT NULL
)
"""


@dataclass(frozen=True)
class Answer:
    """An answer as it was given: HTTP status, JSON text and the id of the request it was given to."""

    status: int
    body: str
    request_id: str


class Answers:
    """The kept answers. They stay for as long as the sandbox's folder does; Stripe keeps them 30 days."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._in_flight: set[str] = set()
        store.create(_SCHEMA)

    @staticmethod
    def fingerprint(method: str, path: str, params: Json) -> str:
        """Return what tells one request from another, whatever the order of its parameters."""
        text = json.dumps([method, path, params], sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    @contextmanager
    def reserve(self, key: str) -> Iterator[None]:
        """Hold the key while its request is executed. Raises StripeError (409) when another holds it."""
        with self._lock:
            if key in self._in_flight:
                raise StripeError(
                    409,
                    "There is currently another in-progress request using this Idempotent Key (that probably "
                    "means you submitted twice, and the other request is still going through): "
                    f"{key}. Please try again later.",
                    code="idempotency_key_in_use",
                    kind="idempotency_error",
                )
            self._in_flight.add(key)
        try:
            yield
        finally:
            with self._lock:
                self._in_flight.discard(key)

    def kept(self, key: str, fingerprint: str) -> Answer | None:
        """Return the answer kept for the key. Raises StripeError when the key was for another request."""
        rows = self._store.execute(
            "SELECT request, status, body, request_id FROM answers WHERE key = ?", (key,)
        )
        if not rows:
            return None
        request, status, body, request_id = rows[0]
        if request != fingerprint:
            raise StripeError(
                400,
                "Keys for idempotent requests can only be used with the same parameters they were first used "
                f"with. Try using a key other than '{key}' if you meant to execute a different request.",
                kind="idempotency_error",
            )
        return Answer(status, body, request_id)

    def keep(self, key: str, fingerprint: str, answer: Answer) -> None:
        """Keep the answer, in the transaction of the work that it reports."""
        self._store.execute(
            "INSERT INTO answers (key, request, status, body, request_id) VALUES (?, ?, ?, ?, ?)",
            (key, fingerprint, answer.status, answer.body, answer.request_id),
        )
