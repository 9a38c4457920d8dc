"""The company's highest prices keep their history: who set or took away which, when and why.

Revision ID: 0011
"""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

# Partners read the ceiling in force; who of the company set it is the company's business.
FACE: dict[str, str] = {"ceiling_changes": ""}
CONSOLE = {"ceiling_changes": "SELECT, INSERT"}


def upgrade() -> None:
    op.execute("""
        CREATE TABLE ceiling_changes (
            change_id UUID NOT NULL,
            variant_id UUID NOT NULL,
            currency TEXT NOT NULL,
            amount BIGINT,
            since TIMESTAMP WITH TIME ZONE NOT NULL,
            actor TEXT NOT NULL,
            reason TEXT DEFAULT '' NOT NULL,
            CONSTRAINT ceiling_changes_pkey PRIMARY KEY (change_id),
            CONSTRAINT ceiling_changes_amount_check CHECK (amount > 0),
            CONSTRAINT ceiling_changes_variant_id_fkey FOREIGN KEY (variant_id)
                REFERENCES variants (variant_id)
        )
    """)
    op.execute("CREATE INDEX ceiling_changes_lookup_idx ON ceiling_changes (variant_id, currency, since)")
    for table, privileges in CONSOLE.items():
        op.execute(f"GRANT {privileges} ON {table} TO awning_console")


def downgrade() -> None:
    raise NotImplementedError("money history is not taken back; restore a backup instead")
