"""What every capability works on: the kept objects, the clock, and the events that changes make."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from kit.clock import Clock
from kit.ids import new_id
from payments.sandbox.deliveries import Deliveries
from payments.sandbox.errors import Json, missing
from payments.sandbox.moment import SandboxClock
from payments.sandbox.store import Store

# The version that Stripe's library speaks when the sandbox was written; a caller's own header wins.
API_VERSION = "2026-10-28.endive"


@dataclass(frozen=True)
class Request:
    """Which API request is being executed: it is named in the events that it causes."""

    id: str | None = None
    idempotency_key: str | None = None


class State:
    """The sandbox's Stripe account."""

    def __init__(
        self, store: Store, clock: Clock, deliveries: Deliveries, *, base_url: str, merchant_name: str
    ) -> None:
        self.store = store
        self.clock = SandboxClock(clock, store)
        self.deliveries = deliveries
        self.base_url = base_url.rstrip("/")
        self.merchant_name = merchant_name
        self._local = threading.local()

    def now(self) -> int:
        """Return the sandbox's present second, as Stripe counts it (Unix time)."""
        return int(self.clock.now().timestamp())

    @staticmethod
    def new_id(prefix: str) -> str:
        return f"{prefix}_{new_id().hex}"

    @contextmanager
    def requested_by(self, request: Request) -> Iterator[None]:
        """Name the request that causes what happens inside, on this thread."""
        self._local.request = request
        try:
            yield
        finally:
            self._local.request = Request()

    def find(self, identifier: str) -> Json | None:
        """Return the object with this id as it stands at the present moment, or None."""
        found = self.store.get(identifier)
        return None if found is None else self._present(found)

    def require(self, kind: str, identifier: str, *, param: str = "id") -> Json:
        """Return the object of this type and id. Raises StripeError (404) when there is none."""
        found = self.find(identifier)
        if found is None or found["object"] != kind:
            raise missing(kind, identifier, param=param)
        return found

    def select(
        self, kind: str, filters: Mapping[str, str | Sequence[str]] | None = None, **paging: Any
    ) -> list[Json]:
        """Return the kept objects of a kind, newest first (see Store.select)."""
        return [self._present(found) for found in self.store.select(kind, filters, **paging)]

    def _present(self, body: Json) -> Json:
        # Funds become available by the passing of time alone, so the status is read off the clock.
        if body["object"] == "balance_transaction":
            body["status"] = "available" if body["available_on"] <= self.now() else "pending"
        return body

    def emit(self, kind: str, subject: Json, previous: Json | None = None) -> None:
        """Record that something happened to ``subject``, and send it to each webhook endpoint.

        ``previous`` holds the former values of the fields that an update changed.
        """
        request: Request = getattr(self._local, "request", Request())
        data: Json = {"object": subject}
        if previous is not None:
            data["previous_attributes"] = previous
        event: Json = {
            "id": self.new_id("evt"),
            "object": "event",
            "api_version": API_VERSION,
            "created": self.now(),
            "data": data,
            "livemode": False,
            "pending_webhooks": self.deliveries.listeners(kind),
            "request": {"id": request.id, "idempotency_key": request.idempotency_key},
            "type": kind,
        }
        self.store.insert(event)
        self.deliveries.enqueue(event)
