"""A shopper's cart: what was chosen, priced as of now."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, delete, text, update
from sqlalchemy.orm import Session

from kit.errors import NotFound, Refusal
from kit.money import Money, total
from orders.discounting import COLUMNS, Offers, count_uses, discounts_of, offers_by_code, offers_of
from orders.models import Cart, CartItem
from orders.view import CartLine, CartView, CodeProblem
from pricing.discount_terms import check_code, clean_code
from pricing.listing import product_listing
from pricing.reading import VARIANTS, Selection, read_prices, terms_of
from pricing.standstill import ORDER_LOCK

LARGEST_QUANTITY = 99

_CART = Selection(
    "SELECT DISTINCT v.product_id, 0 AS place FROM cart_items i"
    " JOIN variants v ON v.variant_id = i.variant_id"
    " WHERE i.partner_id = :partner_id AND i.cart_id = :choice",
    join="JOIN cart_items ci ON ci.partner_id = :partner_id AND ci.cart_id = :choice"
    " AND ci.variant_id = v.variant_id",
    columns=", ci.quantity, ci.seen, ci.added_at" + COLUMNS,
    # What an unpaid order of this very cart holds is not lost to its shopper.
    freed="+ coalesce((SELECT sum(l.quantity) FROM orders o JOIN order_lines l"
    " ON l.partner_id = o.partner_id AND l.order_id = o.order_id"
    " WHERE o.partner_id = :partner_id AND l.partner_id = :partner_id AND o.cart_id = :choice"
    " AND o.payment = 'awaiting' AND o.stock = 'held' AND l.variant_id = v.variant_id), 0)",
    keep_hidden=True,
)


def cart_key(shopper_token: str) -> UUID:
    """The key of the cart that belongs to a shopper's cookie.

    Derived, so that finding a cart needs no look-up; one-way, so that the key gives no cookie away.
    """
    return UUID(bytes=hashlib.sha256(b"cart:" + shopper_token.encode()).digest()[:16])


def read_cart(
    session: Session,
    *,
    partner_id: UUID,
    store_id: UUID,
    cart_id: UUID,
    now: datetime,
    currency: str,
    email: str = "",
) -> CartView:
    """Return the cart at today's prices. ``currency`` is the store's, for a cart with nothing in it.

    ``email`` is the customer's, once it is known: some discounts are for each customer a few times only.
    """
    keys = {"partner_id": partner_id, "store_id": store_id, "cart_id": cart_id}
    rows = cart_rows(session, **keys, now=now)
    return view_of(
        rows,
        cart_id=cart_id,
        currency=currency,
        now=now,
        used_by_customer=uses_of_customer(session, offers_of(rows), **keys, email=email),
    )


def uses_of_customer(
    session: Session, offers: Offers, *, partner_id: UUID, store_id: UUID, cart_id: UUID, email: str
) -> dict[UUID, int]:
    """How often a customer has used what is limited for each; nothing while its address is not known."""
    limited = offers.limited_by_customer
    if not email or not limited:
        return {}
    counted = count_uses(
        session, partner_id=partner_id, store_id=store_id, cart_id=cart_id, discounts=limited, email=email
    )
    return {key: mine for key, (_, mine) in counted.items()}


def cart_rows(
    session: Session, *, partner_id: UUID, store_id: UUID, cart_id: UUID, now: datetime
) -> list[Row[Any]]:
    """Everything that the prices of the cart's lines depend on, in the order they were added."""
    rows = read_prices(
        session, partner_id=partner_id, store_id=store_id, now=now, selection=_CART, choice=cart_id
    )
    return sorted(rows, key=lambda row: (row.added_at, row.sku))


def view_of(
    rows: Sequence[Row[Any]],
    *,
    cart_id: UUID,
    currency: str,
    now: datetime,
    used_by_customer: Mapping[UUID, int] | None = None,
) -> CartView:
    """The cart as its shopper sees it."""
    lines = tuple(_line(row) for row in rows)
    offers = offers_of(rows)
    discounts, problem = discounts_of(rows, offers, now=now, used_by_customer=used_by_customer)
    goods = total((line.amount for line in lines), currency)
    return CartView(cart_id, lines, goods, offers.code, problem, discounts)


def _line(row: Row[Any]) -> CartLine:
    terms = terms_of(row)
    listing = product_listing([row], terms)
    variant = listing.variants[0]
    price = variant.price or Money(row.seen, terms.currency)
    problem = ""
    if row.state != "active" or row.hidden or variant.price is None:
        problem = "This is no longer sold here. Remove it to go on."
    elif variant.left == 0:
        problem = "This has sold out. Remove it to go on."
    elif variant.left is not None and variant.left < row.quantity:
        problem = f"Only {variant.left} left. Lower the quantity to go on."
    return CartLine(
        variant_id=row.variant_id,
        product_handle=listing.handle,
        product_title=listing.title,
        variant_title=variant.title,
        picture=variant.picture,
        quantity=row.quantity,
        price=price,
        was=Money(row.seen, terms.currency) if price.minor != row.seen else None,
        amount=price * row.quantity,
        left=variant.left,
        problem=problem,
    )


_PUT = text("""
    WITH cart AS (
      INSERT INTO carts (partner_id, cart_id, store_id, updated_at)
      VALUES (:partner_id, :cart_id, :store_id, :now)
      ON CONFLICT (partner_id, cart_id) DO UPDATE SET updated_at = excluded.updated_at
    )
    INSERT INTO cart_items (partner_id, cart_id, variant_id, quantity, seen, added_at)
    VALUES (:partner_id, :cart_id, :variant_id, :quantity, :seen, :now)
    ON CONFLICT (partner_id, cart_id, variant_id)
    DO UPDATE SET quantity = least(:largest, cart_items.quantity + excluded.quantity), seen = excluded.seen
""")


