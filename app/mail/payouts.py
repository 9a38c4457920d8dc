"""Mail to a partner's owners: of payouts, and of each change to the account that they go to."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from uuid import UUID

from app.mail.partners import in_utc, tell
from app.payout_words import failure_words
from app.services import Services
from app.ui.formats import iso_money
from payments.payouts.accounts import PaidTo, paid_to
from payments.payouts.notices import note_owners, note_sent
from payments.payouts.reading import Payout, read_payout
from storage.tenancy import Tenant
from tenants.overview import partner_overview


def send_payout_mails(
    services: Services,
    *,
    tenant: Tenant,
    notice_id: UUID,
    kind: str,
    subject_id: UUID,
    actor: str,
    now: datetime,
) -> None:
    """Send the owners the mail that they have not got yet. ``kind`` is payout.* of the line ``subject_id``,
    or account.* of a change that ``actor`` made. Raises MailUndelivered as ``tell`` does."""
    owner = tenant.partner_id
    with tenant.begin() as session:
        partner = partner_overview(session, partner_id=owner)
        readers = note_owners(session, partner_id=owner, notice_id=notice_id)
        if not readers:
            return
        if kind.startswith("payout."):
            payout = read_payout(session, partner_id=owner, line_id=subject_id)
            mail = _payout(services, kind, partner.company, payout)
        else:
            mail = _account(services, kind, partner.company, actor, paid_to(session, partner_id=owner))
    note = partial(note_sent, partner_id=owner, notice_id=notice_id, now=now)
    tell(services, tenant, partner.company, readers, mail, about=f"{kind}.{notice_id}", note=note, now=now)


def _payout(services: Services, kind: str, company: str, payout: Payout) -> tuple[str, str]:
    amount = iso_money(payout.amount)
    address = services.config.url(services.config.portal_host, f"/earnings/payouts/{payout.line_id}")
    if kind == "payout.paid":
        return (
            f"{amount} is on its way to you",
            f"{company} has sent you {amount}. Stripe pays it to your bank account, which takes some days."
            f"\n\nWhat it was for, down to each order: {address}\n",
        )
    if kind == "payout.reversed":
        back = iso_money(payout.reversed)
        return (
            f"Part of your payout came back: {back}",
            f"Of your payout of {amount}, {back} came back to {company}. It stands in your balance again,"
            f" and is paid with the next payout.\n\n{address}\n",
        )
    why = failure_words(payout.failure, partner=True)
    return (
        f"A payout of {amount} did not go through",
        f"{company} wanted to send you {amount}, and could not: {why}.\n\nThe money stays in your balance."
        f" See what to do: {address}\n",
    )


def _account(
    services: Services, kind: str, company: str, actor: str, account: PaidTo | None
) -> tuple[str, str]:
    address = services.config.url(services.config.portal_host, "/earnings/account")
    begins = in_utc(account.pays_from) if account else ""
    not_you = (
        "If nobody of you did this, stop the change now, and choose new passwords. Any owner can stop it:"
        f" {address}\n"
    )
    if kind == "account.set_up":
        return (
            "A payout account was set up",
            f"{actor} set up the account that {company} pays you to. Stripe asks for your details and your"
            f" bank account on a page of its own: {address}\n",
        )
    if kind == "account.changed":
        return (
            "Your payout account is changing",
            f"{actor} is setting up another account for what {company} pays you. Until {begins}, nothing is"
            f" paid to you; from then on, payouts go to the new account.\n\n{not_you}",
        )
    if kind == "account.details":
        return (
            "Your bank details may be changing",
            f"{actor} opened Stripe’s page on which the bank details of your payouts are changed. Until"
            f" {begins}, nothing is paid to you.\n\n{not_you}",
        )
    return (
        "The change of your payout account was stopped",
        f"{actor} stopped the change of the account that {company} pays you to. Where you are paid to now:"
        f" {address}\n",
    )
