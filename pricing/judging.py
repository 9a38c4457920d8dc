"""Judging prices before anything is written: what the lowest is, what is earned, and why not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from uuid import UUID

from sqlalchemy.orm import Session

from kit.errors import Refusal
from kit.memory import making_many
from kit.money import Money, decimals
from pricing.bases import Basis, Pricer, read_bases
from pricing.models import METHODS, ROUNDINGS, SCOPES
from pricing.rules import Rule, Terms

_LARGEST = 1_000_000  # In major units: beyond it, a price is a slip of the finger.


@dataclass(frozen=True, slots=True)
class Judged:
    """What became of one asked-for price.

    ``before`` is today's price, ``lowest`` the lowest allowed, ``earn`` the margin on a unit at the
    new price without tax, ``earned`` at today's. ``refusal`` is empty, or says why the price cannot be.
    Amounts are kept as minor units of ``currency``, because there may be a hundred thousand of these.
    """

    variant_id: UUID
    sku: str
    currency: str
    before_minor: int | None
    after_minor: int
    wholesale_minor: int
    lowest_minor: int
    earned_minor: int | None
    earn_minor: int
    refusal: str

    @property
    def before(self) -> Money | None:
        return None if self.before_minor is None else Money(self.before_minor, self.currency)

    @property
    def after(self) -> Money:
        return Money(self.after_minor, self.currency)

    @property
    def wholesale(self) -> Money:
        return Money(self.wholesale_minor, self.currency)

    @property
    def lowest(self) -> Money:
        return Money(self.lowest_minor, self.currency)

    @property
    def earned(self) -> Money | None:
        return None if self.earned_minor is None else Money(self.earned_minor, self.currency)

    @property
    def earn(self) -> Money:
        return Money(self.earn_minor, self.currency)

    @property
    def under_floor(self) -> bool:
        return self.after_minor < self.lowest_minor

    @property
    def changes(self) -> bool:
        """Whether shoppers would see another price."""
        return self.before_minor != self.after_minor


@lru_cache
def _highest(currency: str) -> int:
    return int(_LARGEST * 10 ** decimals(currency))


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
    bases, terms = read_bases(
        session, partner_id=partner_id, store_id=store_id, variant_ids=list(prices), now=now
    )
    for asked in prices.values():
        if asked.currency != terms.currency:
            raise Refusal(f"This store sells in {terms.currency}, not in {asked.currency}.", field="price")
    return judge_all(bases, [prices[basis.variant_id].minor for basis in bases], terms)


def judge_today(
    session: Session, *, partner_id: UUID, store_id: UUID, variant_ids: Sequence[UUID], now: datetime
) -> list[Judged]:
    """Today's prices as if they were asked for: with their floors and what they earn. One that is not on
    sale is judged as nothing asked."""
    bases, terms = read_bases(
        session, partner_id=partner_id, store_id=store_id, variant_ids=variant_ids, now=now
    )
    today = Pricer(terms)
    return judge_all(bases, (today.price(basis, basis.own or basis.beneath) or 0 for basis in bases), terms)


def judge_all(bases: Sequence[Basis], asked: Iterable[int], terms: Terms) -> list[Judged]:
    """Judge a price in minor units for each basis, at the moment that it was read for."""
    lowest: dict[int, int] = {}
    today = Pricer(terms)
    judged = []
    with making_many():
        for basis, price in zip(bases, asked, strict=True):
            cost = basis.wholesale
            if cost not in lowest:
                lowest[cost] = terms.lowest(cost)
            before = today.price(basis, basis.own or basis.beneath)
            judged.append(
                Judged(
                    basis.variant_id,
                    basis.sku,
                    terms.currency,
                    before,
                    price,
                    cost,
                    lowest[cost],
                    None if before is None else terms.net(before) - cost,
                    terms.net(price) - cost,
                    _refusal(basis, price, lowest[cost], terms),
                )
            )
    return judged


def _refusal(basis: Basis, asked: int, lowest: int, terms: Terms) -> str:
    """Why a price cannot be; empty where it can."""
    currency = terms.currency
    if asked < lowest:
        return (
            f"{Money(asked, currency)} is under the minimum. The lowest you can ask is"
            f" {Money(lowest, currency)}: {Money(basis.wholesale, currency)} wholesale plus the smallest"
            f" margin{' and tax' if terms.tax_inclusive and terms.highest_tax_bps else ''}."
        )
    # A maximum under the minimum is none.
    if basis.ceiling is not None and asked > max(basis.ceiling, lowest):
        highest = Money(max(basis.ceiling, lowest), currency)
        return (
            f"{Money(asked, currency)} is over the company's maximum. The highest you can ask is {highest}."
        )
    if asked > _highest(currency):
        return f"{Money(asked, currency)} is too high. The highest price is {_LARGEST:,} {currency}."
    if basis.planned_until is not None:
        return (
            f"A planned price runs here until {basis.planned_until:%d %b %Y %H:%M} UTC. End that plan first."
        )
    return ""


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
    bases, terms = read_bases(
        session, partner_id=partner_id, store_id=store_id, variant_ids=variant_ids, now=now
    )
    if method == "fixed":
        return judge_all(bases, [value] * len(bases), terms)
    rule, then = Rule("variant", method, value, rounding), Pricer(terms)
    return judge_all(bases, (then.price(basis, rule) or 0 for basis in bases), terms)


def preview_following(
    session: Session, *, partner_id: UUID, store_id: UUID, variant_ids: Sequence[UUID], now: datetime
) -> list[Judged]:
    """What variants with prices of their own would cost by the rule beneath; others are left out."""
    bases, terms = read_bases(
        session, partner_id=partner_id, store_id=store_id, variant_ids=variant_ids, now=now
    )
    own = [basis for basis in bases if basis.own is not None]
    then = Pricer(terms)
    after = [then.price(basis, basis.beneath) for basis in own]
    return [
        verdict if price is not None else replace(verdict, refusal="No rule of the store would price it.")
        for verdict, price in zip(judge_all(own, (price or 0 for price in after), terms), after, strict=True)
    ]


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
