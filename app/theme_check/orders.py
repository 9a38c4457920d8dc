"""Sample bags and an order, in the states that pages tell of."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from app.theme_check.goods import PICTURE, usd
from orders.view import (
    CartDiscount,
    CartLine,
    CartView,
    CodeProblem,
    DeliveryOption,
    OrderDiscountView,
    OrderLineView,
    OrderView,
    ShipmentView,
    TimelineEntry,
)

NOW = datetime(2026, 11, 20, 9, 14, tzinfo=UTC)


def cart(*, changed: bool = False) -> CartView:
    problem = "This is sold out." if changed else ""
    lines = (
        CartLine(
            UUID(int=1), "tee", "Far Hills tee", "Rose, S", PICTURE, 2, usd(3600), None, usd(7200), 2, ""
        ),
        CartLine(
            UUID(int=10),
            "mug",
            "Mug",
            "",
            None,
            1,
            usd(2400),
            usd(2000) if changed else None,
            usd(2400),
            None,
            problem,
        ),
    )
    return CartView(UUID(int=7), lines, usd(9600))


COUPON = CartDiscount("partner", UUID(int=8), "SPRING", "SPRING", usd(900), usd(960), (900, 0))
PROMOTION = CartDiscount("company", UUID(int=9), "Spring at <Hollin>", "", usd(500), usd(500), (300, 200))
PROBLEMS = (
    CodeProblem("SPRING", "unknown"),
    CodeProblem("SPRING", "not_begun", moment=NOW),
    CodeProblem("SPRING", "ended", moment=NOW),
    CodeProblem("SPRING", "used_up"),
    CodeProblem("SPRING", "used_by_customer", times=2),
    CodeProblem("SPRING", "not_for_these"),
    CodeProblem("SPRING", "too_small", amount=usd(400)),
    CodeProblem("SPRING", "lowest"),
    CodeProblem("SPRING", "better_offer"),
)


def reduced_cart() -> CartView:
    return replace(cart(), code="SPRING", discounts=(COUPON, PROMOTION))


DELIVERY = (
    DeliveryOption(UUID(int=11), "Standard", usd(490), usd(6000), (2, 4)),
    DeliveryOption(UUID(int=12), "Collect", usd(0), None, (1, 1)),
)


def order(payment: str = "paid", fulfilment: str = "shipped") -> OrderView:
    line = OrderLineView(
        "Tee",
        "Rose",
        "T",
        PICTURE,
        2,
        0,
        usd(3600),
        usd(7200),
        usd(7200),
        usd(0),
        usd(1),
        usd(1),
        usd(0),
        usd(0),
    )
    address = {
        "name": "A Buyer",
        "line1": "12 Pine Street",
        "city": "Portland",
        "postcode": "97205",
        "country": "US",
    }
    return OrderView(
        UUID(int=1),
        UUID(int=77),
        UUID(int=2),
        1042,
        NOW,
        NOW,
        payment,
        fulfilment,
        "buyer@example.org",
        address,
        "Standard",
        usd(7200),
        usd(0),
        usd(576),
        usd(7776),
        False,
        usd(900),
        None,
        (line,),
        (
            TimelineEntry(NOW, "placed", "Order placed"),
            TimelineEntry(NOW + timedelta(hours=1), "paid", "Paid"),
        ),
        (ShipmentView("UPS", "1Z9", "https://example.org/t", NOW),),
        (
            OrderDiscountView("partner", UUID(int=8), "SPRING", "SPRING", usd(300), usd(300)),
            OrderDiscountView("company", UUID(int=9), "Spring at <Hollin>", "", usd(100), usd(100)),
        ),
    )
