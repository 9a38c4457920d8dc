"""What was given back of an order, for whoever looks at it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from kit.money import Money, total


@dataclass(frozen=True, slots=True)
class RefundedLine:
    """Units of a line that a refund gives back. ``paid`` is what the shopper paid for them, with tax."""

    title: str
    quantity: int
    paid: Money


@dataclass(frozen=True, slots=True)
class RefundView:
    """A refund. ``amount`` goes to the shopper, and ``partner_loses`` is what the partner's account gives of
    it: the margin of its lines, and goodwill that the partner pays.

    ``state`` is asked, pending, succeeded, failed or refused; ``failure`` says why in the last two.
    ``delivery`` is with tax.
    """

    refund_id: UUID
    state: str
    amount: Money
    partner_loses: Money
    delivery: Money
    goodwill: Money
    funder: str | None
    reason: str
    failure: str
    actor: str
    asked_at: datetime
    lines: tuple[RefundedLine, ...]

    @property
    def given(self) -> bool:
        """Whether Stripe has it, so that the shopper's bank shows it sooner or later."""
        return self.state in ("pending", "succeeded")


_REFUNDS = text("""
    SELECT r.*, l.lines, coalesce(l.margin, 0)
             + CASE WHEN r.funder = 'partner' THEN r.goodwill ELSE 0 END - r.partner_goodwill_back AS loses
      FROM refunds r
      LEFT JOIN LATERAL (
        SELECT sum(x.margin + x.promoted_margin) AS margin,
               jsonb_agg(jsonb_build_array(concat_ws(', ', o.product_title, nullif(o.variant_title, '')),
                                           x.quantity, x.wholesale + x.margin + x.tax) ORDER BY o.position)
                 AS lines
          FROM refund_lines x
          JOIN order_lines o ON o.partner_id = x.partner_id AND o.line_id = x.line_id
         WHERE x.partner_id = :partner_id AND o.partner_id = :partner_id AND x.refund_id = r.refund_id
      ) l ON true
     WHERE r.partner_id = :partner_id AND r.order_id = :order_id ORDER BY r.created_at, r.refund_id
""")


def refunds_of_order(session: Session, *, partner_id: UUID, order_id: UUID) -> list[RefundView]:
    """Every refund of an order that was asked for, oldest first, also those that came to nothing."""
    rows = session.execute(_REFUNDS, {"partner_id": partner_id, "order_id": order_id})
    return [
        RefundView(
            refund_id=row.refund_id,
            state=row.state,
            amount=Money(row.amount, row.currency),
            partner_loses=Money(int(row.loses), row.currency),
            delivery=Money(row.delivery + row.delivery_tax, row.currency),
            goodwill=Money(row.goodwill, row.currency),
            funder=row.funder,
            reason=row.reason,
            failure=row.failure,
            actor=row.actor,
            asked_at=row.created_at,
            lines=tuple(
                RefundedLine(title, quantity, Money(paid, row.currency))
                for title, quantity, paid in row.lines or ()
            ),
        )
        for row in rows
    ]


def given_back(refunds: list[RefundView], currency: str) -> Money:
    """What the shopper has back of an order, or will have as soon as its bank shows it."""
    return total((refund.amount for refund in refunds if refund.given), currency)
