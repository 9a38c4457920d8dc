"""Every guard that the database has, each as the statement that takes it away."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, text

from migrations.metadata import metadata
from storage.database import CONSOLE, FACE
from storage.tenancy import tenant_tables

_KINDS = {"p": "primary key", "u": "unique key", "f": "foreign key", "c": "check", "x": "exclusion"}
# The queue's tables are its library's own, and the version's table holds nothing that a guard protects.
_CONSTRAINTS = text("""
    SELECT c.conrelid::regclass::text AS table, c.conname AS name, c.contype AS kind FROM pg_constraint c
     WHERE c.contype IN ('p', 'u', 'f', 'c', 'x') AND c.conrelid::regclass::text = ANY(:tables)
     ORDER BY 1, 3, 2
""")
# A unique index that stands behind a constraint goes with it; these stand alone.
_UNIQUE_INDEXES = text("""
    SELECT i.indrelid::regclass::text AS table, i.indexrelid::regclass::text AS name FROM pg_index i
     WHERE i.indisunique AND i.indrelid::regclass::text = ANY(:tables)
       AND NOT EXISTS (SELECT 1 FROM pg_constraint c WHERE c.conindid = i.indexrelid AND c.contype <> 'f')
     ORDER BY 1, 2
""")
# A role that may update some columns lacks the privilege on the table, which is what is asked here.
_ABSENT = text("""
    SELECT r.role, t.name AS table, p.privilege
      FROM unnest(CAST(:roles AS text[])) AS r (role), unnest(CAST(:tables AS text[])) AS t (name),
           unnest(CAST('{SELECT,INSERT,UPDATE,DELETE,TRUNCATE}' AS text[])) AS p (privilege)
     WHERE NOT has_table_privilege(r.role, t.name, p.privilege) ORDER BY 1, 2, 3
""")
# Single columns of orders that stay as they were placed, although their neighbours may change.
_FIXED_COLUMNS = ("goods", "delivery", "tax", "total", "currency", "partner_id", "number")


@dataclass(frozen=True, slots=True)
class Mutation:
    """One guard and how to take it away.

    ``refusal`` is what the database says where this guard stands in the way: a test that met these
    words in the unharmed database is one that leans on the guard.
    """

    kind: str
    name: str
    table: str
    statement: str
    refusal: str


def mutations(connection: Connection) -> Iterator[Mutation]:
    """Every guard of the migrated database behind the connection."""
    for table in tenant_tables(metadata.tables.values()):
        yield from _row_level_security(table.name)
    tables = sorted(metadata.tables)
    for row in connection.execute(_CONSTRAINTS, {"tables": tables}):
        yield Mutation(
            _KINDS[row.kind],
            row.name,
            row.table,
            f"ALTER TABLE {row.table} DROP CONSTRAINT {row.name} CASCADE",
            f'constraint "{row.name}"',
        )
    for row in connection.execute(_UNIQUE_INDEXES, {"tables": tables}):
        yield Mutation(
            "unique index", row.name, row.table, f"DROP INDEX {row.name}", f'constraint "{row.name}"'
        )
    for row in connection.execute(_ABSENT, {"tables": tables, "roles": [FACE, CONSOLE]}):
        yield _granted(row.role, row.privilege, row.table)
    for column in _FIXED_COLUMNS:
        for role in (FACE, CONSOLE):
            yield _granted(role, f"UPDATE ({column})", "orders")


def _row_level_security(table: str) -> Iterator[Mutation]:
    refusal = f'policy for table "{table}"'
    for policy in ("one_partner", "all_partners"):
        yield Mutation("policy", f"{policy} on {table}", table, f"DROP POLICY {policy} ON {table}", refusal)
    for clause, left in (("USING (true)", "reads"), ("WITH CHECK (true)", "writes")):
        yield Mutation(
            "policy's condition",
            f"{left} through one_partner on {table}",
            table,
            f"ALTER POLICY one_partner ON {table} {clause}",
            refusal,
        )
    for kind, clause in (
        ("row-level security", "DISABLE ROW LEVEL SECURITY"),
        ("security for the owner", "NO FORCE ROW LEVEL SECURITY"),
    ):
        yield Mutation(kind, table, table, f"ALTER TABLE {table} {clause}", refusal)


def _granted(role: str, privilege: str, table: str) -> Mutation:
    # What is not granted is refused, so a grant that is absent is a guard, and granting takes it away.
    return Mutation(
        "absent grant",
        f"{role}: {privilege} on {table}",
        table,
        f"GRANT {privilege} ON {table} TO {role}",
        f"permission denied for table {table}",
    )
