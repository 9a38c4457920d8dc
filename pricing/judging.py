"""Judging prices before anything is written: what the lowest is, what is earned, and why not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.orm import Session

from kit.errors import Refusal
from kit.money import Money, decimals
from pricing.models import METHODS, ROUNDINGS, SCOPES
from pricing.offers import regular_price
from pricing.reading import VARIANTS, read_prices, terms_of
from pricing.rules import Rule, Terms, retail_price

_LARGEST = 1_000_000  # In major units: beyond it, a price is a slip of the finger.


@dataclass(frozen=True, slots=True)
class Judged:
    """What became of one asked-for price.

    ``before`` is today's price, ``lowest`` the lowest allowed, ``earn`` the margin on a unit at the
    new price without tax. ``refusal`` is empty, or says why the price cannot be.
    """

    variant_id: UUID
    sku: str
    before: Money | None
    after: Money
    wholesale: Money
    lowest: Money
    earn: Money
    refusal: str

    @property
    def under_floor(self) -> bool:
        return self.after < self.lowest


class PricesRefused(Refusal):
    """Some prices were refused, so none was changed. ``rows`` holds the verdict on each."""

    def __init__(self, rows: Sequence[Judged]) -> None:
        first = next(row for row in rows if row.refusal)
        super().__init__(first.refusal, field="price")
        self.rows = rows

    @property
    def refused(self) -> list[Judged]:
        return [row for row in self.rows if row.refusal]


def judge_prices(
    session: Session, *, partner_id: UUID, store_id: UUID, prices: Mapping[UUID, Money], now: datetime
) -> list[Judged]:
    """Judge asked-for prices against today's floors, and change nothing.

    Variants that the store does not list are left out. Raises Refusal when a price is in a currency
    that the store does not sell in.
    """
    rows = read_prices(
        session,
        partner_id=partner_id,
        store_id=store_id,
        now=now,
        selection=VARIANTS,
        choice=list(prices),
    )
    return [judge(row, prices[row.variant_id], terms_of(row)) for row in rows if row.wholesale is not None]


def judge(row: Row[Any], asked: Money, terms: Terms) -> Judged:
    """Judge a price that is asked for a row of ``read_prices``, at the moment that the row was read for."""
    if asked.currency != terms.currency:
        raise Refusal(f"This store sells in {terms.currency}, not in {asked.currency}.", field="price")
    lowest = terms.lowest(row.wholesale)
    before = regular_price(row, terms)
    refusal = ""
    if asked.minor < lowest:
        refusal = (
            f"{asked} is under the minimum. The lowest you can ask is {Money(lowest, terms.currency)}:"
            f" {Money(row.wholesale, terms.currency)} wholesale plus the smallest margin"
            f"{' and tax' if terms.tax_inclusive and terms.highest_tax_bps else ''}."
        )
    elif asked.minor > _LARGEST * 10 ** decimals(terms.currency):
        refusal = f"{asked} is too high. The highest price is {_LARGEST:,} {terms.currency}."
    elif row.layer == "planned" and row.rule_ends is not None:
        refusal = f"A planned price runs here until {row.rule_ends:%d %b %Y %H:%M} UTC. End that plan first."
    return Judged(
        variant_id=row.variant_id,
        sku=row.sku,
        before=None if before is None else Money(before, terms.currency),
        after=asked,
        wholesale=Money(row.wholesale, terms.currency),
        lowest=Money(lowest, terms.currency),
        earn=Money(terms.net(asked.minor) - row.wholesale, terms.currency),
        refusal=refusal,
    )


def preview_rule(
    session: Session,
    *,
    partner_id: UUID,
    store_id: UUID,
    variant_ids: Sequence[UUID],
    method: str,
    value: int,
    rounding: str,
    now: datetime,
) -> list[Judged]:
    """What a rule would make of variants' prices: judged, with nothing changed.

    A markup or margin too small is lifted to the floor, as the rule itself would do.
    """
    well_formed("variant", method, value, rounding)
    rows = read_prices(
        session, partner_id=partner_id, store_id=store_id, now=now, selection=VARIANTS, choice=variant_ids
    )
    result = []
    for row in rows:
        if row.wholesale is None:
            continue
        terms = terms_of(row)
        rule = Rule("variant", method, value, rounding, row.wholesale)
        price = value if method == "fixed" else retail_price(rule, wholesale=row.wholesale, terms=terms)
        result.append(judge(row, Money(price or 0, terms.currency), terms))
    return result


def well_formed(scope: str, method: str, value: int, rounding: str) -> None:
    """Raise Refusal for a rule that cannot be, whatever it is for."""
    if scope not in SCOPES:
        raise Refusal(f"A rule is for one of: {', '.join(SCOPES)}.", field="scope")
    if method not in METHODS:
        raise Refusal(f"A rule is one of: {', '.join(METHODS)}.", field="method")
    if rounding not in ROUNDINGS:
        raise Refusal(f"Rounding is one of: {', '.join(ROUNDINGS)}.", field="rounding")
    if not 0 <= value <= 100_000_000:
        raise Refusal("The value of a rule cannot be negative, and not this large.", field="value")
