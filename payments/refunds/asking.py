"""Giving money back for an order: what it would move, and writing down that it was asked for.

Each unit of a line is given back once, and all of them are exactly what was paid. Nothing is sent to
Stripe here: that is a job, which begins when what was asked for is safely written.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import astuple, dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from kit.ids import new_id
from kit.money import Money
from orders import stock
from orders.cancelling import cancel_units, unsent_units
from orders.timeline import note
from payments.ledger.posting import losses, refund_entries
from payments.ledger.shares import Share
from payments.models import Refund, RefundLine
from payments.remainder import NotRefundable, Remainder, Taken, read_remainder, take
from storage import audit
from storage.database import insert_rows
from storage.jobs import Job, enqueue

FUNDERS = ("company", "partner")


@dataclass(frozen=True, slots=True)
class RefundAsked:
    """What somebody wants to give back. ``units`` are by line; ``delivery`` and ``goodwill`` are minor units
    with tax. ``funder`` pays the goodwill. With ``restock`` the units can be sold again."""

    units: Mapping[UUID, int] = field(default_factory=dict)
    delivery: int = 0
    goodwill: int = 0
    funder: str = "company"
    restock: bool = True
    reason: str = ""


@dataclass(frozen=True, slots=True)
class RefundableLine:
    """A line of an order, with the units that are ``left`` to give back and what they are worth."""

    line_id: UUID
    title: str
    quantity: int
    left: int
    worth: Money


@dataclass(frozen=True, slots=True)
class Refundable:
    """What of an order can still be given back. ``left`` is all of it, ``delivery`` its part for delivery,
    both with tax."""

    left: Money
    delivery: Money
    lines: tuple[RefundableLine, ...]


@dataclass(frozen=True, slots=True)
class RefundEffect:
    """What a refund would move. ``amount`` goes to the shopper; ``accounts`` is what each account loses, and
    negative where it gets something back. ``left`` can still be given back afterwards."""

    amount: Money
    accounts: dict[str, Money]
    left: Money


def refundable(session: Session, *, partner_id: UUID, order_id: UUID) -> Refundable | None:
    """What can still be given back of an order; None where it was not paid, was given back whole, or the
    shopper's bank decides about it."""
    known = read_remainder(session, partner_id=partner_id, order_id=order_id, lock=False)
    if not known.refundable:
        return None
    currency = known.row.currency
    return Refundable(
        left=Money(known.left, currency),
        delivery=Money(known.delivery_left, currency),
        lines=tuple(
            RefundableLine(
                line_id=line.line_id,
                title=known.titles[line.line_id],
                quantity=line.quantity,
                left=line.quantity - known.units[line.line_id],
                worth=Money((line.share(line.quantity) - known.shares[line.line_id]).paid, currency),
            )
            for line in known.lines.values()
        ),
    )


def refund_effect(session: Session, *, partner_id: UUID, order_id: UUID, asked: RefundAsked) -> RefundEffect:
    """Work out what a refund would move. Nothing is changed. Raises as ``ask_refund`` does."""
    known = read_remainder(session, partner_id=partner_id, order_id=order_id, lock=False)
    taken = _taken(known, asked)
    entries = refund_entries(refund_id=new_id(), lines=taken.shares, besides=taken.besides)
    currency = known.row.currency
    return RefundEffect(
        amount=Money(taken.amount, currency),
        accounts={
            name: Money(lost, currency) for name, lost in losses(entries, but="stripe_clearing").items()
        },
        left=Money(known.left - taken.amount, currency),
    )


