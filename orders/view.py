"""Carts and orders as pages show them: frozen, with every amount already worked out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from catalog.pictures import PictureRef
from kit.money import Money


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
class CartView:
    """A cart priced as of now. ``count`` is the number of units; ``goods`` their sum before delivery."""

    cart_id: UUID | None
    lines: tuple[CartLine, ...]
    goods: Money

    @property
    def count(self) -> int:
        return sum(line.quantity for line in self.lines)

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
    """What an order would cost. ``tax`` is inside ``total`` in either way of showing prices."""

    goods: Money
    delivery: Money
    tax: Money
    total: Money
    tax_inclusive: bool


@dataclass(frozen=True, slots=True)
class OrderLineView:
    """A line as it was sold. ``wholesale`` and ``margin`` are for the whole line."""

    product_title: str
    variant_title: str
    sku: str
    picture: PictureRef | None
    quantity: int
    unit: Money
    amount: Money
    net: Money
    tax: Money
    wholesale: Money
    margin: Money


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
    unfulfilled, partly_shipped, shipped, delivered, cancelled or returned.
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
