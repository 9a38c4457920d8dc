"""Disputes: a shopper's bank asks for a payment back, Stripe takes it at once, and the bank decides.

Until then the loss is the company's, and the partner's margin is held. When it is lost, everybody gives
back their part of the sale; when it is won, Stripe gives the money back. Webhook, job and sweep all come
here, in any order and any number of times.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from kit.errors import NotFound
from kit.ids import new_id
from orders.timeline import note
from payments.gateway.records import DisputeSnapshot
from payments.holds import PROGRAM, place_hold, release_dispute
from payments.ledger.posting import (
    Entry,
    dispute_entries,
    dispute_fee_entries,
    dispute_lost_entries,
    post,
    turned,
)
from payments.models import Dispute
from payments.remainder import Remainder, part_of, read_remainder, take
from payments.settlement import Reference
from storage.database import insert_rows
from storage.jobs import Job, enqueue


class NotSettledYet(Exception):
    """The payment that is disputed has not been settled with its order; the event is to come again."""


UNDECIDED = ("inquiry", "open")
# What a dispute goes through. Stripe never takes back a decision without moving money again.
_RANK = {"inquiry": 0, "open": 1, "won": 2, "lost": 2, "closed": 2}
_WORDS = {
    "fraudulent": "the cardholder says that somebody else paid",
    "product_not_received": "the shopper says that nothing arrived",
    "product_unacceptable": "the shopper says that the goods are not as described",
    "duplicate": "the shopper says to have paid twice",
    "subscription_canceled": "the shopper says to have cancelled",
    "unrecognized": "the cardholder does not recognise the payment",
    "credit_not_processed": "the shopper waits for money back",
}
_LOCKED = text("""
    SELECT d.dispute_id, d.state, d.movements, d.answered_at FROM disputes d
     WHERE d.partner_id = :partner_id AND d.stripe_id = :stripe_id FOR UPDATE
""")
_POSTED = text("""
    SELECT e.source, e.debit, e.credit, e.amount, e.line_id FROM ledger_entries e
     WHERE e.partner_id = :partner_id AND e.order_id = :order_id AND e.source LIKE 'dispute%'
       AND split_part(e.source, ':', 2) = :stripe_id
     ORDER BY e.source, e.position
""")
_RULES = text("SELECT lost_wholesale, dispute_fee_by FROM company")
_MOVED_ON = text("""
    UPDATE disputes
       SET state = :state, due_at = :due_at, withdrawn = :withdrawn, fee = :fee, movements = :movements,
           answered_at = CASE WHEN :answers > 0 THEN coalesce(answered_at, :now) END,
           closed_at = CASE WHEN :state IN ('inquiry', 'open') THEN NULL ELSE coalesce(closed_at, :now) END
     WHERE partner_id = :partner_id AND dispute_id = :dispute_id
