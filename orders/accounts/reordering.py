"""Buying again what an order held: what is sold today goes into the bag, and the rest is said by name."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from kit.errors import NotFound
from orders.accounts.orders import may_see
from orders.accounts.signing import Shopper
from orders.cart import LARGEST_QUANTITY, put_into_cart
from pricing.listing import product_listing
from pricing.reading import VARIANTS, read_prices, terms_of

_LINES = text("""
    SELECT l.variant_id, sum(l.quantity) AS quantity, min(l.position) AS position,
           min(concat_ws(', ', l.product_title, nullif(l.variant_title, ''))) AS title
      FROM order_lines l WHERE l.partner_id = :partner_id AND l.order_id = :order_id
     GROUP BY l.variant_id ORDER BY min(l.position)
""")


@dataclass(frozen=True, slots=True)
class Reordered:
    """What became of an order that is bought again: how many units are in the bag now, what is not sold any
    more or has sold out, and what there is less of than was bought, each with how many there are."""

    units: int
    gone: tuple[str, ...]
    fewer: tuple[tuple[str, int], ...]


def reorder(session: Session, *, shopper: Shopper, order_id: UUID, cart_id: UUID, now: datetime) -> Reordered:
    """Put what an order held into the bag, at today's prices. Raises NotFound for an order that the account
    may not see."""
    if not may_see(session, shopper=shopper, order_id=order_id):
        raise NotFound("There is no such order.")
    keys = {"partner_id": shopper.partner_id, "store_id": shopper.store_id}
    wanted = session.execute(_LINES, {"partner_id": shopper.partner_id, "order_id": order_id}).all()
    rows = read_prices(
        session,
        partner_id=shopper.partner_id,
        store_id=shopper.store_id,
        now=now,
        selection=VARIANTS,
        choice=[line.variant_id for line in wanted],
    )
    sold = {row.variant_id: row for row in rows if row.state == "active" and not row.hidden}
    units, gone, fewer = 0, [], []
    for line in wanted:
        row = sold.get(line.variant_id)
        variant = product_listing([row], terms_of(row)).variants[0] if row is not None else None
        if variant is None or variant.price is None or not variant.available:
            gone.append(line.title)
            continue
        quantity = min(int(line.quantity), LARGEST_QUANTITY)
        if variant.left is not None and variant.left < quantity:
            quantity = variant.left
            fewer.append((line.title, quantity))
        put_into_cart(
            session, **keys, cart_id=cart_id, variant_id=line.variant_id, quantity=quantity,
            seen=variant.price, now=now,
        )  # fmt: skip
        units += quantity
    return Reordered(units, tuple(gone), tuple(fewer))
