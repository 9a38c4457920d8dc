"""Sale events, store sales and price ceilings: what lowers a price for a while, and what bounds it.

Revision ID: 0008
"""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

FACE = {
    "price_ceilings": "SELECT",
    "sale_events": "SELECT",
    "sale_event_products": "SELECT",
    "sale_event_choices": "SELECT, INSERT",
    "sale_event_notices": "SELECT, INSERT, UPDATE (sent_at)",
    "store_sales": "SELECT, INSERT, UPDATE (valid, withdrawn_at)",
}
CONSOLE = {
    "price_ceilings": "SELECT, INSERT, UPDATE, DELETE",
    "sale_events": "SELECT, INSERT, UPDATE (ends, withdrawn_at)",
    "sale_event_products": "SELECT, INSERT",
    "sale_event_choices": "SELECT",
    "sale_event_notices": "SELECT",
    "store_sales": "SELECT",
}
_TENANT = ("sale_event_choices", "sale_event_notices", "store_sales")


def upgrade() -> None:
    op.execute("""
        CREATE TABLE price_ceilings (
            variant_id UUID NOT NULL,
            currency TEXT NOT NULL,
            amount BIGINT NOT NULL,
            CONSTRAINT price_ceilings_pkey PRIMARY KEY (variant_id, currency),
            CONSTRAINT price_ceilings_amount_check CHECK (amount > 0),
            CONSTRAINT price_ceilings_variant_id_fkey FOREIGN KEY (variant_id)
                REFERENCES variants (variant_id)
        )
    """)
    op.execute("""
        CREATE TABLE sale_events (
            event_id UUID NOT NULL,
            name TEXT NOT NULL,
            note TEXT DEFAULT '' NOT NULL,
            visible_from TIMESTAMP WITH TIME ZONE NOT NULL,
            begins TIMESTAMP WITH TIME ZONE NOT NULL,
            ends TIMESTAMP WITH TIME ZONE NOT NULL,
            price_lists UUID[] NOT NULL,
            actor TEXT NOT NULL,
            created_at TIMESTAMP WITH TIME ZONE NOT NULL,
            withdrawn_at TIMESTAMP WITH TIME ZONE,
            CONSTRAINT sale_events_pkey PRIMARY KEY (event_id),
            CONSTRAINT sale_events_name_check CHECK (name <> ''),
            CONSTRAINT sale_events_period_check CHECK (visible_from <= begins AND begins < ends),
            CONSTRAINT sale_events_withdrawn_at_check CHECK (withdrawn_at < begins)
        )
    """)
    op.execute("CREATE INDEX sale_events_ends_idx ON sale_events (ends)")
    op.execute("""
        CREATE TABLE sale_event_products (
            event_id UUID NOT NULL,
            product_id UUID NOT NULL,
            off_bps BIGINT NOT NULL,
            CONSTRAINT sale_event_products_pkey PRIMARY KEY (event_id, product_id),
            CONSTRAINT sale_event_products_off_bps_check CHECK (off_bps BETWEEN 1 AND 9000),
            CONSTRAINT sale_event_products_event_id_fkey FOREIGN KEY (event_id)
                REFERENCES sale_events (event_id),
            CONSTRAINT sale_event_products_product_id_fkey FOREIGN KEY (product_id)
                REFERENCES products (product_id)
        )
    """)
    op.execute("CREATE INDEX sale_event_products_product_id_idx ON sale_event_products (product_id)")
    op.execute("""
        CREATE TABLE sale_event_choices (
            partner_id UUID NOT NULL,
            choice_id UUID NOT NULL,
            store_id UUID NOT NULL,
            event_id UUID,
            joined BOOLEAN NOT NULL,
            pass_on_bps BIGINT NOT NULL,
            since TIMESTAMP WITH TIME ZONE NOT NULL,
            actor TEXT NOT NULL,
            CONSTRAINT sale_event_choices_pkey PRIMARY KEY (partner_id, choice_id),
            CONSTRAINT sale_event_choices_pass_on_bps_check CHECK (pass_on_bps BETWEEN 0 AND 10000),
            CONSTRAINT sale_event_choices_partner_id_store_id_fkey FOREIGN KEY (partner_id, store_id)
                REFERENCES stores (partner_id, store_id),
            CONSTRAINT sale_event_choices_event_id_fkey FOREIGN KEY (event_id)
                REFERENCES sale_events (event_id)
        )
    """)
    op.execute(
        "CREATE INDEX sale_event_choices_lookup_idx"
        " ON sale_event_choices (partner_id, store_id, event_id, since)"
    )
    op.execute("""
        CREATE TABLE sale_event_notices (
            partner_id UUID NOT NULL,
            event_id UUID NOT NULL,
            kind TEXT NOT NULL,
            person_id UUID NOT NULL,
            sent_at TIMESTAMP WITH TIME ZONE,
            CONSTRAINT sale_event_notices_pkey PRIMARY KEY (partner_id, event_id, kind, person_id),
            CONSTRAINT sale_event_notices_kind_check CHECK (kind IN ('announced', 'withdrawn')),
            CONSTRAINT sale_event_notices_partner_id_fkey FOREIGN KEY (partner_id)
                REFERENCES partners (partner_id),
            CONSTRAINT sale_event_notices_event_id_fkey FOREIGN KEY (event_id)
                REFERENCES sale_events (event_id),
            CONSTRAINT sale_event_notices_person_id_fkey FOREIGN KEY (person_id)
                REFERENCES people (person_id)
        )
    """)
    op.execute("CREATE INDEX sale_event_notices_event_id_idx ON sale_event_notices (event_id, partner_id)")
    op.execute("""
        CREATE TABLE store_sales (
            partner_id UUID NOT NULL,
            sale_id UUID NOT NULL,
            store_id UUID NOT NULL,
            scope TEXT NOT NULL,
            scope_id UUID NOT NULL,
            off_bps BIGINT NOT NULL,
            valid TSTZRANGE NOT NULL,
            withdrawn_at TIMESTAMP WITH TIME ZONE,
            actor TEXT NOT NULL,
            created_at TIMESTAMP WITH TIME ZONE NOT NULL,
            CONSTRAINT store_sales_pkey PRIMARY KEY (partner_id, sale_id),
            CONSTRAINT store_sales_scope_check CHECK (scope IN ('product', 'collection', 'store')),
            CONSTRAINT store_sales_off_bps_check CHECK (off_bps BETWEEN 1 AND 9000),
            CONSTRAINT store_sales_valid_check CHECK (NOT isempty(valid)),
            CONSTRAINT store_sales_one_at_a_time EXCLUDE USING gist (
                partner_id WITH =, store_id WITH =, scope WITH =, scope_id WITH =, valid WITH &&
            ) WHERE (withdrawn_at IS NULL),
            CONSTRAINT store_sales_partner_id_store_id_fkey FOREIGN KEY (partner_id, store_id)
                REFERENCES stores (partner_id, store_id)
        )
    """)
    op.execute("CREATE INDEX store_sales_lookup_idx ON store_sales (partner_id, store_id)")
    for role, grants in (("awning_face", FACE), ("awning_console", CONSOLE)):
        for table, privileges in grants.items():
            op.execute(f"GRANT {privileges} ON {table} TO {role}")
    mine = "partner_id = nullif(current_setting('awning.partner', true), '')::uuid"
    for table in _TENANT:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY one_partner ON {table} TO awning_face USING ({mine}) WITH CHECK ({mine})"
        )
        op.execute(f"CREATE POLICY all_partners ON {table} TO awning_console USING (true) WITH CHECK (true)")


def downgrade() -> None:
    raise NotImplementedError("money history is not taken back; restore a backup instead")
