"""The sandbox as the script turns its knobs. It stands for somebody else's server, and is never killed."""

from __future__ import annotations

import json
import urllib.request
from typing import Any


class Stripe:
    """The control API of a sandbox."""

    def __init__(self, port: int) -> None:
        self._address = f"http://127.0.0.1:{port}/_sandbox/"

    def control(self, path: str, **body: object) -> dict[str, Any]:
        """Turn a knob. Raises OSError where the sandbox refuses."""
        request = urllib.request.Request(
            self._address + path, json.dumps(body).encode(), {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            return dict(json.loads(answer.read()))

    def deliver(self) -> None:
        """Let the webhooks that wait be sent."""
        self.control("drain", timeout=5)

    def deliveries(self) -> list[object]:
        """The webhooks that wait."""
        with urllib.request.urlopen(f"{self._address}deliveries", timeout=30) as answer:
            return list(json.loads(answer.read())["data"])
