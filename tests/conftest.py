"""What every test stands on: a real PostgreSQL with the real migrations, and two partners.

The controlling process starts the embedded server once and migrates a template database; each worker
copies it and keeps its copy for the whole run. Tests add to it and never empty it: at the end,
``payments.verify`` looks at what they left behind.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from app.config import Config
from payments.verify import verify
from storage import schema
from storage.database import CONSOLE, FACE, Database, transaction
from storage.embedded import EmbeddedServer
from tests.sql_rules import watch
from tests.world import Installation, World

_URL = "AWNING_TEST_SERVER"
_TEMPLATE = "awning_template"

# How long an example takes says nothing on a machine that others use, too.
settings.register_profile("awning", deadline=None)
settings.load_profile("awning")


def pytest_configure(config: pytest.Config) -> None:
    # The tests say themselves how an installation is configured, whatever the shell that starts them does.
    for name in set(os.environ) & {f"AWNING_{field.upper()}" for field in Config.model_fields}:
        del os.environ[name]
    # A worker has its server from the controlling process, and so have the runs of scripts/mutations.
    if hasattr(config, "workerinput") or _URL in os.environ:
        return
    given = os.environ.get("DATABASE_URL")
    if given:
        os.environ[_URL] = given
    else:
        folder = Path(tempfile.mkdtemp(prefix="awning-tests-"))
        folder.chmod(0o755)
        server = EmbeddedServer(folder / "pg")
        os.environ[_URL] = server.start()
        # What the tests write need not survive a power cut.
        superuser = create_engine(_as(os.environ[_URL], "awning", "postgres"), isolation_level="AUTOCOMMIT")
        with superuser.connect() as connection:
            for setting in ("fsync", "synchronous_commit", "full_page_writes"):
                connection.exec_driver_sql(f"ALTER SYSTEM SET {setting} = off")
            connection.exec_driver_sql("ALTER ROLE awning_owner CREATEDB")
            connection.exec_driver_sql("SELECT pg_reload_conf()")
        superuser.dispose()
        config.add_cleanup(lambda: (server.stop("immediate"), shutil.rmtree(folder, ignore_errors=True)))
    _recreate(_TEMPLATE)
    engine = create_engine(_as(os.environ[_URL], _TEMPLATE))
    schema.migrate(engine)
    engine.dispose()


def _as(url: str, database: str, user: str | None = None) -> str:
    made = make_url(url).set(drivername="postgresql+psycopg", database=database)
    return (made.set(username=user) if user else made).render_as_string(hide_password=False)


def _recreate(name: str, template: str = "template1") -> None:
    engine = create_engine(_as(os.environ[_URL], "postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
        connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {template}"))
    engine.dispose()


@pytest.fixture(scope="session")
def database() -> Database:
    """A migrated database of this worker's own, or the one that scripts/mutations took a guard away from."""
    given = os.environ.get("AWNING_TEST_DATABASE")
    return _database(given) if given else database_of_its_own("awning")


def database_of_its_own(name: str) -> Database:
    """A migrated database with nothing in it, for this worker alone."""
    name = f"{name}_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    _recreate(name, _TEMPLATE)
    return _database(name)


def _database(name: str) -> Database:
    url = _as(os.environ[_URL], name)
    face, console = (url.replace("awning_owner@", f"{role}@") for role in (FACE, CONSOLE))
    return Database(url, face, console)


@pytest.fixture(scope="session")
def _installation(database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    installation = Installation(database, tmp_path_factory.mktemp("installation"))
    watch(installation.services.face)
    yield installation
    with transaction(installation.services.console) as session:
        findings = list(verify(session))
    installation.close()
    assert not findings, f"the tests left a database behind that is not sound: {findings}"


@pytest.fixture
def world(_installation: Installation) -> World:
    """Two partners with a store each, and goods, all of this test's own."""
    _installation.forget_jobs()
    return World(_installation)
