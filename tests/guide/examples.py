"""The examples: each does with a real store what the guide tells, and returns what came of it.

Unless it says otherwise, a mug costs a partner 12.00 and a tote 10.00, the smallest margin is 1.00, and
the store's rule adds 80 %.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import text

from app.portal.words import ROUNDINGS
from app.ui.formats import money
from kit.money import Money
from pricing.bands import FEWEST, quartiles
from pricing.ceilings import NewCeiling, set_ceilings
from pricing.judging import PricesRefused
from pricing.listing import listings
from pricing.plans import plan_prices
from pricing.reading import PRODUCTS
from pricing.rounding import round_price
from pricing.rule_plans import plan_rule
from storage.database import transaction
from tests.guide.acts import (
    bought,
    by_rule,
    collection,
    coupon,
    event,
    join,
    own,
    promotion,
    sale,
    wholesale,
)
from tests.guide.tables import explained, prices, steps, table
from tests.world import Shop, World, eur, usd

EXAMPLES: dict[str, Callable[[World], str]] = {}


def example(made: Callable[[World], str]) -> Callable[[World], str]:
    EXAMPLES[made.__name__.replace("_", "-")] = made
    return made


# What a price is made of.


@example
def own_price(world: World) -> str:
    own(world.ada, world.mug, usd("24.00"))
    return steps(world.ada, world.mug)


@example
def under_the_floor(world: World) -> str:
    with pytest.raises(PricesRefused) as refused:
        own(world.ada, world.mug, usd("12.50"))
    return f"> {refused.value.message}"


@example
def markup(world: World) -> str:
    return steps(world.ada, world.mug)


@example
def margin(world: World) -> str:
    by_rule(world.ada, "margin", 750)
    return steps(world.ada, world.mug)


@example
def fixed_for_a_product(world: World) -> str:
    by_rule(world.ada, "fixed", 1900, scope="product", scope_id=world.product(f"mug-{world.number}"))
    return steps(world.ada, world.scarce_mug)


@example
def lifted(world: World) -> str:
    by_rule(world.ada, "markup", 500)
    return steps(world.ada, world.mug)


@example
def which_rule(world: World) -> str:
    world.goods(
        f"lamp-{world.number},Lamp,,,lamp-{world.number},60.00,9\n"
        f"bowl-{world.number},Bowl,,,bowl-{world.number},18.00,9\n"
    )
    mugs, bowl = world.product(f"mug-{world.number}"), world.product(f"bowl-{world.number}")
    kitchen = collection(world, "Kitchen", mugs, bowl)
    by_rule(world.ada, "markup", 10_000, scope="collection", scope_id=kitchen)
    by_rule(world.ada, "margin", 900, scope="product", scope_id=mugs)
    own(world.ada, world.mug, usd("30.00"))
    rows = []
    for name, sku, rule in (
        ("Mug, Oat", world.mug, "its own price, 30.00"),
        ("Mug, Tide", world.scarce_mug, "the product's rule, 9.00 on wholesale"),
        ("Bowl", f"bowl-{world.number}", "the rule of the collection Kitchen, 100%"),
        ("Lamp", f"lamp-{world.number}", "the store's rule, 80%"),
    ):
        found = explained(world.ada, sku)
        rows.append([name, rule, found.cost, found.price, found.earn])
    return table(["", "Priced by", "Wholesale", "Price", "You earn"], rows)


@example
def roundings(world: World) -> str:
    rows = []
    for rounding, label in ROUNDINGS:
        by_rule(world.ada, "margin", 1362, rounding=rounding)
        first = explained(world.ada, world.mug).price
        by_rule(world.ada, "margin", 107, rounding=rounding)
        rows.append([label, first, explained(world.ada, world.mug).price])
    return table(["Rounding", "25.62 becomes", "13.07 becomes"], rows)


@example
def other_currencies(world: World) -> str:
    """The same endings where there are no decimals, or three."""
    rows = []
    for rounding, label in ROUNDINGS:
        yen, dinar = (
            Money(round_price(minor, rounding, floor=1, currency=currency), currency)
            for minor, currency in ((2568, "JPY"), (25_618, "KWD"))
        )
        rows.append([label, str(yen), str(dinar)])
    return table(["Rounding", "JPY 2568 becomes", "KWD 25.618 becomes"], rows)


@example
def with_tax(world: World) -> str:
    return steps(world.ben, world.mug)


@example
def ceiling(world: World) -> str:
    by_rule(world.ada, "markup", 11_000, rounding="99")
    with transaction(world.services.console) as session:
        new = NewCeiling(world.variant(world.mug), "USD", usd("22.00"))
        set_ceilings(session, ceilings=[new], actor="guide", now=world.now)
    return steps(world.ada, world.mug)


# Prices that change by themselves.


@example
def planned_price(world: World) -> str:
    now, mug = world.now, world.variant(world.mug)
    with world.ada.transaction() as session:
        plan_prices(
            session, **world.ada.keys, prices={mug: usd("18.90")}, begins=now + timedelta(days=2),
            ends=now + timedelta(days=5), actor="guide", now=now,
        )  # fmt: skip
    return _through_time(world, world.ada, world.mug, (0, 1, 2, 4, 5))


@example
def planned_rule(world: World) -> str:
    now = world.now
    with world.ada.transaction() as session:
        plan_rule(
            session, **world.ada.keys, scope="product", scope_id=world.product(f"mug-{world.number}"),
            method="markup", value=6000, rounding="95", begins=now + timedelta(days=2),
            ends=now + timedelta(days=5), actor="guide", now=now,
        )  # fmt: skip
    return _through_time(world, world.ada, world.mug, (0, 2, 5))


def _through_time(world: World, shop: Shop, sku: str, days: tuple[int, ...]) -> str:
    names = {0: "Today", 1: "Tomorrow"}
    return prices(
        (names.get(day, f"In {day} days"), explained(shop, sku, at=world.now + timedelta(days=day)))
        for day in days
    )


@example
def rise_by_rule(world: World) -> str:
    wholesale(world, world.mug, usd("15.00"), days=7)
    return _through_time(world, world.ada, world.mug, (0, 6, 7))


@example
def rise_of_a_fixed_price(world: World) -> str:
    own(world.ada, world.mug, usd("15.00"))
    world.later(minutes=1)
    wholesale(world, world.mug, usd("15.00"))
    world.later(minutes=1)
    rows = []
    for choice, label in (
        ("lift", "lift it to the lowest price"),
        ("keep_amount", "keep your margin's amount"),
        ("keep_percentage", "keep your margin's percentage"),
        ("pause", "pause the product"),
    ):
        with transaction(world.services.console) as session:
            session.execute(
                text("UPDATE stores SET on_wholesale_rise = :choice WHERE store_id = :store"),
                {"choice": choice, "store": world.ada.store_id},
            )
        rows.append((f"You chose to {label}", explained(world.ada, world.mug)))
    return prices(rows)


# What lowers a price.


@example
def sale_event(world: World) -> str:
    with event(world, 2500) as event_id:
        join(world.ada, event_id, 5000)
        return steps(world.ada, world.mug)


@example
def sale_event_shares(world: World) -> str:
    with event(world, 2500) as event_id:
        rows = [("You stay out", explained(world.ada, world.mug))]
        for share in (0, 5000, 10_000):
            join(world.ada, event_id, share)
            rows.append((f"You pass on {share // 100}%", explained(world.ada, world.mug)))
        world.later(days=8)
        rows.append(("When it is over", explained(world.ada, world.mug)))
    return prices(rows)


@example
def store_sale(world: World) -> str:
    sale(world.ada, 2500)
    return steps(world.ada, world.mug)


@example
def store_sale_at_the_floor(world: World) -> str:
    sale(world.ada, 5000)
    return steps(world.ada, world.mug)


@example
def lowest_before(world: World) -> str:
    """A price that was lower for some days before the sale, in a country that asks for it."""
    own(world.ben, world.mug, eur("29.00"))
    world.later(days=10)
    own(world.ben, world.mug, eur("25.00"))
    world.later(days=4)
    own(world.ben, world.mug, eur("30.00"))
    world.later(days=6)
    sale(world.ben, 2000)
    with world.ben.transaction() as session:
        found = listings(
            session, partner_id=world.ben.partner_id, store_id=world.ben.store_id, now=world.now,
            selection=PRODUCTS, choice=[world.product(f"mug-{world.number}")],
        )  # fmt: skip
    mug = found.products[0].variants[0]
    return table(
        ["Shoppers read", ""],
        [
            ["Price", mug.price],
            ["Regular price, struck through", mug.compare_at],
            ["Lowest price of the 30 days before", mug.lowest_before],
        ],
    )


# What comes off a bag.


@example
def coupon_of_ten_percent(world: World) -> str:
    coupon(world.ada, 10)
    return bought(world.ada, "SPRING", (world.mug, 2), (world.tote, 1))


@example
def coupon_at_the_floor(world: World) -> str:
    coupon(world.ada, 50)
    return bought(world.ada, "SPRING", (world.mug, 2), (world.tote, 1))


@example
def company_promotion(world: World) -> str:
    with promotion(world, 40, 75):
        return bought(world.ada, "", (world.mug, 2), (world.tote, 1))


@example
def everything_together(world: World) -> str:
    coupon(world.ada, 10)
    sale(world.ada, 500)
    with event(world, 2500) as event_id, promotion(world, 20, 50):
        join(world.ada, event_id, 5000)
        chain = steps(world.ada, world.mug)
        return f"{chain}\n\nAnd on an order of one mug:\n\n{bought(world.ada, 'SPRING', (world.mug, 1))}"


# What others ask.


@example
def what_others_ask(world: World) -> str:
    """From what partners ask, however many they are, to what each of them is told."""
    asked = [usd("18.00"), usd("20.00"), usd("21.60"), usd("24.00"), usd("30.00")]
    rows = []
    for prices_of in (asked[:4], asked):
        words = "nothing, because there are fewer than five"
        if len(prices_of) >= FEWEST:
            low, _, high = quartiles(price.minor for price in prices_of)
            words = f"Half of the partners ask {money(Money(low, 'USD'))} to {money(Money(high, 'USD'))}"
        rows.append([", ".join(map(money, prices_of)), words])
    return table(["Partners ask", "Each of them reads"], rows)
