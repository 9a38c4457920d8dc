"""Checkout on one page: e-mail, address, delivery, and on to Stripe's page."""

from __future__ import annotations

import logging
import re
from uuid import UUID

from babel import Locale
from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from app.edge import db, services, tenant
from app.languages import known_locale
from app.store.account.shopper import shopper
from app.store.bag import cart_page, this_cart
from app.store.blueprint import store
from app.store.browse import closed_page, fill
from app.store.links import order_token
from app.store.newsletter import consent
from app.store.rendering import render
from app.store.visit import cart_id, heard, primary_url, spoken, visit
from kit.errors import Refusal
from orders.accounts.addresses import KeptAddress, addresses_of
from orders.placing import CartChanged, CartEmpty, Contact, DiscountChanged
from orders.quoting import amounts, delivery_options, priced, quote
from orders.stock import SoldOut
from payments import checkout as payments
from payments.gateway.errors import GatewayUnavailable
from pricing.delivery import Rate

log = logging.getLogger(__name__)

_FIELDS = ("email", "name", "line1", "line2", "city", "region", "postcode", "country", "phone", "rate_id")
# Countries whose addresses have no postcode that a parcel would need.
NO_POSTCODE = frozenset({"AE", "HK", "IE", "QA"})
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s.]+(\.[^@\s.]+)+")


@store.route("/checkout", methods=["GET", "POST"])
def checkout() -> Response:
    if (closed := closed_page()) is not None:
        return closed
    form = {name: request.form.get(name, "").strip()[:300] for name in _FIELDS}
    kept = _prefill(form) if request.method == "GET" else ()
    form["country"] = form["country"] or visit().store.country
    form["newsletter"] = "1" if request.form.get("newsletter") == "1" else ""
    if request.method == "GET" or request.form.get("act") == "update":
        return _page(form, {}, kept=kept)
    errors = _errors(form)
    if errors:
        return _page(form, errors, 422)
    try:
        return _pay(form)
    except (CartChanged, CartEmpty, SoldOut):
        return redirect(url_for("store.cart"), 303)
    except DiscountChanged:
        # The bag shows what is different, and carries what was typed back to the checkout.
        html = cart_page(this_cart(form["email"]), typed=form)
        return Response(html, 409, content_type="text/html; charset=utf-8")
    except Refusal as refusal:
        return _page(form, {refusal.field: heard(refusal.message)}, 422)
    except GatewayUnavailable as error:
        log.warning("the payment page could not be opened: %s", str(error).partition("\n")[0])
        # The order waits, and pressing again goes on with it, so what was typed must not be lost.
        told = spoken("The payment service did not answer. Please try again in a moment.")
        answer = _page(form, {"": told}, 503)
        answer.headers["Retry-After"] = "5"
        return answer


def _prefill(form: dict[str, str]) -> tuple[KeptAddress, ...]:
    """Put the address that a shopper keeps into the form, or the one that it chose; return all of them."""
    mine = shopper()
    if mine is None:
        return ()
    kept = addresses_of(db(), shopper=mine)
    wanted = request.args.get("address", "")
    chosen = next((each for each in kept if str(each.address_id) == wanted), next(iter(kept), None))
    known = chosen.address if chosen else {"name": mine.name}
    form |= {name: value for name, value in known.items() if name in form}
    form["email"] = mine.email
    return kept


def _pay(form: dict[str, str]) -> Response:
    here = visit()
    secret = services().config.secret

    def return_to(order_id: UUID) -> payments.ReturnAddresses:
        token = order_token(secret, partner_id=here.entry.partner_id, order_id=order_id)
        success = primary_url(url_for("store.confirmation", token=token))
        return payments.ReturnAddresses(
            success=f"{success}?session={{CHECKOUT_SESSION_ID}}", cancel=primary_url(url_for("store.cart"))
        )

    started = payments.start(
        tenant(),
        gateway=services().gateway,
        store_id=here.entry.store_id,
        cart_id=cart_id(),
        contact=Contact(
            **{name: form[name] for name in _FIELDS if name != "rate_id"},
            news=consent() if form["newsletter"] else "",
        ),
        rate_id=UUID(form["rate_id"]),
        tables=here.tables,
        return_to=return_to,
        clock=services().clock.now,
        seen=request.form.get("discounts", ""),
        locale=here.store.locale,
    )
    return redirect(started.url or return_to(started.order_id).success.partition("?")[0], 303)


def _needed() -> dict[str, str]:
    """What a field that is empty asks for."""
    return {
        "email": spoken("Enter your e-mail address, such as name@example.com."),
        "name": spoken("Enter the name of who receives the parcel."),
        "line1": spoken("Enter the street and number."),
        "city": spoken("Enter the city."),
        "country": spoken("Choose a country."),
    }


def _errors(form: dict[str, str]) -> dict[str, str]:
    """What is missing or malformed, by field. The address is kept as written: the world's are many."""
    needed = _needed()
    errors = {name: sentence for name, sentence in needed.items() if not form[name]}
    form["email"] = form["email"].lower()
    if form["email"] and (not _EMAIL.fullmatch(form["email"]) or len(form["email"]) > 254):
        errors["email"] = needed["email"]
    tables = visit().tables
    if form["country"] not in tables.countries():
        errors["country"] = spoken("We do not deliver to this country. Choose one from the list.")
    elif not form["postcode"] and form["country"] not in NO_POSTCODE:
        errors["postcode"] = spoken("Enter the postcode.")
    if form["rate_id"] not in {str(rate.rate_id) for rate in tables.rates_to(form["country"])}:
        errors["rate_id"] = spoken("Choose how it should reach you.")
    return errors


def _page(
    form: dict[str, str], errors: dict[str, str], status: int = 200, *, kept: tuple[KeptAddress, ...] = ()
) -> Response:
    """The form, with what was typed; the bag instead, where something in it has to be settled first."""
    cart = this_cart(form["email"].lower())
    if not cart.lines or cart.changed:
        return redirect(url_for("store.cart"), 303)
    here = visit()
    rates = here.tables.rates_to(form["country"])
    rate = _chosen(rates, form["rate_id"])
    worked_out = amounts(
        priced(cart),
        rate=rate,
        tax=here.tables.tax_on(form["country"], form["region"]),
        tax_inclusive=here.store.tax_inclusive,
    )
    html = render(
        here.store,
        "checkout.html",
        page_title=f"{spoken('Checkout')} – {here.store.name}",
        canonical_url="",
        base_url=primary_url(""),
        form=form,
        errors=errors,
        countries=countries(),
        shopper=shopper(),
        kept=kept,
        delivery_options=delivery_options(rates, goods=cart.to_pay),
        quote=quote(worked_out, cart, tax_inclusive=here.store.tax_inclusive),
        cart=cart,
    )
    return Response(fill(html), status, content_type="text/html; charset=utf-8")


def _chosen(rates: tuple[Rate, ...], rate_id: str) -> Rate | None:
    return next((rate for rate in rates if str(rate.rate_id) == rate_id), rates[0] if rates else None)


def countries() -> list[tuple[str, str]]:
    """Where the store delivers to, by name in the language of the page."""
    here = visit()
    names = Locale.parse(known_locale(here.store.locale)).territories
    codes = here.tables.countries()
    return sorted(((code, str(names.get(code, code))) for code in codes), key=lambda pair: pair[1])
