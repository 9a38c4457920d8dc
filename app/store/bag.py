"""The bag: what a shopper chose, changed in place, with every surprise pointed out."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from flask import abort, redirect, request, url_for
from werkzeug.wrappers import Response

from app.edge import db, now
from app.store.bag_count import remember_count
from app.store.blueprint import store
from app.store.browse import closed_page, fill
from app.store.rendering import render
from app.store.visit import cart_id, host_entry, primary_url, visit
from kit.money import Money
from orders.cart import add_to_cart, change_quantity, confirm_prices, read_cart
from orders.view import CartView


@dataclass(frozen=True, slots=True)
class Removed:
    """A line that was just removed, for bringing it back."""

    variant_id: UUID
    quantity: int
    title: str


def this_cart() -> CartView:
    """The shopper's cart at today's prices."""
    entry = host_entry()
    cart = read_cart(
        db(),
        partner_id=entry.partner_id,
        store_id=entry.store_id,
        cart_id=cart_id(),
        now=now(),
        currency=visit().store.currency,
    )
    remember_count(cart.count)
    return cart


@store.get("/cart")
def cart() -> Response:
    if (closed := closed_page()) is not None:
        return closed
    return Response(_cart_page(this_cart()), content_type="text/html; charset=utf-8")


def _cart_page(shown: CartView, removed: Removed | None = None) -> str:
    here = visit()
    free = min(
        (r.free_from for r in here.tables.rates_to(here.store.country) if r.free_from is not None),
        default=None,
    )
    free_from = None if free is None else Money(free, shown.goods.currency)
    short = None if free_from is None or shown.goods >= free_from else free_from - shown.goods
    return fill(
        render(
            here.store,
            "cart.html",
            page_title=f"Your bag – {here.store.name}",
            canonical_url="",
            base_url=primary_url(""),
            cart=shown,
            free_from=free_from,
            to_free=short,
            removed=removed,
        )
    )


@store.post("/cart/add")
def cart_add() -> Response:
    if (closed := closed_page()) is not None:
        return closed
    variant_id, quantity = _asked(default=1)
    entry = host_entry()
    add_to_cart(
        db(),
        partner_id=entry.partner_id,
        store_id=entry.store_id,
        cart_id=cart_id(),
        variant_id=variant_id,
        quantity=quantity,
        now=now(),
    )
    return redirect(url_for("store.cart"), 303)


@store.post("/cart/update")
def cart_update() -> Response:
    variant_id, quantity = _asked(default=0)
    before = next((line for line in this_cart().lines if line.variant_id == variant_id), None)
    change_quantity(
        db(),
        partner_id=host_entry().partner_id,
        cart_id=cart_id(),
        variant_id=variant_id,
        quantity=quantity,
    )
    if quantity or before is None:
        return redirect(url_for("store.cart"), 303)
    removed = Removed(variant_id, before.quantity, before.product_title)
    return Response(_cart_page(this_cart(), removed), content_type="text/html; charset=utf-8")


@store.post("/cart/confirm")
def cart_confirm() -> Response:
    confirm_prices(db(), partner_id=host_entry().partner_id, cart=this_cart())
    return redirect(url_for("store.cart"), 303)


def _asked(*, default: int) -> tuple[UUID, int]:
    """The variant and quantity that a form names. Aborts with 404 for no variant of ours."""
    try:
        variant_id = UUID(request.form.get("variant_id", ""))
    except ValueError:
        abort(404)
    text = request.form.get("quantity", "").strip() or str(default)
    # Anything that is no number is out of range, and the domain says what is allowed.
    return variant_id, int(text) if text.isascii() and text.isdigit() and len(text) < 6 else -1
