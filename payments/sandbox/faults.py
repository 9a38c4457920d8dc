"""Failures on demand: what may go wrong between Awning and Stripe, asked for ahead of time.

Faults are kept in memory. They belong to an experiment, and a restarted sandbox is healthy.
"""

from __future__ import annotations

import random
import threading
from dataclasses import dataclass
from fnmatch import fnmatchcase

API_FAULTS = ("rate_limit", "error", "timeout", "answer_lost")
WEBHOOK_FAULTS = ("drop", "duplicate", "reorder", "delay", "corrupt")


@dataclass
class ApiFault:
    """The next ``count`` calls of ``method`` ("*" for any) to paths like ``path`` meet this fault.

    ``seconds`` is how long a "timeout" keeps the caller waiting before it is answered.
    """

    kind: str
    path: str = "*"
    method: str = "*"
    count: int = 1
    seconds: float = 0.0

    def meets(self, method: str, path: str) -> bool:
        return self.method in ("*", method) and fnmatchcase(path, self.path)


@dataclass
class WebhookFault:
    """Applies to the next ``count`` deliveries, or to each with ``probability``, or both.

    ``types`` is a pattern of event types; ``seconds`` is how long "delay" holds a delivery back.
    """

    kind: str
    count: int = 0
    probability: float = 0.0
    types: str = "*"
    seconds: float = 1.0


class Faults:
    """The faults that wait to happen. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._api: list[ApiFault] = []
        self._webhook: list[WebhookFault] = []
        self._chance = random.Random(0)  # noqa: S311 - An experiment must be repeatable, not secret.

    def clear(self) -> None:
        """Be healthy again."""
        with self._lock:
            self._api.clear()
            self._webhook.clear()

    def seed(self, seed: int) -> None:
        """Let probabilities fall the same way each time."""
        with self._lock:
            self._chance.seed(seed)

    def expect_api(self, fault: ApiFault) -> None:
        with self._lock:
            self._api.append(fault)

    def expect_webhook(self, fault: WebhookFault) -> None:
        with self._lock:
            self._webhook.append(fault)

    def for_call(self, method: str, path: str) -> ApiFault | None:
        """Take the fault that this API call meets, if any."""
        with self._lock:
            for fault in self._api:
                if fault.meets(method, path):
                    fault.count -= 1
                    if fault.count <= 0:
                        self._api.remove(fault)
                    return fault
        return None

    def for_delivery(self, event_type: str) -> dict[str, WebhookFault]:
        """Take the faults that this delivery meets, by kind."""
        met: dict[str, WebhookFault] = {}
        with self._lock:
            for fault in list(self._webhook):
                if fault.kind in met or not fnmatchcase(event_type, fault.types):
                    continue
                if fault.count > 0:
                    fault.count -= 1
                    met[fault.kind] = fault
                    if fault.count == 0 and fault.probability == 0:
                        self._webhook.remove(fault)
                elif self._chance.random() < fault.probability:
                    met[fault.kind] = fault
        return met

    def waiting(self) -> dict[str, list[dict[str, object]]]:
        """Return the faults that have not happened yet, as plain data."""
        with self._lock:
            return {
                "api": [dict(vars(fault)) for fault in self._api],
                "webhook": [dict(vars(fault)) for fault in self._webhook],
            }
