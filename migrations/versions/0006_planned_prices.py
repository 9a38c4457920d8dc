"""Planned prices lie over the standing ones, and a plan that was withdrawn stays as history.

Revision ID: 0006
"""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

FACE = {"retail_rules": "UPDATE (withdrawn_at)"}
CONSOLE: dict[str, str] = {}


def upgrade() -> None:
    op.execute("ALTER TABLE retail_rules ADD COLUMN layer TEXT NOT NULL DEFAULT 'standing'")
    op.execute("ALTER TABLE retail_rules ADD COLUMN withdrawn_at TIMESTAMP WITH TIME ZONE")
    op.execute(
        "ALTER TABLE retail_rules ADD CONSTRAINT retail_rules_layer_check"
        " CHECK (layer IN ('standing', 'planned'))"
    )
    op.execute("ALTER TABLE retail_rules DROP CONSTRAINT retail_rules_one_at_a_time")
    op.execute(
        "ALTER TABLE retail_rules ADD CONSTRAINT retail_rules_one_at_a_time EXCLUDE USING gist"
        " (partner_id WITH =, store_id WITH =, scope WITH =, scope_id WITH =, layer WITH =, valid WITH &&)"
        " WHERE (withdrawn_at IS NULL)"
    )
    for table, privileges in FACE.items():
        op.execute(f"GRANT {privileges} ON {table} TO awning_face")


def downgrade() -> None:
    raise NotImplementedError("money history is not taken back; restore a backup instead")
