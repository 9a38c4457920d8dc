"""Sending what two people approved, once, and applying what Stripe says of it.

The job, the webhook and the sweep all come here, in any order and any number of times. A line is checked
against the balance before Stripe first hears of it, and never after: from then on, only Stripe knows.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from kit.ids import new_id
from payments.gateway.errors import GatewayRefused, GatewayUnavailable
from payments.gateway.protocol import Gateway
from payments.gateway.records import TransferSnapshot
from payments.ledger.balances import balances
from payments.ledger.posting import payout_entries, payout_reversed_entries, post
from payments.payouts.accounts import refresh_account
from payments.payouts.models import PayoutReversal
from storage.database import insert_rows
from storage.jobs import Job, enqueue
from storage.tenancy import Tenant

# Why a line failed, as ``payout_lines.failure`` keeps it; what is none of these is Stripe's own sentence.
FAILURES = ("balance_changed", "account_changed", "account_closed", "account_needs")
_NO_BALANCE = "balance_insufficient"
_GONE = ("resource_missing", "account_invalid", "account_closed")
_NOT_ABLE = "insufficient_capabilities_for_transfer"


@dataclass(frozen=True, slots=True)
class PayoutReference:
    """Which line of ours a transfer is, as we wrote it into its metadata."""

    partner_id: UUID
    line_id: UUID

    @classmethod
    def of(cls, metadata: Any) -> PayoutReference | None:
        """Read it back; None when the transfer is not one of ours."""
        try:
            return cls(UUID(metadata["partner"]), UUID(metadata["payout"]))
        except (KeyError, ValueError, TypeError):
            return None

    @property
    def metadata(self) -> dict[str, str]:
        return {"partner": str(self.partner_id), "payout": str(self.line_id)}


# All lines of the partner that are being sent are held, so that two of them never count the same balance.
_SENDING = text("""
    SELECT l.line_id, l.run_id, l.account_id, l.amount, l.currency, l.tries, l.tried_at, a.stripe_id,
           a.closed, a.pays_from, a.ended_at
      FROM payout_lines l
      JOIN payout_accounts a ON a.partner_id = l.partner_id AND a.account_id = l.account_id
     WHERE l.partner_id = :partner_id AND a.partner_id = :partner_id AND l.state = 'sending'
     ORDER BY l.line_id FOR UPDATE OF l
""")
_TRIED = text("""
    UPDATE payout_lines SET tried_at = coalesce(tried_at, :now)
     WHERE partner_id = :partner_id AND line_id = :line_id
""")
_WAITS = text("""
    UPDATE payout_lines SET waits_for = :waits_for, tries = :tries
     WHERE partner_id = :partner_id AND line_id = :line_id AND state = 'sending' AND tries <= :tries
""")
_LOCKED = text("""
    SELECT l.state, l.amount, l.currency, l.reversed, l.run_id FROM payout_lines l
     WHERE l.partner_id = :partner_id AND l.line_id = :line_id FOR UPDATE
""")
_PAID = text("""
    UPDATE payout_lines SET state = 'paid', stripe_id = :stripe_id, waits_for = '', failure = '',
                            settled_at = :now
     WHERE partner_id = :partner_id AND line_id = :line_id
""")
_FAILED = text("""
    UPDATE payout_lines SET state = 'failed', failure = :failure, waits_for = '', settled_at = :now
     WHERE partner_id = :partner_id AND line_id = :line_id AND state = 'sending' RETURNING line_id
""")
_REVERSED = text("""
    UPDATE payout_lines SET reversed = :reversed,
           state = CASE WHEN :reversed = amount THEN 'reversed' ELSE 'paid' END
     WHERE partner_id = :partner_id AND line_id = :line_id
""")
_KNOWN = text("""
    SELECT v.reversal_id FROM payout_reversals v
     WHERE v.partner_id = :partner_id AND v.line_id = :line_id
""")


def send_line(tenant: Tenant, *, gateway: Gateway, line_id: UUID, now: datetime) -> str:
    """Have Stripe send a line that was approved, once, and record what it answers; returns what came of it.

    ``waiting`` while the company's balance at Stripe is too small. Raises GatewayUnavailable while Stripe
    does not answer: the line says so, and the job is tried again with the same key.
    """
    reference = PayoutReference(tenant.partner_id, line_id)
    with tenant.begin() as session:
        row, failure = _begin(session, reference, now)
    if row is None:
        return failure or "already"
    try:
        snapshot = _transfer(gateway, reference, row)
    except GatewayUnavailable:
        with tenant.begin() as session:
            _wait(session, reference, "stripe", row.tries)
        raise
    except GatewayRefused as error:
        return _refused(tenant, gateway, reference, row, error, now)
    with tenant.begin() as session:
        return apply_transfer(session, reference=reference, snapshot=snapshot, now=now)


def _begin(session: Session, reference: PayoutReference, now: datetime) -> tuple[Row[Any] | None, str]:
    """The line under lock, marked as sent; or why it is not sent."""
    rows = session.execute(_SENDING, {"partner_id": reference.partner_id}).all()
    row = next((each for each in rows if each.line_id == reference.line_id), None)
    if row is None or row.tried_at is not None:
        return row, ""
    failure = ""
    if row.closed:
        failure = "account_closed"
    elif row.ended_at is not None or row.pays_from > now or _replaced(session, reference, row.account_id):
        failure = "account_changed"
    elif not _covered(session, reference, row, rows, now):
        failure = "balance_changed"
    if failure:
        _fail(session, reference, failure, now)
        return None, "failed"
    session.execute(_TRIED, {**_keys(reference), "now": now})
    return row, ""


def _covered(session: Session, reference: PayoutReference, row: Row[Any], rows: Any, now: datetime) -> bool:
    """Whether the balance still has the amount, beside what was approved before it or is on its way."""
    others = sum(
        each.amount
        for each in rows
        if each.currency == row.currency
        and (each.line_id < row.line_id or (each.line_id > row.line_id and each.tried_at is not None))
    )
    owed = balances(session, partner_id=reference.partner_id, now=now)
    available = sum(each.available.minor for each in owed if each.available.currency == row.currency)
    return bool(available - others >= row.amount)


_LATER = text("""
    SELECT 1 FROM payout_accounts a
     WHERE a.partner_id = :partner_id AND a.ended_at IS NULL AND a.account_id <> :account_id
       AND a.pays_from > (SELECT b.pays_from FROM payout_accounts b
                           WHERE b.partner_id = :partner_id AND b.account_id = :account_id)
     LIMIT 1
