"""Posting Stripe's fee when it was not known yet at the moment of settling."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import text

from payments.gateway.errors import GatewayUnavailable
from payments.gateway.protocol import Gateway
from payments.ledger.posting import fee_entries, post
from payments.settlement import Reference
from storage.tenancy import Tenant

_SOLD = text("""
    SELECT a.session_id, o.currency, o.paid_at, o.fee_share_bps, (
             SELECT count(*) FROM ledger_entries e
              WHERE e.partner_id = :partner_id AND e.order_id = :order_id AND e.source = 'fee:' || a.charge_id
           ) AS posted
      FROM payment_attempts a
      JOIN orders o ON o.partner_id = a.partner_id AND o.order_id = a.order_id
     WHERE a.partner_id = :partner_id AND o.partner_id = :partner_id
       AND a.order_id = :order_id AND a.attempt = :attempt
       FOR UPDATE OF a
""")


def post_fee(tenant: Tenant, *, gateway: Gateway, reference: Reference, now: datetime) -> None:
    """Fetch the fee of a paid order's charge and post it, once.

    Raises GatewayUnavailable while Stripe does not know it yet, so that the job is tried again. A
    fee in another currency than the order's is posted in its own, and is the company's alone: nothing is
    exchanged by guess. So is the fee of a payment that came too late to be a sale.
    """
    keys = {
        "partner_id": reference.partner_id,
        "order_id": reference.order_id,
        "attempt": reference.attempt,
    }
    with tenant.begin() as session:
        row = session.execute(_SOLD, keys).one()
    if row.posted:
        return
    snapshot = gateway.read_session(row.session_id)
    if snapshot.charge_id is None or snapshot.fee is None or snapshot.fee_currency is None:
        raise GatewayUnavailable("Stripe does not know the fee yet")
    shared = row.paid_at is not None and snapshot.fee_currency == row.currency
    with tenant.begin() as session:
        if session.execute(_SOLD, keys).one().posted:
            return
        post(
            session,
            partner_id=reference.partner_id,
            order_id=reference.order_id,
            currency=snapshot.fee_currency,
            entries=fee_entries(
                charge_id=snapshot.charge_id, fee=snapshot.fee, share_bps=row.fee_share_bps if shared else 0
            ),
            available_on=None,
            now=now,
        )
