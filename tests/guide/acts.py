"""What partners, the company and shoppers do in the examples, each in a line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from uuid import UUID

from sqlalchemy import text

from catalog.collections import add_product, create_collection
from kit.ids import NIL
from kit.money import Money
from orders.cart import use_code
from payments.checkout import resume
from pricing.coupons import create_coupon
from pricing.events import announce_event, choose
from pricing.promotions import create_promotion
from pricing.retail import set_prices, set_rule
from pricing.store_sales import plan_sale
from pricing.wholesale import NewWholesale, set_wholesale
from storage.database import transaction
from tests.guide.tables import order
from tests.world import CONTACT, PAID, Shop, World


def by_rule(
    shop: Shop, method: str, value: int, *, rounding: str = "none", scope: str = "store", scope_id: UUID = NIL
) -> None:
    """Set a rule; it holds when this returns."""
    shop.world.later(minutes=1)
    with shop.transaction() as session:
        set_rule(
            session, **shop.keys, scope=scope, scope_id=scope_id, method=method, value=value, rounding=rounding,
            actor="guide", now=shop.world.now,
        )  # fmt: skip
    shop.world.later(minutes=1)


def own(shop: Shop, sku: str, price: Money) -> None:
    with shop.transaction() as session:
        set_prices(
            session, **shop.keys, prices={shop.world.variant(sku): price}, actor="guide", now=shop.world.now
        )


def collection(world: World, title: str, *products: UUID) -> UUID:
    with transaction(world.services.console) as session:
        made = create_collection(session, title=f"{title} {world.number}", actor="guide", now=world.now)
        for product in products:
            add_product(session, collection_id=made, product_id=product, actor="guide", now=world.now)
    return made


def wholesale(world: World, sku: str, amount: Money, *, days: int = 0) -> None:
    begins = world.now + timedelta(days=days)
    new = NewWholesale(world.variant(sku), world.installation.price_list_id, amount)
    with transaction(world.services.console) as session:
        set_wholesale(session, prices=[new], begins=begins, actor="guide", now=world.now)


@contextmanager
def event(world: World, off_bps: int) -> Iterator[UUID]:
    with transaction(world.services.console) as session:
        made = announce_event(
            session, name="Spring days", note="", visible_from=world.now, begins=world.now,
            ends=world.now + timedelta(days=7), products={world.product(f"mug-{world.number}"): off_bps},
            price_lists=[], actor="guide", now=world.now,
        )  # fmt: skip
    yield made
    world.later(seconds=1)


def join(shop: Shop, event_id: UUID, pass_on_bps: int, *, joined: bool = True) -> None:
    shop.world.later(seconds=1)
    with shop.transaction() as session:
        choose(
            session, **shop.keys, event_id=event_id, joined=joined, pass_on_bps=pass_on_bps, actor="guide",
            now=shop.world.now,
        )  # fmt: skip


def sale(shop: Shop, off_bps: int) -> None:
    with shop.transaction() as session:
        plan_sale(
            session, **shop.keys, scope="store", scope_id=NIL, off_bps=off_bps, begins=shop.world.now,
            ends=shop.world.now + timedelta(days=3), actor="guide", now=shop.world.now,
        )  # fmt: skip


def bought(shop: Shop, code: str, *chosen: tuple[str, int]) -> str:
    world, cart = shop.world, shop.fill_cart(*chosen)
    if code:
        with shop.transaction() as session:
            use_code(session, **shop.keys, cart_id=cart, code=code, now=world.now)
    started = shop.start(cart, contact=CONTACT)
    assert shop.pay(started.order_id) == PAID
    resume(shop.tenant, gateway=world.services.gateway, order_id=started.order_id, now=world.now)
    return order(shop, started.order_id)


def coupon(shop: Shop, percent: int) -> None:
    with shop.transaction() as session:
        create_coupon(
            session, partner_id=shop.partner_id, store_id=shop.store_id, code="SPRING", kind="percent", value=percent * 100, begins=shop.world.now,
            actor="guide", now=shop.world.now,
        )  # fmt: skip


@contextmanager
def promotion(world: World, percent: int, limit_percent: int) -> Iterator[None]:
    """One that ends with its example, so that nobody else's bags get it."""
    with transaction(world.services.console) as session:
        made = create_promotion(
            session, name="Spring", kind="percent", value=percent * 100, begins=world.now,
            limit_bps=limit_percent * 100, actor="guide", now=world.now,
        )  # fmt: skip
    try:
        yield
    finally:
        with transaction(world.services.console) as session:
            session.execute(
                text("UPDATE promotions SET withdrawn_at = :now WHERE promotion_id = :id"),
                {"now": world.now, "id": made},
            )
