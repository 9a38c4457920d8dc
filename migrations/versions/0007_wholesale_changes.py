"""What is saved of wholesale at once is one change: partners are told of it, and it can be withdrawn.

Revision ID: 0007
"""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

# The company takes out prices that never began; pricing.scheduled asks for the moment in its statement.
FACE = {
    "wholesale_changes": "SELECT",
    "wholesale_notices": "SELECT, INSERT, UPDATE (sent_at)",
}
CONSOLE = {
    "wholesale_changes": "SELECT, INSERT, UPDATE (raises, withdrawn_at)",
    "wholesale_notices": "SELECT",
    "wholesale_prices": "DELETE",
}


def upgrade() -> None:
    op.execute("""
        CREATE TABLE wholesale_changes (
            change_id UUID NOT NULL,
            begins TIMESTAMP WITH TIME ZONE NOT NULL,
            raises BOOLEAN DEFAULT false NOT NULL,
            actor TEXT NOT NULL,
            reason TEXT DEFAULT '' NOT NULL,
            created_at TIMESTAMP WITH TIME ZONE NOT NULL,
            withdrawn_at TIMESTAMP WITH TIME ZONE,
            CONSTRAINT wholesale_changes_pkey PRIMARY KEY (change_id),
            CONSTRAINT wholesale_changes_withdrawn_at_check CHECK (withdrawn_at < begins)
        )
    """)
    op.execute("CREATE INDEX wholesale_changes_begins_idx ON wholesale_changes (begins)")
    # What was set before this revision belongs to no change: nobody is told of it, and it stays.
    op.execute("ALTER TABLE wholesale_prices ADD COLUMN change_id UUID")
    op.execute(
        "ALTER TABLE wholesale_prices ADD CONSTRAINT wholesale_prices_change_id_fkey"
        " FOREIGN KEY (change_id) REFERENCES wholesale_changes (change_id)"
    )
    op.execute("CREATE INDEX wholesale_prices_change_id_idx ON wholesale_prices (change_id)")
    op.execute("""
        CREATE TABLE wholesale_notices (
            partner_id UUID NOT NULL,
            change_id UUID NOT NULL,
            kind TEXT NOT NULL,
            person_id UUID NOT NULL,
            sent_at TIMESTAMP WITH TIME ZONE,
            CONSTRAINT wholesale_notices_pkey PRIMARY KEY (partner_id, change_id, kind, person_id),
            CONSTRAINT wholesale_notices_kind_check CHECK (kind IN ('announced', 'withdrawn')),
            CONSTRAINT wholesale_notices_partner_id_fkey FOREIGN KEY (partner_id)
                REFERENCES partners (partner_id),
            CONSTRAINT wholesale_notices_change_id_fkey FOREIGN KEY (change_id)
                REFERENCES wholesale_changes (change_id),
            CONSTRAINT wholesale_notices_person_id_fkey FOREIGN KEY (person_id) REFERENCES people (person_id)
        )
    """)
    op.execute("CREATE INDEX wholesale_notices_change_id_idx ON wholesale_notices (change_id, partner_id)")
    for role, grants in (("awning_face", FACE), ("awning_console", CONSOLE)):
        for table, privileges in grants.items():
            op.execute(f"GRANT {privileges} ON {table} TO {role}")
    mine = "partner_id = nullif(current_setting('awning.partner', true), '')::uuid"
    op.execute("ALTER TABLE wholesale_notices ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE wholesale_notices FORCE ROW LEVEL SECURITY")
    op.execute(
        f"CREATE POLICY one_partner ON wholesale_notices TO awning_face USING ({mine}) WITH CHECK ({mine})"
    )
    op.execute(
        "CREATE POLICY all_partners ON wholesale_notices TO awning_console USING (true) WITH CHECK (true)"
    )


def downgrade() -> None:
    raise NotImplementedError("money history is not taken back; restore a backup instead")
