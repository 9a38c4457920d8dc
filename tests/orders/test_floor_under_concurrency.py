"""No line lies under the floor of its own moment, whoever changes prices while it is bought."""

from __future__ import annotations

import itertools
import os
import random
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

from sqlalchemy import text

from kit.errors import Refusal
from kit.ids import new_token
from kit.money import Money
from orders.cart import add_to_cart, cart_key
from orders.placing import CartChanged
from payments.checkout import ReturnAddresses, start
from pricing.delivery import read_tables
from pricing.events import announce_event, choose
from pricing.judging import PricesRefused
from pricing.retail import set_prices
from pricing.wholesale import NewWholesale, default_list, set_wholesale
from storage.database import transaction
from tests.world import CONTACT, GERMAN, Shop, World

SECONDS = float(os.environ.get("FLOOR_SECONDS", "4"))
THREADS = 16

_LINES = text("""
    SELECT count(*) AS lines,
           count(*) FILTER (WHERE l.unit_wholesale <> w.amount - w.amount * cut.bps / 10000) AS stale,
           count(*) FILTER (WHERE l.net < (w.amount - w.amount * cut.bps / 10000 + 100) * l.quantity) AS under
      FROM orders o
      JOIN order_lines l ON l.partner_id = o.partner_id AND l.order_id = o.order_id
      JOIN variants v ON v.variant_id = l.variant_id
      LEFT JOIN wholesale_prices w ON w.variant_id = l.variant_id AND w.currency = o.currency
       AND w.valid @> o.placed_at
     CROSS JOIN LATERAL (
       SELECT coalesce(max(p.off_bps), 0) AS bps FROM sale_events e
         JOIN sale_event_products p ON p.event_id = e.event_id AND p.product_id = v.product_id
         JOIN LATERAL (
           SELECT c.joined FROM sale_event_choices c
            WHERE c.partner_id = o.partner_id AND c.store_id = o.store_id AND c.event_id = e.event_id
              AND c.since <= o.placed_at ORDER BY c.since DESC, c.choice_id DESC LIMIT 1) c ON c.joined
        WHERE e.begins <= o.placed_at AND e.ends > o.placed_at) cut
     WHERE o.store_id = ANY(:stores)
""")


def test_sixteen_threads_change_prices_and_buy(world: World) -> None:
    microseconds, base = itertools.count(1), world.now
    shops = (world.ada, world.ben)
    mug = world.variant(world.mug)
    with transaction(world.services.console) as session:
        standard = default_list(session).price_list_id
        session.execute(text("UPDATE stock_levels SET oversell = true WHERE variant_id = :v"), {"v": mug})
        event_id = announce_event(
            session, name="Spring", note="", visible_from=base, begins=base, ends=base + timedelta(days=7),
            products={world.product(f"mug-{world.number}"): 2500}, price_lists=[], actor="tests", now=base,
        )  # fmt: skip

    def tick() -> datetime:
        """A clock that never shows the same moment twice."""
        return base + timedelta(microseconds=10 * next(microseconds))

    def change_wholesale(chance: random.Random) -> str:
        now = tick()
        prices = [
            NewWholesale(mug, standard, Money(chance.randrange(500, 3000), currency))
            for currency in ("EUR", "USD")
        ]
        with transaction(world.services.console) as session:
            set_wholesale(session, prices=prices, begins=now, actor="tests", now=now)
        return "wholesale"

    def change_retail(chance: random.Random) -> str:
        shop = chance.choice(shops)
        price = Money(chance.randrange(700, 5000), shop.currency)
        try:
            with shop.transaction() as session:
                set_prices(session, **shop.keys, prices={mug: price}, actor="tests", now=tick())
        except PricesRefused:
            return "retail refused"
        return "retail"

    def join_or_leave(chance: random.Random) -> str:
        shop = chance.choice(shops)
        with shop.transaction() as session:
            choose(
                session, **shop.keys, event_id=event_id, joined=chance.random() < 0.5,
                pass_on_bps=chance.randrange(10_001), actor="tests", now=tick(),
            )  # fmt: skip
        return "event"

    def buy(chance: random.Random) -> str:
        shop: Shop = chance.choice(shops)
        cart_id = cart_key(new_token())
        with shop.transaction() as session:
            add_to_cart(
                session, **shop.keys, cart_id=cart_id, variant_id=mug,
                quantity=chance.randrange(1, 4), now=tick(),
            )  # fmt: skip
            tables = read_tables(session, currency=shop.currency)
        try:
            start(
                shop.tenant, gateway=world.services.gateway, store_id=shop.store_id, cart_id=cart_id,
                contact=CONTACT if shop.currency == "USD" else GERMAN,
                rate_id=world.installation.rates[shop.currency], tables=tables, clock=tick,
                return_to=lambda order_id: ReturnAddresses("http://shop.localhost/{CHECKOUT_SESSION_ID}",
                                                           "http://shop.localhost/cart"),
            )  # fmt: skip
        except CartChanged:
            return "price changed meanwhile"
        return "bought"

    def work(seed: int) -> Counter[str]:
        chance, done, until = random.Random(seed), Counter[str](), time.monotonic() + SECONDS
        while time.monotonic() < until:
            act = chance.choices([buy, change_wholesale, change_retail, join_or_leave], [40, 1, 1, 1])[0]
            try:
                done[act(chance)] += 1
            except Refusal as refusal:
                done[refusal.message] += 1
        return done

    with ThreadPoolExecutor(THREADS) as pool:
        done = sum(pool.map(work, range(THREADS)), Counter())
    with transaction(world.services.console) as session:
        found = session.execute(_LINES, {"stores": [shop.store_id for shop in shops]}).one()
    assert {"bought", "wholesale", "retail", "event"} <= set(done)
    assert found.lines == done["bought"]
    assert (found.stale, found.under) == (0, 0), done
