"""A code in the cart: taken or refused with its reason, frozen on the order, and never used too often."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from kit.errors import NotFound, Refusal, Refusals
from kit.money import Money
from orders.cart import CodeRefused, drop_code, read_cart, use_code
from orders.placing import DiscountChanged
from orders.reading import read_order
from orders.view import CartView, OrderView
from payments.checkout import resume
from payments.verify import verify
from pricing.coupons import create_coupon, list_coupons, withdraw_coupon
from pricing.promotions import create_promotion, end_promotion
from storage.database import transaction
from tests.world import CONTACT, GERMAN, PAID, Shop, World


def coupon(shop: Shop, code: str = "SPRING", **values: Any) -> UUID:
    given = {"kind": "percent", "value": 1000, "begins": shop.world.now, **values}
    with shop.transaction() as session:
        return create_coupon(
            session, **shop.keys, code=code, actor="ada@example.com", now=shop.world.now, **given
        )


@contextmanager
def promotion(world: World, **values: Any) -> Iterator[UUID]:
    """A promotion that ends with its test, so that no other test's carts get it."""
    given = {"name": "Spring", "kind": "percent", "value": 1000, "begins": world.now, **values}
    with transaction(world.services.console) as session:
        made = create_promotion(session, actor="staff@example.com", now=world.now, **given)
    try:
        yield made
    finally:
        with transaction(world.services.console) as session:
            session.execute(
                text(
                    "UPDATE promotions SET withdrawn_at = :now WHERE promotion_id = :id AND withdrawn_at IS NULL"
                ),
                {"now": world.now, "id": made},
            )


def use(shop: Shop, cart: UUID, code: str) -> None:
    with shop.transaction() as session:
        use_code(session, **shop.keys, cart_id=cart, code=code, now=shop.world.now)


def bag(shop: Shop, cart: UUID, email: str = "") -> CartView:
    with shop.transaction() as session:
        return read_cart(
            session, **shop.keys, cart_id=cart, now=shop.world.now, currency=shop.currency, email=email
        )


def contact(shop: Shop, email: str = "maya@example.com") -> Any:
    return replace(CONTACT if shop.currency == "USD" else GERMAN, email=email)


def refused(shop: Shop, cart: UUID, code: str) -> str:
    with pytest.raises(CodeRefused) as refusal:
        use(shop, cart, code)
    assert refusal.value.field == "code"
    return refusal.value.problem.reason


def bought(shop: Shop, cart: UUID, email: str = "maya@example.com") -> OrderView:
    started = shop.start(cart, contact=contact(shop, email))
    assert shop.pay(started.order_id) == PAID
    resume(shop.tenant, gateway=shop.world.services.gateway, order_id=started.order_id, now=shop.world.now)
    with shop.transaction() as session:
        return read_order(session, partner_id=shop.partner_id, order_id=started.order_id)


def sound(world: World) -> None:
    with transaction(world.services.console) as session:
        assert not list(verify(session))


def posted(shop: Shop, order: OrderView) -> dict[tuple[str, str], int]:
    with shop.transaction() as session:
        rows = session.execute(
            text(
                "SELECT e.debit, e.credit, sum(e.amount) AS amount FROM ledger_entries e"
                " WHERE e.partner_id = :p AND e.order_id = :o AND e.source LIKE 'sale:%' GROUP BY 1, 2"
            ),
            {"p": shop.partner_id, "o": order.order_id},
        )
        return {(row.debit, row.credit): int(row.amount) for row in rows}


