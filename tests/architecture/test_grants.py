"""What each role may do to each table: what the migrations grant, and nothing besides."""

from __future__ import annotations

import re
from importlib import import_module
from pkgutil import iter_modules

import pytest
from sqlalchemy import create_engine, text

from migrations import versions
from migrations.metadata import metadata
from storage.database import CONSOLE, FACE, Database


def _pairs(granted: str) -> set[tuple[str, str | None]]:
    """``SELECT, UPDATE (a, b)`` as pairs of a privilege and the column that it is limited to."""
    found: set[tuple[str, str | None]] = set()
    for privilege, columns in re.findall(r"([A-Z]+)(?: \(([^)]*)\))?", granted):
        found |= {(privilege, column) for column in columns.split(", ")} if columns else {(privilege, None)}
    return found


def _granted(name: str) -> dict[str, set[tuple[str, str | None]]]:
    """What all migrations together grant; each that grants something lists it by role and table."""
    found: dict[str, set[tuple[str, str | None]]] = {}
    for module in sorted(info.name for info in iter_modules(versions.__path__)):
        listed = getattr(import_module(f"migrations.versions.{module}"), name, {})
        for table, granted in listed.items():
            found.setdefault(table, set()).update(_pairs(granted))
    return found


GRANTED = {FACE: _granted("FACE"), CONSOLE: _granted("CONSOLE")}

# Grants to everybody (grantee 0) count for each role.
_FOUND = text("""
    SELECT g.privilege_type, NULL AS column FROM pg_class c, aclexplode(c.relacl) g
     WHERE c.oid = CAST(:t AS regclass) AND g.grantee IN (0, CAST(CAST(:r AS regrole) AS oid))
    UNION ALL
    SELECT g.privilege_type, a.attname FROM pg_attribute a, aclexplode(a.attacl) g
     WHERE a.attrelid = CAST(:t AS regclass) AND g.grantee IN (0, CAST(CAST(:r AS regrole) AS oid))
""")


@pytest.mark.parametrize("role", [FACE, CONSOLE])
@pytest.mark.parametrize("table", sorted(metadata.tables))
def test_a_role_has_what_it_was_granted_and_nothing_besides(
    database: Database, role: str, table: str
) -> None:
    engine = create_engine(database.owner_url)
    with engine.connect() as connection:
        rows = connection.execute(_FOUND, {"t": table, "r": role}).all()
    engine.dispose()
    assert {(row.privilege_type, row.column) for row in rows} == GRANTED[role][table]


def test_no_role_may_change_history_or_empty_a_table() -> None:
    """The list itself is held to what the program promises."""
    for tables in GRANTED.values():
        assert set(tables) == set(metadata.tables)
        for table, granted in tables.items():
            allowed = {privilege for privilege, _ in granted}
            assert allowed <= {"SELECT", "INSERT", "UPDATE", "DELETE"}, table
            if table in ("order_lines", "order_events", "ledger_entries", "statements", "audit_log"):
                assert allowed <= {"SELECT", "INSERT"}, table
