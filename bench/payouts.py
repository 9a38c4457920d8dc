"""What a payout run over many partners costs: its draft, and its approval with a job for each line."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime

from sqlalchemy import Engine, text

from bench.installation import Installation
from bench.measuring import Figure
from payments.payouts.runs import approve_run, draft_run
from storage.database import transaction

_PARTNERS, _ENTRIES = 5_000, 20
# Each partner has an account that can be paid, and has earned in two currencies.
_FILL = (
    "CREATE TEMP TABLE paid AS SELECT gen_random_uuid() AS partner_id FROM generate_series(1, :partners)",
    """
    INSERT INTO partners (partner_id, name, price_list_id, created_at)
    SELECT partner_id, 'Paid', :price_list_id, now() FROM paid
    """,
    """
    INSERT INTO payout_accounts (partner_id, account_id, country, stripe_id, able, pays_from, actor,
                                 created_at)
    SELECT partner_id, partner_id, 'DE', 'acct_' || partner_id, true, now(), 'bench', now() FROM paid
    """,
    """
    INSERT INTO ledger_entries (partner_id, entry_id, source, position, debit, credit, amount, currency,
                                available_on, posted_at)
    SELECT partner_id, gen_random_uuid(), 'sale:' || n, 1, 'stripe_clearing', 'partner_payable', 1000 + n,
           CASE n % 2 WHEN 0 THEN 'EUR' ELSE 'USD' END, now(), now()
      FROM paid CROSS JOIN generate_series(1, :entries) n
    """,
    "DROP TABLE paid",
    "ANALYZE ledger_entries, payout_accounts, partners",
)


def payout_figures(bench: Installation) -> Iterator[Figure]:
    """The figures of a run over 5,000 partners in two currencies. It is taken back: nothing is sent."""
    _fill(bench.root, bench.price_list_id)
    now = datetime.now(UTC)
    with transaction(bench.console) as session:
        begun = time.perf_counter()
        run_id = draft_run(session, actor="first@bench.example", now=now)
        yield Figure("a payout run over 5,000 partners, drafted", time.perf_counter() - begun, "s", 5.0)
        begun = time.perf_counter()
        lines = approve_run(session, run_id=run_id, actor="second@bench.example", now=now)
        yield Figure("the same, approved", time.perf_counter() - begun, "s", None)
        assert lines == 2 * _PARTNERS
        session.rollback()


def _fill(root: Engine, price_list_id: object) -> None:
    keys = {"price_list_id": price_list_id, "partners": _PARTNERS, "entries": _ENTRIES}
    with root.connect() as connection:
        for statement in _FILL:
            connection.execute(text(statement), keys)
