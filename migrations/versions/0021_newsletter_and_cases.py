"""The newsletter with its proofs of consent, and support cases.

Revision ID: 0021
"""

from alembic import op

revision = "0021"
down_revision = "0019"
branch_labels = None
depends_on = None

# A store's shoppers ask and leave; who never confirmed is erased by the company's role, which sees them all.
FACE = {
    "stores": "UPDATE (last_case_number)",
    "newsletter_subscribers": "SELECT, INSERT, UPDATE (state, words, page, locale, asks, asked_at, mailed_at,"
    " confirmed_at, left_at), DELETE",
    "newsletter_wishes": "SELECT, INSERT, DELETE",
    "support_cases": "SELECT, INSERT, UPDATE (state, company_waits, company_since, changed_at, closed_at, email,"
    " name, order_said)",
    "case_entries": "SELECT, INSERT, UPDATE (body, mailed_at)",
}
CONSOLE = {
    "newsletter_subscribers": "SELECT, DELETE",
    "newsletter_wishes": "SELECT, DELETE",
    "support_cases": "SELECT, UPDATE (state, company_waits, company_since, changed_at, closed_at, email, name,"
    " order_said)",
    "case_entries": "SELECT, INSERT, UPDATE (body)",
}
_TENANT = ("newsletter_subscribers", "newsletter_wishes", "support_cases", "case_entries")


