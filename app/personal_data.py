"""What the worker does so that nobody's data is kept longer than it is needed."""

from __future__ import annotations

from datetime import datetime, timedelta

from app.keepers import KEEPERS
from app.services import Services
from orders.accounts.links import sweep_links
from payments.personal.due import partners_with_due
from payments.personal.erasing import erase_beside_settled, erase_due, forget_events
from storage.database import transaction
from storage.jobs import Job, enqueue
from storage.tenancy import Tenant

EVENTS_KEPT = timedelta(days=30)


def sweep_personal(services: Services) -> None:
    """Throw away links and sessions that are over and what webhooks carried, and make a job for each partner
    whose orders' time may be over."""
    now = services.clock.now()
    with transaction(services.console) as session:
        sweep_links(session, now=now)
        forget_events(session, before=now - EVENTS_KEPT)
        jobs = [
            Job("personal.due", {"partner_id": str(key)}, lock=f"personal.{key}")
            for key in partners_with_due(session, now=now)
        ]
        if jobs:
            enqueue(session, *jobs)


def erase_of_partner(tenant: Tenant, *, now: datetime) -> int:
    """Erase what is due of a partner's orders, some at a time; return how many they were."""
    with tenant.begin() as session:
        erase_beside_settled(session, keepers=KEEPERS, partner_id=tenant.partner_id, now=now)
    erased = 0
    while True:
        with tenant.begin() as session:
            count = erase_due(session, keepers=KEEPERS, partner_id=tenant.partner_id, now=now)
        if not count:
            return erased
        erased += count
