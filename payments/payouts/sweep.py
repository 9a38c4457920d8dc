"""Asking Stripe about payouts that hang, and about accounts that were not looked at for long."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from sqlalchemy import Engine, text

from payments.gateway.errors import GatewayRefused, GatewayUnavailable
from payments.gateway.protocol import Gateway
from payments.payouts.accounts import refresh_account
from payments.payouts.sending import send_line
from storage.database import transaction
from storage.tenancy import Tenant

log = logging.getLogger(__name__)

_PATIENCE = timedelta(minutes=10)
_ACCOUNTS_EVERY = timedelta(hours=6)

_HANGING = text("""
    SELECT l.partner_id, l.line_id FROM payout_lines l
      JOIN payout_runs r ON r.run_id = l.run_id
     WHERE l.state = 'sending' AND coalesce(l.tried_at, r.approved_at) < :before
     ORDER BY l.line_id LIMIT 1000
""")
_STALE = text("""
    SELECT a.partner_id, a.stripe_id FROM payout_accounts a
     WHERE a.stripe_id IS NOT NULL AND a.ended_at IS NULL AND coalesce(a.read_at, '-infinity') < :before
     ORDER BY a.read_at NULLS FIRST LIMIT 300
""")


def sweep_payouts(*, face: Engine, console: Engine, gateway: Gateway, now: datetime) -> int:
    """Send again what hangs, and read accounts anew; returns how many lines were settled.

    What Stripe does not answer for is left to the next sweep.
    """
    with transaction(console) as session:
        hanging = session.execute(_HANGING, {"before": now - _PATIENCE}).all()
        stale = session.execute(_STALE, {"before": now - _ACCOUNTS_EVERY}).all()
    settled = 0
    for row in hanging:
        try:
            outcome = send_line(Tenant(face, row.partner_id), gateway=gateway, line_id=row.line_id, now=now)
        except GatewayUnavailable:
            log.warning("Stripe did not answer for payout %s; the next sweep asks again", row.line_id)
            continue
        settled += outcome in ("paid", "failed", "reversed")
    for row in stale:
        try:
            refresh_account(Tenant(face, row.partner_id), gateway=gateway, stripe_id=row.stripe_id, now=now)
        except (GatewayUnavailable, GatewayRefused) as error:
            log.warning("account %s was not read: %s", row.stripe_id, error)
    return settled
