"""Turning a cart into an order: every amount frozen, stock held."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from kit.errors import Refusal
from kit.ids import new_id
from kit.money import Money
from orders import stock
from orders.cart import cart_rows, view_of
from orders.models import Order, OrderLine
from orders.quoting import Amounts, amounts
from orders.view import CartView
from pricing.delivery import Rate, Tables
from pricing.offers import in_force
from pricing.reading import terms_of
from storage.database import insert_rows


@dataclass(frozen=True, slots=True)
class Contact:
    """Who ordered, and where it goes. Country is an ISO 3166 code."""

    email: str
    name: str
    line1: str
    line2: str
    city: str
    region: str
    postcode: str
    country: str
    phone: str = ""

    def address(self) -> dict[str, str]:
        return {key: value for key, value in asdict(self).items() if key != "email"}


class CartChanged(Refusal):
    """The cart differs from what its shopper saw: a price, or something that can no longer be sold."""

    def __init__(self, cart: CartView) -> None:
        super().__init__("Something in your bag has changed. Please look at it again.", field="cart")
        self.cart = cart


class CartEmpty(Refusal):
    """There is nothing to order."""

    def __init__(self) -> None:
        super().__init__("Your bag is empty.", field="cart")


@dataclass(frozen=True, slots=True)
class Draft:
    """An order worked out and not placed yet. ``fingerprint`` is the same for the same order."""

    rows: Sequence[Row[Any]]
    amounts: Amounts
    rate: Rate
    contact: Contact
    currency: str
    tax_inclusive: bool
    fingerprint: bytes


@dataclass(frozen=True, slots=True)
class PlacedLine:
    title: str
    quantity: int
    amount: Money


@dataclass(frozen=True, slots=True)
class PlacedOrder:
    """What payment needs to know of an order. Line amounts are what is charged, with tax.

    ``delivery`` is charged besides the lines and contains its tax; all add up to ``total``.
    """

    partner_id: UUID
    store_id: UUID
    order_id: UUID
    number: int
    email: str
    lines: tuple[PlacedLine, ...]
    delivery_name: str
    delivery: Money
    total: Money


def draft(
    session: Session,
    *,
    partner_id: UUID,
    store_id: UUID,
    cart_id: UUID,
    contact: Contact,
    rate_id: UUID,
    tables: Tables,
    now: datetime,
) -> Draft:
    """Work out the order of a cart at today's prices.

    Raises CartEmpty; CartChanged, when the shopper has not seen today's prices or a line cannot be
    sold; Refusal, when the way of delivery does not go to the country.
    """
    rows = cart_rows(session, partner_id=partner_id, store_id=store_id, cart_id=cart_id, now=now)
    if not rows:
        raise CartEmpty
    terms = terms_of(rows[0])
    cart = view_of(rows, cart_id=cart_id, currency=terms.currency)
    if cart.changed:
        raise CartChanged(cart)
    rate = next((rate for rate in tables.rates_to(contact.country) if rate.rate_id == rate_id), None)
    if rate is None:
        raise Refusal("Choose a way of delivery that goes to this country.", field="rate_id")
    worked_out = amounts(
        [(line.amount.minor, row.taxable) for line, row in zip(cart.lines, rows, strict=True)],
        rate=rate,
        tax=tables.tax_on(contact.country, contact.region),
        tax_inclusive=terms.tax_inclusive,
    )
    what = [
        [str(r.variant_id), r.quantity, line.shown] for r, line in zip(rows, worked_out.lines, strict=True)
    ]
    who = [asdict(contact), str(rate_id), worked_out.total]
    return Draft(
        rows=rows,
        amounts=worked_out,
        rate=rate,
        contact=contact,
        currency=terms.currency,
        tax_inclusive=terms.tax_inclusive,
        fingerprint=hashlib.sha256(json.dumps([what, who], sort_keys=True).encode()).digest(),
    )


_NUMBER = text("""
    UPDATE stores SET last_order_number = last_order_number + 1
     WHERE stores.partner_id = :partner_id AND stores.store_id = :store_id
    RETURNING last_order_number AS number, locale,
      (SELECT coalesce(l.hold_from, c.hold_from) FROM company c, partners p
         JOIN price_lists l USING (price_list_id) WHERE p.partner_id = :partner_id) AS hold_from,
      (SELECT coalesce(l.hold_days, c.hold_days) FROM company c, partners p
         JOIN price_lists l USING (price_list_id) WHERE p.partner_id = :partner_id) AS hold_days
