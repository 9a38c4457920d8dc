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

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from kit.errors import NotFound, Refusal
from kit.ids import new_id
from kit.money import Money
from orders import stock
from orders.cancelling import cancel_units, unsent_units
from orders.models import OrderEvent
from payments.ledger.posting import Entry, GivenBack, refund_entries
from payments.ledger.shares import Share, SoldLine
from payments.models import Refund, RefundLine
from storage import audit
from storage.database import insert_rows
from storage.jobs import Job, enqueue

FUNDERS = ("company", "partner")


class NotRefundable(Refusal):
    """More is asked back than is left, or the order was never paid."""


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


@dataclass(frozen=True, slots=True)
class _Known:
    """An order under lock, with what was given back of it so far."""

    row: Row[Any]
    lines: dict[UUID, SoldLine]
    titles: dict[UUID, str]
    units: dict[UUID, int]
    restocked: dict[UUID, int]
    shares: dict[UUID, Share]

    @property
    def left(self) -> int:
        return int(self.row.total - self.row.refunded)


_ORDER = """
    SELECT o.payment, o.fulfilment, o.stock, o.total, o.currency, o.delivery, o.delivery_tax, g.*,
      (SELECT a.payment_intent_id FROM payment_attempts a
        WHERE a.partner_id = :partner_id AND a.order_id = o.order_id AND a.state = 'complete'
        LIMIT 1) AS payment_intent_id
      FROM orders o
     CROSS JOIN LATERAL (
       SELECT coalesce(sum(r.amount), 0) AS refunded,
              coalesce(sum(r.delivery + r.delivery_tax), 0) AS delivery_refunded,
              coalesce(sum(r.delivery_tax), 0) AS delivery_tax_refunded,
              coalesce(sum(r.goodwill) FILTER (WHERE r.funder = 'company'), 0)
                - coalesce(sum(r.goodwill_back), 0) AS company_goodwill,
              coalesce(sum(r.goodwill) FILTER (WHERE r.funder = 'partner'), 0)
                - coalesce(sum(r.partner_goodwill_back), 0) AS partner_goodwill
         FROM refunds r
        WHERE r.partner_id = :partner_id AND r.order_id = o.order_id
          AND r.state IN ('asked', 'pending', 'succeeded')) g
     WHERE o.partner_id = :partner_id AND o.order_id = :order_id
"""
_READ = text(_ORDER)
_LOCKED = text(f"{_ORDER} FOR UPDATE OF o")
_LINES = text("""
    SELECT l.line_id, l.quantity, l.unit_wholesale * l.quantity AS wholesale, l.margin, l.tax,
           l.company_discount, concat_ws(', ', l.product_title, nullif(l.variant_title, '')) AS title,
           b.*
      FROM order_lines l
     CROSS JOIN LATERAL (
       SELECT coalesce(sum(x.quantity) FILTER (WHERE counts), 0) AS units,
              coalesce(sum(x.quantity) FILTER (WHERE x.restocked), 0) AS restocked,
              coalesce(sum(x.wholesale) FILTER (WHERE counts), 0) AS back_wholesale,
              coalesce(sum(x.promoted_wholesale) FILTER (WHERE counts), 0) AS back_promoted_wholesale,
              coalesce(sum(x.margin) FILTER (WHERE counts), 0) AS back_margin,
              coalesce(sum(x.promoted_margin) FILTER (WHERE counts), 0) AS back_promoted_margin,
              coalesce(sum(x.tax) FILTER (WHERE counts), 0) AS back_tax
         FROM refund_lines x
         JOIN refunds r ON r.partner_id = x.partner_id AND r.refund_id = x.refund_id
        CROSS JOIN LATERAL (SELECT r.state IN ('asked', 'pending', 'succeeded') AS counts) c
        WHERE x.partner_id = :partner_id AND r.partner_id = :partner_id AND x.line_id = l.line_id) b
     WHERE l.partner_id = :partner_id AND l.order_id = :order_id ORDER BY l.position
""")