def test_a_coupon_comes_out_of_the_margin(world: World) -> None:
    coupon(world.ada, "spring-10")
    cart = world.ada.fill_cart((world.mug, 2))
    use(world.ada, cart, " Spring-10 ")
    seen = bag(world.ada, cart)
    # Two mugs at 21.60; wholesale is 12.00, and the floor 13.00.
    assert (seen.goods.minor, seen.to_pay.minor, seen.code) == (4320, 3888, "SPRING-10")
    order = bought(world.ada, cart)
    assert [(d.funder, d.code, d.amount.minor, d.net.minor) for d in order.discounts] == [
        ("partner", "SPRING-10", 432, 432)
    ]
    line = order.lines[0]
    assert (line.unit.minor, line.net.minor, line.margin.minor) == (2160, 3888, 3888 - 2400)
    assert order.total.minor == 3888 + 490
    # The order is paid, so the bag's code has done its work.
    assert bag(world.ada, cart).code == ""
    sound(world)


def test_a_coupon_stops_at_the_floor_where_prices_contain_tax(world: World) -> None:
    coupon(world.ben, kind="amount", value=1_000_000)
    cart = world.ben.fill_cart((world.mug, 2), (world.tote, 1))
    use(world.ben, cart, "SPRING")
    order = bought(world.ben, cart)
    for line, floor in zip(order.lines, (2600, 1100), strict=True):
        # The floor is net; at the highest rate it is what shoppers pay.
        assert line.net.minor >= floor
        assert line.margin.minor == line.net.minor - line.wholesale.minor
    assert order.discounts[0].amount < Money(1_000_000, "EUR")
    assert order.goods - order.discounts[0].amount + order.delivery == order.total
    sound(world)


@pytest.mark.parametrize("name", ["ada", "ben"])
def test_a_promotion_leaves_the_margin_whole_and_may_go_under_the_floor(world: World, name: str) -> None:
    shop: Shop = getattr(world, name)
    coupon(shop, value=500)
    whole = bought(shop, shop.fill_cart((world.mug, 3), (world.tote, 1)))
    with promotion(world, value=9000, limit_bps=2500):
        cart = shop.fill_cart((world.mug, 3), (world.tote, 1))
        use(shop, cart, "SPRING")
        order = bought(shop, cart)
    ours, theirs = order.discounts
    assert (ours.funder, theirs.funder, theirs.name) == ("partner", "company", "Spring")
    assert order.margin == whole.margin - ours.net
    wholesale = sum(line.wholesale.minor for line in order.lines)
    for line in order.lines:
        assert line.net.minor >= line.wholesale.minor // 4
        assert line.net + line.company_discount == line.wholesale + line.margin
    entries = posted(shop, order)
    to_company = sum(amount for (_, credit), amount in entries.items() if credit == "wholesale_revenue")
    to_partner = sum(amount for (_, credit), amount in entries.items() if credit == "partner_payable")
    given = sum(amount for (debit, _), amount in entries.items() if debit == "promotions")
    assert (to_company, to_partner, given) == (wholesale, order.margin.minor, theirs.net.minor)
    assert (
        sum(amount for (debit, _), amount in entries.items() if debit == "stripe_clearing")
        == order.total.minor
    )
    sound(world)


def test_the_company_may_pay_more_than_its_wholesale_and_the_order_stays_payable(world: World) -> None:
    with promotion(world, kind="percent", value=10_000, limit_bps=0):
        order = bought(world.ada, world.ada.fill_cart((world.mug, 1), (world.tote, 1)))
    assert sum(line.net.minor for line in order.lines) == 50
    assert any(line.company_discount > line.wholesale for line in order.lines)
    assert order.margin.minor == (2160 - 1200) + (1800 - 1000)
    entries = posted(world.ada, order)
    assert entries["promotions", "partner_payable"] > 0
    assert ("stripe_clearing", "wholesale_revenue") not in entries or entries[
        "stripe_clearing", "wholesale_revenue"
    ] <= 50
    sound(world)


def test_the_best_promotion_is_taken_and_a_code_that_is_worth_less_says_so(world: World) -> None:
    cart = world.ada.fill_cart((world.mug, 1))
    number = world.number
    with promotion(world, name="Automatic", value=2000):
        with promotion(world, name="Named", code=f"LESS-{number}", value=500):
            assert refused(world.ada, cart, f"less-{number}") == "better_offer"
        with promotion(world, name="Named", code=f"MORE-{number}", value=3000):
            use(world.ada, cart, f"MORE-{number}")
            assert [item.name for item in bag(world.ada, cart).discounts] == ["Named"]
        # It ended: the automatic one applies again, and the bag says what became of the code.
        seen = bag(world.ada, cart)
        assert [item.name for item in seen.discounts] == ["Automatic"]
        assert seen.problem is not None
        assert seen.problem.reason == "ended"


