"""Money given back, by line and unit, and units of an order that will not be sent.

Revision ID: 0013
"""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

# What was asked for stands; its state moves on, and what Stripe says of it is added.
_STATES = "UPDATE (state, stripe_id, failure, settled_at)"
FACE = {
    "refunds": f"SELECT, INSERT, {_STATES}",
    "refund_lines": "SELECT, INSERT",
    "cancelled_units": "SELECT, INSERT",
}
CONSOLE = {
    "refunds": f"SELECT, INSERT, {_STATES}",
    "refund_lines": "SELECT, INSERT",
    "cancelled_units": "SELECT, INSERT",
}
_TENANT = ("refunds", "refund_lines", "cancelled_units")


def upgrade() -> None:
    op.execute("""
        CREATE TABLE refunds (
            partner_id UUID NOT NULL,
            refund_id UUID NOT NULL,
            order_id UUID NOT NULL,
            state TEXT NOT NULL,
            amount BIGINT NOT NULL,
            currency TEXT NOT NULL,
            delivery BIGINT NOT NULL,
            delivery_tax BIGINT NOT NULL,
            goodwill BIGINT NOT NULL,
            funder TEXT,
            goodwill_back BIGINT NOT NULL,
            partner_goodwill_back BIGINT NOT NULL,
            reason TEXT NOT NULL,
            actor TEXT NOT NULL,
            created_at TIMESTAMP WITH TIME ZONE NOT NULL,
            stripe_id TEXT,
            failure TEXT DEFAULT '' NOT NULL,
            settled_at TIMESTAMP WITH TIME ZONE,
            CONSTRAINT refunds_pkey PRIMARY KEY (partner_id, refund_id),
            CONSTRAINT refunds_partner_id_stripe_id_key UNIQUE (partner_id, stripe_id),
            CONSTRAINT refunds_state_check CHECK (state IN ('asked', 'pending', 'succeeded', 'failed', 'refused')),
            CONSTRAINT refunds_amount_check CHECK (amount > 0),
            CONSTRAINT refunds_parts_check CHECK (delivery >= 0 AND delivery_tax >= 0 AND goodwill >= 0),
            CONSTRAINT refunds_goodwill_back_check CHECK (goodwill_back >= 0 AND partner_goodwill_back >= 0),
            CONSTRAINT refunds_funder_check CHECK (funder IN ('company', 'partner') AND goodwill > 0
                OR funder IS NULL AND goodwill = 0),
            CONSTRAINT refunds_partner_id_order_id_fkey FOREIGN KEY (partner_id, order_id)
                REFERENCES orders (partner_id, order_id)
        )
    """)
    op.execute("CREATE INDEX refunds_partner_id_order_id_idx ON refunds (partner_id, order_id)")
    op.execute("CREATE INDEX refunds_open_idx ON refunds (created_at) WHERE state IN ('asked', 'pending')")
    op.execute("""
        CREATE TABLE refund_lines (
            partner_id UUID NOT NULL,
            refund_id UUID NOT NULL,
            line_id UUID NOT NULL,
            quantity BIGINT NOT NULL,
            restocked BOOLEAN NOT NULL,
            wholesale BIGINT NOT NULL,
            promoted_wholesale BIGINT NOT NULL,
            margin BIGINT NOT NULL,
            promoted_margin BIGINT NOT NULL,
            tax BIGINT NOT NULL,
            CONSTRAINT refund_lines_pkey PRIMARY KEY (partner_id, refund_id, line_id),
            CONSTRAINT refund_lines_quantity_check CHECK (quantity > 0),
            CONSTRAINT refund_lines_partner_id_refund_id_fkey FOREIGN KEY (partner_id, refund_id)
                REFERENCES refunds (partner_id, refund_id),
            CONSTRAINT refund_lines_partner_id_line_id_fkey FOREIGN KEY (partner_id, line_id)
                REFERENCES order_lines (partner_id, line_id)
        )
    """)
    op.execute("CREATE INDEX refund_lines_partner_id_line_id_idx ON refund_lines (partner_id, line_id)")
    op.execute("""
        CREATE TABLE cancelled_units (
            partner_id UUID NOT NULL,
            cancel_id UUID NOT NULL,
            order_id UUID NOT NULL,
            line_id UUID NOT NULL,
            quantity BIGINT NOT NULL,
            restocked BOOLEAN NOT NULL,
            actor TEXT NOT NULL,
            cancelled_at TIMESTAMP WITH TIME ZONE NOT NULL,
            CONSTRAINT cancelled_units_pkey PRIMARY KEY (partner_id, cancel_id),
            CONSTRAINT cancelled_units_quantity_check CHECK (quantity > 0),
            CONSTRAINT cancelled_units_partner_id_order_id_fkey FOREIGN KEY (partner_id, order_id)
                REFERENCES orders (partner_id, order_id),
            CONSTRAINT cancelled_units_partner_id_line_id_fkey FOREIGN KEY (partner_id, line_id)
                REFERENCES order_lines (partner_id, line_id)
        )
    """)
    op.execute("CREATE INDEX cancelled_units_partner_id_order_id_idx ON cancelled_units (partner_id, order_id)")
    for role, grants in (("awning_face", FACE), ("awning_console", CONSOLE)):
        for table, privileges in grants.items():
            op.execute(f"GRANT {privileges} ON {table} TO {role}")
    mine = "partner_id = nullif(current_setting('awning.partner', true), '')::uuid"
    for table in _TENANT:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY one_partner ON {table} TO awning_face USING ({mine}) WITH CHECK ({mine})")
        op.execute(f"CREATE POLICY all_partners ON {table} TO awning_console USING (true) WITH CHECK (true)")


def downgrade() -> None:
    raise NotImplementedError("money history is not taken back; restore a backup instead")