""")


def _replaced(session: Session, reference: PayoutReference, account_id: UUID) -> bool:
    """Whether another account takes, or has taken, this one's place."""
    keys = {"partner_id": reference.partner_id, "account_id": account_id}
    return session.execute(_LATER, keys).one_or_none() is not None


def _transfer(gateway: Gateway, reference: PayoutReference, row: Row[Any]) -> TransferSnapshot:
    group, destination = f"payout-run:{row.run_id}", row.stripe_id
    if row.tried_at is not None:
        # Stripe forgets a key after a day; what was sent before is found by what it was called.
        for snapshot in gateway.transfers_of(group, destination=destination):
            if PayoutReference.of(snapshot.metadata) == reference:
                return snapshot
    # An answer for want of balance is kept under its key, so the next attempt has another.
    return gateway.transfer(
        amount=row.amount,
        currency=row.currency,
        destination=destination,
        group=group,
        metadata=reference.metadata,
        key=f"transfer:{reference.line_id}" + (f":{row.tries}" if row.tries else ""),
    )


def _refused(
    tenant: Tenant,
    gateway: Gateway,
    reference: PayoutReference,
    row: Row[Any],
    error: GatewayRefused,
    now: datetime,
) -> str:
    if error.code == _NO_BALANCE:
        with tenant.begin() as session:
            _wait(session, reference, "balance", row.tries + 1)
        return "waiting"
    known = {_NOT_ABLE: "account_needs", **dict.fromkeys(_GONE, "account_closed")}
    with tenant.begin() as session:
        _fail(session, reference, known.get(error.code, str(error)), now)
    if error.code in known:
        # The portal then says what is the matter with the account.
        try:
            refresh_account(tenant, gateway=gateway, stripe_id=row.stripe_id, now=now)
        except (GatewayRefused, GatewayUnavailable):
            return "failed"
    return "failed"


def apply_transfer(
    session: Session, *, reference: PayoutReference, snapshot: TransferSnapshot, now: datetime
) -> str:
    """Bring our line to what Stripe says of its transfer. Safe to repeat, in any order; returns what came.

    ``unknown`` where we have no such line, ``mismatch`` where amount or currency are not what was sent.
    """
    row = session.execute(_LOCKED, _keys(reference)).one_or_none()
    if row is None:
        return "unknown"
    if (snapshot.amount, snapshot.currency) != (row.amount, row.currency):
        return "mismatch"
    if row.state not in ("sending", "failed", "paid", "reversed"):
        return "mismatch"
    fresh = row.state in ("sending", "failed")
    entries = payout_entries(line_id=reference.line_id, amount=row.amount) if fresh else []
    if fresh:
        session.execute(_PAID, {**_keys(reference), "stripe_id": snapshot.transfer_id, "now": now})
        enqueue(session, _told(reference, "paid"))
    known = set(session.execute(_KNOWN, _keys(reference)).scalars())
    back = [each for each in snapshot.reversals if each.reversal_id not in known]
    if back:
        insert_rows(
            session,
            PayoutReversal,
            [
                {**_keys(reference), "reversal_id": each.reversal_id, "amount": each.amount,
                 "reversed_at": now}
                for each in back
            ],
        )  # fmt: skip
        total = row.reversed + sum(each.amount for each in back)
        session.execute(_REVERSED, {**_keys(reference), "reversed": total})
        for each in back:
            entries += payout_reversed_entries(reversal_id=each.reversal_id, amount=each.amount)
        enqueue(session, _told(reference, "reversed"))
    if not entries:
        return "already"
    post(
        session,
        partner_id=reference.partner_id,
        order_id=None,
        currency=row.currency,
        entries=entries,
        available_on=now,
        now=now,
    )
    return "reversed" if back else "paid"


def _wait(session: Session, reference: PayoutReference, waits_for: str, tries: int) -> None:
    session.execute(_WAITS, {**_keys(reference), "waits_for": waits_for, "tries": tries})


def _fail(session: Session, reference: PayoutReference, failure: str, now: datetime) -> None:
    failed = session.execute(_FAILED, {**_keys(reference), "failure": failure, "now": now})
    if failed.one_or_none():
        enqueue(session, _told(reference, "failed"))


def _told(reference: PayoutReference, kind: str) -> Job:
    """The job that tells the partner's owners."""
    about = {"notice_id": str(new_id()), "kind": f"payout.{kind}", "subject_id": str(reference.line_id)}
    return Job("payout.tell", {"partner_id": str(reference.partner_id), **about, "actor": ""})


def _keys(reference: PayoutReference) -> dict[str, UUID]:
    return {"partner_id": reference.partner_id, "line_id": reference.line_id}
