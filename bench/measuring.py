"""What a figure is, and the ways to come by one: against a bare view, and by counting statements."""

from __future__ import annotations

import re
import statistics as middle
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass

from sqlalchemy import text

from bench.installation import Installation
from bench.load import answers
from bench.shopper import Browser

_ROUNDS = 5
_SECONDS = 1.5


@dataclass(frozen=True)
class Figure:
    """One measured figure. ``limit`` is what it must keep; ``at_least`` says from which side."""

    name: str
    value: float
    unit: str
    limit: float | None
    at_least: bool = False

    @property
    def ok(self) -> bool:
        if self.limit is None:
            return True
        return self.value >= self.limit if self.at_least else self.value <= self.limit

    def line(self) -> str:
        side = "" if self.limit is None else f"{'at least' if self.at_least else 'at most'} {self.limit:g}"
        return f"{self.name:<46}{self.value:>10.3f} {self.unit:<22}{side:<16}{'ok' if self.ok else 'SHORT'}"

    def record(self) -> dict[str, object]:
        kept = {key: value for key, value in asdict(self).items() if key != "at_least"}
        return {**kept, "value": round(self.value, 4), "ok": self.ok}


def ratio(bench: Installation, requests: list[tuple[str, str]], rounds: int = _ROUNDS) -> tuple[float, float]:
    """How fast pages are against a bare view of the same size, measured in turns; and pages a second."""
    first = answers(bench.port, requests, seconds=0.5)
    bare = [(host, f"/bare/{first.length}/{host}") for host, _ in requests]
    answers(bench.port, bare, seconds=0.5)
    pairs = []
    for _ in range(rounds):
        base = answers(bench.port, bare, seconds=_SECONDS).per_second
        page = answers(bench.port, requests, seconds=_SECONDS).per_second
        pairs.append((page / base, page))
    return middle.median(r for r, _ in pairs), middle.median(p for _, p in pairs)


def make_stale(bench: Installation) -> None:
    """Let every page be stale, as a change of the catalogue does."""
    with bench.console.begin() as connection:
        connection.execute(text("UPDATE store_revisions SET revision = revision + 1"))


def ask(bench: Installation, host: str, path: str) -> None:
    browser = Browser(bench.port)
    if browser.get(host, path).status != 200:
        raise RuntimeError(f"{host}{path} did not answer")
    browser.close()


# The queue's own bookkeeping is its library's; what our program sends is counted whole, SET LOCAL
# and the recording of jobs included, and only the ends of transactions are left out; so is the worker's
# look for waiting events, which comes every two seconds whether or not anybody asks for a page.
_STATEMENT = re.compile(r"user=awning_(?:face|console) LOG:  (?:statement|execute [^:]*): ", re.DOTALL)
_LEFT_OUT = re.compile(
    r"^\s*(begin|commit|rollback|listen|unlisten|deallocate|notify|show|$)"
    r"|procrastinate_(?!defer_jobs)|try_after <= |pg_catalog|current_schema|standard_conforming",
    re.IGNORECASE,
)


def statements(bench: Installation, act: Callable[[], object], times: int = 1) -> float:
    """How many statements an act takes, as the server's own log has them."""
    log = bench.server.folder / "log"
    _log_statements(bench, "all")
    begun = log.stat().st_size
    for _ in range(times):
        act()
    time.sleep(0.3)
    _log_statements(bench, "none")
    with log.open("rb") as file:
        file.seek(begun)
        written = file.read().decode(errors="replace")
    entries = re.split(r"\n(?=user=)", written)
    sent = [_STATEMENT.sub("", entry, count=1) for entry in entries if _STATEMENT.match(entry)]
    return sum(not _LEFT_OUT.search(text) for text in sent) / times


def _log_statements(bench: Installation, which: str) -> None:
    with bench.root.connect() as connection:
        connection.execute(text(f"ALTER SYSTEM SET log_statement = '{which}'"))
        connection.execute(text("ALTER SYSTEM SET log_line_prefix = 'user=%u '"))
        connection.execute(text("SELECT pg_reload_conf()"))
    time.sleep(0.3)
