"""What discounts would do to a bag of goods in a store, before anybody is given them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from catalog.pictures import PictureRef
from kit.money import NO_CURRENCY, Money, total
from pricing.discounts import Discount, Discounts, Goods, give, largest, smallest_charge, work_out
from pricing.listing import product_listing
from pricing.offers import in_force
from pricing.reading import COLLECTION_ID, EVERYTHING, PRODUCTS, VARIANTS, Selection, read_prices, terms_of
from pricing.rules import Terms


@dataclass(frozen=True, slots=True)
class SimulatedLine:
    """A line of the bag. ``listed``, ``coupon``, ``promotion`` and ``pays`` are as the store shows them;
    ``earns`` is the partner's margin and ``company`` what the company pays, both without tax at the
    highest rate that the store can charge.

    ``at_floor`` says that the coupon was stopped here by the floor, ``at_limit`` the same of the
    promotion and the company's own limit.
    """

    variant_id: UUID
    title: str
    picture: PictureRef | None
    quantity: int
    listed: Money
    lowest: Money
    coupon: Money
    promotion: Money
    pays: Money
    earns: Money
    company: Money
    at_floor: bool
    at_limit: bool


@dataclass(frozen=True, slots=True)
class Simulation:
    """A bag with its discounts. ``asked`` is what the coupon would be without floors, None without one;
    ``promotion`` names the one that the bag gets, and ``promised`` is what that would be without limits."""

    currency: str
    lines: tuple[SimulatedLine, ...]
    asked: Money | None
    promotion: str
    promised: Money | None

    def sum(self, part: str) -> Money:
        """The sum of one column."""
        return total((getattr(line, part) for line in self.lines), self.currency)


def simulate(
    session: Session,
    *,
    partner_id: UUID,
    store_id: UUID,
    quantities: Mapping[UUID, int],
    coupon: Discount | None,
    promotions: Sequence[Discount],
    now: datetime,
) -> Simulation:
    """Work a bag out as its checkout would. What the store does not sell is left out."""
    rows = read_prices(
        session,
        partner_id=partner_id,
        store_id=store_id,
        now=now,
        selection=VARIANTS,
        choice=list(quantities),
    )
    places = {key: place for place, key in enumerate(quantities)}
    sold = [row for row in rows if row.state == "active" and in_force(row, terms_of(row)) is not None]
    sold.sort(key=lambda row: places[row.variant_id])
    if not sold:
        return Simulation(NO_CURRENCY, (), None, "", None)
    terms = terms_of(sold[0])
    shelves = {
        row.product_id: row.collections
        for row in session.execute(_COLLECTIONS, {"products": [row.product_id for row in sold]})
    }
    lines = [_units(row, terms, quantities[row.variant_id], shelves.get(row.product_id, ())) for row in sold]
    found = work_out(
        lines,
        terms=terms,
        coupon=coupon,
        promotions=promotions,
        least=smallest_charge(terms.currency),
    )
    return Simulation(
        currency=terms.currency,
        lines=tuple(
            _line(row, line, found, place, terms, quantities[row.variant_id])
            for place, (row, line) in enumerate(zip(sold, lines, strict=True))
        ),
        asked=Money(found.coupon.asked, terms.currency) if found.coupon else None,
        promotion=found.promotion.discount.name if found.promotion else "",
        promised=Money(found.promotion.asked, terms.currency) if found.promotion else None,
    )


def _line(
    row: Row[Any], line: Goods, found: Discounts, place: int, terms: Terms, quantity: int
) -> SimulatedLine:
    coupon = found.coupon.parts[place] if found.coupon else 0
    promotion = found.promotion.parts[place] if found.promotion else 0
    reduced = line.amount - coupon
    net = terms.net(reduced)
    listing = product_listing([row], terms)

    def money(minor: int) -> Money:
        return Money(minor, terms.currency)

    return SimulatedLine(
        variant_id=row.variant_id,
        title=", ".join([row.title, *row.options]),
        picture=listing.variants[0].picture,
        quantity=quantity,
        listed=money(line.amount),
        lowest=money(line.lowest),
        coupon=money(coupon),
        promotion=money(promotion),
        pays=money(reduced - promotion),
        earns=money(net - line.wholesale),
        company=money(net - terms.net(reduced - promotion)),
        at_floor=found.coupon is not None and found.coupon.stopped[place],
        at_limit=found.promotion is not None and found.promotion.stopped[place],
    )


_COLLECTIONS = text("""
    SELECT m.product_id, array_agg(m.collection_id) AS collections FROM collection_products m
     WHERE m.product_id = ANY(CAST(:products AS uuid[])) GROUP BY m.product_id
""")


def _units(row: Row[Any], terms: Terms, quantity: int, collections: Iterable[UUID] = ()) -> Goods:
    found = in_force(row, terms)
    if found is None:
        return Goods(row.product_id, frozenset(), 0, 0, 0)
    return Goods(
        row.product_id,
        frozenset(collections),
        found.price * quantity,
        found.lowest * quantity,
        found.wholesale * quantity,
    )


@dataclass(frozen=True, slots=True)
class Fits:
    """The largest coupon that fits fully: ``percent_bps`` and ``amount`` on a single unit of the slimmest
    product that it is for, which ``slimmest`` names; and the same for a sample bag, where there is one.

    ``gives`` is what a coupon of the value that was asked about takes off the sample bag.
    """

    slimmest: str
    percent_bps: int
    amount: Money
    sample_percent_bps: int
    sample_amount: Money | None
    sample_listed: Money | None
    gives: Money | None


_SELECTIONS: dict[str, Callable[[UUID], tuple[Selection, str | list[UUID]]]] = {
    "all": lambda _: (EVERYTHING, ""),
    "collection": lambda key: (COLLECTION_ID, str(key)),
    "product": lambda key: (PRODUCTS, [key]),
}


def largest_that_fits(
    session: Session,
    *,
    partner_id: UUID,
    store_id: UUID,
    asked: Discount,
    sample: Mapping[UUID, int],
    now: datetime,
) -> Fits | None:
    """Say how large a coupon for the same goods can be; None where none of them is sold.

    ``asked`` is the coupon as it is typed; its value may be zero.
    """
    selection, choice = _SELECTIONS[asked.scope](asked.scope_id)
    rows = read_prices(
        session, partner_id=partner_id, store_id=store_id, now=now, selection=selection, choice=choice
    )
    if not rows:
        return None
    terms = terms_of(rows[0])
    shelves = [asked.scope_id] if asked.scope == "collection" else []
    priced = [(row, _units(row, terms, 1, shelves)) for row in rows]
    sold = [(row, line) for row, line in priced if line.amount]
    if not sold:
        return None
    row, _ = min(sold, key=lambda pair: largest(asked.kind, [pair[1]]))
    units = [line for _, line in sold]
    bag = [_units(row, terms, sample[row.variant_id], shelves) for row, _ in sold if row.variant_id in sample]
    given = give(asked, bag, terms=terms, off=[0] * len(bag), least=smallest_charge(terms.currency))
    return Fits(
        slimmest=", ".join([row.title, *row.options]),
        percent_bps=min(largest("percent", [line]) for line in units),
        amount=Money(min(largest("amount", [line]) for line in units), terms.currency),
        sample_percent_bps=largest("percent", bag),
        sample_amount=Money(largest("amount", bag), terms.currency) if bag else None,
        sample_listed=Money(sum(line.amount for line in bag), terms.currency) if bag else None,
        gives=Money(given.amount, terms.currency) if bag and asked.value else None,
    )
