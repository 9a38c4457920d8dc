"""Own prices are set by the hundred thousand; what several partners ask for a thing is told as a band.

Revision ID: 0010
"""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

# Partners read bands that the company's worker made: they cannot see what a band is made from.
FACE = {"price_bands": "SELECT"}
CONSOLE = {"price_bands": "SELECT, INSERT, UPDATE, DELETE"}


def upgrade() -> None:
    # The same rule with its columns in another order. An index of this kind is searched by its first
    # columns, and partner, store and scope are the same in all own prices of a store: with a hundred
    # thousand of them, what each next one took was four times the rest of writing it.
    op.execute("ALTER TABLE retail_rules DROP CONSTRAINT retail_rules_one_at_a_time")
    op.execute("""
        ALTER TABLE retail_rules ADD CONSTRAINT retail_rules_one_at_a_time EXCLUDE USING gist (
            scope_id WITH =, partner_id WITH =, store_id WITH =, scope WITH =, layer WITH =, valid WITH &&
        ) WHERE (withdrawn_at IS NULL)
    """)
    op.execute("""
        CREATE TABLE price_bands (
            variant_id UUID NOT NULL,
            currency TEXT NOT NULL,
            tax_inclusive BOOLEAN NOT NULL,
            partners BIGINT NOT NULL,
            low BIGINT NOT NULL,
            median BIGINT NOT NULL,
            high BIGINT NOT NULL,
            computed_at TIMESTAMP WITH TIME ZONE NOT NULL,
            CONSTRAINT price_bands_pkey PRIMARY KEY (variant_id, currency, tax_inclusive),
            CONSTRAINT price_bands_partners_check CHECK (partners >= 5),
            CONSTRAINT price_bands_quartiles_check CHECK (low > 0 AND low <= median AND median <= high),
            CONSTRAINT price_bands_variant_id_fkey FOREIGN KEY (variant_id) REFERENCES variants (variant_id)
        )
    """)
    for role, grants in (("awning_face", FACE), ("awning_console", CONSOLE)):
        for table, privileges in grants.items():
            op.execute(f"GRANT {privileges} ON {table} TO {role}")


def downgrade() -> None:
    raise NotImplementedError("money history is not taken back; restore a backup instead")
