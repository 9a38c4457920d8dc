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
from orders.cart import cart_rows, uses_of_customer, view_of
from orders.discounting import Offers, count_uses, limited, offers_of, over_limit
from orders.models import Order, OrderDiscount, OrderLine
from orders.newsletter.asking import note_wish
from orders.quoting import Amounts, amounts, priced
from orders.view import CartView
from pricing.delivery import Rate, Tables
from pricing.offers import in_force
from pricing.reading import terms_of
from storage.database import insert_rows


@dataclass(frozen=True, slots=True)
class Contact:
    """Who ordered, and where it goes. Country is an ISO 3166 code. ``news`` are the words with which it
    asked for the store's news; empty where it did not."""

    email: str
    name: str
    line1: str
    line2: str
    city: str
    region: str
    postcode: str
    country: str
    phone: str = ""
    news: str = ""

    def address(self) -> dict[str, str]:
        return {key: value for key, value in asdict(self).items() if key not in ("email", "news")}


class CartChanged(Refusal):
    """The cart differs from what its shopper saw: a price, or something that can no longer be sold."""

    def __init__(self, cart: CartView) -> None:
        super().__init__("Something in your bag has changed. Please look at it again.", field="cart")
        self.cart = cart


class DiscountChanged(Refusal):
    """What comes off the cart differs from what its shopper was shown: a code was used up or ended, a
    promotion began or ended, or this customer has used it before."""

    def __init__(self) -> None:
        super().__init__("The discount on your bag has changed. Please look at it again.", field="code")


class CartEmpty(Refusal):
    """There is nothing to order."""

    def __init__(self) -> None:
        super().__init__("Your bag is empty.", field="cart")


@dataclass(frozen=True, slots=True)
class Draft:
    """An order worked out and not placed yet. ``fingerprint`` is the same for the same order."""

    rows: Sequence[Row[Any]]
    cart: CartView
    offers: Offers
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
    reduced: bool


@dataclass(frozen=True, slots=True)
class PlacedOrder:
    """What payment needs to know of an order. Line amounts are what is charged, with tax and after
    discounts.

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
    seen: str | None = None,
) -> Draft:
    """Work out the order of a cart at today's prices.

    ``seen`` are the discounts that the shopper was shown, as ``CartView.seen`` words them; None when
    nobody was shown any. Raises CartEmpty; CartChanged, when the shopper has not seen today's prices or a
    line cannot be sold; DiscountChanged, when something else comes off than was seen; Refusal, when the
    way of delivery does not go to the country.
    """
    keys = {"partner_id": partner_id, "store_id": store_id, "cart_id": cart_id}
    rows = cart_rows(session, **keys, now=now)
    if not rows:
        raise CartEmpty
    terms, offers = terms_of(rows[0]), offers_of(rows)
    mine = uses_of_customer(session, offers, **keys, email=contact.email)
    cart = view_of(rows, cart_id=cart_id, currency=terms.currency, now=now, used_by_customer=mine)
    if cart.changed:
        raise CartChanged(cart)
    if seen is not None and seen != cart.seen:
        raise DiscountChanged
    rate = next((rate for rate in tables.rates_to(contact.country) if rate.rate_id == rate_id), None)
    if rate is None:
        raise Refusal("Choose a way of delivery that goes to this country.", field="rate_id")
    worked_out = amounts(
        priced(cart, [row.taxable for row in rows]),
        rate=rate,
        tax=tables.tax_on(contact.country, contact.region),
        tax_inclusive=terms.tax_inclusive,
    )
    what = [
        [str(r.variant_id), r.quantity, line.shown] for r, line in zip(rows, worked_out.lines, strict=True)
    ]
    who = [asdict(contact), str(rate_id), worked_out.total, cart.seen]
    return Draft(
        rows=rows,
        cart=cart,
        offers=offers,
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
         JOIN price_lists l USING (price_list_id) WHERE p.partner_id = :partner_id) AS hold_days,
      (SELECT l.fee_share_bps FROM partners p
         JOIN price_lists l USING (price_list_id) WHERE p.partner_id = :partner_id) AS fee_share_bps,
      (SELECT c.returns_days FROM company c) AS returns_days
""")


