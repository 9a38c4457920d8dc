"""Where partners are paid, runs that pay them, and what of it came back.

Revision ID: 0015
"""

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

# What was decided stands; what Stripe says of it is added. Amounts and whose they are never change.
_ACCOUNT = "SELECT, INSERT, UPDATE (stripe_id, able, closed, needs, read_at, pays_from, ended_at)"
_LINE = "UPDATE (state, tries, tried_at, waits_for, stripe_id, failure, reversed, settled_at)"
FACE = {
    "payout_accounts": _ACCOUNT,
    "payout_terms": "SELECT",
    "payout_runs": "SELECT",
    "payout_lines": f"SELECT, {_LINE}",
    "payout_reversals": "SELECT, INSERT",
    "payout_notices": "SELECT, INSERT, UPDATE (sent_at)",
}
CONSOLE = {
    "payout_accounts": "SELECT",
    "payout_terms": "SELECT, UPDATE (schedule, day, smallest, drafted_for)",
    "payout_runs": "SELECT, INSERT, UPDATE (state, reviewed_by, approved_by, approved_at, withdrawn_at)",
    "payout_lines": "SELECT, INSERT, UPDATE (state, reason, note)",
    "payout_reversals": "SELECT",
    "payout_notices": "SELECT",
}
_TENANT = ("payout_accounts", "payout_lines", "payout_reversals", "payout_notices")


