"""Where "now" comes from. Domain functions take a moment as an argument; only the edge asks a clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    def now(self) -> datetime:
        """Return the present moment, aware, in UTC."""


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)


@dataclass
class SetClock:
    """A clock that stands still until it is moved: for tests and for the demo's ninety days of history."""

    moment: datetime

    def now(self) -> datetime:
        return self.moment

    def advance(self, by: timedelta) -> None:
        """Move forward. Raises ValueError for a negative step: time only passes."""
        if by < timedelta(0):
            raise ValueError("a clock is only moved forward")
        self.moment += by