def ask_refund(
    session: Session,
    *,
    partner_id: UUID,
    order_id: UUID,
    asked: RefundAsked,
    actor: str,
    now: datetime,
) -> UUID:
    """Write down a refund, take its units off the order or put them back in stock, and have it sent.

    The order is locked, so of two refunds at once the second sees what the first has left. Raises NotFound
    for an order of another partner, and NotRefundable, naming the field, where it was not paid or more is
    asked for than is left.
    """
    known = read_remainder(session, partner_id=partner_id, order_id=order_id, lock=True)
    taken = _taken(known, asked)
    besides = taken.besides
    refund_id = new_id()
    refund = {
        "partner_id": partner_id,
        "refund_id": refund_id,
        "order_id": order_id,
        "state": "asked",
        "amount": taken.amount,
        "currency": known.row.currency,
        "delivery": besides.delivery,
        "delivery_tax": besides.delivery_tax,
        "goodwill": besides.goodwill,
        "funder": besides.funder,
        "goodwill_back": besides.company_back,
        "partner_goodwill_back": besides.partner_back,
        "reason": asked.reason.strip(),
        "actor": actor,
        "created_at": now,
    }
    insert_rows(session, Refund, [refund])
    units = {line_id: count for line_id, count in asked.units.items() if count}
    if units:
        insert_rows(
            session,
            RefundLine,
            [
                _line(partner_id, refund_id, key, units[key], _restocks(known, key, units[key], asked), share)
                for key, share in taken.shares.items()
            ],
        )
        _move_goods(session, known, partner_id, order_id, units, asked, actor, now)
    note(
        session,
        partner_id=partner_id,
        order_id=order_id,
        kind="refund_asked",
        now=now,
        reason=asked.reason.strip(),
        amount=taken.amount,
        currency=known.row.currency,
    )
    audit.record(
        session,
        actor=actor,
        action="refund.asked",
        subject=f"order:{order_id}",
        partner_id=partner_id,
        now=now,
        after={key: value for key, value in refund.items() if isinstance(value, str | int) and value},
    )
    enqueue(
        session,
        Job(
            "refund.send",
            {"partner_id": str(partner_id), "refund_id": str(refund_id)},
            lock=f"refund.{refund_id}",
        ),
    )
    return refund_id


def _taken(known: Remainder, asked: RefundAsked) -> Taken:
    """What a refund takes of an order."""
    if known.row.disputed:
        raise NotRefundable("The shopper's bank has asked for this payment back, and decides about it.")
    if not known.refundable or not known.row.payment_intent_id:
        raise NotRefundable("Only an order that was paid, and not yet refunded whole, can be refunded.")
    if asked.funder not in FUNDERS:
        raise NotRefundable("Goodwill is paid by the company or the partner.", field="funder")
    taken = take(
        known, units=asked.units, delivery=asked.delivery, goodwill=asked.goodwill, funder=asked.funder
    )
    if taken.amount <= 0:
        raise NotRefundable("Say what is to be given back.", field="units")
    return taken


def _line(
    partner_id: UUID, refund_id: UUID, line_id: UUID, count: int, restocked: bool, share: Share
) -> dict[str, Any]:
    parts = ("wholesale", "promoted_wholesale", "margin", "promoted_margin", "tax")
    return {
        "partner_id": partner_id,
        "refund_id": refund_id,
        "line_id": line_id,
        "quantity": count,
        "restocked": restocked,
        **dict(zip(parts, astuple(share), strict=True)),
    }


def _restocks(known: Remainder, line_id: UUID, count: int, asked: RefundAsked) -> bool:
    """Whether units go into stock by this refund. Those that a return or a refund before put there do not."""
    return asked.restock and known.units[line_id] + count > known.restocked[line_id]


def _move_goods(
    session: Session,
    known: Remainder,
    partner_id: UUID,
    order_id: UUID,
    units: Mapping[UUID, int],
    asked: RefundAsked,
    actor: str,
    now: datetime,
) -> None:
    """Take units off an order that was not sent, or put those that came back into stock.

    Units whose refund failed before have gone already, and do not go twice.
    """
    lines = {line.line_id: line for line in unsent_units(session, partner_id=partner_id, order_id=order_id)}
    if known.row.stock == "held":
        going = {
            line_id: min(
                count,
                known.units[line_id] + count - (known.lines[line_id].quantity - lines[line_id].quantity),
            )
            for line_id, count in units.items()
        }
        cancel_units(
            session,
            partner_id=partner_id,
            order_id=order_id,
            units={line_id: count for line_id, count in going.items() if count > 0},
            restock=asked.restock,
            actor=actor,
            now=now,
        )
    elif asked.restock and known.row.stock == "taken":
        back: dict[UUID, int] = {}
        for line_id, count in units.items():
            coming = min(count, known.units[line_id] + count - known.restocked[line_id])
            if coming > 0:
                back[lines[line_id].variant_id] = back.get(lines[line_id].variant_id, 0) + coming
        if back:
            stock.put_back(session, quantities=back)
