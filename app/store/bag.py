"""The bag: what a shopper chose, changed in place, with every surprise pointed out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from flask import abort, redirect, request, url_for
from werkzeug.wrappers import Response

from app.edge import db, now
from app.store.bag_count import remember_count
from app.store.blueprint import store
from app.store.browse import closed_page, fill
from app.store.draft_view import sample_cart, viewing
from app.store.rendering import render
from app.store.visit import cart_id, host_entry, primary_url, spoken, visit
from kit.errors import Refusal
from kit.money import Money
from orders.cart import (
    CodeRefused,
    add_to_cart,
    change_quantity,
    confirm_prices,
    drop_code,
    read_cart,
    use_code,
)
from orders.view import CartView, CodeProblem


@dataclass(frozen=True, slots=True)
class Removed:
    """A line that was just removed, for bringing it back."""

    variant_id: UUID
    quantity: int
    title: str


@dataclass(frozen=True, slots=True)
class TypedCode:
    """A code that was refused: as it was typed, and why."""

    typed: str
    problem: CodeProblem | None
    sentence: str


def this_cart(email: str = "") -> CartView:
    """The shopper's cart at today's prices; ``email`` is the shopper's, once it has said it."""
    entry = host_entry()
    if viewing() is not None:
        return sample_cart(entry, visit().store.currency)
    cart = read_cart(
        db(),
        partner_id=entry.partner_id,
        store_id=entry.store_id,
        cart_id=cart_id(),
        now=now(),
        currency=visit().store.currency,
        email=email,
    )
    remember_count(cart.count)
    return cart


@store.get("/cart")
def cart() -> Response:
    if (closed := closed_page()) is not None:
        return closed
    return _answer(cart_page(this_cart()))


def _answer(html: str, status: int = 200) -> Response:
    return Response(html, status, content_type="text/html; charset=utf-8")


def cart_page(
    shown: CartView,
    removed: Removed | None = None,
    *,
    refused: TypedCode | None = None,
    typed: Mapping[str, str] | None = None,
) -> str:
    """The bag's page. ``typed`` is what a checkout has to come back with that was sent here, because the
    discount is not what its shopper saw."""
    here = visit()
    free = min(
        (r.free_from for r in here.tables.rates_to(here.store.country) if r.free_from is not None),
        default=None,
    )
    free_from = None if free is None else Money(free, shown.goods.currency)
    short = None if free_from is None or shown.to_pay >= free_from else free_from - shown.to_pay
    return fill(
        render(
            here.store,
            "cart.html",
            page_title=f"{spoken('Your bag')} – {here.store.name}",
            canonical_url="",
            base_url=primary_url(""),
            cart=shown,
            free_from=free_from,
            to_free=short,
            removed=removed,
            refused=refused,
            typed=typed,
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
    return _answer(cart_page(this_cart(), removed))


@store.post("/cart/code")
def cart_code() -> Response:
    if (closed := closed_page()) is not None:
        return closed
    entry = host_entry()
    if request.form.get("act") == "drop":
        drop_code(db(), partner_id=entry.partner_id, cart_id=cart_id())
        return redirect(url_for("store.cart"), 303)
    typed = request.form.get("code", "").strip()[:60]
    try:
        use_code(
            db(),
            partner_id=entry.partner_id,
            store_id=entry.store_id,
            cart_id=cart_id(),
            code=typed,
            now=now(),
        )
    except Refusal as refusal:
        problem = refusal.problem if isinstance(refusal, CodeRefused) else None
        return _answer(cart_page(this_cart(), refused=TypedCode(typed, problem, refusal.message)), 422)
    return redirect(url_for("store.cart"), 303)


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