def refundable(session: Session, *, partner_id: UUID, order_id: UUID) -> Refundable | None:
    """What can still be given back of an order; None where it was not paid."""
    known = _known(session, partner_id, order_id, lock=False)
    if known.row.payment not in ("paid", "partly_refunded"):
        return None
    currency = known.row.currency
    return Refundable(
        left=Money(known.left, currency),
        delivery=Money(_delivery_left(known), currency),
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
    known = _known(session, partner_id, order_id, lock=False)
    shares, besides, amount = _worked_out(known, asked)
    entries = refund_entries(refund_id=new_id(), lines=shares, besides=besides)
    currency = known.row.currency
    return RefundEffect(
        amount=Money(amount, currency),
        accounts={name: Money(lost, currency) for name, lost in _losses(entries).items()},
        left=Money(known.left - amount, currency),
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
    known = _known(session, partner_id, order_id, lock=True)
    shares, besides, amount = _worked_out(known, asked)
    refund_id = new_id()
    refund = {
        "partner_id": partner_id,
        "refund_id": refund_id,
        "order_id": order_id,
        "state": "asked",
        "amount": amount,
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
            [_line(partner_id, refund_id, key, units[key], asked, shares[key]) for key in units],
        )
        _move_goods(session, known, partner_id, order_id, units, asked, actor, now)
    session_note = {"reason": asked.reason.strip(), "amount": amount, "currency": known.row.currency}
    insert_rows(
        session,
        OrderEvent,
        [
            {
                "partner_id": partner_id,
                "event_id": new_id(),
                "order_id": order_id,
                "at": now,
                "kind": "refund_asked",
                "data": session_note,
            }
        ],
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


def _known(session: Session, partner_id: UUID, order_id: UUID, *, lock: bool) -> _Known:
    keys = {"partner_id": partner_id, "order_id": order_id}
    row = session.execute(_LOCKED if lock else _READ, keys).one_or_none()
    if row is None:
        raise NotFound("There is no such order.")
    rows = session.execute(_LINES, keys).all()
    return _Known(
        row=row,
        lines={
            r.line_id: SoldLine(r.line_id, r.quantity, r.wholesale, r.margin, r.tax, r.company_discount)
            for r in rows
        },
        titles={r.line_id: r.title for r in rows},
        units={r.line_id: int(r.units) for r in rows},
        restocked={r.line_id: int(r.restocked) for r in rows},
        shares={
            r.line_id: Share(
                int(r.back_wholesale),
                int(r.back_promoted_wholesale),
                int(r.back_margin),
                int(r.back_promoted_margin),
                int(r.back_tax),
            )
            for r in rows
        },
    )


def _worked_out(known: _Known, asked: RefundAsked) -> tuple[dict[UUID, Share], GivenBack, int]:
    """The share of each line, what comes besides, and the amount for the shopper."""
    if known.row.payment not in ("paid", "partly_refunded") or not known.row.payment_intent_id:
        raise NotRefundable("Only an order that was paid, and not yet refunded whole, can be refunded.")
    if asked.funder not in FUNDERS:
        raise NotRefundable("Goodwill is paid by the company or the partner.", field="funder")
    shares = {}
    for line_id, count in asked.units.items():
        line = known.lines.get(line_id)
        if line is None:
            raise NotRefundable("This line belongs to another order.", field=f"units-{line_id}")
        left = line.quantity - known.units[line_id]
        if not 0 <= count <= left:
            raise NotRefundable(f"0 to {left} can be given back here.", field=f"units-{line_id}")
        if count:
            shares[line_id] = line.share(known.units[line_id] + count) - known.shares[line_id]
    delivery_left = _delivery_left(known)
    currency = known.row.currency
    if not 0 <= asked.delivery <= delivery_left:
        raise NotRefundable(
            f"At most {Money(delivery_left, currency).decimal} of the delivery is left.", field="delivery"
        )
    lines = sum(share.paid for share in shares.values())
    room = known.left - asked.delivery
    if not 0 <= asked.goodwill <= max(0, room - lines):
        raise NotRefundable(
            f"At most {Money(max(0, room - lines), currency).decimal} is left of this payment.",
            field="goodwill",
        )
    # Goodwill came out of the same payment. Where the goods it was given for come back whole, the part that
    # the shopper has already is not given twice, and whoever paid it has it again.
    twice = max(0, lines - room)
    company_back = min(twice, max(0, int(known.row.company_goodwill)))
    amount = lines + asked.delivery + asked.goodwill - twice
    if amount <= 0:
        raise NotRefundable("Say what is to be given back.", field="units")
    total = known.row.delivery + known.row.delivery_tax
    given = int(known.row.delivery_refunded) + asked.delivery
    tax = known.row.delivery_tax * given // total - int(known.row.delivery_tax_refunded) if total else 0
    return (
        shares,
        GivenBack(
            delivery=asked.delivery - tax,
            delivery_tax=tax,
            goodwill=asked.goodwill,
            funder=asked.funder if asked.goodwill else None,
            company_back=company_back,
            partner_back=twice - company_back,
        ),
        amount,
    )


def _delivery_left(known: _Known) -> int:
    return int(known.row.delivery + known.row.delivery_tax - known.row.delivery_refunded)


def _losses(entries: list[Entry]) -> dict[str, int]:
    losses: dict[str, int] = {}
    for entry in entries:
        losses[entry.debit] = losses.get(entry.debit, 0) + entry.amount
        losses[entry.credit] = losses.get(entry.credit, 0) - entry.amount
    return {name: lost for name, lost in losses.items() if lost and name != "stripe_clearing"}


def _line(
    partner_id: UUID, refund_id: UUID, line_id: UUID, count: int, asked: RefundAsked, share: Share
) -> dict[str, Any]:
    parts = ("wholesale", "promoted_wholesale", "margin", "promoted_margin", "tax")
    return {
        "partner_id": partner_id,
        "refund_id": refund_id,
        "line_id": line_id,
        "quantity": count,
        "restocked": asked.restock,
        **dict(zip(parts, astuple(share), strict=True)),
    }


def _move_goods(
    session: Session,
    known: _Known,
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