def upgrade() -> None:
    op.execute("ALTER TABLE stores ADD COLUMN last_case_number BIGINT DEFAULT '0' NOT NULL")
    op.execute("""
        CREATE TABLE newsletter_subscribers (
            partner_id UUID NOT NULL,
            subscriber_id UUID NOT NULL,
            store_id UUID NOT NULL,
            email TEXT NOT NULL,
            state TEXT NOT NULL,
            words TEXT NOT NULL,
            page TEXT NOT NULL,
            locale TEXT NOT NULL,
            asks BIGINT NOT NULL,
            asked_at TIMESTAMP WITH TIME ZONE NOT NULL,
            mailed_at TIMESTAMP WITH TIME ZONE NOT NULL,
            confirmed_at TIMESTAMP WITH TIME ZONE,
            left_at TIMESTAMP WITH TIME ZONE,
            CONSTRAINT newsletter_subscribers_pkey PRIMARY KEY (partner_id, subscriber_id),
            CONSTRAINT newsletter_subscribers_partner_id_store_id_email_key
                UNIQUE (partner_id, store_id, email),
            CONSTRAINT newsletter_subscribers_state_check CHECK (state IN ('asked', 'confirmed', 'left')),
            CONSTRAINT newsletter_subscribers_email_check CHECK (email = lower(email)),
            CONSTRAINT newsletter_subscribers_asks_check CHECK (asks >= 0),
            CONSTRAINT newsletter_subscribers_confirmed_at_check
                CHECK ((state <> 'confirmed' OR confirmed_at IS NOT NULL)
                    AND (state <> 'asked' OR confirmed_at IS NULL)),
            CONSTRAINT newsletter_subscribers_left_at_check CHECK ((state = 'left') = (left_at IS NOT NULL)),
            CONSTRAINT newsletter_subscribers_partner_id_store_id_fkey FOREIGN KEY (partner_id, store_id)
                REFERENCES stores (partner_id, store_id)
        )
    """)
    op.execute("""
        CREATE INDEX newsletter_subscribers_confirmed_idx
            ON newsletter_subscribers (partner_id, store_id, confirmed_at) WHERE state = 'confirmed'
    """)
    op.execute("""
        CREATE INDEX newsletter_subscribers_state_asked_at_idx ON newsletter_subscribers (state, asked_at)
    """)
    op.execute("""
        CREATE TABLE newsletter_wishes (
            partner_id UUID NOT NULL,
            order_id UUID NOT NULL,
            words TEXT NOT NULL,
            asked_at TIMESTAMP WITH TIME ZONE NOT NULL,
            CONSTRAINT newsletter_wishes_pkey PRIMARY KEY (partner_id, order_id),
            CONSTRAINT newsletter_wishes_partner_id_order_id_fkey FOREIGN KEY (partner_id, order_id)
                REFERENCES orders (partner_id, order_id)
        )
    """)
    op.execute("""
        CREATE TABLE support_cases (
            partner_id UUID NOT NULL,
            case_id UUID NOT NULL,
            store_id UUID NOT NULL,
            number BIGINT NOT NULL,
            order_id UUID,
            order_said TEXT NOT NULL,
            email TEXT NOT NULL,
            name TEXT NOT NULL,
            subject TEXT NOT NULL,
            locale TEXT NOT NULL,
            state TEXT NOT NULL,
            company_waits BOOLEAN NOT NULL,
            company_since TIMESTAMP WITH TIME ZONE,
            opened_at TIMESTAMP WITH TIME ZONE NOT NULL,
            changed_at TIMESTAMP WITH TIME ZONE NOT NULL,
            closed_at TIMESTAMP WITH TIME ZONE,
            CONSTRAINT support_cases_pkey PRIMARY KEY (partner_id, case_id),
            CONSTRAINT support_cases_partner_id_store_id_number_key UNIQUE (partner_id, store_id, number),
            CONSTRAINT support_cases_state_check CHECK (state IN ('open', 'waiting', 'closed')),
            CONSTRAINT support_cases_subject_check
                CHECK (subject IN ('delivery', 'return', 'product', 'payment', 'advice', 'other')),
            CONSTRAINT support_cases_closed_at_check CHECK ((state = 'closed') = (closed_at IS NOT NULL)),
            CONSTRAINT support_cases_company_waits_check
                CHECK (NOT company_waits OR company_since IS NOT NULL AND state <> 'closed'),
            CONSTRAINT support_cases_partner_id_store_id_fkey FOREIGN KEY (partner_id, store_id)
                REFERENCES stores (partner_id, store_id),
            CONSTRAINT support_cases_partner_id_order_id_fkey FOREIGN KEY (partner_id, order_id)
                REFERENCES orders (partner_id, order_id)
        )
    """)
    for name, columns in (
        ("support_cases_partner_id_store_id_changed_at_idx", "partner_id, store_id, changed_at"),
        ("support_cases_partner_id_store_id_email_idx", "partner_id, store_id, email"),
        ("support_cases_partner_id_order_id_idx", "partner_id, order_id"),
        ("support_cases_changed_at_idx", "changed_at"),
    ):
        op.execute(f"CREATE INDEX {name} ON support_cases ({columns})")
    op.execute("CREATE INDEX support_cases_company_waits_idx ON support_cases (changed_at) WHERE company_waits")
    op.execute("""
        CREATE TABLE case_entries (
            partner_id UUID NOT NULL,
            entry_id UUID NOT NULL,
            case_id UUID NOT NULL,
            at TIMESTAMP WITH TIME ZONE NOT NULL,
            side TEXT NOT NULL,
            kind TEXT NOT NULL,
            body TEXT NOT NULL,
            author TEXT NOT NULL,
            author_name TEXT NOT NULL,
            mailed_at TIMESTAMP WITH TIME ZONE,
            CONSTRAINT case_entries_pkey PRIMARY KEY (partner_id, entry_id),
            CONSTRAINT case_entries_side_check CHECK (side IN ('shopper', 'store', 'company')),
            CONSTRAINT case_entries_kind_check
                CHECK (kind IN ('message', 'note', 'company', 'back', 'closed', 'reopened')),
            CONSTRAINT case_entries_body_check CHECK (kind NOT IN ('message', 'note') OR body <> ''),
            CONSTRAINT case_entries_shopper_check
                CHECK (side <> 'shopper' OR kind IN ('message', 'company') AND author = '' AND author_name = ''),
            CONSTRAINT case_entries_partner_id_case_id_fkey FOREIGN KEY (partner_id, case_id)
                REFERENCES support_cases (partner_id, case_id)
        )
    """)
    op.execute("CREATE INDEX case_entries_partner_id_case_id_at_idx ON case_entries (partner_id, case_id, at)")
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
