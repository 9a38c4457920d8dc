"""Bringing a database to the schema that this version of the program needs."""

from __future__ import annotations

from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

if TYPE_CHECKING:
    from alembic.config import Config

_ROOT = Path(__file__).resolve().parent.parent


def migrate(engine: Engine) -> None:
    """Apply what is missing, as the database's owner. Running it twice is the same as once."""
    from alembic import command

    command.upgrade(_config(engine), "head")


def check(engine: Engine) -> None:
    """Raise alembic's CommandError when the mapped tables and the migrated database differ."""
    from alembic import command

    command.check(_config(engine))


def is_current(engine: Engine) -> bool:
    """Whether the database has exactly the migrations that this program was built with."""
    # The files are numbered, which tells a web process the newest without loading the whole library.
    head = max(path.name.partition("_")[0] for path in (_ROOT / "migrations" / "versions").glob("[0-9]*.py"))
    try:
        with engine.connect() as connection:
            return connection.execute(text("SELECT version_num FROM alembic_version")).scalar() == head
    except DBAPIError:
        return False


def _config(engine: Engine) -> Config:
    from alembic.config import Config

    config = Config(str(_ROOT / "alembic.ini"), stdout=StringIO())
    config.attributes["engine"] = engine
    return config
