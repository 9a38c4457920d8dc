"""Keeping the program's processes up: starting them, starting again what dies, stopping all of them."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from types import FrameType

log = logging.getLogger(__name__)

_GRACE = 8.0


@dataclass
class _Child:
    name: str
    arguments: list[str]
    environment: dict[str, str]
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0


@dataclass
class Supervisor:
    """Runs commands of this program as children, each in a process group of its own.

    A child that ends is started again; one that ends at once is given a second to breathe. ``tend``
    is called between looks, for what is kept up in another way.
    """

    tend: Callable[[], None] = lambda: None
    _children: list[_Child] = field(default_factory=list)
    _stopping: bool = False

    def start(self, name: str, *arguments: str, environment: dict[str, str]) -> None:
        """Start ``awning`` with these arguments, and keep it running."""
        child = _Child(name, [sys.executable, "-m", "app.cli", *arguments], environment)
        self._children.append(child)
        self._spawn(child)

    def _spawn(self, child: _Child) -> None:
        child.process = subprocess.Popen(
            child.arguments, env={**os.environ, **child.environment}, start_new_session=True
        )
        child.started = time.monotonic()

    def run(self) -> None:
        """Look after the children until SIGINT or SIGTERM comes, then stop them all."""
        self.listen()
        try:
            while not self._stopping:
                self.look()
                time.sleep(0.3)
        finally:
            self.stop()

    def listen(self) -> None:
        """Let SIGINT and SIGTERM end ``run``."""

        def stop(number: int, frame: FrameType | None) -> None:
            self._stopping = True

        signal.signal(signal.SIGINT, stop)
        signal.signal(signal.SIGTERM, stop)

    @property
    def stopping(self) -> bool:
        return self._stopping

    def look(self) -> None:
        """Start again what has ended."""
        self.tend()
        for child in self._children:
            if self._stopping or child.process is None or child.process.poll() is None:
                continue
            log.warning("%s ended with %s; starting it again", child.name, child.process.returncode)
            # What was killed may have left processes of its own behind.
            self._signal(child, signal.SIGKILL)
            if time.monotonic() - child.started < 1:
                time.sleep(1)
            self._spawn(child)

    def stop(self) -> None:
        """Stop the children, the newest first; what does not stop in time is killed."""
        self._stopping = True
        for child in reversed(self._children):
            self._signal(child, signal.SIGTERM)
        deadline = time.monotonic() + _GRACE
        for child in reversed(self._children):
            if child.process is None:
                continue
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.process.wait(max(0.1, deadline - time.monotonic()))
            self._signal(child, signal.SIGKILL)
            child.process.wait()

    def _signal(self, child: _Child, number: signal.Signals) -> None:
        if child.process is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(child.process.pid, number)
