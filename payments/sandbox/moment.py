"""The sandbox's time: a clock that can be set, so that ninety days of history can be made in a minute."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from kit.clock import Clock
from payments.sandbox.errors import invalid
from payments.sandbox.store import Store


class SandboxClock:
    """Another clock, unless a moment or an offset has been set. The setting survives a restart."""

    def __init__(self, base: Clock, store: Store) -> None:
        self._base = base
        self._store = store
        self._setting: dict[str, object] = store.setting("clock", {})

    def now(self) -> datetime:
        fixed, offset = self._setting.get("fixed"), self._setting.get("offset")
        if isinstance(fixed, str):
            return datetime.fromisoformat(fixed)
        if isinstance(offset, int | float):
            return self._base.now() + timedelta(seconds=offset)
        return self._base.now()

    def stand_at(self, moment: str | None) -> None:
        """Stand still at an ISO 8601 moment (UTC when it names no zone), or run again with None."""
        if moment is None:
            self._keep({})
            return
        try:
            parsed = datetime.fromisoformat(moment)
        except ValueError:
            raise invalid(f"{moment} is no ISO 8601 moment", param="now") from None
        aware = parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)
        self._keep({"fixed": aware.astimezone(UTC).isoformat()})

    def shift(self, seconds: float) -> None:
        """Run ahead of the true clock by so many seconds (behind it when negative)."""
        self._keep({"offset": seconds})

    def _keep(self, setting: dict[str, object]) -> None:
        with self._store.transaction():
            self._store.set_setting("clock", setting)
            self._setting = setting