def add_to_cart(
    session: Session,
    *,
    partner_id: UUID,
    store_id: UUID,
    cart_id: UUID,
    variant_id: UUID,
    quantity: int,
    now: datetime,
) -> None:
    """Put units of a variant into the cart, beside what is there.

    Raises NotFound when the store does not sell it, and Refusal when it is sold out or the quantity
    is out of range.
    """
    if not 1 <= quantity <= LARGEST_QUANTITY:
        raise Refusal(f"Choose a quantity from 1 to {LARGEST_QUANTITY}.", field="quantity")
    rows = read_prices(
        session, partner_id=partner_id, store_id=store_id, now=now, selection=VARIANTS, choice=[variant_id]
    )
    if not rows:
        raise NotFound("This is not sold here.", field="variant_id")
    variant = product_listing(rows, terms_of(rows[0])).variants[0]
    if variant.price is None or rows[0].state != "active" or rows[0].hidden:
        raise NotFound("This is no longer sold here.", field="variant_id")
    if not variant.available:
        raise Refusal("This has sold out.", field="variant_id")
    put_into_cart(
        session,
        partner_id=partner_id,
        store_id=store_id,
        cart_id=cart_id,
        variant_id=variant_id,
        quantity=quantity,
        seen=variant.price,
        now=now,
    )


def put_into_cart(
    session: Session,
    *,
    partner_id: UUID,
    store_id: UUID,
    cart_id: UUID,
    variant_id: UUID,
    quantity: int,
    seen: Money,
    now: datetime,
) -> None:
    """Put units of what is known to be sold here into the cart. ``seen`` is the price of one."""
    session.execute(
        _PUT,
        {
            "partner_id": partner_id,
            "cart_id": cart_id,
            "store_id": store_id,
            "variant_id": variant_id,
            "quantity": quantity,
            "seen": seen.minor,
            "now": now,
            "largest": LARGEST_QUANTITY,
        },
    )


def change_quantity(
    session: Session, *, partner_id: UUID, cart_id: UUID, variant_id: UUID, quantity: int
) -> None:
    """Set how many of a variant the cart holds; zero removes it. Raises Refusal out of range."""
    if not 0 <= quantity <= LARGEST_QUANTITY:
        raise Refusal(f"Choose a quantity from 0 to {LARGEST_QUANTITY}.", field="quantity")
    mine = (
        CartItem.partner_id == partner_id,
        CartItem.cart_id == cart_id,
        CartItem.variant_id == variant_id,
    )
    if quantity == 0:
        session.execute(delete(CartItem).where(*mine))
    else:
        session.execute(update(CartItem).where(*mine).values(quantity=quantity))


def confirm_prices(session: Session, *, partner_id: UUID, cart: CartView) -> None:
    """Record that the shopper has seen today's prices of its cart."""
    for line in cart.lines:
        if line.was is not None:
            session.execute(
                update(CartItem)
                .where(
                    CartItem.partner_id == partner_id,
                    CartItem.cart_id == cart.cart_id,
                    CartItem.variant_id == line.variant_id,
                )
                .values(seen=line.price.minor)
            )


class CodeRefused(Refusal):
    """A code takes nothing off this cart. ``problem`` says why."""

    def __init__(self, problem: CodeProblem) -> None:
        super().__init__(problem.sentence, field="code")
        self.problem = problem


def use_code(
    session: Session, *, partner_id: UUID, store_id: UUID, cart_id: UUID, code: str, now: datetime
) -> None:
    """Put a coupon's or a promotion's code on the cart, in place of the one that is there.

    Raises CodeRefused when it takes nothing off this cart now, and Refusal for an empty cart or no code;
    then the cart keeps the code that it had.
    """
    kept = clean_code(code)
    keys = {"partner_id": partner_id, "store_id": store_id, "cart_id": cart_id}
    rows = cart_rows(session, **keys, now=now)
    if not rows:
        raise Refusal("Put something into your bag first.", field="code")
    if not kept:
        raise Refusal("Enter a code.", field="code")
    if check_code(kept):
        raise CodeRefused(CodeProblem("".join(filter(str.isprintable, kept)), "unknown"))
    offers = offers_by_code(session, rows, **keys, code=kept)
    _, problem = discounts_of(rows, offers, now=now)
    if problem is not None:
        raise CodeRefused(problem)
    _set_code(session, partner_id, cart_id, kept)


def drop_code(session: Session, *, partner_id: UUID, cart_id: UUID) -> None:
    """Take the code off the cart; one without a code stays as it is."""
    _set_code(session, partner_id, cart_id, None)


def _set_code(session: Session, partner_id: UUID, cart_id: UUID, code: str | None) -> None:
    session.execute(
        update(Cart).where(Cart.partner_id == partner_id, Cart.cart_id == cart_id).values(code=code)
    )


def lock_cart(session: Session, *, partner_id: UUID, cart_id: UUID) -> None:
    """Hold the cart until the transaction ends, so that two presses of the pay button take turns.

    From then on no rise of wholesale comes between what is read and what is ordered.
    """
    session.execute(_LOCK, {"partner_id": partner_id, "cart_id": cart_id, "key": ORDER_LOCK})


_LOCK = text("""
    SELECT c.cart_id, pg_advisory_xact_lock_shared(:key) FROM carts c
     WHERE c.partner_id = :partner_id AND c.cart_id = :cart_id FOR UPDATE
""")
