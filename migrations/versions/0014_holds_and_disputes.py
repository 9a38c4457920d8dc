"""What keeps a margin from being paid out, disputes, shares of Stripe's fees, and balances up to a moment.

Revision ID: 0014
"""

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_RELEASED = "UPDATE (released_at, released_by, released_for)"
_MOVED_ON = "UPDATE (state, due_at, answered_at, withdrawn, fee, movements, closed_at)"
FACE = {
    # A refund that somebody made in Stripe's dashboard may leave nothing of an order to be sent.
    "orders": "UPDATE (fulfilment, owed)",
    "holds": f"SELECT, INSERT, {_RELEASED}",
    "disputes": f"SELECT, INSERT, {_MOVED_ON}",
    "balance_points": "SELECT",
}
CONSOLE = {
    "holds": f"SELECT, INSERT, {_RELEASED}",
    "disputes": f"SELECT, INSERT, {_MOVED_ON}",
    "balance_points": "SELECT, INSERT, UPDATE",
}
_TENANT = ("holds", "disputes", "balance_points")


def upgrade() -> None:
    op.execute("""
        ALTER TABLE company
            ADD COLUMN lost_wholesale TEXT DEFAULT 'wholesale_revenue' NOT NULL,
            ADD COLUMN dispute_fee_by TEXT DEFAULT 'company' NOT NULL,
            ADD CONSTRAINT company_lost_wholesale_check
                CHECK (lost_wholesale IN ('wholesale_revenue', 'dispute_losses')),
            ADD CONSTRAINT company_dispute_fee_by_check CHECK (dispute_fee_by IN ('company', 'partner'))
    """)
    op.execute("""
        ALTER TABLE price_lists
            ADD COLUMN fee_share_bps BIGINT DEFAULT '0' NOT NULL,
            ADD CONSTRAINT price_lists_fee_share_bps_check CHECK (fee_share_bps BETWEEN 0 AND 10000)
    """)
    op.execute("""
        ALTER TABLE orders
            ADD COLUMN fee_share_bps BIGINT DEFAULT '0' NOT NULL,
            ADD COLUMN owed BIGINT DEFAULT '0' NOT NULL,
            ADD CONSTRAINT orders_fee_share_bps_check CHECK (fee_share_bps BETWEEN 0 AND 10000)
    """)
    # The tables' owner sees no row as long as row-level security holds it too.
    for table in ("orders", "ledger_entries"):
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    op.execute("""
        UPDATE orders o SET owed = s.amount
          FROM (SELECT e.partner_id, e.order_id,
                       sum(CASE WHEN e.credit = 'partner_payable' THEN e.amount ELSE -e.amount END) AS amount
                  FROM ledger_entries e WHERE 'partner_payable' IN (e.debit, e.credit)
                 GROUP BY e.partner_id, e.order_id) s
         WHERE s.partner_id = o.partner_id AND s.order_id = o.order_id
    """)
    for table in ("orders", "ledger_entries"):
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.execute("""
        CREATE TABLE holds (
            partner_id UUID NOT NULL,
            hold_id UUID NOT NULL,
            order_id UUID NOT NULL,
            kind TEXT NOT NULL,
            reason TEXT NOT NULL,
            placed_by TEXT NOT NULL,
            placed_at TIMESTAMP WITH TIME ZONE NOT NULL,
            released_at TIMESTAMP WITH TIME ZONE,
            released_by TEXT,
            released_for TEXT,
            CONSTRAINT holds_pkey PRIMARY KEY (partner_id, hold_id),
            CONSTRAINT holds_kind_check CHECK (kind IN ('dispute', 'own_purchase', 'risk', 'by_hand')),
            CONSTRAINT holds_released_check CHECK ((released_at IS NULL) = (released_by IS NULL)
                AND (released_at IS NULL) = (released_for IS NULL)),
            CONSTRAINT holds_partner_id_order_id_fkey FOREIGN KEY (partner_id, order_id)
                REFERENCES orders (partner_id, order_id)
        )
    """)
    op.execute("""
        CREATE UNIQUE INDEX holds_active_key ON holds (partner_id, order_id, kind) WHERE released_at IS NULL
    """)
    op.execute("CREATE INDEX holds_partner_id_order_id_idx ON holds (partner_id, order_id)")
    op.execute("""
        CREATE TABLE disputes (
            partner_id UUID NOT NULL,
            dispute_id UUID NOT NULL,
            order_id UUID NOT NULL,
            stripe_id TEXT NOT NULL,
            state TEXT NOT NULL,
            amount BIGINT NOT NULL,
            currency TEXT NOT NULL,
            reason TEXT NOT NULL,
            opened_at TIMESTAMP WITH TIME ZONE NOT NULL,
            due_at TIMESTAMP WITH TIME ZONE,
            answered_at TIMESTAMP WITH TIME ZONE,
            withdrawn BIGINT DEFAULT '0' NOT NULL,
            fee BIGINT DEFAULT '0' NOT NULL,
            movements BIGINT DEFAULT '0' NOT NULL,
            closed_at TIMESTAMP WITH TIME ZONE,
            CONSTRAINT disputes_pkey PRIMARY KEY (partner_id, dispute_id),
            CONSTRAINT disputes_partner_id_stripe_id_key UNIQUE (partner_id, stripe_id),
            CONSTRAINT disputes_state_check CHECK (state IN ('inquiry', 'open', 'won', 'lost', 'closed')),
            CONSTRAINT disputes_amount_check CHECK (amount > 0),
            CONSTRAINT disputes_closed_at_check
                CHECK ((closed_at IS NULL) = (state IN ('inquiry', 'open'))),
            CONSTRAINT disputes_partner_id_order_id_fkey FOREIGN KEY (partner_id, order_id)
                REFERENCES orders (partner_id, order_id)
        )
    """)
    op.execute("CREATE INDEX disputes_partner_id_order_id_idx ON disputes (partner_id, order_id)")
    op.execute("CREATE INDEX disputes_open_idx ON disputes (due_at) WHERE state IN ('inquiry', 'open')")
    op.execute("""
        CREATE TABLE balance_points (
            partner_id UUID NOT NULL,
            currency TEXT NOT NULL,
            until TIMESTAMP WITH TIME ZONE NOT NULL,
            total BIGINT NOT NULL,
            CONSTRAINT balance_points_pkey PRIMARY KEY (partner_id, currency),
            CONSTRAINT balance_points_partner_id_fkey FOREIGN KEY (partner_id)
                REFERENCES partners (partner_id)
        )
    """)
    # What is owed is what was owed at a point and what was posted since; pending is what open orders owe.
    op.execute("""
        CREATE INDEX ledger_entries_payable_idx ON ledger_entries (partner_id, posted_at)
            WHERE 'partner_payable' IN (debit, credit)
    """)
    op.execute("""
        CREATE INDEX orders_partner_id_available_on_idx ON orders (partner_id, available_on)
            WHERE paid_at IS NOT NULL
    """)
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
