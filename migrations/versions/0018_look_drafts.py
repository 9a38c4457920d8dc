"""Drafts of looks: what is worked on, the steps to go back to, and links that show it.

Revision ID: 0018
"""

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

FACE = {
    "look_drafts": "SELECT, INSERT, UPDATE (version, step, actor, changed_at)",
    "look_steps": "SELECT, INSERT, DELETE, UPDATE (theme, settings, pages, version, at)",
    "draft_links": "SELECT, INSERT, UPDATE (withdrawn_at)",
}
# The company looks at drafts and touches none.
CONSOLE = {"look_drafts": "SELECT", "look_steps": "SELECT", "draft_links": "SELECT"}


def upgrade() -> None:
    op.execute("""
        CREATE TABLE look_drafts (
            partner_id UUID NOT NULL,
            store_id UUID NOT NULL,
            version BIGINT NOT NULL,
            step BIGINT NOT NULL,
            actor TEXT NOT NULL,
            changed_at TIMESTAMP WITH TIME ZONE NOT NULL,
            CONSTRAINT look_drafts_pkey PRIMARY KEY (partner_id, store_id),
            CONSTRAINT look_drafts_counts_check CHECK (version >= 0 AND step >= 0),
            CONSTRAINT look_drafts_partner_id_store_id_fkey FOREIGN KEY (partner_id, store_id)
                REFERENCES stores (partner_id, store_id)
        )
    """)
    op.execute("""
        CREATE TABLE look_steps (
            partner_id UUID NOT NULL,
            store_id UUID NOT NULL,
            step BIGINT NOT NULL,
            theme TEXT NOT NULL,
            settings JSONB NOT NULL,
            pages JSONB NOT NULL,
            mark TEXT NOT NULL,
            words TEXT NOT NULL,
            version BIGINT NOT NULL,
            actor TEXT NOT NULL,
            at TIMESTAMP WITH TIME ZONE NOT NULL,
            CONSTRAINT look_steps_pkey PRIMARY KEY (partner_id, store_id, step),
            CONSTRAINT look_steps_step_check CHECK (step >= 0),
            CONSTRAINT look_steps_partner_id_store_id_fkey FOREIGN KEY (partner_id, store_id)
                REFERENCES look_drafts (partner_id, store_id)
        )
    """)
    op.execute("""
        CREATE TABLE draft_links (
            partner_id UUID NOT NULL,
            link_id UUID NOT NULL,
            store_id UUID NOT NULL,
            token_hash BYTEA NOT NULL,
            created_by TEXT NOT NULL,
            created_at TIMESTAMP WITH TIME ZONE NOT NULL,
            expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
            withdrawn_at TIMESTAMP WITH TIME ZONE,
            CONSTRAINT draft_links_pkey PRIMARY KEY (partner_id, link_id),
            CONSTRAINT draft_links_expires_at_check CHECK (expires_at > created_at),
            CONSTRAINT draft_links_partner_id_store_id_fkey FOREIGN KEY (partner_id, store_id)
                REFERENCES stores (partner_id, store_id)
        )
    """)
    op.execute("CREATE UNIQUE INDEX draft_links_token_key ON draft_links (partner_id, token_hash)")
    op.execute("CREATE INDEX draft_links_partner_id_store_id_idx ON draft_links (partner_id, store_id)")
    for role, grants in (("awning_face", FACE), ("awning_console", CONSOLE)):
        for table, privileges in grants.items():
            op.execute(f"GRANT {privileges} ON {table} TO {role}")
    mine = "partner_id = nullif(current_setting('awning.partner', true), '')::uuid"
    for table in FACE:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY one_partner ON {table} TO awning_face USING ({mine}) WITH CHECK ({mine})")
        op.execute(f"CREATE POLICY all_partners ON {table} TO awning_console USING (true) WITH CHECK (true)")


def downgrade() -> None:
    raise NotImplementedError("history is not taken back; restore a backup instead")
