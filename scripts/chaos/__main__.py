"""Kill web, worker and database at random moments while money moves, then count it.

Shoppers buy, staff give back and pay out, banks dispute and decide and send payouts back, while processes
die by SIGKILL and come back. Afterwards everything is up again and the queue drained; then each payment,
refund, dispute and transfer that Stripe has must be ours, once and to the unit, each paid order must have
one sale and one receipt, and `verify` and `reconcile` must find nothing.

The seed is printed; the same seed kills in the same order.
"""

from __future__ import annotations

import argparse
import random
import secrets
import sys
import time
from datetime import UTC, datetime

from sqlalchemy import update

from app.services import gateway
from bench.installation import Installation
from payments.payouts.accounts import make_account, refresh_account, set_up_account
from scripts.chaos.counting import Count
from scripts.chaos.killing import Processes
from scripts.chaos.people import FINANCE, OWNER, Crowd
from scripts.chaos.stripe import Stripe
from storage.database import transaction
from tenants.access import invite
from tenants.models import Company

_MOST_SECONDS = 1200


def main() -> int:
    parser = argparse.ArgumentParser(prog="make chaos")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**6))
    parser.add_argument("--kills", type=int, default=60, help="how often something dies")
    asked = parser.parse_args()
    print(f"seed {asked.seed}", flush=True)
    dice = random.Random(asked.seed)
    with Installation() as bench:
        bench.start("sandbox")
        stripe = Stripe(bench.pay_port)
        processes = Processes(bench, stripe, dice)
        bench.wait("/healthz")
        _prepare(bench, stripe)
        crowd = Crowd(bench, stripe, asked.seed)
        begun = time.monotonic()
        crowd.begin()
        while processes.killed < asked.kills:
            time.sleep(dice.uniform(0.3, 1.2))
            processes.kill_one()
            if time.monotonic() - begun > _MOST_SECONDS:
                raise RuntimeError(f"only {processes.killed} of {asked.kills} died in time")
        crowd.end()
        print(
            f"{dict(crowd.done)}; {crowd.failures} steps failed and were tried again in"
            f" {time.monotonic() - begun:.0f} s; killed: {processes.kills}",
            flush=True,
        )
        processes.calm()
        count = Count(bench)
        print(f"ours: {count.states}")
        print(f"Stripe's movements: {dict(count.kinds)}; {len(count.findings)} findings")
        for finding in count.findings[:30]:
            print(f"  {finding}")
    return 1 if count.findings else 0


def _prepare(bench: Installation, stripe: Stripe) -> None:
    """Two partners that are paid, no hold, and two people who pay them."""
    now = datetime.now(UTC)
    bench.open_store("bench-1")
    with transaction(bench.console) as session:
        session.execute(update(Company).values(hold_from="payment", hold_days=0))
        for email, role in ((FINANCE, "finance"), (OWNER, "owner")):
            invite(session, email=email, name=role, face="console", role=role, partner_id=None, now=now)
    made = gateway(bench.config)
    for slug in ("bench-0", "bench-1"):
        tenant, _ = bench.tenant(slug)
        with tenant.begin() as session:
            set_up_account(session, partner_id=tenant.partner_id, country="DE", actor="chaos", now=now)
        account = make_account(tenant, gateway=made, now=now)
        if not account.stripe_id:
            raise RuntimeError("the sandbox made no account")
        stripe.control(f"accounts/{account.stripe_id}/onboard")
        refresh_account(tenant, gateway=made, stripe_id=account.stripe_id, now=now)


if __name__ == "__main__":
    sys.exit(main())
