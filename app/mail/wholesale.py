"""Mail about changes of wholesale: to a partner's owners and managers, when a change is announced."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from app.mail.mailer import MailUndelivered, compose
from app.services import Services
from kit.ids import NIL
from pricing.notices import (
    Reader,
    change_begins,
    note_readers,
    note_sent,
    partners_to_tell,
)
from pricing.outlook import Overtaken, overtaken_prices
from storage.database import transaction
from storage.jobs import Job, enqueue
from storage.tenancy import Tenant
from tenants.overview import OwnStore, PartnerOverview, partner_overview

_AT_ONCE = 200
_NAMED = 5
_CHOICES = {
    "lift": "are lifted to the lowest price allowed",
    "keep_percentage": "rise so that you keep your margin's percentage",
    "keep_amount": "rise so that you keep your margin's amount",
    "pause": "leave the store until you set a new one",
}


def spread_wholesale_mails(
    services: Services, *, change_id: UUID, kind: str, after: UUID = NIL, now: datetime
) -> None:
    """Make a job for each partner that a change concerns, some at once and the rest in a job of its own.

    A partner's jobs about one change follow one another, so that nobody hears that a change does not
    happen before hearing of it. Each is tried again by itself, so a mail that fails touches no other.
    """
    with transaction(services.console) as session:
        partners = partners_to_tell(
            session, change_id=change_id, kind=kind, after=after, limit=_AT_ONCE, now=now
        )
        about = {"change_id": str(change_id), "kind": kind}
        jobs = [
            Job("wholesale.tell", {**about, "partner_id": str(key)}, lock=f"wholesale.{change_id}.{key}")
            for key in partners
        ]
        if len(partners) == _AT_ONCE:
            jobs.append(Job("wholesale.changed", {**about, "after": str(partners[-1])}))
        if jobs:
            enqueue(session, *jobs)


def send_wholesale_mails(
    services: Services, *, tenant: Tenant, change_id: UUID, kind: str, now: datetime
) -> None:
    """Send a partner's people the mail about a change that they have not got yet.

    Who is to get it is noted first; the mail server is spoken to outside any transaction. Raises
    MailUndelivered after all were tried, so that another attempt sends what is missing alone.
    """
    with tenant.begin() as session:
        partner = partner_overview(session, partner_id=tenant.partner_id)
        begins = change_begins(session, change_id=change_id)
        found: list[tuple[OwnStore, list[Overtaken]]] = []
        if kind == "announced":
            found = [
                (store, rows)
                for store in partner.stores
                if store.state != "closed"
                and (
                    rows := overtaken_prices(
                        session,
                        partner_id=tenant.partner_id,
                        store_id=store.store_id,
                        now=now,
                        change_id=change_id,
                    )
                )
            ]
            if not found:
                return
        readers = (
            note_readers(session, partner_id=tenant.partner_id, change_id=change_id, kind=kind)
            if begins
            else []
        )
        if not readers:
            session.rollback()
    failed: MailUndelivered | None = None
    for reader in readers:
        assert begins is not None
        subject, text = (
            _announced(services, partner, found, begins, now)
            if kind == "announced"
            else _withdrawn(partner, begins)
        )
        try:
            _send(services, partner, reader, subject, text, f"wholesale.{kind}.{change_id}", now)
        except MailUndelivered as error:
            failed = error
            continue
        with tenant.begin() as session:
            note_sent(
                session,
                partner_id=tenant.partner_id,
                change_id=change_id,
                kind=kind,
                person_id=reader.person_id,
                now=now,
            )
    if failed:
        raise failed


def _send(
    services: Services,
    partner: PartnerOverview,
    reader: Reader,
    subject: str,
    text: str,
    about: str,
    now: datetime,
) -> None:
    services.mailer.send(
        compose(
            sender=(partner.company, services.config.mail_from),
            to=reader.email,
            subject=subject,
            text=f"Hello {reader.name},\n\n{text}",
            message_id=f"{about}.{partner.partner_id}.{reader.person_id}@{services.config.platform_domain}",
            at=now,
        )
    )


def _announced(
    services: Services,
    partner: PartnerOverview,
    found: Sequence[tuple[OwnStore, list[Overtaken]]],
    begins: datetime,
    now: datetime,
) -> tuple[str, str]:
    count = sum(len(rows) for _, rows in found)
    prices = "1 of your prices" if count == 1 else f"{count} of your prices"
    go, are = ("goes", "is") if count == 1 else ("go", "are")
    if begins > now:
        subject = f"Wholesale rises on {begins:%d %B %Y}: {prices} {go} under the floor"
        first = (
            f"{partner.company} raises wholesale from {_moment(begins)} on. Then {prices} {are} under the"
            " lowest price allowed."
        )
    else:
        subject = f"Wholesale has risen: {prices} {are} under the floor"
        first = (
            f"{partner.company} has raised wholesale, in force since {_moment(begins)}. With it {prices}"
            f" {are} under the lowest price allowed."
        )
    parts = [first]
    for store, rows in found:
        lines = [f"{store.name}: {len(rows)} {'price' if len(rows) == 1 else 'prices'}"]
        lines += [f"  {_row(row)}" for row in rows[:_NAMED]]
        if len(rows) > _NAMED:
            lines.append(f"  and {len(rows) - _NAMED} more")
        lines.append(f"As you chose in the settings, these prices {_CHOICES[store.on_wholesale_rise]}.")
        path = f"/prices/ahead?store={store.slug}"
        lines.append(f"See each of them, and act: {services.config.url(services.config.portal_host, path)}")
        parts.append("\n".join(lines))
    return subject, "\n\n".join(parts) + "\n"


def _row(row: Overtaken) -> str:
    name = f"{row.product}, {row.variant}" if row.variant else row.product
    then = "paused" if row.after is None else f"then {row.after}, you earn {row.earn}"
    return f"{name}: wholesale {row.wholesale} to {row.new_wholesale}; your price {row.price}, {then}"


def _withdrawn(partner: PartnerOverview, begins: datetime) -> tuple[str, str]:
    return (
        f"Wholesale does not rise on {begins:%d %B %Y}",
        f"The rise of wholesale that {partner.company} had announced for {_moment(begins)} does not happen."
        " Your prices stay as you set them; there is nothing that you need to do.\n",
    )


def _moment(moment: datetime) -> str:
    return f"{moment:%d %B %Y, %H:%M} UTC"
