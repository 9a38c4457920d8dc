"""Mail about sale events: to a partner's owners and managers, once their embargo is over."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from app.mail.mailer import MailUndelivered, compose
from app.services import Services
from kit.ids import NIL
from pricing.event_notices import EventTold, event_partners, note_readers, note_sent
from storage.database import transaction
from storage.jobs import Job, enqueue
from storage.tenancy import Tenant
from tenants.overview import partner_overview

_AT_ONCE = 200


def spread_event_mails(
    services: Services, *, event_id: UUID, kind: str, after: UUID = NIL, now: datetime
) -> None:
    """Make a job for each partner that may see an event, some at once and the rest in a job of its own."""
    about = {"event_id": str(event_id), "kind": kind}
    with transaction(services.console) as session:
        partners = event_partners(session, event_id=event_id, kind=kind, after=after, limit=_AT_ONCE, now=now)
        jobs = [
            Job("event.tell", {**about, "partner_id": str(key)}, lock=f"event.{event_id}.{key}")
            for key in partners
        ]
        if len(partners) == _AT_ONCE:
            jobs.append(Job("event.changed", {**about, "after": str(partners[-1])}))
        if jobs:
            enqueue(session, *jobs)


def send_event_mails(services: Services, *, tenant: Tenant, event_id: UUID, kind: str, now: datetime) -> None:
    """Send a partner's people the mail about an event that they have not got yet.

    Who is to get it is noted first; the mail server is spoken to outside any transaction. Raises
    MailUndelivered after all were tried, so that another attempt sends what is missing alone.
    """
    with tenant.begin() as session:
        partner = partner_overview(session, partner_id=tenant.partner_id)
        told = note_readers(session, partner_id=tenant.partner_id, event_id=event_id, kind=kind, now=now)
    failed: MailUndelivered | None = None
    for reader in told.readers if told else ():
        assert told is not None
        subject, text = (
            _announced(services, partner.company, told) if kind == "announced" else _withdrawn(told)
        )
        try:
            services.mailer.send(
                compose(
                    sender=(partner.company, services.config.mail_from),
                    to=reader.email,
                    subject=subject,
                    text=f"Hello {reader.name},\n\n{text}",
                    message_id=f"event.{kind}.{event_id}.{reader.person_id}@{services.config.platform_domain}",
                    at=now,
                )
            )
        except MailUndelivered as error:
            failed = error
            continue
        with tenant.begin() as session:
            note_sent(
                session,
                partner_id=tenant.partner_id,
                event_id=event_id,
                kind=kind,
                person_id=reader.person_id,
                now=now,
            )
    if failed:
        raise failed


def _announced(services: Services, company: str, told: EventTold) -> tuple[str, str]:
    address = services.config.url(services.config.portal_host, f"/events/{told.event_id}")
    note = f"\n{told.note}\n" if told.note else ""
    return (
        f"Sale event {told.name}: {told.begins:%d %B} to {told.ends:%d %B %Y}",
        f"{company} takes up to {told.largest_cut / 100:g}% less for some products, from"
        f" {_moment(told.begins)} until {_moment(told.ends)}.\n{note}\nSee what it would bring your store,"
        " and choose whether it takes part and how much of the saving your shoppers get:"
        f" {address}\n",
    )


def _withdrawn(told: EventTold) -> tuple[str, str]:
    return (
        f"Sale event {told.name} does not happen",
        f"The sale event {told.name}, announced for {_moment(told.begins)}, does not happen. Wholesale and"
        " your prices stay as they are; there is nothing that you need to do.\n",
    )


def _moment(moment: datetime) -> str:
    return f"{moment:%d %B %Y, %H:%M} UTC"
