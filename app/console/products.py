"""Products: finding them, changing their words, stock and pictures, putting them away."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from app.console.forms import errors_of, gather, key, page_number, query, read_whole, text
from app.console.pages import page, said
from app.edge import db, now, person, services
from app.pictures import keep_picture
from catalog.collections import list_collections, set_collections
from catalog.products import (
    STATES,
    ProductDetails,
    add_picture,
    count_products,
    describe_pictures,
    edit_product,
    list_products,
    read_product,
    set_stock,
)
from kit.errors import Refusal, Refusals
from kit.money import Money
from pricing.lists import ListEntry, price_lists, sheet, wholesale_ranges
from tenants.company import read_company

products = Blueprint("products", __name__, url_prefix="/products")
_PAGE = 50


@products.get("/")
def index() -> Response:
    search, state, number = query("q"), query("state"), page_number()
    if state not in STATES:
        state = ""
    shown = list_products(db(), search=search, state=state, limit=_PAGE + 1, offset=(number - 1) * _PAGE)
    counts = count_products(db(), search=search)
    return page(
        "products.html",
        room="products",
        title="Products",
        products=shown[:_PAGE],
        ranges=wholesale_ranges(db(), product_ids=[p.product_id for p in shown], at=now()),
        counts=counts,
        total=counts.get(state, 0) if state else sum(counts.values()),
        search=search,
        state=state,
        page_no=number,
        more=len(shown) > _PAGE,
    )


@products.get("/<uuid:product_id>")
def show(product_id: UUID) -> Response:
    return _product_page(product_id, {}, {})


@products.post("/<uuid:product_id>")
def edit(product_id: UUID) -> Response:
    product = read_product(db(), product_id=product_id)
    form = request.form
    swatches = {
        value: form[f"swatch:{value}"].strip().lower()
        for values in (product.option_values(place) for place in range(len(product.option_names)))
        for value in values
        if form.get(f"swatch:{value}", "").strip()
    }
    errors: dict[str, str] = {}
    try:
        edit_product(
            db(),
            product_id=product_id,
            title=text("title", 1000),
            summary=text("summary", 1000),
            description=form.get("description", ""),
            state=text("state"),
            swatches=swatches,
            actor=person().email,
            now=now(),
        )
        set_collections(
            db(),
            product_id=product_id,
            collection_ids=[key(value) for value in form.getlist("collection")],
            actor=person().email,
            now=now(),
        )
    except Refusal as refusal:
        gather(errors, refusal)
    if errors:
        return _product_page(product_id, errors, _typed(), 422)
    said("Product saved. Stores show it from now on.")
    return redirect(url_for("products.show", product_id=product_id), 303)


@products.post("/<uuid:product_id>/stock")
def stock(product_id: UUID) -> Response:
    product = read_product(db(), product_id=product_id)
    wanted: dict[UUID, int] = {}
    errors: dict[str, str] = {}
    for variant in product.variants:
        field = f"stock:{variant.variant_id}"
        typed = text(field)
        if not typed and not variant.counted:
            continue
        try:
            wanted[variant.variant_id] = read_whole(typed, field=field)
        except Refusal as refusal:
            gather(errors, refusal)
    if not errors:
        try:
            changed = set_stock(db(), product_id=product_id, on_hand=wanted, actor=person().email, now=now())
        except Refusals as refusal:
            gather(errors, refusal)
    if errors:
        return _product_page(product_id, errors, _typed(), 422)
    said(f"Stock saved for {changed} of {len(product.variants)} variants." if changed else "Nothing changed.")
    return redirect(url_for("products.show", product_id=product_id, _anchor="variants"), 303)


@products.post("/<uuid:product_id>/pictures")
def upload(product_id: UUID) -> Response:
    """Keep a new picture. It is checked and stored before the transaction that names it."""
    uploaded = request.files.get("picture")
    try:
        if uploaded is None or not uploaded.filename:
            raise Refusal("Choose a picture: JPEG, PNG, WebP or AVIF, at most 15 MB.", field="picture")
        accepted = keep_picture(services().objects, uploaded.read())
        add_picture(
            db(),
            product_id=product_id,
            key=accepted.key,
            width=accepted.width,
            height=accepted.height,
            alt=text("alt"),
            actor=person().email,
            now=now(),
        )
    except Refusal as refusal:
        return _product_page(product_id, errors_of(refusal), _typed(), 422)
    said("Picture added. Its smaller sizes are being made.")
    return redirect(url_for("products.show", product_id=product_id, _anchor="pictures"), 303)


@products.post("/<uuid:product_id>/pictures/words")
def describe(product_id: UUID) -> Response:
    product = read_product(db(), product_id=product_id)
    alts = {
        picture.picture_id: text(f"alt:{picture.picture_id}", 1000)
        for picture in product.pictures
        if f"alt:{picture.picture_id}" in request.form
    }
    try:
        describe_pictures(db(), product_id=product_id, alts=alts)
    except Refusal as refusal:
        return _product_page(product_id, errors_of(refusal), _typed(), 422)
    said("Descriptions saved.")
    return redirect(url_for("products.show", product_id=product_id, _anchor="pictures"), 303)


@products.post("/<uuid:product_id>/state")
def put_away(product_id: UUID) -> Response:
    """Archive a product, or take it back onto the shelf as a draft."""
    product = read_product(db(), product_id=product_id)
    state = "archived" if text("state") == "archived" else "draft"
    edit_product(
        db(),
        product_id=product_id,
        title=product.title,
        summary=product.summary,
        description=product.description,
        state=state,
        swatches=product.swatches,
        actor=person().email,
        now=now(),
    )
    said("Archived. Stores no longer show it." if state == "archived" else "Back as a draft.")
    return redirect(url_for("products.show", product_id=product_id), 303)


def _typed() -> dict[str, str]:
    return {name: value for name, value in request.form.items() if name != "csrf_token"}


def _product_page(
    product_id: UUID, errors: dict[str, str], typed: dict[str, str], status: int = 200
) -> Response:
    if errors:
        # What the refused change did before it was refused must not show on the page.
        db().rollback()
    product = read_product(db(), product_id=product_id)
    currencies = read_company(db()).currencies
    lists = price_lists(db(), at=now())
    return page(
        "product.html",
        room="products",
        title=product.title,
        status=status,
        product=product,
        prices=_prices(product, currencies, lists[:1]),
        currencies=currencies,
        collections=list_collections(db()),
        colour_option=_colour_option(product),
        states=STATES,
        form=typed,
        chosen=request.form.getlist("collection") if "title" in typed else None,
        errors=errors,
    )


def _prices(
    product: ProductDetails, currencies: tuple[str, ...], lists: list[ListEntry]
) -> dict[UUID, dict[str, tuple[Money | None, Money | None]]]:
    """Wholesale in the default list and suggested retail, by variant and currency."""
    found: dict[UUID, dict[str, tuple[Money | None, Money | None]]] = {}
    for currency in currencies:
        rows = sheet(
            db(),
            currency=currency,
            at=now(),
            lists=lists,
            variant_ids=[variant.variant_id for variant in product.variants],
            limit=2000,
        )
        for row in rows:
            found.setdefault(row.variant_id, {})[currency] = (row.prices[0].amount, row.suggested)
    return found


def _colour_option(product: ProductDetails) -> int | None:
    """The option that swatches belong to: the one with swatches already, or the one called colour."""
    for place, name in enumerate(product.option_names):
        named = name.casefold() in ("colour", "color")
        values: Any = product.option_values(place)
        if named or set(values) & set(product.swatches):
            return place
    return None
