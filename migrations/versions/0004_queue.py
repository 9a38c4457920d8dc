"""The job queue's tables and functions, as its library ships them.

Revision ID: 0004
"""

from alembic import op

from storage.jobs import schema_sql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # The text holds percent signs and several statements, which only the plain driver call takes.
    op.get_bind().connection.driver_connection.execute(schema_sql().encode())
    for role in ("awning_face", "awning_console"):
        op.execute(
            "DO $$ DECLARE item record; BEGIN"
            " FOR item IN SELECT tablename FROM pg_tables WHERE tablename LIKE 'procrastinate\\_%' LOOP"
            f"  EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO {role}', item.tablename);"
            " END LOOP; END $$"
        )
        op.execute(f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {role}")


def downgrade() -> None:
    raise NotImplementedError("money history is not taken back; restore a backup instead")
