"""From a rule and a wholesale price to the retail price: pure, so that it can be asked of any moment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from kit.money import ceil_div
from pricing.floor import FloorPolicy, net_of, with_tax
from pricing.rounding import round_down, round_price


@dataclass(frozen=True, slots=True)
class Rule:
    """How a listing is priced: see ``pricing.models.RetailRule`` for the meaning of each field."""

    scope: str
    method: str
    value: int
    rounding: str = "none"
    judged_wholesale: int | None = None


@dataclass(frozen=True, slots=True)
class Terms:
    """What a store's prices are judged by. ``highest_tax_bps`` is the highest rate it can charge.

    ``on_rise`` is the partner's standing choice for fixed prices that wholesale has overtaken:
    keep_percentage, keep_amount, lift or pause.
    """

    currency: str
    floor: FloorPolicy
    tax_inclusive: bool
    highest_tax_bps: int
    on_rise: str = "lift"

    def lowest(self, wholesale: int) -> int:
        """The lowest price that the store may show, in minor units."""
        return self.shown(self.floor.net_floor(wholesale))

    def shown(self, net: int) -> int:
        """A net amount as this store shows it, in minor units: with the highest tax, or without."""
        return with_tax(net, self.highest_tax_bps) if self.tax_inclusive else net

    def net(self, shown: int) -> int:
        """What of a shown price is not tax, at the highest rate, in minor units."""
        return net_of(shown, self.highest_tax_bps) if self.tax_inclusive else shown


class Steps(NamedTuple):
    """How a rule comes to its price. Amounts are minor units, as the store shows them.

    ``target`` is what the rule asks for; ``treated`` the same, except for a fixed price under the
    ``floor``: then it is what the partner's standing choice makes of it. ``raised`` is not under the
    floor, ``rounded`` is that with its ending, and ``price`` is not over the company's ceiling. The last
    four are None while the choice pauses it.
    """

    floor: int
    target: int
    treated: int | None
    raised: int | None
    rounded: int | None
    price: int | None


def price_steps(rule: Rule, *, wholesale: int, terms: Terms, ceiling: int | None = None) -> Steps:
    """Work out the price that a store shows for a wholesale price in minor units, step by step."""
    return Steps(*_steps(rule, wholesale, terms, ceiling))


def retail_price(rule: Rule, *, wholesale: int, terms: Terms, ceiling: int | None = None) -> int | None:
    """The price that a store shows for a wholesale price, in minor units; None while it is paused.

    ``ceiling`` is the highest price that the company allows, as shown; None for none. The price is the
    last of the steps that explain it, so that the two cannot disagree.
    """
    return _steps(rule, wholesale, terms, ceiling)[-1]


def _steps(
    rule: Rule, wholesale: int, terms: Terms, ceiling: int | None
) -> tuple[int, int, int | None, int | None, int | None, int | None]:
    """The fields of ``Steps``, as a bare tuple: listings ask for thousands, and want the last alone.

    Rules that follow wholesale (markup, margin) are clamped to the floor and rounded upwards from
    it. A fixed price that wholesale has overtaken is treated as the partner chose beforehand. A ceiling
    under the floor is none: nobody sells at a loss by it.
    """
    lowest = terms.lowest(wholesale)
    if rule.method == "fixed":
        treated = rule.value
        if rule.value < lowest:
            if terms.on_rise == "pause":
                return lowest, rule.value, None, None, None, None
            treated = _overtaken(rule, wholesale, terms)
        raised = max(lowest, treated)
        price = raised if ceiling is None or raised <= ceiling else max(lowest, ceiling)
        return lowest, rule.value, treated, raised, raised, price
    if rule.method == "markup":
        target = terms.shown(wholesale + ceil_div(wholesale * rule.value, 10_000))
    else:
        target = terms.shown(wholesale + rule.value)
    raised = max(target, lowest)
    rounded = round_price(raised, rule.rounding, floor=lowest, currency=terms.currency)
    price = rounded
    if ceiling is not None and rounded > ceiling:
        price = round_down(max(lowest, ceiling), rule.rounding, floor=lowest, currency=terms.currency)
    return lowest, target, target, raised, rounded, price


def _overtaken(rule: Rule, wholesale: int, terms: Terms) -> int:
    before = rule.judged_wholesale or wholesale
    if terms.on_rise == "keep_amount":
        return rule.value + terms.shown(wholesale) - terms.shown(before)
    if terms.on_rise == "keep_percentage":
        return ceil_div(rule.value * wholesale, before)
    return rule.value