""")


def apply_dispute(session: Session, *, reference: Reference, snapshot: DisputeSnapshot, now: datetime) -> str:
    """Bring our dispute to what Stripe says. Safe to repeat, in any order; returns what came of it.

    ``unknown`` where we have no such order. Raises NotSettledYet where its payment was not heard of.
    """
    keys = {"partner_id": reference.partner_id, "order_id": reference.order_id}
    try:
        known = read_remainder(session, **keys, lock=True)
    except NotFound:
        return "unknown"
    if known.row.payment not in ("paid", "partly_refunded", "refunded"):
        raise NotSettledYet(f"order {reference.order_id} is {known.row.payment}")
    row = session.execute(
        _LOCKED, {"partner_id": reference.partner_id, "stripe_id": snapshot.dispute_id}
    ).one_or_none()
    if row is not None and _version(snapshot.state, len(snapshot.movements)) < _version(
        row.state, row.movements
    ):
        return "already"
    before = row.state if row else ""
    dispute_id = row.dispute_id if row else _opened(session, reference, snapshot)
    _post(session, known, reference, snapshot, now)
    ours = [one for one in snapshot.movements if one.currency == snapshot.currency]
    session.execute(
        _MOVED_ON,
        {
            "partner_id": reference.partner_id,
            "dispute_id": dispute_id,
            "state": snapshot.state,
            "due_at": snapshot.due,
            "withdrawn": -sum(one.amount for one in ours),
            "fee": sum(one.fee for one in ours),
            "movements": len(snapshot.movements),
            "answers": snapshot.answers,
            "now": now,
        },
    )
    if snapshot.state == before:
        if snapshot.answers and not (row and row.answered_at):
            note(session, **keys, kind="dispute_answered", now=now)
        return "already"
    _moved_on(session, reference, snapshot, dispute_id, before, now)
    return snapshot.state


def _version(state: str, movements: int) -> tuple[int, int]:
    """Of two snapshots the one that was taken later is not the smaller."""
    return movements, _RANK[state]


def _opened(session: Session, reference: Reference, snapshot: DisputeSnapshot) -> UUID:
    dispute_id = new_id()
    dispute = {
        "partner_id": reference.partner_id,
        "dispute_id": dispute_id,
        "order_id": reference.order_id,
        "stripe_id": snapshot.dispute_id,
        # It begins as the least that it can be; what it has become follows at once.
        "state": "inquiry",
        "amount": snapshot.amount,
        "currency": snapshot.currency,
        "reason": snapshot.reason,
        "opened_at": snapshot.opened,
        "due_at": snapshot.due,
    }
    insert_rows(session, Dispute, [dispute])
    return dispute_id


def _post(
    session: Session, known: Remainder, reference: Reference, snapshot: DisputeSnapshot, now: datetime
) -> None:
    """Post what Stripe moved and was not posted, and who bears a loss, or has it back."""
    keys = {"partner_id": reference.partner_id, "order_id": reference.order_id}
    posted = session.execute(_POSTED, {**keys, "stripe_id": snapshot.dispute_id}).all()
    sources = {row.source for row in posted}
    by_currency: dict[str, list[Entry]] = {}
    for one in snapshot.movements:
        entries = dispute_entries(
            dispute_id=snapshot.dispute_id, movement_id=one.movement_id, amount=one.amount, fee=one.fee
        )
        by_currency.setdefault(one.currency, []).extend(e for e in entries if e.source not in sources)
    borne = _borne(posted)
    if snapshot.state == "lost" and not borne:
        by_currency.setdefault(snapshot.currency, []).extend(_lost(session, known, snapshot))
    elif snapshot.state != "lost" and borne:
        regained = f"dispute_regained:{borne[0].source.partition(':')[2]}"
        by_currency.setdefault(snapshot.currency, []).extend(turned(regained, borne))
    for currency, entries in by_currency.items():
        post(session, **keys, currency=currency, entries=entries, available_on=None, now=now)


def _borne(posted: Any) -> list[Entry]:
    """The entries of a loss that was borne and not yet given back."""
    regained = {row.source.partition(":")[2] for row in posted if row.source.startswith("dispute_regained:")}
    return [
        Entry(row.source, row.debit, row.credit, row.amount, row.line_id)
        for row in posted
        if row.source.startswith(("dispute_lost:", "dispute_fee:"))
        and row.source.partition(":")[2] not in regained
    ]


def _lost(session: Session, known: Remainder, snapshot: DisputeSnapshot) -> list[Entry]:
    """Who bears what the bank took. What it took beyond the rest of the order stays the company's loss."""
    rules = session.execute(_RULES).one()
    about = f"{snapshot.dispute_id}:{len(snapshot.movements)}"
    entries = lost_entries(
        known, source=f"dispute_lost:{about}", amount=snapshot.amount, wholesale_account=rules.lost_wholesale
    )
    fee = sum(one.fee for one in snapshot.movements if one.currency == snapshot.currency)
    if rules.dispute_fee_by == "partner" and fee > 0:
        entries += dispute_fee_entries(source=f"dispute_fee:{about}", fee=fee)
    return entries


def lost_entries(known: Remainder, *, source: str, amount: int, wholesale_account: str) -> list[Entry]:
    """What each account gives when ``amount`` of an order is lost to the shopper's bank; nothing of a payment
    that came too late to be a sale."""
    amount = min(amount, known.left)
    if amount <= 0 or known.row.paid_at is None:
        return []
    taken = part_of(take(known, units=known.units_left, delivery=known.delivery_left), amount)
    return dispute_lost_entries(
        source=source, lines=taken.shares, besides=taken.besides, wholesale_account=wholesale_account
    )


def _moved_on(
    session: Session,
    reference: Reference,
    snapshot: DisputeSnapshot,
    dispute_id: UUID,
    before: str,
    now: datetime,
) -> None:
    """Hold the margin or release it, write it into the timeline, and have people told."""
    keys = {"partner_id": reference.partner_id, "order_id": reference.order_id}
    note(
        session,
        **keys,
        kind=f"dispute_{snapshot.state}",
        now=now,
        amount=snapshot.amount,
        currency=snapshot.currency,
    )
    if snapshot.state in UNDECIDED:
        reason = f"A bank asks for this payment back: {reason_words(snapshot.reason)}."
        place_hold(session, **keys, kind="dispute", reason=reason, actor=PROGRAM, now=now)
    else:
        release_dispute(session, **keys, reason=f"The dispute ended: {snapshot.state}.", now=now)
    job = "order.disputed" if snapshot.state in UNDECIDED else "order.decided"
    if snapshot.state != "open" or before != "inquiry":
        about = {"partner_id": str(reference.partner_id), "order_id": str(reference.order_id)}
        enqueue(session, Job(job, {**about, "dispute_id": str(dispute_id)}))


def reason_words(reason: str) -> str:
    """Stripe's name of a reason in plain words."""
    return _WORDS.get(reason, "the bank gave no usual reason")
