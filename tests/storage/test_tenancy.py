"""A transaction sees one partner, and a pooled connection carries nothing into the next."""

import pytest
from sqlalchemy import create_engine, select, text
from sqlalchemy.exc import DBAPIError, ProgrammingError
from sqlalchemy.orm import Session

from storage.jobs import Job, enqueue
from storage.tenancy import Tenant, TenantSwitched, enter
from tenants.models import Store
from tests.sql_rules import TENANT_TABLES
from tests.world import World


def _stores(session: Session) -> set[str]:
    return set(
        session.execute(text("SELECT s.slug FROM stores s WHERE s.partner_id = s.partner_id")).scalars()
    )


def test_a_tenant_sees_its_own_rows_alone(world: World) -> None:
    with world.ada.transaction() as session:
        assert _stores(session) == {world.ada.slug}
    with world.ben.transaction() as session:
        assert _stores(session) == {world.ben.slug}


def test_without_a_tenant_there_is_nothing(world: World) -> None:
    with Session(world.services.face) as session:
        assert _stores(session) == set()


def test_a_pooled_connection_carries_no_tenant_into_the_next_transaction(world: World) -> None:
    engine = world.services.database.face(pool_size=1, max_overflow=0)
    try:
        with Tenant(engine, world.ada.partner_id).begin() as session:
            assert _stores(session) == {world.ada.slug}
        with Session(engine) as session:
            assert _stores(session) == set()
        with pytest.raises(RuntimeError), Tenant(engine, world.ada.partner_id).begin() as session:
            assert _stores(session) == {world.ada.slug}
            raise RuntimeError
        with Session(engine) as session:
            assert _stores(session) == set()
        with Tenant(engine, world.ben.partner_id).begin() as session:
            assert _stores(session) == {world.ben.slug}
    finally:
        engine.dispose()


def test_a_transaction_cannot_change_its_tenant(world: World) -> None:
    with world.ada.transaction() as session, pytest.raises(TenantSwitched):
        enter(session, world.ben.partner_id)
    with Session(world.services.face) as session:
        session.execute(text("SELECT 1"))
        with pytest.raises(TenantSwitched):
            enter(session, world.ada.partner_id)
    with Session(world.services.face) as session, pytest.raises(TypeError):
        enter(session, "x'; --")  # type: ignore[arg-type]


def test_a_row_for_another_partner_is_refused(world: World) -> None:
    with pytest.raises(ProgrammingError, match="row-level security"), world.ada.transaction() as session:
        session.execute(
            text(
                "INSERT INTO carts (partner_id, cart_id, store_id, updated_at)"
                " VALUES (:p, gen_random_uuid(), :s, now())"
            ),
            {"p": world.ben.partner_id, "s": world.ben.store_id},
        )


def test_no_table_gives_or_takes_another_partners_rows(world: World) -> None:
    """The statements state their partner, as they must; what they state is the wrong one."""
    world.ada.buy((world.mug, 1))
    given = 0
    for table in TENANT_TABLES:
        count = text(f"SELECT count(*) FROM {table} WHERE partner_id = :p")
        with world.services.console.connect() as connection:
            given += connection.execute(count, {"p": world.ada.partner_id}).scalar_one() > 0
        with world.ben.transaction() as session:
            assert session.execute(count, {"p": world.ada.partner_id}).scalar_one() == 0, table
        # Some tables are not a face's to write at all.
        refusal = f'row-level security policy for table "{table}"|permission denied for table {table}'
        with pytest.raises(ProgrammingError, match=refusal), world.ben.transaction() as session:
            session.execute(
                text(f"INSERT INTO {table} (partner_id) VALUES (:p)"), {"p": world.ada.partner_id}
            )
    assert given >= 9, "there is something to be seen in most tables"


def test_a_key_cannot_reach_into_another_partner(world: World) -> None:
    """Foreign-key checks bypass row-level security, so the key itself carries the partner."""
    with pytest.raises(DBAPIError, match="foreign key"), world.ada.transaction() as session:
        session.execute(
            text(
                "INSERT INTO carts (partner_id, cart_id, store_id, updated_at)"
                " VALUES (:p, gen_random_uuid(), :s, now())"
            ),
            {"p": world.ada.partner_id, "s": world.ben.store_id},
        )


def test_the_console_sees_all_partners(world: World) -> None:
    with Session(world.services.console) as session:
        found = set(session.scalars(select(Store.slug)))
    assert {world.ada.slug, world.ben.slug} <= found


def test_one_address_for_all_roles_takes_each_role_on(world: World) -> None:
    """With the owner's address alone, a face still connects as the role that it is."""
    from storage.database import Database

    alone = Database(world.services.database.owner_url)
    for engine, role in ((alone.face(), "awning_face"), (alone.console(), "awning_console")):
        with engine.connect() as connection:
            assert connection.execute(text("SELECT current_user")).scalar() == role
        engine.dispose()


def test_a_job_vanishes_with_its_transaction(world: World) -> None:
    def waiting() -> int:
        engine = create_engine(world.services.database.owner_url)
        with engine.connect() as connection:
            count = connection.execute(
                text("SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'test.nothing'")
            ).scalar_one()
        engine.dispose()
        return int(count)

    with pytest.raises(RuntimeError), world.ada.transaction() as session:
        enqueue(session, Job("test.nothing"))
        raise RuntimeError
    assert waiting() == 0
    with world.ada.transaction() as session:
        enqueue(session, Job("test.nothing"))
    assert waiting() == 1
    owner = create_engine(world.services.database.owner_url)
    with owner.begin() as connection:
        connection.execute(text("DELETE FROM procrastinate_jobs WHERE task_name = 'test.nothing'"))
    owner.dispose()
