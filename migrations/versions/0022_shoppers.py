"""Shoppers' accounts, links that are mailed to them, and until when their data is kept.

Revision ID: 0022
"""

from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

# An account is its shopper's, who makes, changes and deletes it. Of an order only what says whose it was may
# be replaced, and never what was sold for how much.
FACE = {
    "accounts": "SELECT, INSERT, DELETE, UPDATE (customer_id, email, password_hash, proven_at)",
    "account_sessions": "SELECT, INSERT, DELETE",
    "account_addresses": "SELECT, INSERT, DELETE, UPDATE (address, is_default)",
    "shopper_links": "SELECT, INSERT, DELETE, UPDATE (token_hash, used_at)",
    "customers": "DELETE, UPDATE (email, registered_at, erased_at)",
    "orders": "UPDATE (email, address, fingerprint, erase_asked_at, erased_at)",
    "returns": "UPDATE (note)",
    "payment_attempts": "UPDATE (request)",
}
# The company looks at who has an account, and throws away what is over.
CONSOLE = {
    "accounts": "SELECT",
    "account_sessions": "SELECT, DELETE",
    "account_addresses": "SELECT",
    "shopper_links": "SELECT, DELETE",
    "stripe_events": "UPDATE (payload)",
}
_TENANT = ("accounts", "account_sessions", "account_addresses", "shopper_links")


