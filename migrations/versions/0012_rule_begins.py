"""When the next rule of a store begins is found without going through all of them.

Revision ID: 0012
"""

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Row security lets an index be searched by what cannot give away other tenants' rows: a comparison
    # of a plain column is such a thing, and one of lower(valid) is not.
    op.execute("""
        ALTER TABLE retail_rules
            ADD COLUMN begins TIMESTAMP WITH TIME ZONE GENERATED ALWAYS AS (lower(valid)) STORED,
            ADD COLUMN ends TIMESTAMP WITH TIME ZONE
                GENERATED ALWAYS AS (coalesce(upper(valid), 'infinity')) STORED
    """)
    op.execute(
        "CREATE INDEX retail_rules_begins_idx ON retail_rules (partner_id, store_id, begins)"
        " WHERE withdrawn_at IS NULL"
    )
    op.execute("DROP INDEX retail_rules_lookup_idx")
    op.execute("CREATE INDEX retail_rules_lookup_idx ON retail_rules (partner_id, store_id, scope_id, ends)")
    # A store has one partner. Not knowing that, PostgreSQL takes every store for one of hardly any
    # rules, and any index for as good as any other.
    op.execute(
        "CREATE STATISTICS retail_rules_of_store (dependencies) ON partner_id, store_id FROM retail_rules"
    )


def downgrade() -> None:
    raise NotImplementedError("money history is not taken back; restore a backup instead")
