"""Goods that come back, and refunds that partners ask the company for.

Revision ID: 0017
"""

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

# A shopper asks and takes back; what comes of it is the company's to write.
FACE = {
    "returns": "SELECT, INSERT, UPDATE (state, closed_at)",
    "return_lines": "SELECT, INSERT",
    "refund_requests": "SELECT, INSERT",
    "refund_request_lines": "SELECT, INSERT",
}
CONSOLE = {
    "returns": "SELECT, UPDATE (state, decided_at, decided_by, declined_for, received_at, received_by, refund_id,"
    " closed_at)",
    "return_lines": "SELECT, UPDATE (received, restocked)",
    "refund_requests": "SELECT, UPDATE (state, refund_id, declined_for, decided_at, decided_by)",
    "refund_request_lines": "SELECT",
}
_TENANT = ("returns", "return_lines", "refund_requests", "refund_request_lines")


def upgrade() -> None:
    op.execute("""
        ALTER TABLE company
            ADD COLUMN return_instructions TEXT DEFAULT '' NOT NULL,
            ADD COLUMN partner_refund_requests BOOLEAN DEFAULT false NOT NULL
    """)
    op.execute("ALTER TABLE orders ADD COLUMN returns_days BIGINT DEFAULT '30' NOT NULL")
    # The tables' owner sees no row as long as row-level security holds it too.
    op.execute("ALTER TABLE orders NO FORCE ROW LEVEL SECURITY")
    op.execute("UPDATE orders SET returns_days = c.returns_days FROM company c")
    op.execute("ALTER TABLE orders FORCE ROW LEVEL SECURITY")
    op.execute("""
        CREATE TABLE returns (
            partner_id UUID NOT NULL,
            return_id UUID NOT NULL,
            order_id UUID NOT NULL,
            kind TEXT NOT NULL,
            state TEXT NOT NULL,
            note TEXT NOT NULL,
            asked_at TIMESTAMP WITH TIME ZONE NOT NULL,
            decided_at TIMESTAMP WITH TIME ZONE,
            decided_by TEXT,
            declined_for TEXT,
            received_at TIMESTAMP WITH TIME ZONE,
            received_by TEXT,
            refund_id UUID,
            closed_at TIMESTAMP WITH TIME ZONE,
            CONSTRAINT returns_pkey PRIMARY KEY (partner_id, return_id),
            CONSTRAINT returns_partner_id_refund_id_key UNIQUE (partner_id, refund_id),
            CONSTRAINT returns_kind_check CHECK (kind IN ('return', 'withdrawal')),
            CONSTRAINT returns_state_check CHECK (state IN ('requested', 'accepted', 'received', 'refunded',
                'declined', 'cancelled')),
            CONSTRAINT returns_withdrawal_check CHECK (kind = 'return' OR state <> 'requested'),
            CONSTRAINT returns_declined_for_check CHECK ((state = 'declined') = (declined_for IS NOT NULL)),
            CONSTRAINT returns_received_at_check CHECK (state <> 'received' OR received_at IS NOT NULL),
            CONSTRAINT returns_refund_id_check CHECK ((state = 'refunded') = (refund_id IS NOT NULL)),
            CONSTRAINT returns_closed_at_check
                CHECK ((closed_at IS NULL) = (state IN ('requested', 'accepted', 'received'))),
            CONSTRAINT returns_partner_id_order_id_fkey FOREIGN KEY (partner_id, order_id)
                REFERENCES orders (partner_id, order_id),
            CONSTRAINT returns_partner_id_refund_id_fkey FOREIGN KEY (partner_id, refund_id)
                REFERENCES refunds (partner_id, refund_id)
        )
    """)
    op.execute("CREATE INDEX returns_partner_id_order_id_idx ON returns (partner_id, order_id)")
    op.execute("CREATE INDEX returns_open_idx ON returns (asked_at) WHERE closed_at IS NULL")
    op.execute("""
        CREATE TABLE return_lines (
            partner_id UUID NOT NULL,
            return_id UUID NOT NULL,
            line_id UUID NOT NULL,
            quantity BIGINT NOT NULL,
            reason TEXT NOT NULL,
            received BIGINT DEFAULT '0' NOT NULL,
            restocked BOOLEAN DEFAULT false NOT NULL,
            CONSTRAINT return_lines_pkey PRIMARY KEY (partner_id, return_id, line_id),
            CONSTRAINT return_lines_quantity_check CHECK (quantity > 0),
            CONSTRAINT return_lines_received_check CHECK (received BETWEEN 0 AND quantity),
            CONSTRAINT return_lines_reason_check CHECK (reason IN ('', 'changed_mind', 'does_not_fit',
                'not_as_described', 'damaged', 'wrong_item', 'other')),
            CONSTRAINT return_lines_partner_id_return_id_fkey FOREIGN KEY (partner_id, return_id)
                REFERENCES returns (partner_id, return_id),
            CONSTRAINT return_lines_partner_id_line_id_fkey FOREIGN KEY (partner_id, line_id)
                REFERENCES order_lines (partner_id, line_id)
        )
    """)
    op.execute("CREATE INDEX return_lines_partner_id_line_id_idx ON return_lines (partner_id, line_id)")
    op.execute("""
        CREATE TABLE refund_requests (
            partner_id UUID NOT NULL,
            request_id UUID NOT NULL,
            order_id UUID NOT NULL,
            state TEXT NOT NULL,
            amount BIGINT NOT NULL,
            currency TEXT NOT NULL,
            delivery BIGINT NOT NULL,
            goodwill BIGINT NOT NULL,
            funder TEXT,
            reason TEXT NOT NULL,
            asked_by TEXT NOT NULL,
            asked_at TIMESTAMP WITH TIME ZONE NOT NULL,
            refund_id UUID,
            declined_for TEXT,
            decided_by TEXT,
            decided_at TIMESTAMP WITH TIME ZONE,
            CONSTRAINT refund_requests_pkey PRIMARY KEY (partner_id, request_id),
            CONSTRAINT refund_requests_partner_id_refund_id_key UNIQUE (partner_id, refund_id),
            CONSTRAINT refund_requests_state_check CHECK (state IN ('asked', 'given', 'declined')),
            CONSTRAINT refund_requests_amount_check CHECK (amount > 0),
            CONSTRAINT refund_requests_parts_check CHECK (delivery >= 0 AND goodwill >= 0),
            CONSTRAINT refund_requests_funder_check CHECK (funder IN ('company', 'partner') AND goodwill > 0
                OR funder IS NULL AND goodwill = 0),
            CONSTRAINT refund_requests_refund_id_check CHECK ((state = 'given') = (refund_id IS NOT NULL)),
            CONSTRAINT refund_requests_declined_for_check
                CHECK ((state = 'declined') = (declined_for IS NOT NULL)),
            CONSTRAINT refund_requests_decided_check CHECK ((state = 'asked') = (decided_at IS NULL)
                AND (decided_at IS NULL) = (decided_by IS NULL)),
            CONSTRAINT refund_requests_partner_id_order_id_fkey FOREIGN KEY (partner_id, order_id)
                REFERENCES orders (partner_id, order_id),
            CONSTRAINT refund_requests_partner_id_refund_id_fkey FOREIGN KEY (partner_id, refund_id)
                REFERENCES refunds (partner_id, refund_id)
        )
    """)
    op.execute("""
        CREATE UNIQUE INDEX refund_requests_one_open_key ON refund_requests (partner_id, order_id)
         WHERE state = 'asked'
    """)
    op.execute("CREATE INDEX refund_requests_partner_id_order_id_idx ON refund_requests (partner_id, order_id)")
    op.execute("CREATE INDEX refund_requests_open_idx ON refund_requests (asked_at) WHERE state = 'asked'")
    op.execute("""
        CREATE TABLE refund_request_lines (
            partner_id UUID NOT NULL,
            request_id UUID NOT NULL,
            line_id UUID NOT NULL,
            quantity BIGINT NOT NULL,
            CONSTRAINT refund_request_lines_pkey PRIMARY KEY (partner_id, request_id, line_id),
            CONSTRAINT refund_request_lines_quantity_check CHECK (quantity > 0),
            CONSTRAINT refund_request_lines_partner_id_request_id_fkey FOREIGN KEY (partner_id, request_id)
                REFERENCES refund_requests (partner_id, request_id),
            CONSTRAINT refund_request_lines_partner_id_line_id_fkey FOREIGN KEY (partner_id, line_id)
                REFERENCES order_lines (partner_id, line_id)
        )
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
    raise NotImplementedError("history is not taken back; restore a backup instead")