def test_promotions_hold_for_their_price_lists_currency_and_goods(world: World) -> None:
    cart = world.ada.fill_cart((world.mug, 1))
    euros = world.ben.fill_cart((world.mug, 1))
    with promotion(world, kind="amount", value=300, currency="USD"):
        assert bag(world.ada, cart).to_pay.minor == 2160 - 300
        assert not bag(world.ben, euros).discounts
    handle = world.tote.replace("-tote", "")
    with promotion(world, scope="product", scope_id=world.product(handle)):
        assert not bag(world.ada, cart).discounts
        assert bag(world.ada, world.ada.fill_cart((world.tote, 1))).discounts
    with promotion(world, price_lists=[world.installation.price_list_id]):
        assert bag(world.ada, cart).discounts


def test_each_refusal_names_its_reason(world: World) -> None:
    shop, now = world.ada, world.now
    cart = shop.fill_cart((world.mug, 1))
    coupon(shop, "LATER", begins=now + timedelta(days=1))
    coupon(shop, "SHORT", ends=now + timedelta(hours=1))
    coupon(shop, "TOTES", scope="product", scope_id=world.product(world.tote))
    coupon(shop, "LARGE", smallest_order=3000)
    coupon(world.ben, "BENS")
    gone = coupon(shop, "GONE")
    with shop.transaction() as session:
        withdraw_coupon(session, **shop.keys, coupon_id=gone, actor="x", now=now)
    assert refused(shop, cart, "NOBODY") == "unknown"
    assert refused(shop, cart, "BENS") == "unknown"
    assert refused(shop, cart, "GONE") == "ended"
    assert refused(shop, cart, "LATER") == "not_begun"
    assert refused(shop, cart, "TOTES") == "not_for_these"
    with pytest.raises(CodeRefused, match=r"goods for USD 8\.40 more"):
        use(shop, cart, "LARGE")
    world.later(hours=2)
    assert refused(shop, cart, "SHORT") == "ended"
    with pytest.raises(Refusal, match="Enter a code"):
        use(shop, cart, "   ")
    with pytest.raises(Refusal, match="Put something"):
        use(shop, UUID(int=4), "SHORT")
    assert bag(shop, cart).code == ""


def test_a_refused_code_leaves_the_one_that_was_there(world: World) -> None:
    coupon(world.ada)
    cart = world.ada.fill_cart((world.mug, 1))
    use(world.ada, cart, "SPRING")
    refused(world.ada, cart, "NOBODY")
    assert bag(world.ada, cart).code == "SPRING"
    with world.ada.transaction() as session:
        drop_code(session, partner_id=world.ada.partner_id, cart_id=cart)
    assert bag(world.ada, cart).code == ""


def test_a_price_at_the_floor_takes_no_coupon(world: World) -> None:
    from pricing.retail import set_prices

    with world.ada.transaction() as session:
        set_prices(
            session, **world.ada.keys, prices={world.variant(world.mug): Money(1300, "USD")},
            actor="x", now=world.now,
        )  # fmt: skip
    coupon(world.ada)
    assert refused(world.ada, world.ada.fill_cart((world.mug, 1)), "SPRING") == "lowest"


