"""Tenancy as the database's own catalogue tells it: policies, keys and grants on every tenant table."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, create_engine, text

from migrations.metadata import metadata
from storage.database import Database
from storage.tenancy import tenant_tables

TABLES = [table.name for table in tenant_tables(metadata.tables.values())]
MINE = "(partner_id = (NULLIF(current_setting('awning.partner'::text, true), ''::text))::uuid)"


@pytest.fixture
def owner(database: Database) -> Iterator[Connection]:
    engine = create_engine(database.owner_url)
    with engine.connect() as connection:
        yield connection
    engine.dispose()


@pytest.mark.parametrize("table", TABLES)
def test_row_level_security_is_on_and_forced(owner: Connection, table: str) -> None:
    row = owner.execute(
        text("SELECT relrowsecurity, relforcerowsecurity FROM pg_class WHERE oid = CAST(:t AS regclass)"),
        {"t": table},
    ).one()
    assert row.relrowsecurity
    assert row.relforcerowsecurity


@pytest.mark.parametrize("table", TABLES)
def test_its_policies_compare_the_setting_and_nothing_else(owner: Connection, table: str) -> None:
    rows = owner.execute(
        text(
            "SELECT policyname, roles, cmd, qual, with_check, permissive FROM pg_policies WHERE tablename = :t"
        ),
        {"t": table},
    ).all()
    found = {row.policyname: (row.roles, row.cmd, row.qual, row.with_check, row.permissive) for row in rows}
    roles = {"one_partner": ["awning_face"], "all_partners": ["awning_console"]}
    assert found == {
        "one_partner": (roles["one_partner"], "ALL", MINE, MINE, "PERMISSIVE"),
        "all_partners": (roles["all_partners"], "ALL", "true", "true", "PERMISSIVE"),
    }


@pytest.mark.parametrize("table", TABLES)
def test_its_keys_begin_with_the_partner(owner: Connection, table: str) -> None:
    rows = owner.execute(
        text("""
            SELECT c.conname, c.contype, c.condeferrable, c.confdeltype,
                   (SELECT a.attname FROM pg_attribute a
                     WHERE a.attrelid = c.conrelid AND a.attnum = c.conkey[1]) AS first,
                   ARRAY(SELECT a.attname::text FROM pg_attribute a
                          WHERE a.attrelid = c.conrelid AND a.attnum = ANY(c.conkey)) AS names,
                   c.confrelid::regclass::text AS target
              FROM pg_constraint c WHERE c.conrelid = CAST(:t AS regclass) AND c.contype IN ('p', 'u', 'f', 'x')
        """),
        {"t": table},
    ).all()
    assert any(row.contype == "p" for row in rows)
    for row in rows:
        assert not row.condeferrable, row.conname
        # A key into the shared catalogue names no tenant; one into a tenant table carries it.
        if row.contype != "f" or row.target in TABLES:
            # An exclusion is searched by whichever column tells rows apart best, and need only name the tenant.
            held = row.names if row.contype == "x" else [row.first]
            assert "partner_id" in held, row.conname
        if row.contype == "f":
            assert row.confdeltype != "n", f"{row.conname} sets to null"


@pytest.mark.parametrize("table", TABLES)
def test_every_unique_index_begins_with_the_partner(owner: Connection, table: str) -> None:
    rows = owner.execute(
        text("""
            SELECT i.indexrelid::regclass::text AS name, a.attname AS first FROM pg_index i
              JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
             WHERE i.indrelid = CAST(:t AS regclass) AND i.indisunique
        """),
        {"t": table},
    ).all()
    assert all(row.first == "partner_id" for row in rows), rows


@pytest.mark.parametrize("table", sorted(metadata.tables))
def test_the_database_has_every_constraint_that_the_program_relies_on(owner: Connection, table: str) -> None:
    rows = owner.execute(
        text(
            "SELECT conname, pg_get_constraintdef(oid) AS definition, convalidated FROM pg_constraint"
            " WHERE conrelid = CAST(:t AS regclass) AND contype <> 'n'"
        ),
        {"t": table},
    ).all()
    expected = {str(constraint.name) for constraint in metadata.tables[table].constraints if constraint.name}
    assert {row.conname for row in rows} == expected
    assert all(row.convalidated for row in rows)


@pytest.mark.parametrize("table", TABLES)
def test_no_identity_column_and_no_trigger(owner: Connection, table: str) -> None:
    identity = owner.execute(
        text("SELECT count(*) FROM pg_attribute WHERE attrelid = CAST(:t AS regclass) AND attidentity <> ''"),
        {"t": table},
    ).scalar_one()
    triggers = owner.execute(
        text("SELECT count(*) FROM pg_trigger WHERE tgrelid = CAST(:t AS regclass) AND NOT tgisinternal"),
        {"t": table},
    ).scalar_one()
    assert (identity, triggers) == (0, 0)


def test_no_shared_table_points_to_a_tenant_table(owner: Connection) -> None:
    rows = owner.execute(
        text(
            "SELECT conrelid::regclass::text AS source, confrelid::regclass::text AS target"
            " FROM pg_constraint WHERE contype = 'f'"
        )
    ).all()
    assert [row for row in rows if row.target in TABLES and row.source not in TABLES] == []


@pytest.mark.parametrize("role", ["awning_face", "awning_console"])
def test_the_serving_roles_own_nothing_and_bypass_nothing(owner: Connection, role: str) -> None:
    row = owner.execute(
        text(
            "SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, oid FROM pg_roles WHERE rolname = :r"
        ),
        {"r": role},
    ).one()
    owned = owner.execute(text("SELECT count(*) FROM pg_class WHERE relowner = :o"), {"o": row.oid}).scalar()
    member = owner.execute(
        text("SELECT count(*) FROM pg_auth_members WHERE member = :o"), {"o": row.oid}
    ).scalar()
    assert (row.rolsuper, row.rolbypassrls, row.rolcreaterole, row.rolcreatedb) == (False,) * 4
    assert (owned, member) == (0, 0)


# What a role may do beyond reading, by table; what is absent here is refused by the database.
_HISTORY = (
    "order_lines",
    "ledger_entries",
    "order_events",
    "audit_log",
    "look_versions",
    "sent_mails",
    "shipments",
)


@pytest.mark.parametrize("role", ["awning_face", "awning_console"])
@pytest.mark.parametrize("table", _HISTORY)
def test_history_only_grows(owner: Connection, role: str, table: str) -> None:
    granted = owner.execute(
        text("""
            SELECT has_any_column_privilege(:r, :t, 'UPDATE') AS updates,
                   has_table_privilege(:r, :t, 'DELETE') AS deletes,
                   has_table_privilege(:r, :t, 'TRUNCATE') AS truncates
        """),
        {"r": role, "t": table},
    ).one()
    assert tuple(granted) == (False, False, False)


@pytest.mark.parametrize(
    ("role", "table", "privilege"),
    [
        ("awning_face", "wholesale_prices", "INSERT"),
        ("awning_face", "wholesale_prices", "UPDATE"),
        ("awning_face", "company", "UPDATE"),
        ("awning_face", "partners", "UPDATE"),
        ("awning_face", "hostnames", "INSERT"),
        ("awning_face", "memberships", "INSERT"),
        ("awning_face", "audit_log", "SELECT"),
        ("awning_face", "products", "UPDATE"),
        ("awning_console", "ledger_entries", "INSERT"),
        ("awning_console", "order_lines", "INSERT"),
    ],
)
def test_what_is_not_a_roles_business_is_refused(
    owner: Connection, role: str, table: str, privilege: str
) -> None:
    check = "has_any_column_privilege" if privilege != "DELETE" else "has_table_privilege"
    assert not owner.execute(
        text(f"SELECT {check}(:r, :t, :p)"), {"r": role, "t": table, "p": privilege}
    ).scalar()


def test_amounts_of_an_order_cannot_be_updated_by_anyone(owner: Connection) -> None:
    for role in ("awning_face", "awning_console"):
        for column in ("goods", "delivery", "tax", "total", "currency", "partner_id", "number"):
            assert not owner.execute(
                text("SELECT has_column_privilege(:r, 'orders', :c, 'UPDATE')"), {"r": role, "c": column}
            ).scalar()
