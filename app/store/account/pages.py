"""What stands in an account: its orders, its addresses, and what it is signed in to with."""

from __future__ import annotations

from uuid import UUID

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from app.edge import db, end_transaction, now, services, tenant
from app.store.account.shopper import (
    account_page,
    browser,
    errors_of,
    host,
    let_in,
    me,
    needs_account,
    typed,
)
from app.store.account.signing import sent_page
from app.store.bag_count import remember_count
from app.store.blueprint import store
from app.store.browse import closed_page
from app.store.checkout import NO_POSTCODE, countries
from app.store.links import order_token
from app.store.orders import order_of
from app.store.visit import cart_id, host_entry, spoken, visit
from kit.errors import Refusal
from orders.accounts import changing
from orders.accounts.addresses import (
    PARTS,
    addresses_of,
    keep_address,
    make_default,
    read_address,
    remove_address,
)
from orders.accounts.orders import orders_of
from orders.accounts.reordering import Reordered, reorder
from orders.accounts.signing import confirm_password
from orders.cart import read_cart
from tenants.passwords import SHORTEST

_PAGE = 20


@store.get("/account")
@needs_account
def account() -> Response:
    return _orders_page()


def _orders_page(again: Reordered | None = None) -> Response:
    number = min(max(request.args.get("page", 1, int), 1), 1000)
    found = orders_of(db(), shopper=me(), limit=_PAGE + 1, offset=(number - 1) * _PAGE)
    secret, partner_id = services().config.secret, me().partner_id
    tokens = {
        order.order_id: order_token(secret, partner_id=partner_id, order_id=order.order_id)
        for order in found[:_PAGE]
    }
    return account_page(
        "orders.html",
        spoken("Your orders"),
        orders=found[:_PAGE],
        tokens=tokens,
        page_no=number,
        more=len(found) > _PAGE,
        again=again,
    )


@store.post("/account/orders/<uuid:order_id>/again")
@needs_account
def buy_again(order_id: UUID) -> Response:
    """Put what an order held into the bag. Where not all of it is sold any more, it is said what."""
    if (closed := closed_page()) is not None:
        return closed
    entry, cart = host_entry(), cart_id()
    done = reorder(db(), shopper=me(), order_id=order_id, cart_id=cart, now=now())
    shown = read_cart(
        db(),
        partner_id=entry.partner_id,
        store_id=entry.store_id,
        cart_id=cart,
        now=now(),
        currency=visit().store.currency,
    )
    remember_count(shown.count)
    if done.gone or done.fewer:
        return _orders_page(done)
    return redirect(url_for("store.cart"), 303)


@store.get("/account/addresses")
@needs_account
def addresses() -> Response:
    return account_page(
        "addresses.html", spoken("Your addresses"), addresses=addresses_of(db(), shopper=me())
    )


@store.route("/account/addresses/new", methods=["GET", "POST"])
@needs_account
def new_address() -> Response:
    return _address(None)


@store.post("/order/<token>/keep-address")
@needs_account
def keep_address_of(token: str) -> Response:
    """Keep the address that an order went to."""
    keep_address(
        db(),
        shopper=me(),
        typed=order_of(token).address,
        countries=visit().tables.countries(),
        without_postcode=NO_POSTCODE,
        now=now(),
    )
    return redirect(url_for("store.addresses"), 303)


@store.route("/account/addresses/<uuid:address_id>", methods=["GET", "POST"])
@needs_account
def address(address_id: UUID) -> Response:
    """An address in its form; and what its buttons in the list do."""
    act = request.form.get("act", "")
    if act == "remove":
        remove_address(db(), shopper=me(), address_id=address_id)
    elif act == "default":
        make_default(db(), shopper=me(), address_id=address_id)
    else:
        return _address(address_id)
    return redirect(url_for("store.addresses"), 303)


def _address(address_id: UUID | None) -> Response:
    form, errors = typed(*PARTS), {}
    if request.method == "POST":
        try:
            with db().begin_nested():
                keep_address(
                    db(),
                    shopper=me(),
                    typed=form,
                    countries=visit().tables.countries(),
                    without_postcode=NO_POSTCODE,
                    address_id=address_id,
                    default=bool(request.form.get("default")),
                    now=now(),
                )
            return redirect(url_for("store.addresses"), 303)
        except Refusal as refusal:
            errors = errors_of(refusal)
    elif address_id is not None:
        form = read_address(db(), shopper=me(), address_id=address_id).address
    else:
        form = {"name": me().name, "country": visit().store.country}
    return account_page(
        "address.html",
        spoken("Change the address") if address_id else spoken("Add an address"),
        422 if errors else 200,
        form=form,
        errors=errors,
        countries=countries(),
        address_id=address_id,
    )


@store.route("/account/sign-in-data", methods=["GET", "POST"])
@needs_account
def sign_in_data() -> Response:
    """Change the password or the address that somebody signs in with; both ask for the password."""
    act = request.form.get("act", "")
    if request.method == "GET":
        return _sign_in_data_page("", {})
    mine = me()
    end_transaction()
    try:
        confirm_password(tenant(), shopper=mine, password=request.form.get("now", ""), host=host(), now=now())
        if act == "email":
            email = changing.ask_email(
                db(),
                shopper=mine,
                email=request.form.get("email", "")[:300],
                browser=browser(),
                host=host(),
                locale=visit().store.locale,
                now=now(),
            )
            return sent_page(email, spoken("Confirm your address"))
        cookie = changing.change_password(
            db(), shopper=mine, password=request.form.get("password", ""), now=now()
        )
    except Refusal as refusal:
        return _sign_in_data_page(act, errors_of(refusal), 422)
    return let_in(cookie, url_for("store.sign_in_data", done="password"))


def _sign_in_data_page(act: str, errors: dict[str, str], status: int = 200) -> Response:
    return account_page(
        "sign_in_data.html",
        spoken("Signing in"),
        status,
        act=act,
        form=typed("email"),
        errors=errors,
        done=request.args.get("done") == "password",
        shortest=SHORTEST,
    )
