"""What goes wrong in the demo's past: something given back, a return to decide, a dispute that was lost, and
one to answer."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import text

from app.services import Services
from kit.clock import SetClock
from payments.disputes.sending import fetch_dispute
from payments.refunds.asking import RefundAsked, ask_refund, refundable
from payments.refunds.sending import send_refund
from payments.returns.asking import ask_return
from payments.returns.units import returnable
from storage.database import transaction
from storage.tenancy import Tenant

# The order of a store that was paid about so long before a moment, and its payment.
_ORDER = text("""
    SELECT o.order_id, a.charge_id FROM orders o
      JOIN payment_attempts a ON a.partner_id = o.partner_id AND a.order_id = o.order_id
       AND a.state = 'complete'
     WHERE o.partner_id = :partner_id AND a.partner_id = :partner_id AND o.payment = 'paid'
       AND o.fulfilment = 'delivered' AND o.paid_at < :before
     ORDER BY o.paid_at DESC LIMIT 1
""")


def make_trouble(
    services: Services,
    partner_id: UUID,
    *,
    bank: Callable[[str, dict[str, str]], dict[str, str]],
    today: datetime,
    staff: str,
) -> None:
    """Let a unit come back broken, and two banks dispute payments of one partner's store; the first of them
    has decided for its shopper. Somebody asks to send back what does not fit.

    ``bank`` turns a knob of the sandbox, by its path and its settings, and returns what came of it.
    """
    tenant = Tenant(services.face, partner_id)
    _at(services, today - timedelta(days=16))
    lost = _dispute(services, tenant, bank, "product_not_received", older=timedelta(days=12))
    _at(services, today - timedelta(days=9))
    _give_back(services, tenant, staff)
    _at(services, today - timedelta(days=6))
    bank(f"disputes/{lost}/lose", {})
    fetch_dispute(services.face, gateway=services.gateway, dispute_id=lost, now=services.clock.now())
    _at(services, today - timedelta(days=1))
    _dispute(services, tenant, bank, "fraudulent", older=timedelta(days=10))
    _send_back(services, tenant)
    _at(services, today)


def _at(services: Services, moment: datetime) -> None:
    assert isinstance(services.clock, SetClock)
    services.clock.moment = moment


def _order(services: Services, tenant: Tenant, older: timedelta) -> tuple[UUID, str]:
    before = services.clock.now() - older
    with tenant.begin() as session:
        row = session.execute(_ORDER, {"partner_id": tenant.partner_id, "before": before}).one()
    return row.order_id, row.charge_id


def _dispute(
    services: Services,
    tenant: Tenant,
    bank: Callable[[str, dict[str, str]], dict[str, str]],
    reason: str,
    *,
    older: timedelta,
) -> str:
    _, charge_id = _order(services, tenant, older)
    made = bank(f"charges/{charge_id}/dispute", {"reason": reason})["id"]
    fetch_dispute(services.face, gateway=services.gateway, dispute_id=made, now=services.clock.now())
    return made


def _give_back(services: Services, tenant: Tenant, staff: str) -> None:
    order_id, _ = _order(services, tenant, timedelta(days=4))
    keys = {"partner_id": tenant.partner_id, "order_id": order_id}
    with transaction(services.console) as session:
        found = refundable(session, **keys)
        assert found is not None
        asked = RefundAsked({found.lines[0].line_id: 1}, restock=False, reason="Arrived broken")
        now = services.clock.now()
        refund_id = ask_refund(session, **keys, asked=asked, actor=staff, now=now)
    send_refund(tenant, gateway=services.gateway, refund_id=refund_id, now=services.clock.now())


def _send_back(services: Services, tenant: Tenant) -> None:
    order_id, _ = _order(services, tenant, timedelta(days=5))
    keys = {"partner_id": tenant.partner_id, "order_id": order_id}
    now = services.clock.now()
    with tenant.begin() as session:
        line_id = returnable(session, **keys, now=now).lines[0].line_id
        ask_return(
            session,
            **keys,
            units={line_id: 1},
            reasons={line_id: "does_not_fit"},
            note="It is smaller than it looked. I have not used it.",
            now=now,
        )