def test_the_last_use_is_had_once(world: World) -> None:
    """Six shoppers with the code in their bags press at the same moment."""
    coupon(world.ada, most_uses=2)
    carts = [world.ada.fill_cart((world.mug, 1)) for _ in range(6)]
    for cart in carts:
        use(world.ada, cart, "SPRING")
    seen_by = {cart: bag(world.ada, cart).seen for cart in carts}
    barrier = threading.Barrier(len(carts))

    def pay(cart: UUID) -> UUID | None:
        barrier.wait()
        try:
            return press(world.ada, cart, f"{cart.hex}@example.com", seen_by[cart])
        except DiscountChanged:
            return None

    with ThreadPoolExecutor(len(carts)) as pool:
        orders = dict(zip(carts, pool.map(pay, carts), strict=True))
    had = [order for order in orders.values() if order]
    assert len(had) == 2
    for cart, order in orders.items():
        if order is None:
            # Nothing is half done: the bag is as it was, without the discount, and can be bought.
            seen = bag(world.ada, cart)
            assert seen.problem is not None
            assert seen.problem.reason == "used_up"
            assert seen.to_pay == seen.goods
    lost = next(cart for cart, order in orders.items() if order is None)
    assert bought(world.ada, lost).discounts == ()
    sound(world)


def test_an_order_that_was_not_paid_gives_its_use_back(world: World) -> None:
    coupon(world.ada, most_uses=1)
    first, second = (world.ada.fill_cart((world.mug, 1)) for _ in range(2))
    use(world.ada, first, "SPRING")
    order_id = world.ada.start(first).order_id
    # Its own shopper still has it; another does not.
    assert bag(world.ada, first).problem is None
    assert world.ada.start(first).order_id == order_id
    assert refused(world.ada, second, "SPRING") == "used_up"
    world.services.gateway.expire_session(world.ada.session_id(order_id))
    resume(world.ada.tenant, gateway=world.services.gateway, order_id=order_id, now=world.now)
    use(world.ada, second, "SPRING")


def test_a_customer_uses_a_code_as_often_as_it_may_in_its_store(world: World) -> None:
    coupon(world.ada, most_per_customer=1)
    cart = world.ada.fill_cart((world.mug, 1))
    use(world.ada, cart, "SPRING")
    bought(world.ada, cart, "Maya@example.com")
    again = world.ada.fill_cart((world.mug, 1))
    use(world.ada, again, "SPRING")
    seen = bag(world.ada, again).seen
    assert seen
    with pytest.raises(DiscountChanged):
        press(world.ada, again, "maya@EXAMPLE.com", seen)
    known = bag(world.ada, again, "maya@example.com")
    assert known.problem is not None
    assert (known.problem.reason, known.problem.times, known.seen) == ("used_by_customer", 1, "")
    # Somebody else may.
    assert press(world.ada, again, "noor@example.com", seen)


def press(shop: Shop, cart: UUID, email: str, seen: str) -> UUID:
    from payments.checkout import ReturnAddresses, start
    from pricing.delivery import read_tables

    with shop.transaction() as session:
        tables = read_tables(session, currency=shop.currency)
    return start(
        shop.tenant,
        gateway=shop.world.services.gateway,
        store_id=shop.store_id,
        cart_id=cart,
        contact=contact(shop, email),
        rate_id=shop.world.installation.rates[shop.currency],
        tables=tables,
        return_to=lambda _: ReturnAddresses(
            "http://a.localhost/{CHECKOUT_SESSION_ID}", "http://a.localhost/"
        ),
        clock=shop.world.installation.clock.now,
        seen=seen,
    ).order_id


def test_a_promotion_limit_counts_for_each_store(world: World) -> None:
    with promotion(world, most_per_store=1):
        assert bought(world.ada, world.ada.fill_cart((world.mug, 1))).discounts
        assert not bag(world.ada, world.ada.fill_cart((world.mug, 1))).discounts
        assert bag(world.ben, world.ben.fill_cart((world.mug, 1))).discounts


def test_what_was_not_seen_is_not_charged(world: World) -> None:
    cart = world.ada.fill_cart((world.mug, 1))
    with promotion(world):
        seen = bag(world.ada, cart).seen
    with pytest.raises(DiscountChanged):
        press(world.ada, cart, "maya@example.com", seen)
    assert press(world.ada, cart, "maya@example.com", "")


