"""Bringing a database to the schema that this version of the program needs."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

_INI = Path(__file__).resolve().parent.parent / "alembic.ini"


def migrate(engine: Engine) -> None:
    """Apply what is missing, as the database's owner. Running it twice is the same as once."""
    command.upgrade(_config(engine), "head")


def check(engine: Engine) -> None:
    """Raise alembic's CommandError when the mapped tables and the migrated database differ."""
    command.check(_config(engine))


def is_current(engine: Engine) -> bool:
    """Whether the database has exactly the migrations that this program was built with."""
    head = ScriptDirectory.from_config(Config(str(_INI))).get_current_head()
    try:
        with engine.connect() as connection:
            return connection.execute(text("SELECT version_num FROM alembic_version")).scalar() == head
    except DBAPIError:
        return False


def _config(engine: Engine) -> Config:
    config = Config(str(_INI), stdout=StringIO())
    config.attributes["engine"] = engine
    return config
