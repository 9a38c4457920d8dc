"""Carts and orders as pages show them: frozen, with every amount already worked out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from catalog.pictures import PictureRef
from kit.money import Money, total


@dataclass(frozen=True, slots=True)
class CartLine:
    """``was`` is the price seen when the line was added, when today's price differs from it.

    ``problem`` is empty, or a sentence that says why the line cannot be bought as it stands.
    """

    variant_id: UUID
    product_handle: str
    product_title: str
    variant_title: str
    picture: PictureRef | None
    quantity: int
    price: Money
    was: Money | None
    amount: Money
    left: int | None
    problem: str


@dataclass(frozen=True, slots=True)
class CartDiscount:
    """What a coupon or a promotion takes off a cart, as the store shows it.

    ``funder`` is partner for a coupon and company for a promotion; ``code`` is empty for one that needs
    none. ``asked`` is what it would be if no line were at its lowest price. ``parts`` are what comes off
    each line, in minor units.
    """

    funder: str
    discount_id: UUID
    name: str
    code: str
    amount: Money
    asked: Money
    parts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class CodeProblem:
    """Why a code takes nothing off.

    ``reason`` is unknown, not_begun, ended, used_up, used_by_customer, not_for_these, too_small, lowest or
    better_offer. ``moment`` is when it begins or ended, ``amount`` what is missing in the bag, ``times``
    how often a customer may use it.
    """

    code: str
    reason: str
    amount: Money | None = None
    moment: datetime | None = None
    times: int = 0

    @property
    def sentence(self) -> str:
        """The reason in plain words, for where no page words it."""
        match self.reason:
            case "not_begun":
                return f"{self.code} begins on {self.moment:%d %B %Y, %H:%M} UTC."
            case "ended":
                return f"{self.code} ended on {self.moment:%d %B %Y, %H:%M} UTC."
            case "used_up":
                return f"{self.code} has been used as often as it may be."
            case "used_by_customer":
                return f"{self.code} can be used {self.times} times by each customer, and you have."
            case "not_for_these":
                return f"{self.code} is not for anything in your bag."
            case "too_small":
                return f"{self.code} needs goods for {self.amount} more in your bag."
            case "lowest":
                return f"{self.code} takes nothing off: what is in your bag is at its lowest price already."
            case "better_offer":
                return f"You have a better offer than {self.code} already."
            case _:
                return f"There is no code {self.code} here."


@dataclass(frozen=True, slots=True)
class CartView:
    """A cart priced as of now. ``count`` is the number of units; ``goods`` their sum at listed prices.

    ``code`` is what the shopper named, ``problem`` why it takes nothing off. ``discounts`` come off the
    goods in their order.
    """

    cart_id: UUID | None
    lines: tuple[CartLine, ...]
    goods: Money
    code: str = ""
    problem: CodeProblem | None = None
    discounts: tuple[CartDiscount, ...] = ()

    @property
    def count(self) -> int:
        return sum(line.quantity for line in self.lines)

    @property
    def to_pay(self) -> Money:
        """What the goods cost after discounts."""
        return self.goods - total((item.amount for item in self.discounts), self.goods.currency)

    @property
    def seen(self) -> str:
        """The discounts in one word, by which a checkout knows what its shopper was shown."""
        return ",".join(f"{item.discount_id}:{item.amount.minor}" for item in self.discounts)

    def off(self, funder: str) -> tuple[int, ...]:
        """What a funder's discount takes off each line, in minor units."""
        found = next((item for item in self.discounts if item.funder == funder), None)
        return found.parts if found else (0,) * len(self.lines)

    @property
    def changed(self) -> bool:
        """Whether a price differs from the one the shopper saw, or a line has a problem."""
        return any(line.was is not None or line.problem for line in self.lines)


@dataclass(frozen=True, slots=True)
class DeliveryOption:
    """A way of delivery that the company offers to a country, with what it costs for this cart.

    ``free_from`` is the goods amount from which it is free, if there is one. ``days`` is its span in
    working days.
    """

    rate_id: UUID
    name: str
    amount: Money
    free_from: Money | None
    days: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Quote:
    """What an order would cost. ``goods`` are at listed prices, before discounts; ``tax`` is inside ``total``
    in either way of showing prices."""

    goods: Money
    delivery: Money
    tax: Money
    total: Money
    tax_inclusive: bool


@dataclass(frozen=True, slots=True)
class OrderLineView:
    """A line as it was sold. ``amount`` is at the listed price; ``net`` and ``tax`` are what was paid.

    ``wholesale``, ``margin`` and the discounts are for the whole line, without tax. ``cancelled`` of its
    units are not sent.
    """

    product_title: str
    variant_title: str
    sku: str
    picture: PictureRef | None
    quantity: int
    cancelled: int
    unit: Money
    amount: Money
    net: Money
    tax: Money
    wholesale: Money
    margin: Money
    partner_discount: Money
    company_discount: Money


@dataclass(frozen=True, slots=True)
class OrderDiscountView:
    """What came off an order: ``amount`` as the store shows it, ``net`` without tax. ``funder`` is partner
    or company."""

    funder: str
    discount_id: UUID
    name: str
    code: str
    amount: Money
    net: Money


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    at: datetime
    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class ShipmentView:
    carrier: str
    number: str
    url: str
    shipped_at: datetime


@dataclass(frozen=True, slots=True)
class OrderView:
    """An order with all that its pages show. ``address`` has name, line1, line2, city, region,
    postcode, country; fields that were not granted to the reader are absent from it.

    ``payment`` is awaiting, paid, partly_refunded, refunded, expired or failed; ``fulfilment`` is
    unfulfilled, partly_shipped, shipped, delivered, cancelled or returned. ``locale`` is what its shopper
    read when buying. ``erased_at`` is since when it does not say any more whose it was, ``erase_asked_at``
    since when its shopper wants that.
    """

    partner_id: UUID
    order_id: UUID
    store_id: UUID
    number: int
    placed_at: datetime
    paid_at: datetime | None
    payment: str
    fulfilment: str
    email: str
    address: dict[str, str]
    delivery_name: str
    goods: Money
    delivery: Money
    tax: Money
    total: Money
    tax_inclusive: bool
    margin: Money
    available_on: datetime | None
    lines: tuple[OrderLineView, ...]
    timeline: tuple[TimelineEntry, ...]
    shipments: tuple[ShipmentView, ...]
    discounts: tuple[OrderDiscountView, ...] = ()
    locale: str = ""
    erase_asked_at: datetime | None = None
    erased_at: datetime | None = None
