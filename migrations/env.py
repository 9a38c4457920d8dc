"""How alembic reaches the database: as its owner, at the address that the caller gives it."""

from alembic import context
from sqlalchemy import create_engine
from sqlalchemy.schema import SchemaItem

from migrations.metadata import metadata
from storage.database import Database


def _ours(item: SchemaItem, name: str | None, kind: str, *_: object) -> bool:
    # The queue's tables belong to its library, which ships their own migrations.
    table = name if kind == "table" else getattr(getattr(item, "table", None), "name", "")
    return not str(table).startswith("procrastinate_")


def run() -> None:
    engine = context.config.attributes.get("engine") or create_engine(
        Database(context.config.get_main_option("sqlalchemy.url") or "").owner_url
    )
    with engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=metadata,
            include_object=_ours,
            compare_type=True,
            compare_server_default=False,
            transaction_per_migration=True,
        )
        with context.begin_transaction():
            context.run_migrations()


run()
