"""Coupons of a store: what they gave, making one, trying one on a bag, taking one back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from app.discount_forms import FIELDS, Typed, product_titles, shelves
from app.discount_words import bag_of, discount_words, scope_words
from app.edge import db, now
from app.portal.here import by, here, page
from app.ui.formats import local
from app.ui.toasts import say
from kit.errors import NotFound, Refusal
from kit.ids import NIL
from kit.money import total
from orders.discount_use import Used, used_in_store
from orders.sales import units_sold
from pricing.coupons import CouponView, create_coupon, list_coupons, withdraw_coupon
from pricing.discounts import Discount
from pricing.grid import grid_index
from pricing.promotions import running_promotions
from pricing.simulating import Fits, largest_that_fits, simulate

discounts = Blueprint("discounts", __name__, url_prefix="/discounts")
_SAMPLE = 3
_RECENT = timedelta(days=90)
_RENAMED = {"scope_id": "scope"}


@dataclass(frozen=True, slots=True)
class Listed:
    """A coupon in the list, with what it gave; ``used`` is None before its first use."""

    coupon: CouponView
    what: str
    scope: str
    used: Used | None


@discounts.get("/")
def index() -> Response:
    place = here()
    used = used_in_store(db(), **place.keys)
    found = [
        Listed(
            view,
            discount_words(view.kind, view.value, view.currency),
            scope_words(view),
            used.get(view.coupon_id),
        )
        for view in list_coupons(db(), **place.keys, now=now())
    ]
    running = running_promotions(db(), **place.keys, now=now())
    return page(
        "portal/discounts.html",
        coupons=found,
        promotions=[
            (item, discount_words(item.kind, item.value, place.store.currency), used.get(item.discount_id))
            for item in running
        ],
        taken=total((item.used.net for item in found if item.used), place.store.currency),
    )


@discounts.get("/new")
def new() -> Response:
    """An empty form, or one filled like another coupon: to make a similar one."""
    form = dict.fromkeys(FIELDS, "") | {"kind": "percent", "scope": "all"}
    like = request.args.get("like", "")
    if like:
        form |= _filled(_coupon(like))
    return _form(Typed(form))


@discounts.post("/new")
def create() -> Response:
    place, typed = here(), Typed.of(request.form)
    currency = place.store.currency
    value = typed.value(currency)
    scope, scope_id = typed.scope(db())
    begins, ends = typed.moment("begins"), typed.moment("ends")
    smallest = typed.amount("smallest_order", currency)
    most_uses, most_per_customer = typed.count("most_uses"), typed.count("most_per_customer")
    if not typed.form["code"]:
        typed.errors["code"] = "Choose a code that shoppers type, such as SUMMER-10."
    try:
        # What could be read is judged too, so that everything that is wrong is said at once. An answer
        # that refuses writes nothing.
        create_coupon(
            db(),
            **place.keys,
            code=typed.form["code"],
            kind=typed.form["kind"],
            value=value,
            scope="store" if scope == "all" else scope,
            scope_id=scope_id,
            smallest_order=smallest,
            begins=begins or now(),
            ends=ends,
            most_uses=most_uses,
            most_per_customer=most_per_customer,
            **by(),
        )
    except Refusal as refusal:
        typed.refuse(refusal, **_RENAMED)
    if typed.errors:
        return _form(typed, 422)
    code = typed.form["code"].upper()
    say(f"{code} can be used {'now' if begins is None or begins <= now() else 'from its first day on'}.")
    return redirect(url_for("discounts.index"), 303)


@discounts.post("/withdraw")
def withdraw() -> Response:
    try:
        key = UUID(request.form.get("coupon", ""))
    except ValueError:
        raise NotFound("There is no such coupon.") from None
    code = withdraw_coupon(db(), **here().keys, coupon_id=key, **by())
    say(f"{code} is withdrawn. Orders that have it keep it.")
    return redirect(url_for("discounts.index"), 303)


@discounts.get("/fits")
def fits() -> Response:
    """The largest that fits, for the form while it is typed."""
    return page("portal/discount_fits.html", **_fits(Typed.of(request.args)))


@discounts.get("/try")
def simulator() -> Response:
    """A bag of goods with a coupon and with what the company gives: what each side gets of it."""
    place, typed = here(), Typed.of(request.args)
    form = typed.form
    if request.args.get("like"):
        form |= _filled(_coupon(request.args["like"]))
    form["kind"] = form["kind"] or "percent"
    coupon = _asked(typed) if form["value"] else None
    bag = bag_of(request.args) or _sample()
    add = request.args.get("add", "").strip()[:100]
    if add:
        found = grid_index(db(), **place.keys, now=now(), search=add.replace("\x00", "")).variant_ids
        if found:
            bag = {**bag, found[0]: bag.get(found[0], 0) + 1}
        else:
            typed.errors["add"] = f"Nothing in your store is called “{add[:40]}”."
    # A box that is not ticked sends nothing, so the form says 0 before it.
    with_promotion = request.args.getlist("promotion")[-1:] != ["0"]
    return page(
        "portal/discount_try.html",
        status=422 if typed.errors else 200,
        form=form,
        errors=typed.errors,
        worked=simulate(
            db(),
            **place.keys,
            quantities=bag,
            coupon=coupon,
            promotions=running_promotions(db(), **place.keys, now=now()) if with_promotion else [],
            now=now(),
        ),
        add=add if "add" in typed.errors else "",
        with_promotion=with_promotion,
        collections=shelves(db()),
        titles=product_titles(db()),
        what=discount_words(coupon.kind, coupon.value, place.store.currency) if coupon else "",
    )


def _asked(typed: Typed) -> Discount | None:
    """The coupon that a form describes; None where it cannot be read."""
    value = typed.value(here().store.currency)
    if typed.form["kind"] != "amount" and value > 10_000:
        typed.errors.setdefault("value", "A percentage is more than 0 and at most 100.")
    scope, scope_id = typed.scope(db())
    if typed.errors:
        return None
    return Discount(NIL, "partner", "", "", typed.form["kind"], value, scope, scope_id)


def _sample() -> dict[UUID, int]:
    """One of each best-seller of the last months; the first goods of the store while there are none."""
    place = here()
    sold = units_sold(db(), **place.keys, since=now() - _RECENT, until=now())
    order = grid_index(db(), **place.keys, now=now()).variant_ids
    best = sorted((key for key in order if sold.get(key)), key=lambda key: -sold[key])
    return dict.fromkeys((best or order)[:_SAMPLE], 1)


def _fits(typed: Typed) -> dict[str, Any]:
    currency = here().store.currency
    scope, scope_id = typed.scope(db())
    unclear = bool(typed.errors)
    value = typed.value(currency) if typed.form["value"] else 0
    kind = "amount" if typed.form["kind"] == "amount" else "percent"
    asked = Discount(NIL, "partner", "", "", kind, value, scope, scope_id)
    found: Fits | None = None
    if not unclear:
        found = largest_that_fits(db(), **here().keys, asked=asked, sample=_sample(), now=now())
    return {"fits": found, "kind": kind, "value": value, "whole": _whole(found, kind, value)}


def _whole(fits: Fits | None, kind: str, value: int) -> bool:
    """Whether a value fits on every single product that it is for."""
    if fits is None:
        return True
    return value <= (fits.amount.minor if kind == "amount" else fits.percent_bps)


def _form(typed: Typed, status: int = 200) -> Response:
    return page(
        "portal/discount_new.html",
        status=status,
        form=typed.form,
        errors=typed.errors,
        collections=shelves(db()),
        titles=product_titles(db()),
        **_fits(Typed(dict(typed.form))),
    )


def _coupon(key: str) -> CouponView:
    found = next(
        (view for view in list_coupons(db(), **here().keys, now=now()) if str(view.coupon_id) == key), None
    )
    if found is None:
        raise NotFound("There is no such coupon.")
    return found


def _filled(view: CouponView) -> Mapping[str, str]:
    """A coupon as it stands in the fields of the form."""
    handles = {title: handle for handle, title in shelves(db())}
    amount = view.kind == "amount"
    filled = {
        "code": view.code if view.state == "ended" else "",
        "kind": view.kind,
        "value": str(view.amount.decimal) if amount else f"{view.value / 100:g}",
        "scope": "all" if view.scope == "store" else view.scope,
        "collection": handles.get(view.scope_title, "") if view.scope == "collection" else "",
        "product": view.scope_title if view.scope == "product" else "",
        "smallest_order": str(view.smallest_order.decimal) if view.smallest_order else "",
        "most_uses": str(view.most_uses or ""),
        "most_per_customer": str(view.most_per_customer or ""),
    }
    if view.ends is not None and view.state != "ended":
        filled |= {"ends_day": f"{local(view.ends):%Y-%m-%d}", "ends_time": f"{local(view.ends):%H:%M}"}
    return filled
