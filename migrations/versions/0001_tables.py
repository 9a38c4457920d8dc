"""Tables, with their keys, checks and exclusion constraints.

Revision ID: 0001
"""

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

STATEMENTS = (
    """
    CREATE EXTENSION IF NOT EXISTS btree_gist
    """,
    """
    CREATE TABLE audit_log (
        entry_id UUID NOT NULL,
        at TIMESTAMP WITH TIME ZONE NOT NULL,
        actor TEXT NOT NULL,
        partner_id UUID,
        action TEXT NOT NULL,
        subject TEXT NOT NULL,
        before JSONB,
        after JSONB,
        reason TEXT DEFAULT '' NOT NULL,
        CONSTRAINT audit_log_pkey PRIMARY KEY (entry_id)
    )
    """,
    """
    CREATE INDEX audit_log_partner_id_at_idx ON audit_log (partner_id, at)
    """,
    """
    CREATE INDEX audit_log_subject_at_idx ON audit_log (subject, at)
    """,
    """
    CREATE TABLE collections (
        collection_id UUID NOT NULL,
        handle TEXT NOT NULL,
        title TEXT NOT NULL,
        description TEXT DEFAULT '' NOT NULL,
        position BIGINT NOT NULL,
        CONSTRAINT collections_pkey PRIMARY KEY (collection_id),
        CONSTRAINT collections_handle_key UNIQUE (handle)
    )
    """,
    """
    CREATE TABLE company (
        company_id BIGINT NOT NULL,
        name TEXT NOT NULL,
        support_email TEXT NOT NULL,
        currencies TEXT[] NOT NULL,
        smallest_margin_minor JSONB NOT NULL,
        smallest_margin_bps BIGINT DEFAULT '0' NOT NULL,
        hold_from TEXT DEFAULT 'delivery' NOT NULL,
        hold_days BIGINT DEFAULT '14' NOT NULL,
        assumed_delivery_days BIGINT DEFAULT '7' NOT NULL,
        returns_days BIGINT DEFAULT '30' NOT NULL,
        demo BOOLEAN DEFAULT false NOT NULL,
        CONSTRAINT company_pkey PRIMARY KEY (company_id),
        CONSTRAINT company_one_row_check CHECK (company_id = 1),
        CONSTRAINT company_hold_from_check CHECK (hold_from IN ('payment', 'delivery')),
        CONSTRAINT company_hold_days_check CHECK (hold_days BETWEEN 0 AND 365),
        CONSTRAINT company_smallest_margin_bps_check CHECK (smallest_margin_bps BETWEEN 0 AND 1000000)
    )
    """,
    """
    CREATE TABLE delivery_rates (
        rate_id UUID NOT NULL,
        name TEXT NOT NULL,
        countries TEXT[] NOT NULL,
        currency TEXT NOT NULL,
        amount BIGINT NOT NULL,
        free_from BIGINT,
        days_from BIGINT NOT NULL,
        days_to BIGINT NOT NULL,
        position BIGINT NOT NULL,
        CONSTRAINT delivery_rates_pkey PRIMARY KEY (rate_id),
        CONSTRAINT delivery_rates_amount_check CHECK (amount >= 0),
        CONSTRAINT delivery_rates_days_check CHECK (days_from >= 0 AND days_to >= days_from)
    )
    """,
    """
    CREATE INDEX delivery_rates_currency_idx ON delivery_rates (currency)
    """,
    """
    CREATE TABLE hostnames (
        host TEXT NOT NULL,
        partner_id UUID NOT NULL,
        store_id UUID NOT NULL,
        is_primary BOOLEAN NOT NULL,
        CONSTRAINT hostnames_pkey PRIMARY KEY (host),
        CONSTRAINT hostnames_lower_check CHECK (host = lower(host))
    )
    """,
    """
    CREATE INDEX hostnames_partner_id_store_id_idx ON hostnames (partner_id, store_id)
    """,
    """
    CREATE TABLE people (
        person_id UUID NOT NULL,
        email TEXT NOT NULL,
        name TEXT NOT NULL,
        password_hash TEXT,
        console_role TEXT,
        created_at TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT people_pkey PRIMARY KEY (person_id),
        CONSTRAINT people_email_check CHECK (email = lower(email)),
        CONSTRAINT people_console_role_check CHECK (console_role IN ('owner', 'catalogue', 'finance', 'support', 'viewer')),
        CONSTRAINT people_email_key UNIQUE (email)
    )
    """,
    """
    CREATE TABLE price_lists (
        price_list_id UUID NOT NULL,
        name TEXT NOT NULL,
        is_default BOOLEAN NOT NULL,
        customer_fields TEXT[] NOT NULL,
        hold_from TEXT,
        hold_days BIGINT,
        CONSTRAINT price_lists_pkey PRIMARY KEY (price_list_id),
        CONSTRAINT price_lists_hold_from_check CHECK (hold_from IN ('payment', 'delivery')),
        CONSTRAINT price_lists_name_key UNIQUE (name)
    )
    """,
    """
    CREATE UNIQUE INDEX price_lists_one_default_key ON price_lists (is_default) WHERE is_default
    """,
    """
    CREATE TABLE products (
        product_id UUID NOT NULL,
        handle TEXT NOT NULL,
        title TEXT NOT NULL,
        summary TEXT DEFAULT '' NOT NULL,
        description TEXT DEFAULT '' NOT NULL,
        vendor TEXT DEFAULT '' NOT NULL,
        kind TEXT DEFAULT '' NOT NULL,
        tags TEXT[] DEFAULT '{}' NOT NULL,
        option_names TEXT[] DEFAULT '{}' NOT NULL,
        swatches JSONB DEFAULT '{}' NOT NULL,
        state TEXT NOT NULL,
        position BIGINT DEFAULT '0' NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE NOT NULL,
        updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT products_pkey PRIMARY KEY (product_id),
        CONSTRAINT products_state_check CHECK (state IN ('draft', 'active', 'archived')),
        CONSTRAINT products_option_names_check CHECK (cardinality(option_names) <= 3),
        CONSTRAINT products_handle_key UNIQUE (handle)
    )
    """,
    """
    CREATE INDEX products_state_position_idx ON products (state, position)
    """,
    """
    CREATE TABLE sign_in_attempts (
        key BYTEA NOT NULL,
        failures BIGINT NOT NULL,
        since TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT sign_in_attempts_pkey PRIMARY KEY (key)
    )
    """,
    """
    CREATE TABLE store_revisions (
        store_id UUID NOT NULL,
        revision BIGINT DEFAULT '1' NOT NULL,
        CONSTRAINT store_revisions_pkey PRIMARY KEY (store_id)
    )
    """,
    """
    CREATE TABLE stripe_events (
        event_id TEXT NOT NULL,
        type TEXT NOT NULL,
        object_id TEXT NOT NULL,
        payload JSONB NOT NULL,
        received_at TIMESTAMP WITH TIME ZONE NOT NULL,
        handled_at TIMESTAMP WITH TIME ZONE,
        outcome TEXT,
        CONSTRAINT stripe_events_pkey PRIMARY KEY (event_id)
    )
    """,
    """
    CREATE INDEX stripe_events_received_at_idx ON stripe_events (received_at)
    """,
    """
    CREATE TABLE tax_rates (
        country TEXT NOT NULL,
        region TEXT DEFAULT '' NOT NULL,
        name TEXT NOT NULL,
        rate_bps BIGINT NOT NULL,
        on_delivery BOOLEAN DEFAULT true NOT NULL,
        CONSTRAINT tax_rates_pkey PRIMARY KEY (country, region),
        CONSTRAINT tax_rates_rate_bps_check CHECK (rate_bps BETWEEN 0 AND 10000)
    )
    """,
    """
    CREATE TABLE collection_products (
        collection_id UUID NOT NULL,
        product_id UUID NOT NULL,
        position BIGINT NOT NULL,
        CONSTRAINT collection_products_pkey PRIMARY KEY (collection_id, product_id)
    )
    """,
    """
    CREATE INDEX collection_products_product_id_idx ON collection_products (product_id)
    """,
    """
    CREATE TABLE memberships (
        person_id UUID NOT NULL,
        partner_id UUID NOT NULL,
        role TEXT NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT memberships_pkey PRIMARY KEY (person_id, partner_id),
        CONSTRAINT memberships_role_check CHECK (role IN ('owner', 'manager', 'support', 'analyst'))
    )
    """,
    """
    CREATE INDEX memberships_partner_id_idx ON memberships (partner_id)
    """,
    """
    CREATE TABLE one_time_links (
        token_hash BYTEA NOT NULL,
        purpose TEXT NOT NULL,
        face TEXT NOT NULL,
        person_id UUID NOT NULL,
        partner_id UUID,
        created_at TIMESTAMP WITH TIME ZONE NOT NULL,
        expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
        used_at TIMESTAMP WITH TIME ZONE,
        CONSTRAINT one_time_links_pkey PRIMARY KEY (token_hash),
        CONSTRAINT one_time_links_purpose_check CHECK (purpose IN ('invitation', 'reset', 'sign_in')),
        CONSTRAINT one_time_links_face_check CHECK (face IN ('portal', 'console'))
    )
    """,
    """
    CREATE TABLE partners (
        partner_id UUID NOT NULL,
        name TEXT NOT NULL,
        state TEXT DEFAULT 'active' NOT NULL,
        price_list_id UUID NOT NULL,
        customer_fields TEXT[],
        created_at TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT partners_pkey PRIMARY KEY (partner_id),
        CONSTRAINT partners_state_check CHECK (state IN ('active', 'paused'))
    )
    """,
    """
    CREATE TABLE pictures (
        picture_id UUID NOT NULL,
        product_id UUID NOT NULL,
        position BIGINT NOT NULL,
        alt TEXT DEFAULT '' NOT NULL,
        key TEXT,
        width BIGINT DEFAULT '0' NOT NULL,
        height BIGINT DEFAULT '0' NOT NULL,
        sizes INTEGER[] DEFAULT '{}' NOT NULL,
        source_url TEXT DEFAULT '' NOT NULL,
        problem TEXT DEFAULT '' NOT NULL,
        CONSTRAINT pictures_pkey PRIMARY KEY (picture_id)
    )
    """,
    """
    CREATE INDEX pictures_product_id_position_idx ON pictures (product_id, position)
    """,
    """
    CREATE TABLE web_sessions (
        token_hash BYTEA NOT NULL,
        face TEXT NOT NULL,
        person_id UUID NOT NULL,
        partner_id UUID,
        user_agent TEXT NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE NOT NULL,
        seen_at TIMESTAMP WITH TIME ZONE NOT NULL,
        expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
        revoked_at TIMESTAMP WITH TIME ZONE,
        CONSTRAINT web_sessions_pkey PRIMARY KEY (token_hash),
        CONSTRAINT web_sessions_face_check CHECK (face IN ('portal', 'console'))
    )
    """,
    """
    CREATE INDEX web_sessions_person_id_idx ON web_sessions (person_id)
    """,
    """
    CREATE TABLE stores (
        partner_id UUID NOT NULL,
        store_id UUID NOT NULL,
        slug TEXT NOT NULL,
        name TEXT NOT NULL,
        tagline TEXT DEFAULT '' NOT NULL,
        state TEXT DEFAULT 'draft' NOT NULL,
        currency TEXT NOT NULL,
        country TEXT NOT NULL,
        locale TEXT NOT NULL,
        tax_inclusive BOOLEAN NOT NULL,
        support_email TEXT NOT NULL,
        on_wholesale_rise TEXT DEFAULT 'lift' NOT NULL,
        published_look_id UUID,
        last_order_number BIGINT DEFAULT '1000' NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT stores_pkey PRIMARY KEY (partner_id, store_id),
        CONSTRAINT stores_state_check CHECK (state IN ('draft', 'live', 'paused', 'closed')),
        CONSTRAINT stores_on_wholesale_rise_check CHECK (on_wholesale_rise IN ('keep_percentage', 'keep_amount', 'lift', 'pause'))
    )
    """,
    """
    CREATE TABLE variants (
        variant_id UUID NOT NULL,
        product_id UUID NOT NULL,
        sku TEXT NOT NULL,
        options TEXT[] DEFAULT '{}' NOT NULL,
        position BIGINT NOT NULL,
        barcode TEXT DEFAULT '' NOT NULL,
        grams BIGINT DEFAULT '0' NOT NULL,
        requires_shipping BOOLEAN DEFAULT true NOT NULL,
        taxable BOOLEAN DEFAULT true NOT NULL,
        picture_id UUID,
        CONSTRAINT variants_pkey PRIMARY KEY (variant_id),
        CONSTRAINT variants_options_check CHECK (cardinality(options) <= 3),
        CONSTRAINT variants_sku_key UNIQUE (sku)
    )
    """,
    """
    CREATE UNIQUE INDEX variants_product_id_options_key ON variants (product_id, options)
    """,
    """
    CREATE INDEX variants_product_id_position_idx ON variants (product_id, position)
    """,
    """
    CREATE TABLE carts (
        partner_id UUID NOT NULL,
        cart_id UUID NOT NULL,
        store_id UUID NOT NULL,
        updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT carts_pkey PRIMARY KEY (partner_id, cart_id)
    )
    """,
    """
    CREATE TABLE customers (
        partner_id UUID NOT NULL,
        customer_id UUID NOT NULL,
        store_id UUID NOT NULL,
        email TEXT NOT NULL,
        name TEXT NOT NULL,
        phone TEXT DEFAULT '' NOT NULL,
        address JSONB NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT customers_pkey PRIMARY KEY (partner_id, customer_id),
        CONSTRAINT customers_partner_id_store_id_email_key UNIQUE (partner_id, store_id, email)
    )
    """,
    """
    CREATE INDEX customers_partner_id_store_id_created_at_idx ON customers (partner_id, store_id, created_at)
    """,
    """
    CREATE TABLE hidden_products (
        partner_id UUID NOT NULL,
        store_id UUID NOT NULL,
        product_id UUID NOT NULL,
        CONSTRAINT hidden_products_pkey PRIMARY KEY (partner_id, store_id, product_id)
    )
    """,
    """
    CREATE TABLE look_versions (
        partner_id UUID NOT NULL,
        look_id UUID NOT NULL,
        store_id UUID NOT NULL,
        theme TEXT NOT NULL,
        settings JSONB NOT NULL,
        pages JSONB NOT NULL,
        actor TEXT NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT look_versions_pkey PRIMARY KEY (partner_id, look_id)
    )
    """,
    """
    CREATE INDEX look_versions_partner_id_store_id_idx ON look_versions (partner_id, store_id)
    """,
    """
    CREATE TABLE orders (
        partner_id UUID NOT NULL,
        order_id UUID NOT NULL,
        store_id UUID NOT NULL,
        number BIGINT NOT NULL,
        cart_id UUID NOT NULL,
        customer_id UUID,
        payment TEXT DEFAULT 'awaiting' NOT NULL,
        fulfilment TEXT DEFAULT 'unfulfilled' NOT NULL,
        stock TEXT DEFAULT 'held' NOT NULL,
        currency TEXT NOT NULL,
        goods BIGINT NOT NULL,
        delivery BIGINT NOT NULL,
        delivery_tax BIGINT NOT NULL,
        tax BIGINT NOT NULL,
        total BIGINT NOT NULL,
        tax_inclusive BOOLEAN NOT NULL,
        delivery_name TEXT NOT NULL,
        email TEXT NOT NULL,
        address JSONB NOT NULL,
        locale TEXT NOT NULL,
        fingerprint BYTEA NOT NULL,
        hold_from TEXT NOT NULL,
        hold_days BIGINT NOT NULL,
        placed_at TIMESTAMP WITH TIME ZONE NOT NULL,
        paid_at TIMESTAMP WITH TIME ZONE,
        shipped_at TIMESTAMP WITH TIME ZONE,
        delivered_at TIMESTAMP WITH TIME ZONE,
        available_on TIMESTAMP WITH TIME ZONE,
        flagged TEXT DEFAULT '' NOT NULL,
        CONSTRAINT orders_pkey PRIMARY KEY (partner_id, order_id),
        CONSTRAINT orders_partner_id_store_id_number_key UNIQUE (partner_id, store_id, number),
        CONSTRAINT orders_payment_check CHECK (payment IN ('awaiting', 'paid', 'partly_refunded', 'refunded', 'expired', 'failed')),
        CONSTRAINT orders_fulfilment_check CHECK (fulfilment IN ('unfulfilled', 'partly_shipped', 'shipped', 'delivered', 'cancelled', 'returned')),
        CONSTRAINT orders_stock_check CHECK (stock IN ('held', 'taken', 'released')),
        CONSTRAINT orders_amounts_check CHECK (goods >= 0 AND delivery >= 0 AND tax >= 0),
        CONSTRAINT orders_total_check CHECK (total = goods + delivery + tax),
        CONSTRAINT orders_paid_at_check CHECK (payment NOT IN ('paid') OR paid_at IS NOT NULL)
    )
    """,
    """
    CREATE INDEX orders_partner_id_cart_id_idx ON orders (partner_id, cart_id)
    """,
    """
    CREATE INDEX orders_partner_id_paid_at_idx ON orders (partner_id, paid_at)
    """,
    """
    CREATE INDEX orders_partner_id_store_id_placed_at_idx ON orders (partner_id, store_id, placed_at)
    """,
    """
    CREATE INDEX orders_placed_at_idx ON orders (placed_at)
    """,
    """
    CREATE TABLE retail_rules (
        partner_id UUID NOT NULL,
        rule_id UUID NOT NULL,
        store_id UUID NOT NULL,
        scope TEXT NOT NULL,
        scope_id UUID NOT NULL,
        method TEXT NOT NULL,
        value BIGINT NOT NULL,
        rounding TEXT NOT NULL,
        judged_wholesale BIGINT,
        judged_floor BIGINT,
        valid TSTZRANGE NOT NULL,
        actor TEXT NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT retail_rules_pkey PRIMARY KEY (partner_id, rule_id),
        CONSTRAINT retail_rules_scope_check CHECK (scope IN ('variant', 'product', 'collection', 'store')),
        CONSTRAINT retail_rules_method_check CHECK (method IN ('fixed', 'markup', 'margin')),
        CONSTRAINT retail_rules_rounding_check CHECK (rounding IN ('none', '99', '95', '90', '00', 'nearest_5', 'nearest_10')),
        CONSTRAINT retail_rules_value_check CHECK (value >= 0),
        CONSTRAINT retail_rules_valid_check CHECK (NOT isempty(valid)),
        CONSTRAINT retail_rules_not_under_floor_check CHECK (method <> 'fixed' OR (judged_floor IS NOT NULL AND judged_wholesale IS NOT NULL AND value >= judged_floor)),
        CONSTRAINT retail_rules_one_at_a_time EXCLUDE USING gist (partner_id WITH =, store_id WITH =, scope WITH =, scope_id WITH =, valid WITH &&)
    )
    """,
    """
    CREATE INDEX retail_rules_lookup_idx ON retail_rules (partner_id, store_id, scope, scope_id)
    """,
    """
    CREATE TABLE stock_levels (
        variant_id UUID NOT NULL,
        on_hand BIGINT NOT NULL,
        held BIGINT DEFAULT '0' NOT NULL,
        counted BOOLEAN NOT NULL,
        oversell BOOLEAN NOT NULL,
        CONSTRAINT stock_levels_pkey PRIMARY KEY (variant_id),
        CONSTRAINT stock_levels_held_check CHECK (held >= 0),
        CONSTRAINT stock_levels_not_oversold_check CHECK (oversell OR NOT counted OR held <= on_hand)
    )
    """,
    """
    CREATE TABLE suggested_prices (
        variant_id UUID NOT NULL,
        currency TEXT NOT NULL,
        amount BIGINT NOT NULL,
        compare_at BIGINT,
        CONSTRAINT suggested_prices_pkey PRIMARY KEY (variant_id, currency),
        CONSTRAINT suggested_prices_amount_check CHECK (amount >= 0)
    )
    """,
    """
    CREATE TABLE wholesale_prices (
        wholesale_id UUID NOT NULL,
        variant_id UUID NOT NULL,
        currency TEXT NOT NULL,
        price_list_id UUID NOT NULL,
        amount BIGINT NOT NULL,
        valid TSTZRANGE NOT NULL,
        actor TEXT NOT NULL,
        reason TEXT DEFAULT '' NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT wholesale_prices_pkey PRIMARY KEY (wholesale_id),
        CONSTRAINT wholesale_prices_amount_check CHECK (amount > 0),
        CONSTRAINT wholesale_prices_valid_check CHECK (NOT isempty(valid)),
        CONSTRAINT wholesale_prices_one_at_a_time EXCLUDE USING gist (variant_id WITH =, currency WITH =, price_list_id WITH =, valid WITH &&)
    )
    """,
    """
    CREATE INDEX wholesale_prices_begins_idx ON wholesale_prices (lower(valid))
    """,
    """
    CREATE INDEX wholesale_prices_lookup_idx ON wholesale_prices (variant_id, currency, price_list_id)
    """,
    """
    CREATE TABLE cart_items (
        partner_id UUID NOT NULL,
        cart_id UUID NOT NULL,
        variant_id UUID NOT NULL,
        quantity BIGINT NOT NULL,
        seen BIGINT NOT NULL,
        added_at TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT cart_items_pkey PRIMARY KEY (partner_id, cart_id, variant_id),
        CONSTRAINT cart_items_quantity_check CHECK (quantity BETWEEN 1 AND 99)
    )
    """,
    """
    CREATE TABLE order_events (
        partner_id UUID NOT NULL,
        event_id UUID NOT NULL,
        order_id UUID NOT NULL,
        at TIMESTAMP WITH TIME ZONE NOT NULL,
        kind TEXT NOT NULL,
        data JSONB DEFAULT '{}' NOT NULL,
        CONSTRAINT order_events_pkey PRIMARY KEY (partner_id, event_id)
    )
    """,
    """
    CREATE INDEX order_events_partner_id_order_id_at_idx ON order_events (partner_id, order_id, at)
    """,
    """
    CREATE TABLE order_lines (
        partner_id UUID NOT NULL,
        line_id UUID NOT NULL,
        order_id UUID NOT NULL,
        position BIGINT NOT NULL,
        variant_id UUID NOT NULL,
        sku TEXT NOT NULL,
        product_title TEXT NOT NULL,
        variant_title TEXT NOT NULL,
        picture JSONB,
        quantity BIGINT NOT NULL,
        unit_retail BIGINT NOT NULL,
        unit_wholesale BIGINT NOT NULL,
        unit_floor BIGINT NOT NULL,
        partner_discount BIGINT DEFAULT '0' NOT NULL,
        company_discount BIGINT DEFAULT '0' NOT NULL,
        net BIGINT NOT NULL,
        tax_bps BIGINT NOT NULL,
        tax BIGINT NOT NULL,
        margin BIGINT NOT NULL,
        CONSTRAINT order_lines_pkey PRIMARY KEY (partner_id, line_id),
        CONSTRAINT order_lines_quantity_check CHECK (quantity > 0),
        CONSTRAINT order_lines_floor_check CHECK (unit_wholesale > 0 AND unit_floor >= unit_wholesale),
        CONSTRAINT order_lines_amounts_check CHECK (company_discount >= 0 AND partner_discount >= 0 AND tax >= 0),
        CONSTRAINT order_lines_not_under_floor_check CHECK (net + company_discount >= unit_floor * quantity),
        CONSTRAINT order_lines_margin_check CHECK (margin = net + company_discount - unit_wholesale * quantity AND margin >= 0)
    )
    """,
    """
    CREATE INDEX order_lines_partner_id_order_id_idx ON order_lines (partner_id, order_id)
    """,
    """
    CREATE INDEX order_lines_partner_id_variant_id_idx ON order_lines (partner_id, variant_id)
    """,
    """
    CREATE TABLE payment_attempts (
        partner_id UUID NOT NULL,
        order_id UUID NOT NULL,
        attempt BIGINT NOT NULL,
        state TEXT DEFAULT 'opening' NOT NULL,
        amount BIGINT NOT NULL,
        currency TEXT NOT NULL,
        request JSONB NOT NULL,
        expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
        session_id TEXT,
        url TEXT,
        payment_intent_id TEXT,
        charge_id TEXT,
        CONSTRAINT payment_attempts_pkey PRIMARY KEY (partner_id, order_id, attempt),
        CONSTRAINT payment_attempts_state_check CHECK (state IN ('opening', 'open', 'complete', 'expired', 'failed')),
        CONSTRAINT payment_attempts_amount_check CHECK (amount > 0),
        CONSTRAINT payment_attempts_partner_id_session_id_key UNIQUE (partner_id, session_id)
    )
    """,
    """
    CREATE INDEX payment_attempts_state_expires_at_idx ON payment_attempts (state, expires_at)
    """,
    """
    CREATE TABLE sent_mails (
        partner_id UUID NOT NULL,
        order_id UUID NOT NULL,
        kind TEXT NOT NULL,
        message_id TEXT NOT NULL,
        sent_at TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT sent_mails_pkey PRIMARY KEY (partner_id, order_id, kind)
    )
    """,
    """
    CREATE TABLE shipments (
        partner_id UUID NOT NULL,
        shipment_id UUID NOT NULL,
        order_id UUID NOT NULL,
        carrier TEXT NOT NULL,
        number TEXT NOT NULL,
        url TEXT NOT NULL,
        shipped_at TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT shipments_pkey PRIMARY KEY (partner_id, shipment_id)
    )
    """,
    """
    CREATE INDEX shipments_partner_id_order_id_idx ON shipments (partner_id, order_id)
    """,
    """
    CREATE TABLE ledger_entries (
        partner_id UUID NOT NULL,
        entry_id UUID NOT NULL,
        source TEXT NOT NULL,
        position BIGINT NOT NULL,
        debit TEXT NOT NULL,
        credit TEXT NOT NULL,
        amount BIGINT NOT NULL,
        currency TEXT NOT NULL,
        order_id UUID,
        line_id UUID,
        available_on TIMESTAMP WITH TIME ZONE,
        posted_at TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT ledger_entries_pkey PRIMARY KEY (partner_id, entry_id),
        CONSTRAINT ledger_entries_amount_check CHECK (amount > 0),
        CONSTRAINT ledger_entries_two_accounts_check CHECK (debit <> credit),
        CONSTRAINT ledger_entries_accounts_check CHECK (debit IN ('stripe_clearing', 'wholesale_revenue', 'delivery_revenue', 'tax_payable', 'promotions', 'processing_fees', 'dispute_losses', 'goodwill', 'partner_payable') AND credit IN ('stripe_clearing', 'wholesale_revenue', 'delivery_revenue', 'tax_payable', 'promotions', 'processing_fees', 'dispute_losses', 'goodwill', 'partner_payable')),
        CONSTRAINT ledger_entries_partner_id_source_position_key UNIQUE (partner_id, source, position)
    )
    """,
    """
    CREATE INDEX ledger_entries_partner_id_order_id_idx ON ledger_entries (partner_id, order_id)
    """,
    """
    CREATE INDEX ledger_entries_partner_id_posted_at_idx ON ledger_entries (partner_id, posted_at)
    """,
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("money history is not taken back; restore a backup instead")
