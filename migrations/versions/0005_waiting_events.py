"""Webhooks wait in their own table, and tell how often and when they are to be tried.

Revision ID: 0005
"""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

FACE = {"stripe_events": "UPDATE (attempts, try_after)"}
CONSOLE: dict[str, str] = {}


def upgrade() -> None:
    op.execute("ALTER TABLE stripe_events ADD COLUMN attempts BIGINT NOT NULL DEFAULT 0")
    # What waits from before is tried at once.
    op.execute("ALTER TABLE stripe_events ADD COLUMN try_after TIMESTAMP WITH TIME ZONE")
    op.execute("UPDATE stripe_events SET try_after = received_at")
    op.execute("ALTER TABLE stripe_events ALTER COLUMN try_after SET NOT NULL")
    op.execute("CREATE INDEX stripe_events_try_after_idx ON stripe_events (try_after) WHERE handled_at IS NULL")
    op.execute("CREATE INDEX stripe_events_object_id_idx ON stripe_events (object_id) WHERE handled_at IS NULL")
    for table, privileges in FACE.items():
        op.execute(f"GRANT {privileges} ON {table} TO awning_face")


def downgrade() -> None:
    raise NotImplementedError("money history is not taken back; restore a backup instead")
