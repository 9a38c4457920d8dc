"""Where a partner is paid: its account at Stripe, what Stripe still asks for, and changing it safely.

Stripe is never asked while a transaction is open: an account is written down, made at Stripe under our own
key, and what Stripe says of it is written down after. A change keeps money from the account for a day, in
which any owner can stop it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from kit.errors import NotFound, Refusal
from kit.ids import new_id
from payments.gateway.protocol import Gateway
from payments.gateway.records import AccountSnapshot
from payments.payouts.models import PayoutAccount
from storage import audit
from storage.database import insert_rows
from storage.jobs import Job, enqueue
from storage.tenancy import Tenant

WAIT = timedelta(hours=24)
# Where Stripe opens accounts that can be sent money.
COUNTRIES = (
    "AE AT AU BE BG BR CA CH CY CZ DE DK EE ES FI FR GB GI GR HK HR HU IE IT JP LI LT LU LV MT MX MY NL NO NZ"
    " PL PT RO SE SG SI SK TH US"
).split()


@dataclass(frozen=True, slots=True)
class Need:
    """What Stripe asks of the owner, in its own word; ``stops`` while no money can be sent because of it."""

    what: str
    by: datetime | None
    stops: bool


@dataclass(frozen=True, slots=True)
class PaidTo:
    """The account in use. Nothing is sent before ``pays_from``. ``made`` says that Stripe knows it, ``able``
    that it can be sent money. ``instead`` says that a former account is used again if the change stops."""

    account_id: UUID
    stripe_id: str | None
    country: str
    able: bool
    closed: bool
    needs: tuple[Need, ...]
    pays_from: datetime
    created_at: datetime
    read_at: datetime | None
    actor: str
    instead: bool

    @property
    def made(self) -> bool:
        return self.stripe_id is not None

    def waits(self, now: datetime) -> bool:
        """Whether a change keeps money from it."""
        return self.pays_from > now


_IN_USE = """
    SELECT a.*, EXISTS (SELECT 1 FROM payout_accounts b
                         WHERE b.partner_id = :partner_id AND b.ended_at IS NULL
                           AND b.pays_from < a.pays_from) AS instead
      FROM payout_accounts a
     WHERE a.partner_id = :partner_id AND a.ended_at IS NULL
     ORDER BY a.pays_from DESC, a.account_id DESC LIMIT 1
"""
_READ = text(_IN_USE)
_LOCKED = text(f"{_IN_USE} FOR UPDATE OF a")
_MADE = text("""
    UPDATE payout_accounts SET stripe_id = :stripe_id
     WHERE partner_id = :partner_id AND account_id = :account_id AND stripe_id IS NULL
""")
_SAID = text("""
    UPDATE payout_accounts
       SET able = :able, closed = :closed, needs = CAST(:needs AS jsonb), read_at = :now
     WHERE partner_id = :partner_id AND stripe_id = :stripe_id AND coalesce(read_at, '-infinity') <= :now
    RETURNING account_id
""")
_PUT_OFF = text("""
    UPDATE payout_accounts SET pays_from = :pays_from
     WHERE partner_id = :partner_id AND account_id = :account_id
""")
_ENDED = text("""
    UPDATE payout_accounts SET ended_at = :now
     WHERE partner_id = :partner_id AND account_id = :account_id
""")
_WHO = text("""
    SELECT p.name, (SELECT u.email FROM memberships m JOIN people u ON u.person_id = m.person_id
                     WHERE m.partner_id = p.partner_id AND m.role = 'owner'
                     ORDER BY m.created_at LIMIT 1) AS email
      FROM partners p WHERE p.partner_id = :partner_id
