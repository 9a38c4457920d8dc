"""Engines, one for each database role, and the base of every mapped table.

The program uses three roles. ``awning_owner`` owns the tables and runs migrations. ``awning_face``
serves stores, portal, site and worker: it owns nothing, and row-level security shows it one
partner at a time. ``awning_console`` serves the company's console, whose policies open all partners.
Which role a connection gets is decided by the face that asks for it, never by a parameter of a request.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from psycopg.conninfo import make_conninfo
from sqlalchemy import (
    BigInteger,
    DateTime,
    Engine,
    MetaData,
    Text,
    TextClause,
    Uuid,
    bindparam,
    create_engine,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.orm import DeclarativeBase, Session

OWNER, FACE, CONSOLE = "awning_owner", "awning_face", "awning_console"


class Base(DeclarativeBase):
    """Base of every table. Constraint names are derived, so that migrations can address them."""

    metadata = MetaData(
        naming_convention={
            "pk": "%(table_name)s_pkey",
            "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
            "uq": "%(table_name)s_%(column_0_N_name)s_key",
            "ix": "%(table_name)s_%(column_0_N_name)s_idx",
            "ck": "%(table_name)s_%(constraint_name)s_check",
        }
    )
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy reads this class attribute as it is.
        str: Text,
        int: BigInteger,
        UUID: Uuid,
        datetime: DateTime(timezone=True),
        dict[str, Any]: JSONB,
        dict[str, str]: JSONB,
        dict[str, int]: JSONB,
        list[Any]: JSONB,
        list[str]: ARRAY(Text),
    }


def one_of(column: str, values: tuple[str, ...]) -> str:
    """The text of a CHECK that holds a column to a list of words."""
    return f"{column} IN ({', '.join(repr(value) for value in values)})"


@dataclass(frozen=True)
class Database:
    """The addresses of one installation's database, one for each role.

    The owner's address is enough: the others then take on their role at connection time, for which
    the owner must be a member of them (the migrations see to that). A production installation gives
    the faces addresses with credentials of their own, so that they could not become owner even by
    injected SQL.
    """

    owner_url: str
    face_url: str = ""
    console_url: str = ""

    def owner(self, **options: Any) -> Engine:
        return create_engine(_psycopg(self.owner_url), **options)

    def face(self, **options: Any) -> Engine:
        # A face's statements find a few rows by key, so a plan made once for any values serves, and making
        # a plan for the ones at hand costs more than the statement.
        return self._engine(self.face_url, FACE, "-c plan_cache_mode=force_generic_plan", **options)

    def console(self, **options: Any) -> Engine:
        return self._engine(self.console_url, CONSOLE, **options)

    def conninfo(self) -> str:
        """How a library that connects by itself, such as the queue, connects as a face."""
        if self.face_url:
            return _libpq(self.face_url)
        return make_conninfo(_libpq(self.owner_url), options=f"-c role={FACE}")

    def _engine(self, own_url: str, role: str, settings: str = "", **options: Any) -> Engine:
        url = _psycopg(own_url or self.owner_url)
        given = (url.query.get("options", ""), "" if own_url else f"-c role={role}", settings)
        url = url.update_query_dict({"options": " ".join(filter(None, map(str, given)))})
        # The connection used last is used next, and statements are prepared at their second use: few
        # connections then hold nearly all plans, and planning is what short statements spend most on.
        options = {"pool_size": 8, "max_overflow": 8, "pool_timeout": 5, "pool_use_lifo": True, **options}
        return create_engine(url, connect_args={"connect_timeout": 5, "prepare_threshold": 2}, **options)


def _psycopg(url: str) -> URL:
    return make_url(url).set(drivername="postgresql+psycopg")


def _libpq(url: str) -> str:
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


@contextmanager
def transaction(engine: Engine) -> Iterator[Session]:
    """A transaction outside any tenant: for shared tables, and for the console's view of all partners.

    Commits when the block ends, rolls back when it raises.
    """
    with Session(engine, expire_on_commit=False) as session, session.begin():
        yield session


def insert_rows(
    session: Session, model: type[Base], rows: Sequence[Mapping[str, Any]], *, unless_there: bool = False
) -> int:
    """Write rows that all name the same columns, in one statement: all of them or none.

    ``unless_there`` leaves a row that is there already as it is. Returns how many were written.
    """
    if not rows:
        return 0
    statement = _insert(model, tuple(rows[0]), len(rows), unless_there)
    values = {f"{name}_{place}": row[name] for place, row in enumerate(rows) for name in row}
    return session.connection().execute(statement, values).rowcount


@lru_cache(maxsize=256)
def _insert(model: type[Base], names: tuple[str, ...], rows: int, unless_there: bool) -> TextClause:
    # SQLAlchemy compiles an INSERT of several rows anew each time, and asks the mapper about each value
    # of one; both cost more than running it.
    columns = model.__table__.columns
    values = ", ".join(f"({', '.join(f':{name}_{place}' for name in names)})" for place in range(rows))
    into = f"{model.__tablename__} ({', '.join(names)})"
    statement = f"INSERT INTO {into} VALUES {values}"  # noqa: S608 - all names are our own.
    return text(statement + (" ON CONFLICT DO NOTHING" if unless_there else "")).bindparams(
        *(bindparam(f"{name}_{place}", type_=columns[name].type) for name in names for place in range(rows))
    )


def lost_connection(error: BaseException) -> bool:
    """Whether the database went away under a statement, rather than refused it.

    SQLAlchemy has then emptied the pool already, so the next request connects anew.
    """
    if not isinstance(error, OperationalError | InterfaceError):
        return False
    state = getattr(error.orig, "sqlstate", None) or ""
    return error.connection_invalidated or state.startswith(("08", "57P")) or not state