def test_another_discount_is_another_order(world: World) -> None:
    coupon(world.ada)
    cart = world.ada.fill_cart((world.mug, 1))
    first = world.ada.start(cart).order_id
    use(world.ada, cart, "SPRING")
    second = world.ada.start(cart).order_id
    assert first != second
    assert world.ada.pay(second) == PAID


def test_free_delivery_is_judged_by_what_is_paid_for_the_goods(world: World) -> None:
    # Three mugs are 64.80, and delivery is free from 60.00.
    coupon(world.ada, value=1000)
    cart = world.ada.fill_cart((world.mug, 3))
    assert bought(world.ada, cart).delivery.minor == 0
    cart = world.ada.fill_cart((world.mug, 3))
    use(world.ada, cart, "SPRING")
    assert bought(world.ada, cart).delivery.minor == 490


def test_a_discount_that_cannot_be_is_refused_by_field(world: World) -> None:
    now = world.now
    coupon(world.ada)
    coupon(world.ben)
    wrong = {
        "code": {"code": "SPRING"},
        "value": {"code": "A-1", "value": 10_001},
        "ends": {"code": "A-1", "begins": now, "ends": now},
        "kind": {"code": "A-1", "kind": "gift"},
        "scope": {"code": "A-1", "scope": "planet"},
        "scope_id": {"code": "A-1", "scope": "product", "scope_id": UUID(int=1)},
        "smallest_order": {"code": "A-1", "smallest_order": 0},
        "most_uses": {"code": "A-1", "most_uses": 0},
        "most_per_customer": {"code": "A-1", "most_per_customer": -1},
    }
    for field, values in wrong.items():
        with pytest.raises(Refusals) as refusal:
            coupon(world.ada, **values)
        assert list(refusal.value.errors) == [field]
    for code in ("A", "ÄÖÜ", "A_B", "A" * 41, "SPRING!"):
        with pytest.raises(Refusals) as refusal:
            coupon(world.ada, code)
        assert "3 to 40" in refusal.value.errors["code"]
    with pytest.raises(Refusals) as refusal, promotion(world, code="SPRING"):
        pass
    assert "stores have a coupon SPRING" in refusal.value.errors["code"]
    with promotion(world, code=f"OURS-{world.number}"), pytest.raises(Refusals) as refusal:
        coupon(world.ada, f"OURS-{world.number}")
    assert "promotion of the company" in refusal.value.errors["code"]
    for field, values in {
        "name": {"name": " "},
        "currency": {"kind": "amount", "currency": "JPY"},
        "limit_bps": {"limit_bps": 10_001},
        "price_lists": {"price_lists": [UUID(int=5)]},
        "most_per_store": {"most_per_store": 0},
    }.items():
        with pytest.raises(Refusals) as refusal, promotion(world, **values):
            pass
        assert list(refusal.value.errors) == [field]


def test_a_code_is_free_again_when_its_time_is_over(world: World) -> None:
    coupon(world.ada, ends=world.now + timedelta(hours=1))
    world.later(hours=2)
    coupon(world.ada)
    with world.ada.transaction() as session:
        states = [view.state for view in list_coupons(session, **world.ada.keys, now=world.now)]
    assert states == ["running", "ended"]
    cart = world.ada.fill_cart((world.mug, 1))
    use(world.ada, cart, "SPRING")


def test_two_coupons_of_one_code_cannot_be_made_at_once(world: World) -> None:
    barrier = threading.Barrier(4)

    def make(_: int) -> bool:
        barrier.wait()
        try:
            coupon(world.ada, "TWICE")
        except Refusals:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(make, range(4))) == 1


def test_a_promotion_ends_once(world: World) -> None:
    with promotion(world) as made:
        with transaction(world.services.console) as session:
            assert end_promotion(session, promotion_id=made, actor="x", now=world.now) == "Spring"
        with transaction(world.services.console) as session, pytest.raises(NotFound, match="ended already"):
            end_promotion(session, promotion_id=made, actor="x", now=world.now)
