"""What of an order is left to give back, and what a part of it is worth to each account.

Refunds and lost disputes take from the same: each unit once, and all of them exactly what was paid.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from kit.errors import NotFound, Refusal
from kit.money import Money
from payments.ledger.posting import GivenBack
from payments.ledger.shares import Share, SoldLine


class NotRefundable(Refusal):
    """More is asked back than is left, or the order's payment is not one that can be given back."""


@dataclass(frozen=True, slots=True)
class Remainder:
    """An order with what was given back of it so far: of each line the units, those that can be sold again,
    and their worth."""

    row: Row[Any]
    lines: dict[UUID, SoldLine]
    titles: dict[UUID, str]
    units: dict[UUID, int]
    restocked: dict[UUID, int]
    shares: dict[UUID, Share]

    @property
    def left(self) -> int:
        return int(self.row.total - self.row.refunded)

    @property
    def delivery_left(self) -> int:
        """What is left of the delivery, with tax."""
        return int(self.row.delivery + self.row.delivery_tax - self.row.delivery_refunded)

    @property
    def refundable(self) -> bool:
        """Whether anything of its payment can be given back by us. What a bank asks back, it decides."""
        return self.row.payment in ("paid", "partly_refunded") and not self.row.disputed

    @property
    def units_left(self) -> dict[UUID, int]:
        return {line_id: line.quantity - self.units[line_id] for line_id, line in self.lines.items()}


_ORDER = """
    SELECT o.payment, o.paid_at, o.fulfilment, o.stock, o.total, o.currency, o.delivery, o.delivery_tax,
      o.goods, o.tax, o.tax_inclusive, o.address ->> 'country' AS country, g.*,
      EXISTS (SELECT 1 FROM disputes d WHERE d.partner_id = :partner_id AND d.order_id = o.order_id
                 AND d.state IN ('open', 'lost')) AS disputed,
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
              coalesce(sum(x.quantity) FILTER (WHERE x.restocked), 0) + (
                SELECT coalesce(sum(y.received) FILTER (WHERE y.restocked), 0) FROM return_lines y
                 WHERE y.partner_id = :partner_id AND y.line_id = l.line_id) AS restocked,
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


def read_remainder(session: Session, *, partner_id: UUID, order_id: UUID, lock: bool) -> Remainder:
    """Return what is left of an order, which ``lock`` keeps to this transaction. Raises NotFound."""
    keys = {"partner_id": partner_id, "order_id": order_id}
    row = session.execute(_LOCKED if lock else _READ, keys).one_or_none()
    if row is None:
        raise NotFound("There is no such order.")
    rows = session.execute(_LINES, keys).all()
    return Remainder(
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


@dataclass(frozen=True, slots=True)
class Taken:
    """A part of what is left: of each line its share, what comes besides, and the ``amount`` of both."""

    shares: dict[UUID, Share]
    besides: GivenBack
    amount: int


def take(
    known: Remainder,
    *,
    units: Mapping[UUID, int],
    delivery: int,
    goodwill: int = 0,
    funder: str | None = None,
) -> Taken:
    """Work out what units of lines, an amount for delivery with its tax, and goodwill take of what is left.

    Raises NotRefundable, naming the field, for more than that.
    """
    shares = {}
    for line_id, count in units.items():
        line = known.lines.get(line_id)
        if line is None:
            raise NotRefundable("This line belongs to another order.", field=f"units-{line_id}")
        left = line.quantity - known.units[line_id]
        if not 0 <= count <= left:
            raise NotRefundable(f"0 to {left} can be given back here.", field=f"units-{line_id}")
        if count:
            shares[line_id] = line.share(known.units[line_id] + count) - known.shares[line_id]
    currency = known.row.currency
    if not 0 <= delivery <= known.delivery_left:
        raise NotRefundable(
            f"At most {Money(known.delivery_left, currency).decimal} of the delivery is left.",
            field="delivery",
        )
    lines = sum(share.paid for share in shares.values())
    room = known.left - delivery
    if not 0 <= goodwill <= max(0, room - lines):
        raise NotRefundable(
            f"At most {Money(max(0, room - lines), currency).decimal} is left of this payment.",
            field="goodwill",
        )
    # Goodwill came out of the same payment. Where the goods it was given for come back whole, the part that
    # the shopper has already is not given twice, and whoever paid it has it again.
    twice = max(0, lines - room)
    company_back = min(twice, max(0, int(known.row.company_goodwill)))
    total = known.row.delivery + known.row.delivery_tax
    given = int(known.row.delivery_refunded) + delivery
    tax = known.row.delivery_tax * given // total - int(known.row.delivery_tax_refunded) if total else 0
    besides = GivenBack(
        delivery=delivery - tax,
        delivery_tax=tax,
        goodwill=goodwill,
        funder=funder if goodwill else None,
        company_back=company_back,
        partner_back=twice - company_back,
    )
    return Taken(shares, besides, lines + delivery + goodwill - twice)


def part_of(taken: Taken, amount: int) -> Taken:
    """Of what is taken, the part that makes ``amount``, which is no more than it; every account gives its
    part, and the parts are exactly the amount."""
    seen = given = 0

    def portion(value: int) -> int:
        nonlocal seen, given
        seen += value
        before, given = given, seen * amount // taken.amount
        return given - before

    shares = {
        line_id: Share(
            wholesale=portion(share.wholesale),
            promoted_wholesale=share.promoted_wholesale * amount // taken.amount,
            margin=portion(share.margin),
            promoted_margin=share.promoted_margin * amount // taken.amount,
            tax=portion(share.tax),
        )
        for line_id, share in taken.shares.items()
    }
    besides = GivenBack(
        delivery=portion(taken.besides.delivery),
        delivery_tax=portion(taken.besides.delivery_tax),
        company_back=-portion(-taken.besides.company_back),
        partner_back=-portion(-taken.besides.partner_back),
    )
    return Taken(shares, besides, amount)
