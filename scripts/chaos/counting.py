"""Counting after the storm: what was lost, what was doubled, and whether ours is Stripe's to the unit."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

from sqlalchemy import text

from app.services import gateway
from bench.installation import Installation
from payments.reconciliation.comparing import reconcile
from payments.verify import verify
from storage.database import transaction

_PAID = text("""
    SELECT a.charge_id, o.order_id::text AS order_id, o.payment,
           (SELECT count(DISTINCT e.source) FROM ledger_entries e
             WHERE e.order_id = o.order_id AND e.source LIKE 'sale:%') AS sales,
           (SELECT count(*) FROM sent_mails m
             WHERE m.order_id = o.order_id AND m.kind = 'receipt') AS receipts
      FROM payment_attempts a
      JOIN orders o ON o.partner_id = a.partner_id AND o.order_id = a.order_id
     WHERE a.charge_id IS NOT NULL
""")
_STATES = text("""
    SELECT 'refunds ' || state AS what, count(*) FROM refunds GROUP BY state
     UNION ALL SELECT 'disputes ' || state, count(*) FROM disputes GROUP BY state
     UNION ALL SELECT 'payouts ' || state, count(*) FROM payout_lines GROUP BY state
     UNION ALL SELECT 'failed jobs', count(*) FROM procrastinate_jobs WHERE status = 'failed'
     ORDER BY 1
""")


class Count:
    """What there is in the end, and ``findings`` of what is wrong: none when money and orders add up."""

    def __init__(self, bench: Installation) -> None:
        self.findings: list[str] = []
        stripe = gateway(bench.config)
        with transaction(bench.console) as session:
            self.findings += [f"{each.check}: {each.detail}" for each in verify(session)]
            rows = session.execute(_PAID).all()
            self.states = {row.what: row.count for row in session.execute(_STATES)}
        movements = list(stripe.movements())
        self.kinds = Counter(movement.kind for movement in movements)
        paid = {m.source for m in movements if m.kind in ("charge", "payment")}
        compared = reconcile(bench.console, stripe, until=datetime.now(UTC))
        for each in (*compared.differences, *compared.under_way):
            self.findings.append(f"{each.cause.what}: {each.stripe_id}, ours {each.ours}, its {each.stripes}")
        charges = Counter(row.charge_id for row in rows)
        self.findings += [f"charge {charge} has no order" for charge in paid - set(charges)]
        self.findings += [f"charge {charge} has {n} orders" for charge, n in charges.items() if n > 1]
        mails = [path.name for path in (bench.folder / "mail").glob("receipt.*.eml")]
        for row in rows:
            if row.payment not in ("paid", "partly_refunded", "refunded") or (row.sales, row.receipts) != (
                1,
                1,
            ):
                self.findings.append(
                    f"order {row.order_id}: {row.payment}, {row.sales} sales, {row.receipts} receipts"
                )
            if sum(row.order_id in name for name in mails) != 1:
                self.findings.append(f"order {row.order_id}: its receipt is not in the mail once")
        if self.states.get("failed jobs"):
            self.findings.append(f"{self.states['failed jobs']} jobs were given up")
