"""Statements: a partner's account of each month, in a chain of hashes.

Revision ID: 0016
"""

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

# The worker issues them; nobody changes one or takes it away.
FACE = {"statements": "SELECT, INSERT"}
CONSOLE = {"statements": "SELECT"}


def upgrade() -> None:
    op.execute("""
        CREATE TABLE statements (
            partner_id UUID NOT NULL,
            statement_id UUID NOT NULL,
            currency TEXT NOT NULL,
            number BIGINT NOT NULL,
            period_from TIMESTAMP WITH TIME ZONE NOT NULL,
            period_to TIMESTAMP WITH TIME ZONE NOT NULL,
            opening BIGINT NOT NULL,
            closing BIGINT NOT NULL,
            entries BIGINT NOT NULL,
            hash TEXT NOT NULL,
            previous_hash TEXT,
            issued_at TIMESTAMP WITH TIME ZONE NOT NULL,
            version BIGINT NOT NULL,
            company TEXT NOT NULL,
            partner TEXT NOT NULL,
            CONSTRAINT statements_pkey PRIMARY KEY (partner_id, statement_id),
            CONSTRAINT statements_partner_id_currency_number_key UNIQUE (partner_id, currency, number),
            CONSTRAINT statements_partner_id_currency_period_from_key UNIQUE (partner_id, currency, period_from),
            CONSTRAINT statements_number_check CHECK (number > 0),
            CONSTRAINT statements_period_check CHECK (period_from < period_to AND period_to <= issued_at),
            CONSTRAINT statements_entries_check CHECK (entries >= 0),
            CONSTRAINT statements_hash_check CHECK (hash ~ '^[0-9a-f]{64}$' AND previous_hash ~ '^[0-9a-f]{64}$'),
            CONSTRAINT statements_first_check CHECK ((number = 1) = (previous_hash IS NULL)),
            CONSTRAINT statements_version_check CHECK (version > 0),
            CONSTRAINT statements_partner_id_fkey FOREIGN KEY (partner_id) REFERENCES partners (partner_id)
        )
    """)
    for role, grants in (("awning_face", FACE), ("awning_console", CONSOLE)):
        for table, privileges in grants.items():
            op.execute(f"GRANT {privileges} ON {table} TO {role}")
    mine = "partner_id = nullif(current_setting('awning.partner', true), '')::uuid"
    op.execute("ALTER TABLE statements ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE statements FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY one_partner ON statements TO awning_face USING ({mine}) WITH CHECK ({mine})")
    op.execute("CREATE POLICY all_partners ON statements TO awning_console USING (true) WITH CHECK (true)")


def downgrade() -> None:
    raise NotImplementedError("money history is not taken back; restore a backup instead")
