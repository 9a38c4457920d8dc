"""Take away each guard of the database in turn: a policy, a key, a check, an exclusion, a missing grant.

For each, a fresh copy of the database loses that one guard, and the tests of the guards run against
it. A mutation that no test notices is a hole in the tests. Prints a line for each, and fails when one
survived. The copies share one server; two run at a time.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from queue import Queue

from sqlalchemy import Engine, create_engine, text

from migrations.metadata import metadata
from storage import schema
from storage.embedded import EmbeddedServer
from storage.tenancy import tenant_tables

_TESTS = [
    "tests/architecture/test_three_walls.py",
    "tests/architecture/test_guards.py",
    "tests/storage/test_tenancy.py",
]
# What no role may do with history; granting it is taking that guard away.
_FORBIDDEN = (
    ("UPDATE", "order_lines"),
    ("DELETE", "order_lines"),
    ("UPDATE", "ledger_entries"),
    ("DELETE", "ledger_entries"),
    ("TRUNCATE", "ledger_entries"),
    ("UPDATE", "audit_log"),
    ("DELETE", "audit_log"),
    ("UPDATE", "order_events"),
    ("DELETE", "order_events"),
    ("UPDATE (total)", "orders"),
    ("UPDATE (partner_id)", "orders"),
)
_FACE_ONLY = (
    ("SELECT", "audit_log"),
    ("UPDATE (amount)", "wholesale_prices"),
    ("INSERT", "wholesale_prices"),
    ("UPDATE", "company"),
    ("UPDATE", "partners"),
    ("INSERT", "memberships"),
    ("INSERT", "hostnames"),
    ("UPDATE (on_hand)", "stock_levels"),
)


@dataclass(frozen=True)
class Mutation:
    name: str
    statement: str


def mutations(engine: Engine) -> Iterator[Mutation]:
    """Every guard that the database has, each as the statement that takes it away."""
    for table in tenant_tables(metadata.tables.values()):
        name = table.name
        for policy in ("one_partner", "all_partners"):
            yield Mutation(f"policy {policy} on {name}", f"DROP POLICY {policy} ON {name}")
        yield Mutation(f"row-level security on {name}", f"ALTER TABLE {name} DISABLE ROW LEVEL SECURITY")
        yield Mutation(f"forced security on {name}", f"ALTER TABLE {name} NO FORCE ROW LEVEL SECURITY")
        yield Mutation(
            f"a narrow policy on {name}",
            f"ALTER POLICY one_partner ON {name} USING (true) WITH CHECK (true)",
        )
    kinds = {"p": "primary key", "u": "unique key", "f": "foreign key", "c": "check", "x": "exclusion"}
    with engine.connect() as connection:
        rows = connection.execute(
            text(
                "SELECT conrelid::regclass::text AS table, conname, contype FROM pg_constraint"
                " WHERE contype IN ('p', 'u', 'f', 'c', 'x') AND connamespace = 'public'::regnamespace"
                " AND conrelid::regclass::text NOT LIKE 'procrastinate%' AND conrelid <> 0"
                " AND conrelid::regclass::text <> 'alembic_version' ORDER BY 1, 3, 2"
            )
        ).all()
    for row in rows:
        yield Mutation(
            f"{kinds[row.contype]} {row.conname}",
            f"ALTER TABLE {row.table} DROP CONSTRAINT {row.conname} CASCADE",
        )
    for privilege, table in _FORBIDDEN:
        for role in ("awning_face", "awning_console"):
            yield Mutation(
                f"{role} without {privilege} on {table}", f"GRANT {privilege} ON {table} TO {role}"
            )
    for privilege, table in _FACE_ONLY:
        yield Mutation(
            f"awning_face without {privilege} on {table}", f"GRANT {privilege} ON {table} TO awning_face"
        )


def main() -> int:
    folder = Path(tempfile.mkdtemp(prefix="awning-mutations-"))
    folder.chmod(0o755)
    server = EmbeddedServer(folder / "pg")
    try:
        url = server.start()
        engine = _template(url)
        found = list(mutations(engine))
        engine.dispose()
        if not _run(url, "unharmed", ""):
            print("the tests of the guards fail without any mutation")
            return 1
        slots: Queue[str] = Queue()
        for slot in ("one", "two"):
            slots.put(slot)

        def judge(mutation: Mutation) -> tuple[Mutation, bool]:
            slot = slots.get()
            try:
                return mutation, _run(url, slot, mutation.statement)
            finally:
                slots.put(slot)

        survived = 0
        with ThreadPoolExecutor(2) as pool:
            for mutation, unnoticed in pool.map(judge, found):
                survived += unnoticed
                print(f"{'SURVIVED' if unnoticed else 'noticed '}  without {mutation.name}", flush=True)
        print(f"{len(found)} guards taken away one by one, {survived} unnoticed")
        return 1 if survived else 0
    finally:
        server.stop("immediate")
        shutil.rmtree(folder, ignore_errors=True)


def _template(url: str) -> Engine:
    root = create_engine(_to(url, "postgres", "postgres"), isolation_level="AUTOCOMMIT")
    with root.connect() as connection:
        connection.execute(text("ALTER SYSTEM SET fsync = off"))
        connection.execute(text("ALTER ROLE awning_owner CREATEDB"))
        connection.execute(text("SELECT pg_reload_conf()"))
        connection.execute(text("CREATE DATABASE awning_template OWNER awning_owner"))
    root.dispose()
    engine = create_engine(_to(url, "awning_template"))
    schema.migrate(engine)
    return engine


def _to(url: str, database: str, user: str = "awning_owner") -> str:
    return url.replace("postgresql://awning_owner@/awning", f"postgresql+psycopg://{user}@/{database}")


def _run(url: str, slot: str, mutation: str) -> bool:
    """Run the tests against a copy with that mutation; whether all of them passed."""
    environment = {
        **os.environ,
        "AWNING_TEST_SERVER": url,
        "AWNING_TEST_NAME": f"mutation_{slot}",
        "AWNING_TEST_MUTATION": mutation,
    }
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-x", "-q", *_TESTS],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode not in (0, 1):
        raise RuntimeError(f"{mutation}: {done.stdout[-2000:]}{done.stderr[-2000:]}")
    return done.returncode == 0


if __name__ == "__main__":
    sys.exit(main())
