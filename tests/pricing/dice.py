"""Small worlds thrown at random, for what has to hold whatever rules there are."""

from __future__ import annotations

import random
from uuid import UUID

from sqlalchemy import insert, text, update
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from kit.ids import NIL, new_id
from pricing.ceilings import NewCeiling
from pricing.lists import create_price_list
from pricing.models import RetailRule
from pricing.wholesale import NewWholesale, set_wholesale
from storage.database import transaction
from tenants.models import Partner, Store
from tests.world import Shop, World, usd

CHOICES = ["keep_percentage", "keep_amount", "lift", "pause"]


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

    def _settle(self, session: Session, shop: Shop) -> None:
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

    def ceilings(self) -> list[NewCeiling]:
        """New ceilings for some goods, and none for others that had one."""
        chosen = self.dice.sample(list(self.variants.values()), 3)
        return [
            NewCeiling(key, "USD", self.dice.choice([None, usd("14.00"), usd("19.90")])) for key in chosen
        ]

    def prices(self) -> list[NewWholesale]:
        """New prices, some of them as they are, on both lists."""
        found = []
        for key in self.variants.values():
            for list_id in (self.world.installation.price_list_id, self.gold):
                if self.dice.random() < 0.6:
                    amount = usd(self.dice.choice(["9.00", "10.00", "12.00", "13.50", "18.00"]))
                    found.append(NewWholesale(key, list_id, amount))
        return found or [NewWholesale(self.variants[self.skus[0]], self.gold, usd("12.34"))]
