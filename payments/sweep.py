"""Asking Stripe for what we may have missed: lost webhooks, and checkouts that nobody finished."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Engine, text

from payments.checkout import resume
from payments.disputes.sending import fetch_dispute
from payments.gateway.errors import GatewayUnavailable
from payments.gateway.protocol import Gateway
from payments.inbox import acted_upon, receive
from payments.payouts.sweep import sweep_payouts
from payments.refunds.sending import send_refund
from storage.database import transaction
from storage.tenancy import Tenant

log = logging.getLogger(__name__)

_OVERDUE = text("""
    SELECT partner_id, order_id FROM payment_attempts
     WHERE state IN ('opening', 'open') AND expires_at < :before ORDER BY expires_at LIMIT 500
""")
_UNSURE = text("""
    SELECT partner_id, refund_id FROM refunds
     WHERE state IN ('asked', 'pending') AND created_at < :before ORDER BY created_at LIMIT 500
""")
_DISPUTED = text("SELECT stripe_id FROM disputes WHERE state IN ('inquiry', 'open') LIMIT 500")


def sweep(
    *, face: Engine, console: Engine, gateway: Gateway, now: datetime, back: timedelta = timedelta(hours=3)
) -> tuple[int, int]:
    """Store missed events, ask again about refunds and payouts that hang and disputes that are undecided,
    and end overdue checkouts; return how many events and checkouts.

    Looking for overdue checkouts spans partners, so it reads as the console's role; each is then
    settled as its own partner. One that Stripe does not answer for is left to the next sweep.
    """
    missed = 0
    for event in gateway.events_since(now - back):
        if acted_upon(event.type):
            missed += receive(face, event=event, now=now)
    with transaction(console) as session:
        overdue: list[tuple[UUID, UUID]] = [
            (row.partner_id, row.order_id)
            for row in session.execute(_OVERDUE, {"before": now - timedelta(minutes=2)})
        ]
        unsure: list[tuple[UUID, UUID]] = [
            (row.partner_id, row.refund_id)
            for row in session.execute(_UNSURE, {"before": now - timedelta(minutes=10)})
        ]
        disputed = session.scalars(_DISPUTED).all()
    for stripe_id in disputed:
        try:
            fetch_dispute(face, gateway=gateway, dispute_id=stripe_id, now=now)
        except GatewayUnavailable:
            log.warning("Stripe did not answer for dispute %s; the next sweep asks again", stripe_id)
    for partner_id, refund_id in unsure:
        try:
            send_refund(Tenant(face, partner_id), gateway=gateway, refund_id=refund_id, now=now)
        except GatewayUnavailable:
            log.warning("Stripe did not answer for refund %s; the next sweep asks again", refund_id)
    sweep_payouts(face=face, console=console, gateway=gateway, now=now)
    ended = 0
    for partner_id, order_id in overdue:
        try:
            resume(Tenant(face, partner_id), gateway=gateway, order_id=order_id, now=now)
            ended += 1
        except GatewayUnavailable:
            log.warning("Stripe did not answer for order %s; the next sweep asks again", order_id)
    return missed, ended
