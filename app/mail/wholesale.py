"""Mail about changes of wholesale: to a partner's owners and managers, when a change is announced."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from uuid import UUID

from app.mail.partners import in_utc, spread, tell
from app.services import Services
from kit.ids import NIL
from pricing.notices import (
    change_begins,
    note_readers,
    note_sent,
    partners_to_tell,
)
from pricing.outlook import Overtaken, overtaken_prices
from storage.tenancy import Tenant
from tenants.overview import OwnStore, PartnerOverview, partner_overview

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
    """Make a job for each partner that a change concerns."""
    about = {"change_id": str(change_id), "kind": kind}
    find = partial(partners_to_tell, change_id=change_id, kind=kind, after=after, now=now)
    spread(services, "wholesale", about, subject=change_id, find=find)


def send_wholesale_mails(
    services: Services, *, tenant: Tenant, change_id: UUID, kind: str, now: datetime
) -> None:
    """Send a partner's people the mail about a change that they have not got yet.

    Who is to get it is noted first. Raises MailUndelivered as ``tell`` does.
    """
    with tenant.begin() as session:
        partner = partner_overview(session, partner_id=tenant.partner_id)
        begins = change_begins(session, change_id=change_id)
        if begins is None:
            return
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
        readers = note_readers(session, partner_id=tenant.partner_id, change_id=change_id, kind=kind)
        if not readers:
            session.rollback()
    mail = (
        _announced(services, partner, found, begins, now)
        if kind == "announced"
        else _withdrawn(partner, begins)
    )
    about = f"wholesale.{kind}.{change_id}"
    note = partial(note_sent, partner_id=tenant.partner_id, change_id=change_id, kind=kind, now=now)
    tell(services, tenant, partner.company, readers, mail, about=about, note=note, now=now)


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
            f"{partner.company} raises wholesale from {in_utc(begins)} on. Then {prices} {are} under the"
            " lowest price allowed."
        )
    else:
        subject = f"Wholesale has risen: {prices} {are} under the floor"
        first = (
            f"{partner.company} has raised wholesale, in force since {in_utc(begins)}. With it {prices}"
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
        f"The rise of wholesale that {partner.company} had announced for {in_utc(begins)} does not happen."
        " Your prices stay as you set them; there is nothing that you need to do.\n",
    )
