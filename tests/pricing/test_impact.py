"""What a change of wholesale would do, told for groups of listings, is what it does to each of them."""

from __future__ import annotations

import random
from dataclasses import asdict, fields
from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import insert, text, update
from sqlalchemy.dialects.postgresql import Range

from kit.ids import NIL, new_id
from kit.money import Money
from pricing.floor import FloorPolicy
from pricing.impact import Impact, wholesale_impact
from pricing.lists import create_price_list
from pricing.models import RetailRule
from pricing.rules import Terms
from pricing.spread import COLUMNS, spread_of
from pricing.wholesale import NewWholesale, set_wholesale
from storage.database import transaction
from tenants.models import Company, Partner, Store
from tests.pricing.one_by_one import impact_one_by_one
from tests.world import Shop, World, eur, usd

CHOICES = ["keep_percentage", "keep_amount", "lift", "pause"]


def impact(world: World, prices: list[NewWholesale], days: int = 3) -> Impact:
    with transaction(world.services.console) as session:
        return wholesale_impact(
            session, prices=prices, begins=world.now + timedelta(days=days), now=world.now
        )


def rise(world: World, sku: str, amount: Money) -> NewWholesale:
    return NewWholesale(world.variant(sku), world.installation.price_list_id, amount)


class Dice:
    """A small world thrown at random: shops, lists, rules of each scope and layer, what is hidden and sold."""

    def __init__(self, world: World, seed: int) -> None:
        self.world, self.dice = world, random.Random(seed)
        world.goods(
            "".join(
                f"g{n}-{world.number},Goods {n},Size,{size},g{n}{size}-{world.number},{price},50\n"
                for n in range(3)
                for size in "ab"
                for price in [self.dice.choice(["20.00", "24.00", "31.50"])]
            )
        )
        self.skus = [f"g{n}{size}-{world.number}" for n in range(3) for size in "ab"]
        self.variants = {sku: world.variant(sku) for sku in self.skus}
        self.products = [world.product(f"g{n}-{world.number}") for n in range(3)]
        self.shops = [world.ada, world.ben, *(self._shop(n) for n in range(4))]
        with transaction(world.services.console) as session:
            self.gold = create_price_list(
                session, name=f"Gold {world.number}", customer_fields=[], actor="x", now=world.now
            )
            self.collections = [new_id(), new_id()]
            for place, key in enumerate(self.collections):
                session.execute(
                    text("INSERT INTO collections VALUES (:k, :h, 'C', '', :p)"),
                    {"k": key, "h": f"c{place}-{world.number}", "p": self.dice.randint(1, 2)},
                )
                for product in self.dice.sample(self.products, 2):
                    session.execute(
                        text("INSERT INTO collection_products VALUES (:k, :p, 1)"), {"k": key, "p": product}
                    )
            for shop in self.shops:
                self._settle(session, shop)
            set_wholesale(
                session,
                prices=[
                    NewWholesale(key, self.gold, usd(self.dice.choice(["9.00", "10.00", "11.00"])))
                    for key in self.dice.sample(list(self.variants.values()), 3)
                ],
                begins=world.now, actor="x", now=world.now,
            )  # fmt: skip
            for key in self.dice.sample(list(self.variants.values()), 2):
                session.execute(
                    text("INSERT INTO price_ceilings VALUES (:v, 'USD', :a)"),
                    {"v": key, "a": self.dice.randint(1400, 2500)},
                )  # fmt: skip
        world.ada.buy((self.dice.choice(self.skus), 2), (world.mug, 1))
        for shop in self.shops:
            with shop.transaction() as session:
                for product in self.products:
                    if self.dice.random() < 0.2:
                        session.execute(
                            text(
                                "INSERT INTO hidden_products (partner_id, store_id, product_id) VALUES (:a, :b, :c)"
                            ),
                            {"a": shop.partner_id, "b": shop.store_id, "c": product},
                        )

    def _shop(self, number: int) -> Shop:
        return self.world.shop(f"shop{number}", "USD", "US", tax_inclusive=number % 2 == 0)

    def _settle(self, session, shop: Shop) -> None:  # type: ignore[no-untyped-def]
        values = {"on_wholesale_rise": self.dice.choice(CHOICES)}
        session.execute(update(Store).where(Store.store_id == shop.store_id).values(values))
        if self.dice.random() < 0.4:
            session.execute(
                update(Partner).where(Partner.partner_id == shop.partner_id).values(price_list_id=self.gold)
            )
        targets = [("store", NIL)] * 2
        targets += [("collection", key) for key in self.collections]
        targets += [("product", key) for key in self.products]
        targets += [("variant", key) for key in self.variants.values()]
        made: set[tuple[str, UUID, str]] = {("store", NIL, "standing")}
        for scope, key in self.dice.sample(targets, 6):
            layer = self.dice.choice(["planned", "standing"])
            if (scope, key, layer) in made:
                continue
            made.add((scope, key, layer))
            method = self.dice.choice(["fixed", "fixed", "markup", "margin"])
            session.execute(
                insert(RetailRule).values(
                    partner_id=shop.partner_id, rule_id=new_id(), store_id=shop.store_id, scope=scope, scope_id=key,
                    layer=layer, method=method, value=self.dice.choice([1300, 1500, 1700, 2600, 5000]),
                    rounding="none" if method == "fixed" else self.dice.choice(["none", "99", "nearest_5"]),
                    judged_wholesale=1000 if method == "fixed" else None,
                    judged_floor=1100 if method == "fixed" else None,
                    valid=Range(self.world.now, None), actor="x", created_at=self.world.now,
                )
            )  # fmt: skip

    def prices(self) -> list[NewWholesale]:
        """New prices, some of them as they are, on both lists."""
        found = []
        for key in self.variants.values():
            for list_id in (self.world.installation.price_list_id, self.gold):
                if self.dice.random() < 0.6:
                    amount = usd(self.dice.choice(["9.00", "10.00", "12.00", "13.50", "18.00"]))
                    found.append(NewWholesale(key, list_id, amount))
        return found or [NewWholesale(self.variants[self.skus[0]], self.gold, usd("12.34"))]


