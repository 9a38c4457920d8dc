"""Take away each guard of the database in turn; a test of the suite must notice.

A guard is a policy, a key, a check, an exclusion, a unique index, or a grant that is absent. For each,
a fresh copy of the database loses that one guard, and the tests of the guards run against it. A
mutation that no test notices is a hole in the tests: it is reported as survived, and fails the run.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Engine, create_engine
from sqlalchemy.engine import make_url

from scripts.mutations.guards import Mutation, mutations
from scripts.mutations.judging import Judge, Run
from storage import schema
from storage.embedded import EmbeddedServer

_AT_ONCE = 2


def main() -> int:
    with _server() as (url, folder):
        engine = _migrated(url)
        with engine.connect() as connection:
            found = list(mutations(connection))
        # Forks must not share a connection with this process.
        engine.dispose()
        judge = Judge(url, folder, at_once=_AT_ONCE)
        unharmed = judge.unharmed()
        if unharmed.failed:
            print(f"{unharmed.failed} fails without any mutation:\n{unharmed.detail}")
            return 1
        print(f"unharmed: {unharmed.passed} tests pass; {len(found)} guards to take away", flush=True)
        survived: Counter[str] = Counter()
        for mutation, run in judge.judge(found, unharmed):
            survived[mutation.kind] += not run.failed
            _report(mutation, run)
    _summarise(found, survived)
    return 1 if survived.total() else 0


@contextmanager
def _server() -> Iterator[tuple[str, Path]]:
    folder = Path(tempfile.mkdtemp(prefix="awning-mutations-"))
    folder.chmod(0o755)
    server = EmbeddedServer(folder / "pg")
    try:
        yield server.start(), folder
    finally:
        server.stop("immediate")
        shutil.rmtree(folder, ignore_errors=True)


def _migrated(url: str) -> Engine:
    address = make_url(url).set(drivername="postgresql+psycopg")
    root = create_engine(address.set(username="postgres", database="postgres"), isolation_level="AUTOCOMMIT")
    with root.connect() as connection:
        # What is lost in a power cut is made again.
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            connection.exec_driver_sql(f"ALTER SYSTEM SET {setting} = off")
        connection.exec_driver_sql("SELECT pg_reload_conf()")
        connection.exec_driver_sql("ALTER ROLE awning_owner CREATEDB")
        connection.exec_driver_sql("CREATE DATABASE awning_template OWNER awning_owner")
    root.dispose()
    engine = create_engine(address.set(database="awning_template"))
    schema.migrate(engine)
    return engine


def _report(mutation: Mutation, run: Run) -> None:
    verdict = f"killed by {run.failed}" if run.failed else f"SURVIVED {run.passed} tests"
    print(f"{mutation.kind:<22} {mutation.name:<58} {verdict}", flush=True)


def _summarise(found: list[Mutation], survived: Counter[str]) -> None:
    of_kind = Counter(mutation.kind for mutation in found)
    counts = ", ".join(f"{kind} {count - survived[kind]}/{count}" for kind, count in of_kind.items())
    print(f"killed {len(found) - survived.total()} of {len(found)}, survived {survived.total()}: {counts}")


if __name__ == "__main__":
    sys.exit(main())
