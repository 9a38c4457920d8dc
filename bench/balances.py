"""What a long past costs: the balance of a partner with a million entries, and the pages that show it."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import Engine, text

from bench.installation import Installation
from bench.measuring import Figure
from kit.ids import new_id
from payments.ledger.balances import balances, balances_of_all, pending_by_date
from payments.ledger.earnings import earnings
from payments.ledger.points import move_points
from storage.database import transaction
from storage.tenancy import Tenant

_ORDERS = 200_000
_DAYS = 730
# Two years of orders, evenly: each with two lines, so five entries, of which two are the partner's. What was
# sent three weeks ago is available; nothing of the last week was sent yet.
_FILL = (
    """
    INSERT INTO partners (partner_id, name, price_list_id, created_at)
    VALUES (:partner_id, 'Long past', :price_list_id, now() - interval '3 years')
    """,
    """
    INSERT INTO stores (partner_id, store_id, slug, name, state, currency, country, locale, tax_inclusive,
                        support_email, created_at)
    VALUES (:partner_id, :store_id, 'long-past', 'Long past', 'live', 'EUR', 'DE', 'en_DE', true,
            'shop@bench.example', now() - interval '3 years')
    """,
    """
    CREATE TEMP TABLE past AS
    SELECT n, gen_random_uuid() AS order_id, now() - n * interval '1 day' * :days / :orders AS at
      FROM generate_series(0, :orders - 1) n
    """,
    """
    INSERT INTO orders (partner_id, order_id, store_id, number, cart_id, payment, fulfilment, stock, currency,
                        goods, delivery, delivery_tax, tax, total, tax_inclusive, delivery_name, email,
                        address, locale, fingerprint, hold_from, hold_days, placed_at, paid_at, owed,
                        available_on)
    SELECT :partner_id, order_id, :store_id, 1001 + n, gen_random_uuid(), 'paid', 'shipped', 'taken', 'EUR',
           4000, 0, 0, 760, 4760, true, 'Post', 'buyer@bench.example', '{}', 'en_DE', sha256(n::text::bytea),
           'delivery', 14, at, at, 2000,
           CASE WHEN at < now() - interval '7 days' THEN at + interval '23 days' END
      FROM past
    """,
    """
    INSERT INTO ledger_entries (partner_id, entry_id, source, position, debit, credit, amount, currency,
                                order_id, posted_at)
    SELECT :partner_id, gen_random_uuid(), 'sale:' || order_id, place, 'stripe_clearing', account, amount,
           'EUR', order_id, at
      FROM past
     CROSS JOIN (VALUES (1, 'wholesale_revenue', 1000), (2, 'partner_payable', 1000),
                        (3, 'wholesale_revenue', 1000), (4, 'partner_payable', 1000),
                        (5, 'tax_payable', 760)) e (place, account, amount)
    """,
    "DROP TABLE past",
    "ANALYZE orders, ledger_entries",
)


def balance_figures(bench: Installation) -> Iterator[Figure]:
    """The figures of balances."""
    partner_id = new_id()
    _fill(bench.root, partner_id, bench.price_list_id)
    now = datetime.now(UTC)
    begun = time.perf_counter()
    with transaction(bench.console) as session:
        move_points(session, now=now)
    yield Figure("moving the points of all balances, by night", time.perf_counter() - begun, "s", None)
    tenant = Tenant(bench.face, partner_id)

    def asked(read: Callable[..., object]) -> float:
        times = []
        for _ in range(40):
            with tenant.begin() as session:
                started = time.perf_counter()
                read(session, partner_id=partner_id, now=now)
                times.append(time.perf_counter() - started)
        return statistics.median(times[10:]) * 1000

    yield Figure("balance of 1,000,000 entries", asked(balances), "ms", 20)
    yield Figure("the same by the day it becomes available", asked(pending_by_date), "ms", None)
    yield Figure("the newest fifty entries of them", asked(earnings), "ms", None)
    with transaction(bench.console) as session:
        begun = time.perf_counter()
        balances_of_all(session, now=now)
    yield Figure("balances of all partners", time.perf_counter() - begun, "s", None)


def _fill(root: Engine, partner_id: UUID, price_list_id: object) -> None:
    keys = {"partner_id": partner_id, "store_id": new_id(), "price_list_id": price_list_id}
    with root.connect() as connection:
        for statement in _FILL:
            connection.execute(text(statement), keys | {"orders": _ORDERS, "days": _DAYS})
