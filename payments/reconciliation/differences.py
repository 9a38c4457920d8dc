"""What a comparison with Stripe comes to: totals in each currency, and every difference with its cause."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from kit.money import Money
from payments.reconciliation.causes import CAUSES, Cause


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that ours and Stripe's do not agree on. Amounts are as they touch the balance at Stripe:
    positive comes in. None means that this side has nothing of it.

    ``stripe_id`` is the charge, refund, dispute or movement; for an entry that Stripe does not have, the
    entry's source. ``number`` is that of the order behind it, where there is one.
    """

    kind: str
    ours: Money | None
    stripes: Money | None
    stripe_id: str
    at: datetime
    partner_id: UUID | None = None
    order_id: UUID | None = None
    number: str = ""

    @property
    def cause(self) -> Cause:
        return CAUSES[self.kind]


@dataclass(slots=True)
class Totals:
    """What moved in one currency. ``under_way`` is the part of the difference that ends by itself.
    ``to_partners`` is the part of what moved that partners were paid; ``to_bank`` was sent to the company's
    bank, and is no part of the comparison."""

    ours: Money
    stripes: Money
    under_way: Money
    to_bank: Money
    to_partners: Money

    @classmethod
    def nothing(cls, currency: str) -> Totals:
        zero = Money(0, currency)
        return cls(zero, zero, zero, zero, zero)

    @property
    def currency(self) -> str:
        return self.ours.currency

    @property
    def difference(self) -> Money:
        """How much more Stripe has than we."""
        return self.stripes - self.ours


@dataclass(slots=True)
class Reconciliation:
    """The comparison of a period. Totals and counts are of everything; of the differences, real and under
    way apart, no more than ``most`` of each are kept."""

    most: int
    by_currency: dict[str, Totals] = field(default_factory=dict)
    differences: list[Difference] = field(default_factory=list)
    under_way: list[Difference] = field(default_factory=list)
    movements: int = 0
    real: int = 0
    waiting: int = 0

    @property
    def totals(self) -> list[Totals]:
        return [self.by_currency[currency] for currency in sorted(self.by_currency)]

    @property
    def sound(self) -> bool:
        """Whether nothing differs but what is under way."""
        return self.real == 0

    def total(self, currency: str) -> Totals:
        return self.by_currency.setdefault(currency, Totals.nothing(currency))

    def agree(self, amount: Money) -> None:
        total = self.total(amount.currency)
        total.ours += amount
        total.stripes += amount

    def differ(self, difference: Difference) -> None:
        """Count a difference, so that all of them together are the difference of the totals."""
        waits = difference.cause.under_way
        if difference.ours is not None:
            total = self.total(difference.ours.currency)
            total.ours += difference.ours
            if waits:
                total.under_way -= difference.ours
        if difference.stripes is not None:
            total = self.total(difference.stripes.currency)
            total.stripes += difference.stripes
            if waits:
                total.under_way += difference.stripes
        self.waiting += waits
        self.real += not waits
        kept = self.under_way if waits else self.differences
        if len(kept) < self.most:
            kept.append(difference)

    def number(self, numbers: Mapping[tuple[UUID | None, UUID | None] | None, str]) -> None:
        """Say the numbers of the orders behind what was kept, and put the latest first."""
        for kept in (self.differences, self.under_way):
            kept[:] = [
                replace(each, number=numbers.get((each.partner_id, each.order_id), ""))
                for each in sorted(kept, key=lambda each: each.at, reverse=True)
            ]