""")


def paid_to(session: Session, *, partner_id: UUID) -> PaidTo | None:
    """The account that a partner is paid to, or will be; None while it has none."""
    row = session.execute(_READ, {"partner_id": partner_id}).one_or_none()
    return _paid_to(row) if row else None


def _paid_to(row: Any) -> PaidTo:
    needs = (Need(n["what"], datetime.fromisoformat(n["by"]) if n["by"] else None, n["stops"])
             for n in row.needs)  # fmt: skip
    return PaidTo(
        row.account_id,
        row.stripe_id,
        row.country,
        row.able,
        row.closed,
        tuple(needs),
        row.pays_from,
        row.created_at,
        row.read_at,
        row.actor,
        row.instead,
    )


def set_up_account(
    session: Session, *, partner_id: UUID, country: str, actor: str, now: datetime, change: bool = False
) -> UUID:
    """Write down an account that is to be made at Stripe, in a two-letter ``country``, and tell all owners.

    The first one is paid at once. One that takes another's place, which ``change`` asks for, is paid after a
    day, and until then nothing is. Raises Refusal for a country that Stripe does not serve, where there is
    an account already, and while another change waits.
    """
    if country not in COUNTRIES:
        raise Refusal("Choose the country in which the business is.", field="country")
    session.execute(_LOCK_PARTNER, {"partner_id": str(partner_id)})
    row = session.execute(_LOCKED, {"partner_id": partner_id}).one_or_none()
    if row is not None and not change:
        raise Refusal("There is a payout account already. Change it instead.")
    if row is not None and row.pays_from > now:
        raise Refusal("A change waits already. Stop it first, or wait until it is done.")
    account_id = new_id()
    insert_rows(
        session,
        PayoutAccount,
        [
            {
                "partner_id": partner_id,
                "account_id": account_id,
                "country": country,
                "pays_from": now + WAIT if change else now,
                "actor": actor,
                "created_at": now,
            }
        ],
    )
    _tell(session, partner_id, account_id, "changed" if change else "set_up", actor, now, row)
    return account_id


# Two owners at once, before there is a row to lock.
_LOCK_PARTNER = text("SELECT pg_advisory_xact_lock(hashtextextended('payout_account:' || :partner_id, 0))")


def open_details(session: Session, *, partner_id: UUID, actor: str, now: datetime) -> PaidTo:
    """Let an owner change the bank details on Stripe's page: nothing is sent for a day from now, and all
    owners are told. Raises Refusal without an account that Stripe has made."""
    row = session.execute(_LOCKED, {"partner_id": partner_id}).one_or_none()
    if row is None or not row.stripe_id or row.closed:
        raise Refusal("There is no payout account whose details could change.")
    keys = {"partner_id": partner_id, "account_id": row.account_id}
    session.execute(_PUT_OFF, {**keys, "pays_from": now + WAIT})
    _tell(session, partner_id, row.account_id, "details", actor, now, row)
    return _paid_to(row)


def stop_change(session: Session, *, partner_id: UUID, actor: str, now: datetime) -> bool:
    """Stop a change while it waits: the account is not used, and the one before it is, which True says.

    Raises Refusal when no change waits.
    """
    row = session.execute(_LOCKED, {"partner_id": partner_id}).one_or_none()
    if row is None or row.pays_from <= now:
        raise Refusal("No change waits. What is in use is changed by setting up another account.")
    session.execute(_ENDED, {"partner_id": partner_id, "account_id": row.account_id, "now": now})
    _tell(session, partner_id, row.account_id, "stopped", actor, now, row)
    return bool(row.instead)


def _tell(
    session: Session,
    partner_id: UUID,
    account_id: UUID,
    kind: str,
    actor: str,
    now: datetime,
    row: Any,
) -> None:
    """Write a change into the log, and have all owners told."""
    audit.record(
        session,
        actor=actor,
        action=f"payout_account.{kind}",
        subject=f"payout_account:{account_id}",
        partner_id=partner_id,
        now=now,
        before={"account": str(row.account_id), "stripe": row.stripe_id} if row else None,
        after={"account": str(account_id)},
    )
    told = {"partner_id": str(partner_id), "notice_id": str(new_id()), "kind": f"account.{kind}"}
    enqueue(session, Job("payout.tell", {**told, "subject_id": str(account_id), "actor": actor}))


def make_account(tenant: Tenant, *, gateway: Gateway, now: datetime) -> PaidTo:
    """Have Stripe make the account that was written down, once, and write down what it says.

    Raises NotFound without one, and what the gateway raises.
    """
    with tenant.begin() as session:
        account = paid_to(session, partner_id=tenant.partner_id)
        owner = session.execute(_WHO, {"partner_id": tenant.partner_id}).one()
    if account is None:
        raise NotFound("There is no payout account yet.")
    if not account.made:
        snapshot = gateway.create_account(
            _request(tenant.partner_id, account, owner.name, owner.email),
            key=f"account:{account.account_id}",
        )
        with tenant.begin() as session:
            keys = {"partner_id": tenant.partner_id, "account_id": account.account_id}
            session.execute(_MADE, {**keys, "stripe_id": snapshot.account_id})
            apply_account(session, partner_id=tenant.partner_id, snapshot=snapshot, now=now)
            account = paid_to(session, partner_id=tenant.partner_id)
            assert account is not None
    return account


def _request(partner_id: UUID, account: PaidTo, name: str, email: str | None) -> dict[str, Any]:
    asked = {"stripe_balance": {"stripe_transfers": {"requested": True}}}
    request: dict[str, Any] = {
        "configuration": {"recipient": {"capabilities": asked}},
        "dashboard": "express",
        "defaults": {
            "responsibilities": {"fees_collector": "application", "losses_collector": "application"}
        },
        "display_name": name,
        "identity": {"country": account.country.lower()},
        "metadata": {"partner": str(partner_id), "account": str(account.account_id)},
    }
    return request | ({"contact_email": email} if email else {})


def refresh_account(tenant: Tenant, *, gateway: Gateway, stripe_id: str, now: datetime) -> str:
    """Ask Stripe for an account anew and write down what it says; ``unknown`` where it is none of ours."""
    snapshot = gateway.read_account(stripe_id)
    with tenant.begin() as session:
        return apply_account(session, partner_id=tenant.partner_id, snapshot=snapshot, now=now)


def apply_account(session: Session, *, partner_id: UUID, snapshot: AccountSnapshot, now: datetime) -> str:
    """Write down what Stripe says of an account. An older word never takes the place of a newer."""
    needs = [
        {"what": each.what, "by": each.by.isoformat() if each.by else None, "stops": each.stops}
        for each in snapshot.needs
    ]
    said = session.execute(
        _SAID,
        {
            "partner_id": partner_id,
            "stripe_id": snapshot.account_id,
            "able": snapshot.able,
            "closed": snapshot.closed,
            "needs": json.dumps(needs),
            "now": now,
        },
    )
    return "read" if said.one_or_none() else "unknown"