def upgrade() -> None:
    op.execute("""
        ALTER TABLE company
            ADD COLUMN keep_orders_months BIGINT DEFAULT '120' NOT NULL,
            ADD CONSTRAINT company_keep_orders_months_check CHECK (keep_orders_months BETWEEN 0 AND 600)
    """)
    op.execute("""
        ALTER TABLE customers
            ADD COLUMN registered_at TIMESTAMP WITH TIME ZONE,
            ADD COLUMN erased_at TIMESTAMP WITH TIME ZONE
    """)
    op.execute("""
        ALTER TABLE orders
            ADD COLUMN erase_asked_at TIMESTAMP WITH TIME ZONE,
            ADD COLUMN erased_at TIMESTAMP WITH TIME ZONE,
            ADD CONSTRAINT orders_erased_at_check CHECK (erased_at IS NULL OR email = '')
    """)
    op.execute("CREATE INDEX orders_partner_id_customer_id_idx ON orders (partner_id, customer_id)")
    op.execute("CREATE INDEX orders_kept_idx ON orders (placed_at) WHERE erased_at IS NULL")
    op.execute("""
        CREATE INDEX orders_erase_asked_idx ON orders (erase_asked_at)
         WHERE erase_asked_at IS NOT NULL AND erased_at IS NULL
    """)
    op.execute("""
        CREATE TABLE accounts (
            partner_id UUID NOT NULL,
            account_id UUID NOT NULL,
            store_id UUID NOT NULL,
            customer_id UUID NOT NULL,
            email TEXT NOT NULL,
            password_hash TEXT NOT NULL,
            order_id UUID,
            created_at TIMESTAMP WITH TIME ZONE NOT NULL,
            proven_at TIMESTAMP WITH TIME ZONE,
            CONSTRAINT accounts_pkey PRIMARY KEY (partner_id, account_id),
            CONSTRAINT accounts_email_check CHECK (email = lower(email)),
            CONSTRAINT accounts_order_id_check CHECK (proven_at IS NOT NULL OR order_id IS NOT NULL),
            CONSTRAINT accounts_partner_id_store_id_fkey FOREIGN KEY (partner_id, store_id)
                REFERENCES stores (partner_id, store_id),
            CONSTRAINT accounts_partner_id_customer_id_fkey FOREIGN KEY (partner_id, customer_id)
                REFERENCES customers (partner_id, customer_id),
            CONSTRAINT accounts_partner_id_order_id_fkey FOREIGN KEY (partner_id, order_id)
                REFERENCES orders (partner_id, order_id)
        )
    """)
    op.execute("""
        CREATE UNIQUE INDEX accounts_one_proven_key ON accounts (partner_id, store_id, email)
         WHERE proven_at IS NOT NULL
    """)
    op.execute("CREATE INDEX accounts_partner_id_store_id_email_idx ON accounts (partner_id, store_id, email)")
    op.execute("CREATE INDEX accounts_partner_id_customer_id_idx ON accounts (partner_id, customer_id)")
    op.execute("""
        CREATE TABLE account_sessions (
            partner_id UUID NOT NULL,
            token_hash BYTEA NOT NULL,
            account_id UUID NOT NULL,
            created_at TIMESTAMP WITH TIME ZONE NOT NULL,
            expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
            CONSTRAINT account_sessions_pkey PRIMARY KEY (partner_id, token_hash),
            CONSTRAINT account_sessions_expires_at_check CHECK (expires_at > created_at),
            CONSTRAINT account_sessions_partner_id_account_id_fkey FOREIGN KEY (partner_id, account_id)
                REFERENCES accounts (partner_id, account_id)
        )
    """)
    op.execute(
        "CREATE INDEX account_sessions_partner_id_account_id_idx ON account_sessions (partner_id, account_id)"
    )
    op.execute("CREATE INDEX account_sessions_expires_at_idx ON account_sessions (expires_at)")
    op.execute("""
        CREATE TABLE account_addresses (
            partner_id UUID NOT NULL,
            address_id UUID NOT NULL,
            account_id UUID NOT NULL,
            address JSONB NOT NULL,
            is_default BOOLEAN NOT NULL,
            created_at TIMESTAMP WITH TIME ZONE NOT NULL,
            CONSTRAINT account_addresses_pkey PRIMARY KEY (partner_id, address_id),
            CONSTRAINT account_addresses_partner_id_account_id_fkey FOREIGN KEY (partner_id, account_id)
                REFERENCES accounts (partner_id, account_id)
        )
    """)
    op.execute("""
        CREATE UNIQUE INDEX account_addresses_one_default_key ON account_addresses (partner_id, account_id)
         WHERE is_default
    """)
    op.execute(
        "CREATE INDEX account_addresses_partner_id_account_id_idx ON account_addresses (partner_id, account_id)"
    )
    op.execute("""
        CREATE TABLE shopper_links (
            partner_id UUID NOT NULL,
            link_id UUID NOT NULL,
            store_id UUID NOT NULL,
            purpose TEXT NOT NULL,
            email TEXT NOT NULL,
            account_id UUID,
            number BIGINT,
            password_hash TEXT,
            browser BYTEA,
            locale TEXT NOT NULL,
            token_hash BYTEA,
            created_at TIMESTAMP WITH TIME ZONE NOT NULL,
            expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
            used_at TIMESTAMP WITH TIME ZONE,
            CONSTRAINT shopper_links_pkey PRIMARY KEY (partner_id, link_id),
            CONSTRAINT shopper_links_partner_id_token_hash_key UNIQUE (partner_id, token_hash),
            CONSTRAINT shopper_links_purpose_check
                CHECK (purpose IN ('register', 'prove', 'reset', 'email', 'data', 'find')),
            CONSTRAINT shopper_links_password_hash_check
                CHECK ((purpose = 'register') = (password_hash IS NOT NULL)),
            CONSTRAINT shopper_links_account_id_check
                CHECK ((purpose IN ('prove', 'email')) = (account_id IS NOT NULL)),
            CONSTRAINT shopper_links_number_check CHECK ((purpose = 'find') = (number IS NOT NULL)),
            CONSTRAINT shopper_links_expires_at_check CHECK (expires_at > created_at),
            CONSTRAINT shopper_links_partner_id_store_id_fkey FOREIGN KEY (partner_id, store_id)
                REFERENCES stores (partner_id, store_id),
            CONSTRAINT shopper_links_partner_id_account_id_fkey FOREIGN KEY (partner_id, account_id)
                REFERENCES accounts (partner_id, account_id)
        )
    """)
    op.execute("CREATE INDEX shopper_links_partner_id_account_id_idx ON shopper_links (partner_id, account_id)")
    op.execute("CREATE INDEX shopper_links_expires_at_idx ON shopper_links (expires_at)")
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
    raise NotImplementedError("what shoppers keep is not taken back; restore a backup instead")
