"""A second bookkeeping of two partners' money, in plain arithmetic: it imports nothing of the program.

It knows the rules as a person would write them down, and says after each step what a partner is owed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

HOLD = timedelta(days=7 + 14)  # delivery assumed a week after sending, and two weeks' hold


@dataclass
class Line:
    """A line as it was sold: what the shopper ``paid`` of it with tax, what the company's ``promotion`` paid."""

    line_id: object
    quantity: int
    paid: int
    promotion: int
    wholesale: int
    tax: int
    units: int = 0
    paid_back: int = 0
    margin_back: int = 0

    def paid_for(self, units: int) -> int:
        return self.paid * units // self.quantity

    def margin_for(self, units: int) -> int:
        sold = (self.paid + self.promotion) * units // self.quantity
        return sold - self.wholesale * units // self.quantity - self.tax * units // self.quantity

    @property
    def margin(self) -> int:
        return self.paid + self.promotion - self.wholesale - self.tax


@dataclass
class Given:
    """A refund: units of each line with what they gave back, and what came besides."""

    amount: int
    lines: list[tuple[Line, int, int, int]]
    delivery: int
    company: int
    partner: int


@dataclass
class Sold:
    """An order and what became of its money."""

    order_id: object
    lines: list[Line]
    total: int
    delivery: int
    available_on: datetime | None = None
    sent: bool = False
    refunds: list[Given] = field(default_factory=list)
    dispute: str = ""
    held_by_hand: bool = False

    @property
    def refunded(self) -> int:
        return sum(each.amount for each in self.refunds)

    @property
    def delivery_left(self) -> int:
        return self.delivery - sum(each.delivery for each in self.refunds)

    @property
    def held(self) -> bool:
        return self.held_by_hand or self.dispute in ("inquiry", "open")

    def margin(self) -> int:
        """What the partner has of it."""
        if self.dispute == "lost":
            return 0
        back = sum(line.margin_back for line in self.lines) + sum(each.partner for each in self.refunds)
        return sum(line.margin for line in self.lines) - back

    def give(self, units: list[int], delivery: int, goodwill: int, funder: str) -> Given | None:
        """Work a refund out; None where it asks for more than is left, or for nothing."""
        if self.refunded == self.total or self.dispute in ("open", "lost"):
            return None
        if any(not 0 <= n <= line.quantity - line.units for n, line in zip(units, self.lines, strict=True)):
            return None
        if not 0 <= delivery <= self.delivery_left:
            return None
        lines = []
        for count, line in zip(units, self.lines, strict=True):
            paid = line.paid_for(line.units + count) - line.paid_back
            margin = line.margin_for(line.units + count) - line.margin_back
            lines.append((line, count, paid if count else 0, margin if count else 0))
        worth = sum(paid for _, _, paid, _ in lines)
        room = self.total - self.refunded - delivery
        if not 0 <= goodwill <= max(0, room - worth):
            return None
        # What was given as goodwill for goods that now come back whole is not given again.
        twice = max(0, worth - room)
        company = min(twice, max(0, sum(each.company for each in self.refunds)))
        amount = worth + delivery + goodwill - twice
        return (
            Given(
                amount=amount,
                lines=lines,
                delivery=delivery,
                company=(goodwill if funder == "company" else 0) - company,
                partner=(goodwill if funder == "partner" else 0) - (twice - company),
            )
            if amount > 0
            else None
        )

    def record(self, given: Given) -> None:
        self.refunds.append(given)
        self._count(given, 1)

    def take_back(self, given: Given) -> None:
        """The bank sent the money of a refund back."""
        self.refunds.remove(given)
        self._count(given, -1)

    @staticmethod
    def _count(given: Given, sign: int) -> None:
        for line, count, paid, margin in given.lines:
            line.units += sign * count
            line.paid_back += sign * paid
            line.margin_back += sign * margin


@dataclass
class Account:
    """A partner's side of the book."""

    orders: list[Sold] = field(default_factory=list)
    paid_out: int = 0

    def figures(self, now: datetime) -> tuple[int, int, int]:
        """What is available, pending and held."""
        available, pending, held = -self.paid_out, 0, 0
        for order in self.orders:
            margin = order.margin()
            if order.held and margin > 0:
                held += margin
            elif order.available_on is None or order.available_on > now:
                pending += margin
            else:
                available += margin
        return available, pending, held
