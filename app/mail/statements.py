"""Mail about a partner's statement, to one of its owners."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select

from app.mail.mailer import compose
from app.services import Services
from payments.statements.periods import month_name
from payments.statements.reading import statements_of
from storage.tenancy import Tenant
from tenants.models import Person
from tenants.overview import partner_overview


def send_statement_mail(
    services: Services, *, tenant: Tenant, person_id: UUID, until: datetime, now: datetime
) -> None:
    """Tell an owner that the statements of the month that ended at ``until`` are there.

    The Message-ID names partner, month and person, so that a mail sent again after a crash can be told for
    the same. Raises MailUndelivered.
    """
    with tenant.begin() as session:
        place = partner_overview(session, partner_id=tenant.partner_id)
        person = session.execute(
            select(Person.email, Person.name).where(Person.person_id == person_id)
        ).one_or_none()
        found = [each for each in statements_of(session, partner_id=tenant.partner_id) if each.ends == until]
    if person is None or not found:
        return
    month = month_name(until - timedelta(days=1))
    lines = "\n".join(
        f"{each.currency}: {each.opening_money.decimal} at the beginning, {each.closing_money.decimal} at the"
        f" end, {each.entries} {'entry' if each.entries == 1 else 'entries'}"
        for each in found
    )
    address = services.config.url(services.config.portal_host, "/statements")
    services.mailer.send(
        compose(
            sender=(place.company, services.config.mail_from),
            to=person.email,
            subject=f"Your statement for {month}",
            text=(
                f"Hello {person.name},\n\nthe statement of {place.name} for {month} is there.\n\n{lines}\n\n"
                f"Read it, or take it away as CSV or PDF: {address}\n"
            ),
            message_id=f"statement.{until:%Y-%m-%d}.{tenant.partner_id}.{person_id}"
            f"@{services.config.platform_domain}",
            at=now,
        )
    )
