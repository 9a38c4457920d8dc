"""A shop's history at a sandbox in process: what was sold, given back, disputed and paid out, and the events
that tell of it. Two databases that begin alike hear of it in two ways."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from hashlib import sha256
from typing import Any
from uuid import UUID

from sqlalchemy import text

from bench.installation import Installation
from kit.clock import SystemClock
from kit.ids import new_token
from orders.cart import add_to_cart, cart_key
from orders.placing import Contact
from payments.checkout import ReturnAddresses, resume, start
from payments.gateway.client import StripeGateway
from payments.gateway.records import GatewayEvent
from payments.gateway.transport import InProcess
from payments.inbox import HEAD_START, acted_upon, drain
from payments.payouts.accounts import make_account, refresh_account, set_up_account
from payments.payouts.runs import approve_run, draft_run
from payments.payouts.sending import PayoutReference
from payments.refunds.asking import RefundAsked, ask_refund
from payments.refunds.sending import RefundReference
from payments.sandbox import Sandbox, call
from pricing.delivery import read_tables
from storage.database import transaction
from storage.tenancy import Tenant

_PAY = "http://pay.localhost"
_CONTACT = Contact("bench@example.com", "Bench Shopper", "1 Long Road", "", "Somewhere", "", "10115", "DE")
# Paid with this card, money is available at once, and payouts have something to be paid from.
_CARD = "4000000000000077"
_STORES = 4


@dataclass(frozen=True)
class Order:
    tenant: Tenant
    order_id: UUID
    session_id: str


class History:
    """Made in ``bench``'s own database, which is copied before anything is heard of it."""

    def __init__(self, bench: Installation) -> None:
        self.bench = bench
        self.began = datetime.now(UTC) - timedelta(seconds=5)
        self.sandbox = Sandbox(None, _PAY, clock=SystemClock())
        self.gateway = StripeGateway(
            api_key="sk_test_sandbox",
            webhook_secrets=["whsec_bench"],
            api_base=_PAY,
            transport=InProcess(partial(call, self.sandbox)),
        )
        for number in range(1, _STORES):
            bench.open_store(f"bench-{number}")
        self.stores = [bench.tenant(f"bench-{number}") for number in range(_STORES)]
        with self.stores[0][0].begin() as session:
            self.tables = read_tables(session, currency="EUR")
            self.rate_id = session.execute(text("SELECT rate_id FROM delivery_rates LIMIT 1")).scalar_one()
        with transaction(bench.console) as session:
            session.execute(text("UPDATE company SET hold_from = 'payment', hold_days = 0"))
            self.variants: list[UUID] = list(
                session.scalars(text("SELECT variant_id FROM variants ORDER BY sku LIMIT 60"))
            )

    def place(self, number: int) -> Order:
        """An order of one to three lines, whose shopper is on the payment page."""
        tenant, store_id = self.stores[number % _STORES]
        cart_id = cart_key(new_token())
        with tenant.begin() as session:
            for place in range(1 + number % 3):
                add_to_cart(
                    session,
                    partner_id=tenant.partner_id,
                    store_id=store_id,
                    cart_id=cart_id,
                    variant_id=self.variants[(number * 7 + place) % len(self.variants)],
                    quantity=1 + number % 2,
                    now=datetime.now(UTC),
                )
        started = start(
            tenant,
            gateway=self.gateway,
            store_id=store_id,
            cart_id=cart_id,
            contact=replace(_CONTACT, email=f"shopper-{number}@bench.example"),
            rate_id=self.rate_id,
            tables=self.tables,
            return_to=lambda _: ReturnAddresses("http://bench.localhost/done", "http://bench.localhost/cart"),
            clock=lambda: datetime.now(UTC),
        )
        return Order(tenant, started.order_id, str(started.url).rpartition("/")[2])

    def pay(self, order: Order) -> None:
        self.control(f"sessions/{order.session_id}/pay", card=_CARD, email="bench@example.com", name="Bench")

    def charge(self, order: Order) -> tuple[str, str]:
        """The payment of an order that was paid, and its charge."""
        found = self.gateway.read_session(order.session_id)
        return found.payment_intent_id or "", found.charge_id or ""

    def settle(self, order: Order) -> None:
        self.pay(order)
        resume(order.tenant, gateway=self.gateway, order_id=order.order_id, now=datetime.now(UTC))

    def ask_refund(self, order: Order) -> RefundReference:
        """A refund that is written down here and that Stripe has not heard of."""
        keys = {"partner_id": order.tenant.partner_id, "order_id": order.order_id}
        with transaction(self.bench.console) as session:
            line_id = session.execute(
                text("SELECT line_id FROM order_lines WHERE partner_id = :partner_id AND order_id = :order_id"
                     " ORDER BY position LIMIT 1"), keys,
            ).scalar_one()  # fmt: skip
            asked = RefundAsked({line_id: 1}, goodwill=25)
            refund_id = ask_refund(session, **keys, asked=asked, actor="bench", now=datetime.now(UTC))
        return RefundReference(order.tenant.partner_id, order.order_id, refund_id)

    def amount(self, reference: RefundReference) -> int:
        with transaction(self.bench.console) as session:
            return int(
                session.execute(
                    text("SELECT amount FROM refunds WHERE partner_id = :partner_id AND refund_id = :id"),
                    {"partner_id": reference.partner_id, "id": reference.refund_id},
                ).scalar_one()
            )

    def approve_payouts(self) -> list[Any]:
        """Lines of a run that was approved and that Stripe has not heard of."""
        for tenant, _ in self.stores:
            now = datetime.now(UTC)
            with tenant.begin() as session:
                set_up_account(session, partner_id=tenant.partner_id, country="DE", actor="bench", now=now)
            made = make_account(tenant, gateway=self.gateway, now=now)
            self.control(f"accounts/{made.stripe_id}/onboard")
            refresh_account(tenant, gateway=self.gateway, stripe_id=made.stripe_id or "", now=now)
        with transaction(self.bench.console) as session:
            run_id = draft_run(session, actor="first@bench.example", now=datetime.now(UTC))
            approve_run(session, run_id=run_id, actor="second@bench.example", now=datetime.now(UTC))
            return list(
                session.execute(
                    text("SELECT l.partner_id, l.line_id, l.amount, l.currency, a.stripe_id"
                         "  FROM payout_lines l JOIN payout_accounts a ON a.partner_id = l.partner_id"
                         "   AND a.account_id = l.account_id WHERE l.run_id = :run_id"
                         "   AND l.state = 'sending'"), {"run_id": run_id},
                )
            )  # fmt: skip

    def transfer(self, line: Any) -> str:
        return self.gateway.transfer(
            amount=line.amount,
            currency=line.currency,
            destination=line.stripe_id,
            group="bench",
            metadata=PayoutReference(line.partner_id, line.line_id).metadata,
            key=f"transfer:{line.line_id}",
        ).transfer_id

    def control(self, path: str, /, **given: Any) -> Any:
        """Turn a knob of the sandbox."""
        status, _, body = call(
            self.sandbox, "POST", f"{_PAY}/_sandbox/{path}", {"Content-Type": "application/json"},
            json.dumps(given),
        )  # fmt: skip
        if status != 200:
            raise RuntimeError(f"the sandbox did not take {path}: {body.decode()}")
        return json.loads(body)

    def events(self) -> list[GatewayEvent]:
        """What Stripe has to tell that is acted upon, oldest first."""
        found = [event for event in self.gateway.events_since(self.began) if acted_upon(event.type)]
        return found[::-1]


