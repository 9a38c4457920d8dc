"""The sandbox as a whole: one Stripe account, its API, its pages, and the thread that sends webhooks."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from werkzeug.wrappers import Request, Response

from kit.clock import Clock, SystemClock
from payments.sandbox.api import Api
from payments.sandbox.balance import SCHEMA
from payments.sandbox.bank import PATH, Bank
from payments.sandbox.control import ControlApi
from payments.sandbox.deliveries import Deliver, Deliveries, Drained
from payments.sandbox.errors import SandboxRefused
from payments.sandbox.faults import Faults
from payments.sandbox.hosted import Pages
from payments.sandbox.posting import hang_up
from payments.sandbox.state import State
from payments.sandbox.store import Store
from payments.sandbox.sweep import sweep

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

_TICK = 1.0  # seconds between two looks at what time alone has changed
_log = logging.getLogger(__name__)


class Sandbox:
    """A Stripe that runs offline.

    ``folder`` keeps its state (None: in memory). ``base_url`` is where it is served, and what the payment
    pages' addresses begin with. ``clock`` is the time of its objects. Raises SandboxRefused in production,
    where a pretended payment would be taken for money.
    """

    def __init__(
        self,
        folder: Path | None,
        base_url: str,
        *,
        environment: str = "development",
        clock: Clock | None = None,
        merchant_name: str = "Awning",
    ) -> None:
        if environment.strip().lower() in ("production", "prod", "live"):
            raise SandboxRefused(
                "The Stripe sandbox does not run in production: no money moves in it. Set a Stripe key."
            )
        self.store = Store(folder)
        self.store.create(SCHEMA)
        self.faults = Faults()
        self.deliveries = Deliveries(self.store, self.faults)
        self.state = State(
            self.store,
            clock or SystemClock(),
            self.deliveries,
            base_url=base_url,
            merchant_name=merchant_name,
        )
        self._api = Api(self.state, self.faults)
        self._control = ControlApi(self.state, self.faults)
        self._pages = Pages(self.state)
        self._bank = Bank(self.state, self.faults)
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self.store.after_commit.append(self._wake.set)

    def wsgi(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one HTTP request (WSGI). Raises AnswerLost where a fault asked for that."""
        request = Request(environ)
        answer: Callable[[Request], Response] = self._pages
        if request.path.startswith(("/v1/", "/v2/")):
            answer = self._api
        elif request.path == PATH:
            answer = self._bank
        elif request.path.startswith("/_sandbox/"):
            answer = self._control
        return answer(request)(environ, start_response)

    def configure_webhook(
        self, target: str | Deliver | None, secret: str | Sequence[str] = (), *, types: Sequence[str] = ("*",)
    ) -> None:
        """Send events to this target only: a URL, or a callable (payload, headers) that returns a status.

        ``secret`` signs them; several secrets make several signatures. ``types`` limits the event types.
        """
        self.deliveries.configure(target, [secret] if isinstance(secret, str) else secret, types)
        self._wake.set()

    def start(self) -> None:
        """Begin to send webhooks, and to change what time changes, on a thread of its own."""
        if self._thread is None:
            self._stopping.clear()
            self._thread = threading.Thread(target=self._work, name="stripe-sandbox", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Stop the thread; what was not sent stays kept. Does nothing when it is not running."""
        if self._thread is not None:
            self._stopping.set()
            self._wake.set()
            self._thread.join()
            self._thread = None

    def close(self) -> None:
        """Stop, and close the store."""
        self.stop()
        self.store.close()

    def drain(self, timeout: float = 10.0) -> Drained:
        """Deliver everything now, also what waits for a retry; each delivery is attempted once."""
        return self.deliveries.drain(timeout)

    def sweep(self) -> int:
        """Do at once what time has brought: expiries, debits that settle, refunds that fail."""
        return sweep(self.state)

    def _work(self) -> None:
        looked = 0.0
        while not self._stopping.is_set():
            self._wake.clear()
            sent = 0
            try:
                if time.monotonic() - looked >= _TICK:
                    sweep(self.state)
                    looked = time.monotonic()
                sent = self.deliveries.send_due()
            except Exception:
                # The thread outlives a single failure, as the next round may well succeed.
                _log.exception("the sandbox's background round failed")
            due = self.deliveries.next_due()
            pause = _TICK if due is None else min(_TICK, max(0.0, due - time.time()))
            if not sent:
                # What is due may be in another thread's hands; a short rest leaves it the processor.
                pause = max(pause, 0.01)
            if pause > 0:
                self._wake.wait(pause)
        hang_up()
