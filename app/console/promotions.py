"""Promotions: what the company gives away in its partners' stores, what it cost, and what one would."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from app.console.forms import key, typed_moment
from app.console.pages import page, said
from app.discount_forms import FIELDS, Typed, product_titles, shelves
from app.discount_words import bag_of, discount_words, scope_words
from app.edge import db, now, person
from kit.errors import NotFound, Refusal
from kit.ids import NIL
from kit.money import NO_CURRENCY, Money
from orders.discount_use import StoresUsed, promotions_used
from orders.sales import units_sold
from pricing.discounts import Discount
from pricing.grid import grid_index
from pricing.lists import price_lists
from pricing.promotions import PromotionView, create_promotion, end_promotion, list_promotions
from pricing.simulating import Simulation, simulate
from tenants.company import read_company
from tenants.directory import PartnerEntry, StoreEntry, list_partners

promotions = Blueprint("promotions", __name__, url_prefix="/promotions")
_SAMPLE = 3
_RECENT = timedelta(days=90)
_MOST_PARTNERS = 500


@dataclass(frozen=True, slots=True)
class Listed:
    """A promotion with what it takes off, and what it cost in each currency."""

    promotion: PromotionView
    what: str
    scope: str
    used: list[StoresUsed]


@promotions.get("/")
def index() -> Response:
    used = promotions_used(db())
    found = [
        Listed(
            view,
            discount_words(view.kind, view.value, view.currency or NO_CURRENCY),
            scope_words(view),
            used.get(view.promotion_id, []),
        )
        for view in list_promotions(db(), now=now())
    ]
    return page("promotions.html", room="promotions", title="Promotions", promotions=found)


@promotions.get("/new")
def new() -> Response:
    form = dict.fromkeys(FIELDS, "") | {"kind": "percent", "scope": "all", "limit": "50"}
    return _form(Typed(form), [])


@promotions.post("/new")
def create() -> Response:
    typed = Typed.of(request.form)
    chosen = [key(value) for value in request.form.getlist("price_lists")]
    currency = typed.form["currency"] if typed.form["kind"] == "amount" else None
    if currency is not None and currency not in read_company(db()).currencies:
        typed.errors["currency"] = "Choose a currency that your stores sell in."
    value = 0 if "currency" in typed.errors else typed.value(currency or NO_CURRENCY)
    scope, scope_id = typed.scope(db())
    begins, ends = typed_moment(typed, "begins"), typed_moment(typed, "ends")
    limit = typed.percent("limit")
    if not typed.form["limit"]:
        typed.errors["limit"] = "Say how much of wholesale shoppers pay at least, from 0 to 100 percent."
    most_per_store, most_per_customer = typed.count("most_per_store"), typed.count("most_per_customer")
    try:
        # What could be read is judged too, so that everything that is wrong is said at once. An answer
        # that refuses writes nothing.
        create_promotion(
            db(),
            name=typed.form["name"],
            code=typed.form["code"],
            kind=typed.form["kind"],
            value=value,
            currency=currency,
            scope=scope,
            scope_id=scope_id,
            price_lists=chosen,
            begins=begins or now(),
            ends=ends,
            limit_bps=limit or 0,
            most_per_store=most_per_store,
            most_per_customer=most_per_customer,
            actor=person().email,
            reason=typed.form["reason"],
            now=now(),
        )
    except Refusal as refusal:
        typed.refuse(refusal, limit_bps="limit", scope_id="scope")
    if typed.errors:
        return _form(typed, chosen, 422)
    later = begins is not None and begins > now()
    said(f"{typed.form['name']} {'begins by itself' if later else 'comes off in stores now'}.")
    return redirect(url_for("promotions.index"), 303)


@promotions.post("/<uuid:promotion_id>/end")
def end(promotion_id: UUID) -> Response:
    name = end_promotion(db(), promotion_id=promotion_id, actor=person().email, now=now())
    said(f"{name} has ended. Orders that have it keep it.")
    return redirect(url_for("promotions.index"), 303)


@promotions.get("/try")
def simulator() -> Response:
    """A promotion on a bag of one store: what the shopper pays, the partner earns and the company gives."""
    typed = Typed.of(request.args)
    form = typed.form
    form["kind"], form["limit"] = form["kind"] or "percent", form["limit"] or "50"
    stores = [
        (partner, store) for partner in list_partners(db(), limit=_MOST_PARTNERS) for store in partner.stores
    ]
    at = _store(stores, request.args.get("store", ""))
    worked: Simulation | None = None
    add = ""
    if at is not None:
        partner, store = at
        form["currency"] = store.currency
        asked, coupon = _asked(typed, store.currency), _coupon(typed, request.args.get("coupon", ""))
        bag, add = _bag(typed, partner.partner_id, store.store_id)
        worked = simulate(
            db(),
            partner_id=partner.partner_id,
            store_id=store.store_id,
            quantities=bag,
            coupon=coupon,
            promotions=[asked] if asked else [],
            now=now(),
        )
    return page(
        "promotion_try.html",
        room="promotions",
        here="promotions.index",
        title="Try a promotion",
        status=422 if typed.errors else 200,
        form=form
        | {"store": f"{at[0].partner_id}:{at[1].store_id}" if at else "", "add": add}
        | {"coupon": request.args.get("coupon", "")[:20]},
        errors=typed.errors,
        stores=[
            (
                f"{partner.partner_id}:{store.store_id}",
                ", ".join((store.name, *store.hosts[:1], store.currency)),
            )
            for partner, store in stores
        ],
        partner=at[0] if at else None,
        worked=worked,
        gives=worked.sum("company") if worked and worked.lines else Money.zero(NO_CURRENCY),
        collections=shelves(db()),
        titles=product_titles(db()),
    )


def _store(
    stores: list[tuple[PartnerEntry, StoreEntry]], wanted: str
) -> tuple[PartnerEntry, StoreEntry] | None:
    if not wanted:
        return stores[0] if stores else None
    found = [at for at in stores if f"{at[0].partner_id}:{at[1].store_id}" == wanted]
    if not found:
        raise NotFound("There is no such store.")
    return found[0]


def _asked(typed: Typed, currency: str) -> Discount | None:
    """The promotion that the form describes; None where there is none, or it cannot be read."""
    if not typed.form["value"]:
        return None
    value, limit = typed.value(currency), typed.percent("limit")
    scope, scope_id = typed.scope(db())
    if typed.form["kind"] != "amount" and value > 10_000:
        typed.errors.setdefault("value", "A percentage is more than 0 and at most 100.")
    if limit is not None and limit > 10_000:
        typed.errors.setdefault("limit", "The lower limit is a percentage from 0 to 100 of wholesale.")
    if typed.errors:
        return None
    name = typed.form["name"] or "The promotion"
    return Discount(NIL, "company", name, "", typed.form["kind"], value, scope, scope_id, limit or 0)


def _coupon(typed: Typed, sent: str) -> Discount | None:
    """A coupon of the partner for everything that is used beside it, as a percentage."""
    other = Typed(dict(typed.form, value=sent.strip()[:20], kind="percent"))
    if not other.form["value"]:
        return None
    value = other.value(NO_CURRENCY)
    if "value" in other.errors or value > 10_000:
        typed.errors["coupon"] = other.errors.get("value", "A percentage is more than 0 and at most 100.")
        return None
    return Discount(NIL, "partner", "", "", "percent", value)


def _bag(typed: Typed, partner_id: UUID, store_id: UUID) -> tuple[dict[UUID, int], str]:
    """What is in the bag, and what could not be found to be added."""
    keys: dict[str, Any] = {"partner_id": partner_id, "store_id": store_id}
    bag = bag_of(request.args)
    if not bag:
        sold = units_sold(db(), **keys, since=now() - _RECENT, until=now())
        order = grid_index(db(), **keys, now=now()).variant_ids
        best = sorted((item for item in order if sold.get(item)), key=lambda item: -sold[item])
        bag = dict.fromkeys((best or order)[:_SAMPLE], 1)
    add = request.args.get("add", "").strip().replace("\x00", "")[:100]
    if not add:
        return bag, ""
    found = grid_index(db(), **keys, now=now(), search=add).variant_ids
    if not found:
        typed.errors["add"] = f"Nothing in this store is called “{add[:40]}”."
        return bag, add
    return {**bag, found[0]: bag.get(found[0], 0) + 1}, ""


def _form(typed: Typed, chosen: list[UUID], status: int = 200) -> Response:
    return page(
        "promotion_new.html",
        room="promotions",
        here="promotions.index",
        title="New promotion",
        status=status,
        form=typed.form,
        errors=typed.errors,
        chosen=chosen,
        lists=price_lists(db(), at=now()),
        currencies=list(read_company(db()).currencies),
        collections=shelves(db()),
        titles=product_titles(db()),
    )
