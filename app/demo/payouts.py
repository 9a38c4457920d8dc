"""Where the demo's partners are paid, and a run that paid them: two people, some days ago."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from app.services import Services
from kit.clock import SetClock
from payments.payouts.accounts import make_account, refresh_account, set_up_account
from payments.payouts.reading import run_lines
from payments.payouts.runs import approve_run, draft_run
from payments.payouts.sending import send_line
from payments.payouts.terms import Terms, change_terms
from storage.database import transaction
from storage.tenancy import Tenant

# So long ago was the run, and long before it the accounts were set up.
_RUN, _ACCOUNTS = timedelta(days=12), timedelta(days=60)


def pay_partners(
    services: Services,
    partners: Sequence[tuple[UUID, str, str]],
    *,
    onboard: Callable[[str], object],
    today: datetime,
    first: str,
    second: str,
) -> None:
    """Set up accounts for ``partners``, each with its country and an owner's address, and pay them once.

    ``onboard`` hands in at Stripe, for an account by its id, what it asks for. ``first`` drafts the run and
    ``second`` approves it.
    """
    clock = services.clock
    assert isinstance(clock, SetClock)
    clock.moment = today - _ACCOUNTS
    with transaction(services.console) as session:
        smallest = {"USD": 2500, "EUR": 2500}
        change_terms(session, wanted=Terms("weekly", 1, smallest), actor=second, now=clock.now())
    for partner_id, country, owner in partners:
        tenant = Tenant(services.face, partner_id)
        with tenant.begin() as session:
            set_up_account(session, partner_id=partner_id, country=country, actor=owner, now=clock.now())
        made = make_account(tenant, gateway=services.gateway, now=clock.now())
        assert made.stripe_id
        onboard(made.stripe_id)
        refresh_account(tenant, gateway=services.gateway, stripe_id=made.stripe_id, now=clock.now())
    clock.moment = today - _RUN
    with transaction(services.console) as session:
        run_id = draft_run(session, actor=first, now=clock.now())
    clock.advance(timedelta(minutes=25))
    with transaction(services.console) as session:
        approve_run(session, run_id=run_id, actor=second, now=clock.now())
        lines = run_lines(session, run_id=run_id, excluded=False)
    for line in lines:
        tenant = Tenant(services.face, line.partner_id)
        send_line(tenant, gateway=services.gateway, line_id=line.line_id, now=clock.now())
    clock.moment = today
