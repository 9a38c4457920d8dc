"""What a change of wholesale prices would do to the stores, worked out before anything is saved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from kit.memory import making_many
from kit.money import Money
from pricing.ceilings import NewCeiling
from pricing.exposure import Exposed, Seller, changes_by_list, events_ahead, goods_on_sale, sellers
from pricing.spread import Spread, spread_of
from pricing.tally import StoreTally, Tally
from pricing.wholesale import NewWholesale

CHOICES = ("keep_percentage", "keep_amount", "lift", "pause")
_PERIOD = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class ChoiceEffect:
    """What becomes of the listings under the floor whose partners made one choice. ``rise`` is the
    average rise of their prices; None when they pause."""

    choice: str
    listings: int
    stores: int
    rise: Money | None


@dataclass(frozen=True, slots=True)
class StoreEffect:
    """A store with listings under the floor: its lowest such price, and what that becomes."""

    partner_id: UUID
    store_id: UUID
    name: str
    price_list: str
    choice: str
    under: int
    lowest: Money
    becomes: Money | None


@dataclass(frozen=True, slots=True)
class Impact:
    """What a change of wholesale would do, in one currency, to the listings whose wholesale or ceiling it
    touches.

    Only a fixed price can be ``under`` its new floor; prices by rule follow. ``rising`` and ``pausing``
    count the prices that go up, and that leave the store until their partner acts. ``spread`` is how far
    prices now lie from their new floors.

    ``capped`` prices are lower than they would be without a new ceiling, and ``capped_own`` of them are
    fixed ones.

    ``events`` are the sale events that run then or later and include some of the goods: they lower whatever
    wholesale there is by their percentage, so figures here are without them.

    ``units`` were sold of these listings in the last 30 days, at which partners earned ``earned``.
    ``take``, ``earn`` and ``pay`` are what the company, partners and shoppers would have had more or less
    at the same sales, where a paused listing counts as no sale.
    """

    currency: str
    listings: int
    under: int
    rising: int
    pausing: int
    capped: int
    capped_own: int
    events: int
    stores: int
    partners: int
    choices: tuple[ChoiceEffect, ...]
    affected: tuple[StoreEffect, ...]
    spread: Spread
    units: int
    earned: Money
    take: Money
    earn: Money
    pay: Money


def wholesale_impact(
    session: Session,
    *,
    prices: Sequence[NewWholesale],
    begins: datetime,
    now: datetime,
    ceilings: Sequence[NewCeiling] = (),
) -> Impact:
    """Work out what new prices would do from ``begins`` on, and new ceilings with them. Nothing is changed.

    All are in one currency. Only as the company's role, because it looks into every store.
    """
    currency = prices[0].amount.currency if prices else ceilings[0].currency
    stores = sellers(session, currency=currency, at=begins)
    touched = {price.variant_id for price in prices} | {ceiling.variant_id for ceiling in ceilings}
    goods = goods_on_sale(session, variant_ids=touched, currency=currency)
    changes = changes_by_list(
        session,
        goods=goods,
        prices=prices,
        ceilings={new.variant_id: new.amount.minor if new.amount else None for new in ceilings},
        currency=currency,
        lists={store.price_list_id for store in stores},
        begins=begins,
    )
    exposed = Exposed(session, stores=stores, goods=goods)
    tally = Tally(stores, [changes[store.price_list_id] for store in stores])
    with making_many():
        tally.add(
            exposed.particular(at=begins), hidden=exposed.hidden(), sold=exposed.sold(since=now - _PERIOD)
        )
    return _impact(tally, currency, events_ahead(session, goods=goods, at=begins))


def _impact(tally: Tally, currency: str, events: int) -> Impact:
    touched = [(tally.stores[place], found) for place, found in tally.by_store.items() if found.touched]
    affected = [_store_effect(store, found, currency) for store, found in touched if found.under]
    return Impact(
        currency=currency,
        listings=tally.distances.total(),
        under=sum(found.under for _, found in touched),
        rising=tally.rising,
        pausing=tally.pausing,
        capped=tally.capped,
        capped_own=tally.capped_own,
        events=events,
        stores=len(touched),
        partners=len({store.partner_id for store, _ in touched}),
        choices=tuple(
            _choice_effect(
                choice, [found for store, found in touched if store.terms.on_rise == choice], currency
            )
            for choice in CHOICES
            if any(found.under and store.terms.on_rise == choice for store, found in touched)
        ),
        affected=tuple(sorted(affected, key=lambda store: (-store.under, store.name))),
        spread=spread_of(tally.distances),
        units=tally.units,
        earned=Money(tally.earned, currency),
        take=Money(tally.take, currency),
        earn=Money(tally.earn, currency),
        pay=Money(tally.pay, currency),
    )


def _choice_effect(choice: str, chosen: Sequence[StoreTally], currency: str) -> ChoiceEffect:
    staying = sum(tally.staying for tally in chosen)
    rise = sum(tally.rise for tally in chosen)
    return ChoiceEffect(
        choice=choice,
        listings=sum(tally.under for tally in chosen),
        stores=sum(tally.under > 0 for tally in chosen),
        rise=Money(rise // staying, currency) if staying else None,
    )


def _store_effect(store: Seller, tally: StoreTally, currency: str) -> StoreEffect:
    before, after = tally.lowest or (0, None)
    return StoreEffect(
        partner_id=store.partner_id,
        store_id=store.store_id,
        name=store.name,
        price_list=store.price_list,
        choice=store.terms.on_rise,
        under=tally.under,
        lowest=Money(before, currency),
        becomes=None if after is None else Money(after, currency),
    )
