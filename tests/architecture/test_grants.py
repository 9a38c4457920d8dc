"""What each role may do to each table: what the migrations grant, and nothing besides."""

from __future__ import annotations

import re
from importlib import import_module

import pytest
from sqlalchemy import create_engine, text

from migrations.metadata import metadata
from storage.database import CONSOLE, FACE, Database

# The list is read where it is kept, so that it is written once. A migration that grants more than that
# file says fails here, and its author then decides where the list lives from then on.
_ACCESS = import_module("migrations.versions.0003_access")
GRANTED: dict[str, dict[str, str]] = {FACE: _ACCESS.FACE, CONSOLE: _ACCESS.CONSOLE}

# Grants to everybody (grantee 0) count for each role.
_FOUND = text("""
    SELECT g.privilege_type, NULL AS column FROM pg_class c, aclexplode(c.relacl) g
     WHERE c.oid = CAST(:t AS regclass) AND g.grantee IN (0, CAST(CAST(:r AS regrole) AS oid))
    UNION ALL
    SELECT g.privilege_type, a.attname FROM pg_attribute a, aclexplode(a.attacl) g
     WHERE a.attrelid = CAST(:t AS regclass) AND g.grantee IN (0, CAST(CAST(:r AS regrole) AS oid))
""")


def _pairs(granted: str) -> set[tuple[str, str | None]]:
    """``SELECT, UPDATE (a, b)`` as pairs of a privilege and the column that it is limited to."""
    found: set[tuple[str, str | None]] = set()
    for privilege, columns in re.findall(r"([A-Z]+)(?: \(([^)]*)\))?", granted):
        found |= {(privilege, column) for column in columns.split(", ")} if columns else {(privilege, None)}
    return found


@pytest.mark.parametrize("role", [FACE, CONSOLE])
@pytest.mark.parametrize("table", sorted(metadata.tables))
def test_a_role_has_what_it_was_granted_and_nothing_besides(
    database: Database, role: str, table: str
) -> None:
    engine = create_engine(database.owner_url)
    with engine.connect() as connection:
        rows = connection.execute(_FOUND, {"t": table, "r": role}).all()
    engine.dispose()
    assert {(row.privilege_type, row.column) for row in rows} == _pairs(GRANTED[role][table])


def test_no_role_may_change_history_or_empty_a_table() -> None:
    """The list itself is held to what the program promises."""
    for tables in GRANTED.values():
        assert set(tables) == set(metadata.tables)
        for table, granted in tables.items():
            allowed = {privilege for privilege, _ in _pairs(granted)}
            assert allowed <= {"SELECT", "INSERT", "UPDATE", "DELETE"}, table
            if table in ("order_lines", "order_events", "ledger_entries", "audit_log"):
                assert allowed <= {"SELECT", "INSERT"}, table