@pytest.mark.parametrize("seed", range(8))
def test_what_is_told_of_groups_is_what_each_listing_does(world: World, seed: int) -> None:
    prices = [*Dice(world, seed).prices(), rise(world, world.mug, usd("13.00"))]
    found = impact(world, prices)
    with transaction(world.services.console) as session:
        wanted = impact_one_by_one(
            session, prices=prices, begins=world.now + timedelta(days=3), now=world.now
        )
    distances = wanted.pop("distances")
    told = {field.name: getattr(found, field.name) for field in fields(found) if field.name != "spread"}
    assert told == wanted
    assert sum(under + above for _, under, above in found.spread.columns) == len(distances)
    assert found.units > 0


def test_a_store_whose_prices_are_all_fixed_is_looked_at_one_by_one(world: World) -> None:
    with world.ada.transaction() as session:
        session.execute(
            update(RetailRule)
            .where(RetailRule.partner_id == world.ada.partner_id, RetailRule.store_id == world.ada.store_id)
            .values(valid=Range(world.now - timedelta(days=1), world.now))
        )
        session.execute(
            insert(RetailRule).values(
                partner_id=world.ada.partner_id, rule_id=new_id(), store_id=world.ada.store_id, scope="store",
                scope_id=NIL, method="fixed", value=1500, rounding="none", judged_wholesale=1200, judged_floor=1300,
                valid=Range(world.now, None), actor="x", created_at=world.now,
            )
        )  # fmt: skip
    found = impact(world, [rise(world, world.mug, usd("20.00")), rise(world, world.tote, usd("10.50"))])
    (mine,) = [store for store in found.affected if store.store_id == world.ada.store_id]
    assert (mine.under, mine.lowest, mine.becomes) == (1, usd("15.00"), usd("21.00"))


def test_a_list_of_its_own_is_not_moved_by_the_default_one(world: World) -> None:
    before = impact(world, [rise(world, world.mug, eur("13.00"))])
    with transaction(world.services.console) as session:
        own = create_price_list(
            session, name=f"Own {world.number}", customer_fields=[], actor="x", now=world.now
        )
        session.execute(
            update(Partner).where(Partner.partner_id == world.ben.partner_id).values(price_list_id=own)
        )
        set_wholesale(
            session, prices=[NewWholesale(world.variant(world.mug), own, eur("11.00"))],
            begins=world.now, actor="x", now=world.now,
        )  # fmt: skip
    after = impact(world, [rise(world, world.mug, eur("13.00"))])
    assert (before.listings - after.listings, before.partners - after.partners) == (1, 1)


def test_the_companys_smallest_margin_moves_the_floors(world: World) -> None:
    with transaction(world.services.console) as session:
        session.execute(update(Company).values(smallest_margin_bps=2000))
    terms = Terms("USD", FloorPolicy(100, 2000), tax_inclusive=False, highest_tax_bps=0)
    assert terms.lowest(2000) == 2400
    prices = [rise(world, world.mug, usd("20.00"))]
    found = impact(world, prices)
    with transaction(world.services.console) as session:
        wanted = impact_one_by_one(
            session, prices=prices, begins=world.now + timedelta(days=3), now=world.now
        )
    assert found.under == wanted["under"]


@given(
    st.dictionaries(st.tuples(st.integers(-5000, 50_000), st.booleans()), st.integers(1, 900), max_size=60)
)
def test_a_spread_loses_nobody_and_parts_at_the_floor(counted: dict[tuple[int, bool], int]) -> None:
    distances = {(d, d < 0): n for (d, _), n in counted.items()}
    found = spread_of(distances)
    assert sum(under for _, under, _ in found.columns) == sum(n for (d, u), n in distances.items() if u)
    assert sum(above for _, _, above in found.columns) == sum(n for (d, u), n in distances.items() if not u)
    assert all(0 <= column < COLUMNS for column, _, _ in found.columns)
    assert all((column < found.floor) == (under > 0) for column, under, above in found.columns)
    assert found.beyond * 50 <= sum(distances.values())


def test_a_few_dear_things_do_not_press_the_others_together() -> None:
    found = spread_of({(distance, False): 10 for distance in range(0, 1000, 10)} | {(900_000, False): 3})
    assert found.width < 100
    assert found.beyond == 3
    assert asdict(spread_of({})) == {"width": 1, "floor": 0, "columns": (), "beyond": 0}
