"""Keeps Stripe's objects: JSON rows in one SQLite file, or in memory.

The file is independent of Awning's own database, as Stripe is. One lock admits one transaction at a time,
so a request that is executed sees and leaves a consistent state, and a killed process loses only what it
had not answered.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from payments.sandbox.errors import Json

# Fields that lists filter by. Each is a column, filled from the object's field of the same name.
FILTERS = ("payment_intent", "charge", "source", "destination", "transfer_group", "type", "status", "payout")

_SCHEMA = f"""
CREATE TABLE IF NOT EXISTS objects (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    created INTEGER NOT NULL,
    body TEXT NOT NULL,
    private TEXT NOT NULL,
    {", ".join(f"{name} TEXT" for name in FILTERS)}
);
CREATE INDEX IF NOT EXISTS objects_by_age ON objects (kind, created, seq);
{
    "".join(
        f"CREATE INDEX IF NOT EXISTS objects_by_{name} ON objects (kind, {name}, created, seq)"
        f" WHERE {name} IS NOT NULL;"
        for name in FILTERS
    )
}
CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""
_COLUMNS = ("id", "kind", "created", "body", "private", *FILTERS)
# Names of columns come from the constant above, never from a request.
_INSERT = f"INSERT INTO objects ({', '.join(_COLUMNS)}) VALUES ({', '.join('?' * len(_COLUMNS))})"  # noqa: S608
_UPDATE = f"UPDATE objects SET {', '.join(f'{name} = ?' for name in _COLUMNS[3:])} WHERE id = ?"  # noqa: S608
_COMPARISONS = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<="}


def _dump(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


class Store:
    """All that the sandbox remembers. ``folder`` of None keeps it in memory."""

    def __init__(self, folder: Path | None) -> None:
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
        path = ":memory:" if folder is None else str(folder / "stripe.sqlite3")
        self._lock = threading.RLock()
        self._depth = 0
        self._database = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.execute("PRAGMA synchronous = NORMAL")
        self.after_commit: list[Callable[[], None]] = []
        self.create(_SCHEMA)

    def create(self, schema: str) -> None:
        """Create tables that do not exist yet."""
        with self._lock:
            self._database.executescript(schema)

    def close(self) -> None:
        with self._lock:
            self._database.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Hold the lock; keep everything done inside, or nothing. An inner one joins the outer one."""
        with self._lock:
            outermost = self._depth == 0
            if outermost:
                self._database.execute("BEGIN")
            self._depth += 1
            try:
                yield
            except BaseException:
                if outermost:
                    self._database.execute("ROLLBACK")
                raise
            else:
                if outermost:
                    self._database.execute("COMMIT")
            finally:
                self._depth -= 1
        if outermost:
            for notify in self.after_commit:
                notify()

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """Undo what is done inside when it raises, and leave the surrounding transaction whole."""
        self._database.execute("SAVEPOINT attempt")
        try:
            yield
        except BaseException:
            self._database.execute("ROLLBACK TO attempt")
            self._database.execute("RELEASE attempt")
            raise
        self._database.execute("RELEASE attempt")

    def execute(self, statement: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Run one statement and return its rows."""
        with self._lock:
            return self._database.execute(statement, values).fetchall()

    def insert(self, body: Json, private: Json | None = None, *, created: int | None = None) -> None:
        """Keep a new object. ``private`` is what the sandbox remembers of it and never shows.

        ``created`` is its second of creation where the object itself does not carry it as a number.
        """
        moment = body["created"] if created is None else created
        self.execute(_INSERT, (body["id"], body["object"], moment, *self._row(body, private or {})))

    def update(self, body: Json, private: Json | None = None) -> None:
        """Keep the object's new state; without ``private`` that part stays as it was."""
        if private is None:
            private = self.private(body["id"])
        self.execute(_UPDATE, (*self._row(body, private), body["id"]))

    @staticmethod
    def _row(body: Json, private: Json) -> list[Any]:
        merged = {**body, **{name: private[name] for name in FILTERS if name in private}}
        columns = [merged.get(name) for name in FILTERS]
        return [
            _dump(body),
            _dump(private),
            *(value if isinstance(value, str) else None for value in columns),
        ]

    def get(self, identifier: str) -> Json | None:
        """Return the object with this id, of whatever type, or None."""
        rows = self.execute("SELECT body FROM objects WHERE id = ?", (identifier,))
        return json.loads(rows[0][0]) if rows else None

    def private(self, identifier: str) -> Json:
        """Return what is remembered of the object beside its visible fields."""
        rows = self.execute("SELECT private FROM objects WHERE id = ?", (identifier,))
        found: Json = json.loads(rows[0][0]) if rows else {}
        return found

    def position(self, identifier: str) -> tuple[int, int] | None:
        """Return where the object stands in its list (creation second, order of arrival), or None."""
        rows = self.execute("SELECT created, seq FROM objects WHERE id = ?", (identifier,))
        return (rows[0][0], rows[0][1]) if rows else None

    def select(
        self,
        kind: str,
        filters: Mapping[str, str | Sequence[str]] | None = None,
        *,
        created: Mapping[str, int] | None = None,
        older_than: tuple[int, int] | None = None,
        newer_than: tuple[int, int] | None = None,
        limit: int = -1,
        oldest_first: bool = False,
    ) -> list[Json]:
        """Return objects of a kind, newest first unless asked otherwise. -1 is no limit."""
        where, values = ["kind = ?"], [kind]
        numbers: list[Any] = values
        for name, wanted in (filters or {}).items():
            if name not in FILTERS:
                raise ValueError(f"{name} is no filter")
            options = [wanted] if isinstance(wanted, str) else list(wanted)
            where.append(f"{name} IN ({', '.join('?' * len(options))})")
            numbers.extend(options)
        for name, moment in (created or {}).items():
            where.append(f"created {_COMPARISONS[name]} ?")
            numbers.append(moment)
        for place, sign in ((older_than, "<"), (newer_than, ">")):
            if place is not None:
                where.append(f"(created, seq) {sign} (?, ?)")
                numbers.extend(place)
        way = "ASC" if oldest_first else "DESC"
        rows = self.execute(
            f"SELECT body FROM objects WHERE {' AND '.join(where)}"  # noqa: S608
            f" ORDER BY created {way}, seq {way} LIMIT ?",
            (*numbers, limit),
        )
        return [json.loads(body) for (body,) in rows]

    def due(self, kind: str, status: str, path: str, moment: int) -> list[str]:
        """Return ids of a kind and status whose moment at ``path`` ("body.x" or "private.x") has come."""
        column, _, field = path.partition(".")
        rows = self.execute(
            f"SELECT id FROM objects WHERE kind = ? AND status = ?"  # noqa: S608
            f" AND json_extract({column}, ?) <= ? ORDER BY seq",
            (kind, status, f"$.{field}", moment),
        )
        return [identifier for (identifier,) in rows]

    def setting(self, name: str, default: Any = None) -> Any:
        rows = self.execute("SELECT value FROM settings WHERE name = ?", (name,))
        return json.loads(rows[0][0]) if rows else default

    def set_setting(self, name: str, value: Any) -> None:
        self.execute("INSERT OR REPLACE INTO settings (name, value) VALUES (?, ?)", (name, _dump(value)))