def settle(bench: Installation, history: History, *, now: datetime) -> int:
    """Handle what waits, and what was put off meanwhile; returns how many events still wait."""
    drain(bench.face, gateway=history.gateway, now=now, patience=HEAD_START)
    drain(bench.face, gateway=history.gateway, now=now + timedelta(minutes=1))
    with transaction(bench.console) as session:
        return session.scalar(text("SELECT count(*) FROM stripe_events WHERE handled_at IS NULL")) or 0


# Ids of refunds that were found at Stripe are each database's own, so Stripe's names stand for them.
_FACTS = text("""
    SELECT split_part(e.source, ':', 1) AS fact, coalesce(r.stripe_id, e.source) AS about, e.debit, e.credit,
           e.amount, e.currency, l.product_title, l.variant_title, l.quantity
      FROM ledger_entries e
      LEFT JOIN refunds r ON r.partner_id = e.partner_id AND e.source LIKE 'refund%'
       AND r.refund_id::text = split_part(e.source, ':', 2)
      LEFT JOIN order_lines l ON l.partner_id = e.partner_id AND l.line_id = e.line_id
""")
_STATES = text("""
    SELECT 'order', order_id::text, payment, flagged FROM orders
    UNION ALL SELECT 'refund', stripe_id, state, '' FROM refunds
    UNION ALL SELECT 'dispute', stripe_id, state, '' FROM disputes
    UNION ALL SELECT 'payout', line_id::text, state, reversed::text FROM payout_lines
    UNION ALL SELECT 'hold', order_id::text, kind, '' FROM holds WHERE released_at IS NULL
""")


def ledger_hash(bench: Installation) -> tuple[str, int]:
    """A hash over all facts, and over what orders, refunds, disputes and payouts have become and what is held
    now, whenever and in whatever order it was heard; and the number of entries."""
    with transaction(bench.console) as session:
        facts: Sequence[Any] = session.execute(_FACTS).all()
        states: Sequence[Any] = session.execute(_STATES).all()
    lines = sorted(repr(tuple(each)) for each in (*facts, *states))
    return sha256("\n".join(lines).encode()).hexdigest(), len(facts)
