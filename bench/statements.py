"""What a statement of ten thousand entries costs: its page, its CSV, and its PDF from the worker's job."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from sqlalchemy import text

from bench.installation import Installation
from bench.measuring import Figure
from bench.shopper import Browser
from payments.statements.issuing import issue_statements
from payments.statements.periods import last_closed

_ENTRIES = 10_000
_ORDERS = 5_000
# Orders of two lines each, spread over the month before this one, of the partner that can sign in.
_MADE = (
    """
    CREATE TEMP TABLE made_sales AS
    SELECT gen_random_uuid() AS order_id, n, CAST(:begins AS timestamptz) + n * interval '8 minutes' AS at
      FROM generate_series(1, :orders) n
    """,
    """
    INSERT INTO orders (partner_id, order_id, store_id, number, cart_id, payment, currency, goods, delivery,
                        delivery_tax, tax, total, tax_inclusive, delivery_name, email, address, locale,
                        fingerprint, hold_from, hold_days, placed_at, paid_at)
    SELECT s.partner_id, m.order_id, s.store_id, 900000 + m.n, gen_random_uuid(), 'paid', 'EUR', 4000, 0, 0,
           760, 4760, true, 'Post', 'buyer@bench.example', '{"country": "DE"}', 'en_DE',
           sha256(m.n::text::bytea), 'delivery', 14, m.at, m.at
      FROM made_sales m, stores s WHERE s.slug = 'bench-0'
    """,
    """
    INSERT INTO order_lines (partner_id, line_id, order_id, position, variant_id, sku, product_title,
                             variant_title, quantity, unit_retail, unit_wholesale, unit_floor, net, tax_bps,
                             tax, margin)
    SELECT s.partner_id, gen_random_uuid(), m.order_id, place, v.variant_id, v.sku,
           'Thing number ' || m.n % 200, 'Size ' || place, 1, 2380, 1000, 1001, 2000, 1900, 380, 1000
      FROM made_sales m, stores s, generate_series(1, 2) place,
           (SELECT variant_id, sku FROM variants LIMIT 1) v
     WHERE s.slug = 'bench-0'
    """,
    """
    INSERT INTO ledger_entries (partner_id, entry_id, source, position, debit, credit, amount, currency,
                                order_id, line_id, posted_at)
    SELECT l.partner_id, gen_random_uuid(), 'sale:' || l.order_id, l.position, 'stripe_clearing',
           'partner_payable', l.margin, 'EUR', l.order_id, l.line_id, o.paid_at
      FROM order_lines l JOIN orders o ON o.partner_id = l.partner_id AND o.order_id = l.order_id
     WHERE o.number > 900000
    """,
    "DROP TABLE made_sales",
    "ANALYZE orders, order_lines, ledger_entries",
)


def statements(bench: Installation) -> Iterator[Figure]:
    """A partner's own requests for a statement of ten thousand entries."""
    now = datetime.now(UTC)
    until = last_closed(now)
    begins = (until - timedelta(days=1)).replace(day=1)
    with bench.root.connect() as connection:
        for statement in _MADE:
            connection.execute(text(statement), {"begins": begins, "orders": _ORDERS})
    tenant, _ = bench.tenant("bench-0")
    begun = time.perf_counter()
    with tenant.begin() as session:
        (facts,) = issue_statements(session, partner_id=tenant.partner_id, until=until, now=now)
    issued = time.perf_counter() - begun
    if facts.entries != _ENTRIES:
        raise RuntimeError(f"the statement has {facts.entries} entries")
    portal, partner = bench.config.portal_host, Browser(bench.port)
    partner.get(portal, bench.sign_in)
    for name, end in (("page", ""), ("CSV", ".csv")):
        times = []
        for _ in range(5):
            begun = time.perf_counter()
            if partner.get(portal, f"/statements/{facts.statement_id}{end}").status != 200:
                raise RuntimeError(f"the {name} did not answer")
            times.append(time.perf_counter() - begun)
        yield Figure(f"statement of 10,000 entries, {name}", statistics.median(times), "s", 2.0)
    yield Figure("statement of 10,000 entries, issued", issued, "s", 2.0)
    begun = time.perf_counter()
    partner.get(portal, f"/statements/{facts.statement_id}.pdf")
    while "ready" not in partner.get(portal, f"/statements/{facts.statement_id}/drawing").text:
        if time.perf_counter() - begun > 60:
            raise RuntimeError("the PDF was not made in a minute")
        time.sleep(0.1)
    yield Figure("statement of 10,000 entries, PDF from its job", time.perf_counter() - begun, "s", 10.0)
    partner.close()
