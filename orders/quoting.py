"""What a cart costs: pure arithmetic from lines, delivery and tax to a total that adds up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kit.money import Money, round_half_up
from orders.view import CartView, DeliveryOption, Quote
from pricing.delivery import Rate, Tax
from pricing.floor import net_of


@dataclass(frozen=True, slots=True)
class Charge:
    """An amount as shown, with the net and the tax that it comes to. ``shown`` is what is charged
    where prices contain tax, and what is charged before tax where they do not. The discounts are what
    each took off the net of the listed amount."""

    shown: int
    net: int
    tax: int
    tax_bps: int
    partner_discount: int = 0
    company_discount: int = 0


def charge(shown: int, *, tax_bps: int, tax_inclusive: bool) -> Charge:
    """Work out net and tax of an amount in minor units; tax rounds half up, on the whole amount."""
    if tax_inclusive:
        net = net_of(shown, tax_bps)
        return Charge(shown, net, shown - net, tax_bps)
    return Charge(shown, shown, round_half_up(shown * tax_bps, 10_000), tax_bps)


@dataclass(frozen=True, slots=True)
class Priced:
    """A line before tax is known: its listed amount and what comes off it, in minor units as shown."""

    listed: int
    taxable: bool = True
    partner_off: int = 0
    company_off: int = 0


def charge_line(line: Priced, *, tax_bps: int, tax_inclusive: bool) -> Charge:
    """Work out a line after its discounts.

    Tax is on what the shopper pays. Each discount is the difference that it makes to the net at the
    line's own rate, so that net and discounts add up to the net of the listed amount.
    """
    bps = tax_bps if line.taxable else 0
    if not line.partner_off and not line.company_off:
        return charge(line.listed, tax_bps=bps, tax_inclusive=tax_inclusive)
    listed, reduced, paid = (
        charge(amount, tax_bps=bps, tax_inclusive=tax_inclusive)
        for amount in (
            line.listed,
            line.listed - line.partner_off,
            line.listed - line.partner_off - line.company_off,
        )
    )
    return Charge(paid.shown, paid.net, paid.tax, bps, listed.net - reduced.net, reduced.net - paid.net)


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


def amounts(lines: Sequence[Priced], *, rate: Rate | None, tax: Tax, tax_inclusive: bool) -> Amounts:
    """Work out an order. Whether delivery is free is judged by what the goods cost after discounts."""
    charges = tuple(charge_line(line, tax_bps=tax.bps, tax_inclusive=tax_inclusive) for line in lines)
    cost = rate.cost(sum(line.shown for line in charges)) if rate else 0
    delivery_bps = tax.bps if tax.on_delivery else 0
    return Amounts(charges, charge(cost, tax_bps=delivery_bps, tax_inclusive=tax_inclusive))


def priced(cart: CartView, taxable: Sequence[bool] = ()) -> list[Priced]:
    """A cart's lines with what comes off each. Without ``taxable`` all of them are."""
    return [
        Priced(line.amount.minor, taxed, partner_off, company_off)
        for line, taxed, partner_off, company_off in zip(
            cart.lines,
            taxable or [True] * len(cart.lines),
            cart.off("partner"),
            cart.off("company"),
            strict=True,
        )
    ]


def quote(amounts: Amounts, cart: CartView, *, tax_inclusive: bool) -> Quote:
    """The amounts of a cart as its shopper reads them."""
    currency = cart.goods.currency
    return Quote(
        goods=cart.goods,
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
