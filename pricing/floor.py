"""The lowest retail price allowed: wholesale plus the smallest margin that the company demands."""

from __future__ import annotations

from dataclasses import dataclass

from kit.money import ceil_div, round_half_up


@dataclass(frozen=True, slots=True)
class FloorPolicy:
    """The company's smallest margin in one currency: the larger of an amount and a rate of wholesale.

    ``margin_minor`` is in minor units, at least one, so that retail is truly above wholesale;
    ``margin_bps`` in basis points of wholesale.
    """

    margin_minor: int = 1
    margin_bps: int = 0

    def net_floor(self, wholesale: int) -> int:
        """The lowest unit price without tax, in minor units; a fraction rounds up."""
        smallest = max(1, self.margin_minor, ceil_div(wholesale * self.margin_bps, 10_000))
        return wholesale + smallest


def with_tax(net: int, tax_bps: int) -> int:
    """The smallest tax-inclusive amount whose exact net part is not less than ``net``.

    Exact, and not net after rounding to whole units: of several units, each may round up while
    their sum rounds down, and a line must not fall under its floor by that.
    """
    return ceil_div(net * (10_000 + tax_bps), 10_000)


def net_of(gross: int, tax_bps: int) -> int:
    """The part of a tax-inclusive amount that is not tax, in minor units.

    The tax inside is rounded half up, as on an invoice, and the rest is net, so that both add up to
    what the shopper pays.
    """
    return gross - round_half_up(gross * tax_bps, 10_000 + tax_bps)
