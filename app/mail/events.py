"""Mail about sale events: to a partner's owners and managers, once their embargo is over."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from uuid import UUID

from app.mail.partners import in_utc, spread, tell
from app.services import Services
from kit.ids import NIL
from pricing.event_notices import EventTold, event_partners, note_readers, note_sent
from storage.tenancy import Tenant
from tenants.overview import partner_overview


def spread_event_mails(
    services: Services, *, event_id: UUID, kind: str, after: UUID = NIL, now: datetime
) -> None:
    """Make a job for each partner that may see an event."""
    about = {"event_id": str(event_id), "kind": kind}
    find = partial(event_partners, event_id=event_id, kind=kind, after=after, now=now)
    spread(services, "event", about, subject=event_id, find=find)


def send_event_mails(services: Services, *, tenant: Tenant, event_id: UUID, kind: str, now: datetime) -> None:
    """Send a partner's people the mail about an event that they have not got yet.

    Who is to get it is noted first. Raises MailUndelivered as ``tell`` does.
    """
    with tenant.begin() as session:
        partner = partner_overview(session, partner_id=tenant.partner_id)
        told = note_readers(session, partner_id=tenant.partner_id, event_id=event_id, kind=kind, now=now)
    if told is None:
        return
    mail = _announced(services, partner.company, told) if kind == "announced" else _withdrawn(told)
    about = f"event.{kind}.{event_id}"
    note = partial(note_sent, partner_id=tenant.partner_id, event_id=event_id, kind=kind, now=now)
    tell(services, tenant, partner.company, told.readers, mail, about=about, note=note, now=now)


def _announced(services: Services, company: str, told: EventTold) -> tuple[str, str]:
    address = services.config.url(services.config.portal_host, f"/events/{told.event_id}")
    note = f"\n{told.note}\n" if told.note else ""
    return (
        f"Sale event {told.name}: {told.begins:%d %B} to {told.ends:%d %B %Y}",
        f"{company} takes up to {told.largest_cut / 100:g}% less for some products, from"
        f" {in_utc(told.begins)} until {in_utc(told.ends)}.\n{note}\nSee what it would bring your store,"
        " and choose whether it takes part and how much of the saving your shoppers get:"
        f" {address}\n",
    )


def _withdrawn(told: EventTold) -> tuple[str, str]:
    return (
        f"Sale event {told.name} does not happen",
        f"The sale event {told.name}, announced for {in_utc(told.begins)}, does not happen. Wholesale and"
        " your prices stay as they are; there is nothing that you need to do.\n",
    )