def place(
    session: Session,
    *,
    partner_id: UUID,
    store_id: UUID,
    cart_id: UUID,
    draft: Draft,
    now: datetime,
    locale: str = "",
) -> PlacedOrder:
    """Place the order: hold its stock, give it the store's next number, freeze its lines. ``locale`` is
    what its mails are written in; the store's unless given.

    Raises stock.SoldOut when units ran out meanwhile, and DiscountChanged when the last use of a discount
    was. The database refuses a line under its floor.
    """
    quantities: dict[UUID, int] = {row.variant_id: row.quantity for row in draft.rows}
    stock.hold(session, quantities=quantities)
    issued = session.execute(_NUMBER, {"partner_id": partner_id, "store_id": store_id}).one()
    _still_there(session, partner_id, store_id, cart_id, draft)
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
        "locale": locale or issued.locale,
        "fingerprint": draft.fingerprint,
        "hold_from": issued.hold_from,
        "hold_days": issued.hold_days,
        "fee_share_bps": issued.fee_share_bps,
        "returns_days": issued.returns_days,
        "placed_at": now,
    }
    insert_rows(session, Order, [order])
    lines = [_line(draft, partner_id, order_id, index) for index in range(len(draft.rows))]
    insert_rows(session, OrderLine, lines)
    insert_rows(session, OrderDiscount, _discounts(draft, partner_id, order_id))
    if draft.contact.news:
        note_wish(session, partner_id=partner_id, order_id=order_id, words=draft.contact.news, now=now)
    currency = draft.currency
    return PlacedOrder(
        partner_id=partner_id,
        store_id=store_id,
        order_id=order_id,
        number=issued.number,
        email=draft.contact.email,
        lines=tuple(
            PlacedLine(
                _title(row),
                row.quantity,
                Money(line.net + line.tax, currency),
                reduced=bool(line.partner_discount or line.company_discount),
            )
            for row, line in zip(draft.rows, draft.amounts.lines, strict=True)
        ),
        delivery_name=draft.rate.name,
        delivery=Money(draft.amounts.delivery.net + draft.amounts.delivery.tax, currency),
        total=Money(draft.amounts.total, currency),
    )


def _still_there(session: Session, partner_id: UUID, store_id: UUID, cart_id: UUID, draft: Draft) -> None:
    """Count the uses of limited discounts once more. The store's number is taken, so that until this
    order is written or given up no other order of the store is: the last use is had once."""
    counting = limited(draft.offers, draft.cart.discounts)
    if not counting:
        return
    counted = count_uses(
        session,
        partner_id=partner_id,
        store_id=store_id,
        cart_id=cart_id,
        discounts=[offer.discount.discount_id for offer in counting],
        email=draft.contact.email,
    )
    if any(over_limit(offer, *counted.get(offer.discount.discount_id, (0, 0))) for offer in counting):
        raise DiscountChanged


def _discounts(draft: Draft, partner_id: UUID, order_id: UUID) -> list[dict[str, Any]]:
    net = {
        "partner": sum(line.partner_discount for line in draft.amounts.lines),
        "company": sum(line.company_discount for line in draft.amounts.lines),
    }
    return [
        {
            "partner_id": partner_id,
            "order_id": order_id,
            "funder": item.funder,
            "discount_id": item.discount_id,
            "code": item.code,
            "name": item.name,
            "amount": item.amount.minor,
            "net": net[item.funder],
        }
        for item in draft.cart.discounts
    ]


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
        "partner_discount": line.partner_discount,
        "company_discount": line.company_discount,
        "net": line.net,
        "tax_bps": line.tax_bps,
        "tax": line.tax,
        "margin": line.net + line.company_discount - found.wholesale * row.quantity,
    }
