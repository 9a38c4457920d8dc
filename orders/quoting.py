"""What a cart costs: pure arithmetic from lines, delivery and tax to a total that adds up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kit.money import Money, round_half_up
from orders.view import DeliveryOption, Quote
from pricing.delivery import Rate, Tax
from pricing.floor import net_of


@dataclass(frozen=True, slots=True)
class Charge:
    """An amount as shown, with the net and the tax that it comes to. ``shown`` is what is charged
    where prices contain tax, and what is charged before tax where they do not."""

    shown: int
    net: int
    tax: int
    tax_bps: int


def charge(shown: int, *, tax_bps: int, tax_inclusive: bool) -> Charge:
    """Work out net and tax of an amount in minor units; tax rounds half up, on the whole amount."""
    if tax_inclusive:
        net = net_of(shown, tax_bps)
        return Charge(shown, net, shown - net, tax_bps)
    return Charge(shown, shown, round_half_up(shown * tax_bps, 10_000), tax_bps)


@dataclass(frozen=True, slots=True)
class Amounts:
    """An order's amounts. ``lines`` stand in the order in which they were given."""

    lines: tuple[Charge, ...]
    delivery: Charge

    @property
    def goods(self) -> int:
        return sum(line.net for line in self.lines)

    @property
    def tax(self) -> int:
        return sum(line.tax for line in self.lines) + self.delivery.tax

    @property
    def total(self) -> int:
        return self.goods + self.delivery.net + self.tax


def amounts(
    lines: Sequence[tuple[int, bool]], *, rate: Rate | None, tax: Tax, tax_inclusive: bool
) -> Amounts:
    """Work out an order. Each line is its shown amount in minor units, and whether it is taxable."""
    charges = tuple(
        charge(shown, tax_bps=tax.bps if taxable else 0, tax_inclusive=tax_inclusive)
        for shown, taxable in lines
    )
    cost = rate.cost(sum(shown for shown, _ in lines)) if rate else 0
    delivery_bps = tax.bps if tax.on_delivery else 0
    return Amounts(charges, charge(cost, tax_bps=delivery_bps, tax_inclusive=tax_inclusive))


def quote(amounts: Amounts, *, currency: str, tax_inclusive: bool) -> Quote:
    """The amounts as a shopper reads them."""
    return Quote(
        goods=Money(sum(line.shown for line in amounts.lines), currency),
        delivery=Money(amounts.delivery.shown, currency),
        tax=Money(amounts.tax, currency),
        total=Money(amounts.total, currency),
        tax_inclusive=tax_inclusive,
    )


def delivery_options(rates: Sequence[Rate], *, goods: Money) -> tuple[DeliveryOption, ...]:
    """The ways of delivery with what each costs for goods of this amount."""
    return tuple(
        DeliveryOption(
            rate_id=rate.rate_id,
            name=rate.name,
            amount=Money(rate.cost(goods.minor), goods.currency),
            free_from=None if rate.free_from is None else Money(rate.free_from, goods.currency),
            days=rate.days,
        )
        for rate in rates
    )