""")


def place(
    session: Session, *, partner_id: UUID, store_id: UUID, cart_id: UUID, draft: Draft, now: datetime
) -> PlacedOrder:
    """Place the order: hold its stock, give it the store's next number, freeze its lines.

    Raises stock.SoldOut when units ran out meanwhile. The database refuses a line under its floor.
    """
    quantities: dict[UUID, int] = {row.variant_id: row.quantity for row in draft.rows}
    stock.hold(session, quantities=quantities)
    issued = session.execute(_NUMBER, {"partner_id": partner_id, "store_id": store_id}).one()
    order_id = new_id()
    order = {
        "partner_id": partner_id,
        "order_id": order_id,
        "store_id": store_id,
        "number": issued.number,
        "cart_id": cart_id,
        "currency": draft.currency,
        "goods": draft.amounts.goods,
        "delivery": draft.amounts.delivery.net,
        "delivery_tax": draft.amounts.delivery.tax,
        "tax": draft.amounts.tax,
        "total": draft.amounts.total,
        "tax_inclusive": draft.tax_inclusive,
        "delivery_name": draft.rate.name,
        "email": draft.contact.email,
        "address": draft.contact.address(),
        "locale": issued.locale,
        "fingerprint": draft.fingerprint,
        "hold_from": issued.hold_from,
        "hold_days": issued.hold_days,
        "placed_at": now,
    }
    insert_rows(session, Order, [order])
    lines = [_line(draft, partner_id, order_id, index) for index in range(len(draft.rows))]
    insert_rows(session, OrderLine, lines)
    currency = draft.currency
    return PlacedOrder(
        partner_id=partner_id,
        store_id=store_id,
        order_id=order_id,
        number=issued.number,
        email=draft.contact.email,
        lines=tuple(
            PlacedLine(_title(row), row.quantity, Money(line.net + line.tax, currency))
            for row, line in zip(draft.rows, draft.amounts.lines, strict=True)
        ),
        delivery_name=draft.rate.name,
        delivery=Money(draft.amounts.delivery.net + draft.amounts.delivery.tax, currency),
        total=Money(draft.amounts.total, currency),
    )


def _title(row: Row[Any]) -> str:
    return ", ".join([row.title, *row.options])


def _line(draft: Draft, partner_id: UUID, order_id: UUID, index: int) -> dict[str, Any]:
    row, line = draft.rows[index], draft.amounts.lines[index]
    found = in_force(row, terms_of(row))
    if found is None:  # A draft holds no line that cannot be sold.
        raise ValueError(f"{row.sku} has no price")
    pictures = {item[0]: item[1:] for item in row.pictures or ()}
    picture = pictures.get(str(row.picture_id)) or next(iter(pictures.values()), None)
    return {
        "partner_id": partner_id,
        "line_id": new_id(),
        "order_id": order_id,
        "position": index,
        "variant_id": row.variant_id,
        "sku": row.sku,
        "product_title": row.title,
        "variant_title": ", ".join(row.options),
        "picture": picture,
        "quantity": row.quantity,
        "unit_retail": found.price,
        "unit_wholesale": found.wholesale,
        "unit_floor": found.net_floor,
        "net": line.net,
        "tax_bps": line.tax_bps,
        "tax": line.tax,
        "margin": line.net - found.wholesale * row.quantity,
    }