def upgrade() -> None:
    op.execute("""
        CREATE TABLE payout_accounts (
            partner_id UUID NOT NULL,
            account_id UUID NOT NULL,
            country TEXT NOT NULL,
            stripe_id TEXT,
            able BOOLEAN DEFAULT false NOT NULL,
            closed BOOLEAN DEFAULT false NOT NULL,
            needs JSONB DEFAULT '[]' NOT NULL,
            read_at TIMESTAMP WITH TIME ZONE,
            pays_from TIMESTAMP WITH TIME ZONE NOT NULL,
            ended_at TIMESTAMP WITH TIME ZONE,
            actor TEXT NOT NULL,
            created_at TIMESTAMP WITH TIME ZONE NOT NULL,
            CONSTRAINT payout_accounts_pkey PRIMARY KEY (partner_id, account_id),
            CONSTRAINT payout_accounts_partner_id_stripe_id_key UNIQUE (partner_id, stripe_id),
            CONSTRAINT payout_accounts_country_check CHECK (country ~ '^[A-Z]{2}$'),
            CONSTRAINT payout_accounts_able_check CHECK (NOT able OR stripe_id IS NOT NULL AND NOT closed),
            CONSTRAINT payout_accounts_pays_from_check CHECK (pays_from >= created_at),
            CONSTRAINT payout_accounts_partner_id_fkey FOREIGN KEY (partner_id) REFERENCES partners (partner_id)
        )
    """)
    op.execute("""
        CREATE TABLE payout_terms (
            terms_id BIGINT NOT NULL,
            schedule TEXT DEFAULT 'manual' NOT NULL,
            day BIGINT DEFAULT 1 NOT NULL,
            smallest JSONB DEFAULT '{}' NOT NULL,
            drafted_for DATE,
            CONSTRAINT payout_terms_pkey PRIMARY KEY (terms_id),
            CONSTRAINT payout_terms_one_row_check CHECK (terms_id = 1),
            CONSTRAINT payout_terms_schedule_check CHECK (schedule IN ('manual', 'weekly', 'monthly')),
            CONSTRAINT payout_terms_day_check CHECK (day BETWEEN 1 AND CASE schedule WHEN 'weekly' THEN 7 ELSE 28 END)
        )
    """)
    op.execute("INSERT INTO payout_terms (terms_id) VALUES (1)")
    op.execute("""
        CREATE TABLE payout_runs (
            run_id UUID NOT NULL,
            state TEXT DEFAULT 'draft' NOT NULL,
            drafted_by TEXT NOT NULL,
            drafted_at TIMESTAMP WITH TIME ZONE NOT NULL,
            reviewed_by TEXT,
            approved_by TEXT,
            approved_at TIMESTAMP WITH TIME ZONE,
            withdrawn_at TIMESTAMP WITH TIME ZONE,
            CONSTRAINT payout_runs_pkey PRIMARY KEY (run_id),
            CONSTRAINT payout_runs_state_check CHECK (state IN ('draft', 'approved', 'withdrawn')),
            CONSTRAINT payout_runs_approved_check CHECK ((state = 'approved') = (approved_by IS NOT NULL)
                AND (approved_by IS NULL) = (approved_at IS NULL)),
            CONSTRAINT payout_runs_two_people_check CHECK (approved_by IS NULL
                OR reviewed_by IS NOT NULL AND approved_by NOT IN (drafted_by, reviewed_by))
        )
    """)
    op.execute("CREATE UNIQUE INDEX payout_runs_one_draft_key ON payout_runs (state) WHERE state = 'draft'")
    op.execute("CREATE INDEX payout_runs_drafted_at_idx ON payout_runs (drafted_at)")
    op.execute("""
        CREATE TABLE payout_lines (
            partner_id UUID NOT NULL,
            line_id UUID NOT NULL,
            run_id UUID NOT NULL,
            account_id UUID,
            amount BIGINT NOT NULL,
            currency TEXT NOT NULL,
            state TEXT NOT NULL,
            reason TEXT DEFAULT '' NOT NULL,
            note TEXT DEFAULT '' NOT NULL,
            tries BIGINT DEFAULT 0 NOT NULL,
            tried_at TIMESTAMP WITH TIME ZONE,
            waits_for TEXT DEFAULT '' NOT NULL,
            stripe_id TEXT,
            failure TEXT DEFAULT '' NOT NULL,
            reversed BIGINT DEFAULT 0 NOT NULL,
            settled_at TIMESTAMP WITH TIME ZONE,
            created_at TIMESTAMP WITH TIME ZONE NOT NULL,
            CONSTRAINT payout_lines_pkey PRIMARY KEY (partner_id, line_id),
            CONSTRAINT payout_lines_partner_id_run_id_currency_key UNIQUE (partner_id, run_id, currency),
            CONSTRAINT payout_lines_partner_id_stripe_id_key UNIQUE (partner_id, stripe_id),
            CONSTRAINT payout_lines_state_check CHECK (state IN
                ('draft', 'excluded', 'sending', 'paid', 'failed', 'reversed')),
            CONSTRAINT payout_lines_amount_check CHECK (state = 'excluded'
                OR amount > 0 AND account_id IS NOT NULL),
            CONSTRAINT payout_lines_reason_check CHECK ((state = 'excluded') = (reason <> '')
                AND (reason = 'by_hand') = (note <> '')),
            CONSTRAINT payout_lines_sent_check CHECK ((state IN ('paid', 'reversed')) = (stripe_id IS NOT NULL)),
            CONSTRAINT payout_lines_settled_check CHECK ((state IN ('paid', 'failed', 'reversed'))
                = (settled_at IS NOT NULL)),
            CONSTRAINT payout_lines_waits_for_check CHECK (waits_for = ''
                OR waits_for IN ('stripe', 'balance') AND state = 'sending'),
            CONSTRAINT payout_lines_reversed_check CHECK (reversed = 0 AND state <> 'reversed'
                OR state = 'paid' AND reversed BETWEEN 0 AND amount - 1 OR state = 'reversed' AND reversed = amount),
            CONSTRAINT payout_lines_run_id_fkey FOREIGN KEY (run_id) REFERENCES payout_runs (run_id),
            CONSTRAINT payout_lines_partner_id_account_id_fkey FOREIGN KEY (partner_id, account_id)
                REFERENCES payout_accounts (partner_id, account_id),
            CONSTRAINT payout_lines_partner_id_fkey FOREIGN KEY (partner_id) REFERENCES partners (partner_id)
        )
    """)
    op.execute("CREATE INDEX payout_lines_run_id_idx ON payout_lines (run_id, state)")
    op.execute("CREATE INDEX payout_lines_open_idx ON payout_lines (partner_id) WHERE state = 'sending'")
    op.execute("""
        CREATE TABLE payout_reversals (
            partner_id UUID NOT NULL,
            reversal_id TEXT NOT NULL,
            line_id UUID NOT NULL,
            amount BIGINT NOT NULL,
            reversed_at TIMESTAMP WITH TIME ZONE NOT NULL,
            CONSTRAINT payout_reversals_pkey PRIMARY KEY (partner_id, reversal_id),
            CONSTRAINT payout_reversals_amount_check CHECK (amount > 0),
            CONSTRAINT payout_reversals_partner_id_line_id_fkey FOREIGN KEY (partner_id, line_id)
                REFERENCES payout_lines (partner_id, line_id)
        )
    """)
    op.execute("CREATE INDEX payout_reversals_partner_id_line_id_idx ON payout_reversals (partner_id, line_id)")
    op.execute("""
        CREATE TABLE payout_notices (
            partner_id UUID NOT NULL,
            notice_id UUID NOT NULL,
            person_id UUID NOT NULL,
            sent_at TIMESTAMP WITH TIME ZONE,
            CONSTRAINT payout_notices_pkey PRIMARY KEY (partner_id, notice_id, person_id),
            CONSTRAINT payout_notices_partner_id_fkey FOREIGN KEY (partner_id) REFERENCES partners (partner_id),
            CONSTRAINT payout_notices_person_id_fkey FOREIGN KEY (person_id) REFERENCES people (person_id)
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
    raise NotImplementedError("money history is not taken back; restore a backup instead")
