"""Coupons of partners, promotions of the company, and what each took off an order.

Revision ID: 0009
"""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

FACE = {
    "coupons": "SELECT, INSERT, UPDATE (withdrawn_at)",
    "promotions": "SELECT",
    "order_discounts": "SELECT, INSERT",
    "carts": "UPDATE (code)",
}
CONSOLE = {
    "coupons": "SELECT",
    "promotions": "SELECT, INSERT, UPDATE (withdrawn_at)",
    "order_discounts": "SELECT",
}
_TENANT = ("coupons", "order_discounts")


def upgrade() -> None:
    op.execute("""
        CREATE TABLE coupons (
            partner_id UUID NOT NULL,
            coupon_id UUID NOT NULL,
            store_id UUID NOT NULL,
            code TEXT NOT NULL,
            kind TEXT NOT NULL,
            value BIGINT NOT NULL,
            scope TEXT NOT NULL,
            scope_id UUID NOT NULL,
            smallest_order BIGINT,
            valid TSTZRANGE NOT NULL,
            most_uses BIGINT,
            most_per_customer BIGINT,
            withdrawn_at TIMESTAMP WITH TIME ZONE,
            actor TEXT NOT NULL,
            created_at TIMESTAMP WITH TIME ZONE NOT NULL,
            CONSTRAINT coupons_pkey PRIMARY KEY (partner_id, coupon_id),
            CONSTRAINT coupons_code_check CHECK (code ~ '^[A-Z0-9-]{3,40}$'),
            CONSTRAINT coupons_kind_check CHECK (kind IN ('percent', 'amount')),
            CONSTRAINT coupons_value_check CHECK (value > 0 AND (kind = 'amount' OR value <= 10000)),
            CONSTRAINT coupons_scope_check CHECK (scope IN ('store', 'collection', 'product')),
            CONSTRAINT coupons_smallest_order_check CHECK (smallest_order > 0),
            CONSTRAINT coupons_uses_check CHECK (most_uses > 0 AND most_per_customer > 0),
            CONSTRAINT coupons_valid_check CHECK (NOT isempty(valid)),
            CONSTRAINT coupons_partner_id_store_id_fkey FOREIGN KEY (partner_id, store_id)
                REFERENCES stores (partner_id, store_id)
        )
    """)
    # A code that was withdrawn, or whose time is over, may be given to another coupon.
    op.execute(
        "CREATE UNIQUE INDEX coupons_one_code_key ON coupons (partner_id, store_id, code)"
        " WHERE withdrawn_at IS NULL"
    )
    op.execute("""
        CREATE TABLE promotions (
            promotion_id UUID NOT NULL,
            name TEXT NOT NULL,
            code TEXT,
            kind TEXT NOT NULL,
            value BIGINT NOT NULL,
            currency TEXT,
            scope TEXT NOT NULL,
            scope_id UUID NOT NULL,
            price_lists UUID[] NOT NULL,
            valid TSTZRANGE NOT NULL,
            limit_bps BIGINT NOT NULL,
            most_per_store BIGINT,
            most_per_customer BIGINT,
            withdrawn_at TIMESTAMP WITH TIME ZONE,
            actor TEXT NOT NULL,
            reason TEXT DEFAULT '' NOT NULL,
            created_at TIMESTAMP WITH TIME ZONE NOT NULL,
            CONSTRAINT promotions_pkey PRIMARY KEY (promotion_id),
            CONSTRAINT promotions_name_check CHECK (name <> ''),
            CONSTRAINT promotions_code_check CHECK (code ~ '^[A-Z0-9-]{3,40}$'),
            CONSTRAINT promotions_kind_check CHECK (kind IN ('percent', 'amount')),
            CONSTRAINT promotions_value_check CHECK (value > 0 AND (kind = 'amount' OR value <= 10000)),
            CONSTRAINT promotions_currency_check CHECK ((kind = 'amount') = (currency IS NOT NULL)),
            CONSTRAINT promotions_scope_check CHECK (scope IN ('all', 'collection', 'product')),
            CONSTRAINT promotions_limit_bps_check CHECK (limit_bps BETWEEN 0 AND 10000),
            CONSTRAINT promotions_uses_check CHECK (most_per_store > 0 AND most_per_customer > 0),
            CONSTRAINT promotions_valid_check CHECK (NOT isempty(valid))
        )
    """)
    op.execute("CREATE UNIQUE INDEX promotions_one_code_key ON promotions (code) WHERE withdrawn_at IS NULL")
    op.execute("""
        CREATE TABLE order_discounts (
            partner_id UUID NOT NULL,
            order_id UUID NOT NULL,
            funder TEXT NOT NULL,
            discount_id UUID NOT NULL,
            code TEXT NOT NULL,
            name TEXT NOT NULL,
            amount BIGINT NOT NULL,
            net BIGINT NOT NULL,
            CONSTRAINT order_discounts_pkey PRIMARY KEY (partner_id, order_id, funder),
            CONSTRAINT order_discounts_funder_check CHECK (funder IN ('partner', 'company')),
            CONSTRAINT order_discounts_amount_check CHECK (amount > 0 AND net >= 0 AND net <= amount),
            CONSTRAINT order_discounts_partner_id_order_id_fkey FOREIGN KEY (partner_id, order_id)
                REFERENCES orders (partner_id, order_id)
        )
    """)
    op.execute("CREATE INDEX order_discounts_discount_id_idx ON order_discounts (partner_id, discount_id)")
    op.execute("ALTER TABLE carts ADD COLUMN code TEXT")
    # The company may pay for all of a line, and never for more than that.
    op.execute("ALTER TABLE order_lines ADD CONSTRAINT order_lines_net_check CHECK (net >= 0)")
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
