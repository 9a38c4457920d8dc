"""What some units of a sold line are worth to each account, so that parts always make the whole."""

from __future__ import annotations

from dataclasses import astuple, dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Share:
    """Part of a line's money, in minor units, by where it came from and where it went.

    ``wholesale``, ``margin`` and ``tax`` are what the shopper paid; ``promoted_wholesale`` and
    ``promoted_margin`` what the company's promotion paid instead. A part is negative only where it takes
    back the rounding of an earlier part of the same line.
    """

    wholesale: int = 0
    promoted_wholesale: int = 0
    margin: int = 0
    promoted_margin: int = 0
    tax: int = 0

    @property
    def paid(self) -> int:
        """What the shopper paid of it."""
        return self.wholesale + self.margin + self.tax

    def __add__(self, other: Share) -> Share:
        return Share(*(mine + theirs for mine, theirs in zip(astuple(self), astuple(other), strict=True)))

    def __sub__(self, other: Share) -> Share:
        return Share(*(mine - theirs for mine, theirs in zip(astuple(self), astuple(other), strict=True)))


@dataclass(frozen=True, slots=True)
class SoldLine:
    """A line as the ledger needs it, in minor units, for all its ``quantity``. ``promotion`` is what the
    company paid of it instead of the shopper."""

    line_id: UUID
    quantity: int
    wholesale: int
    margin: int
    tax: int
    promotion: int = 0

    def share(self, units: int) -> Share:
        """What the first ``units`` are worth together; all of them are exactly the line.

        Each sum is rounded down to whole units of money in turn: what was paid, what was paid and promoted,
        the tax in it. Wholesale is exact, because a unit's is whole. So the shopper gets for one unit what
        one unit cost, wherever that is a whole amount, and the partner's margin takes the rounding.

        The promotion covers wholesale first, and of the margin what goes beyond.
        """
        paid = self.wholesale + self.margin + self.tax - self.promotion

        def part(amount: int) -> int:
            return amount * units // self.quantity

        wholesale, tax = part(self.wholesale), part(self.tax)
        promotion = part(paid + self.promotion) - part(paid)
        margin = part(paid + self.promotion) - wholesale - tax
        covered = min(promotion, wholesale)
        return Share(
            wholesale=wholesale - covered,
            promoted_wholesale=covered,
            margin=margin - (promotion - covered),
            promoted_margin=promotion - covered,
            tax=tax,
        )
