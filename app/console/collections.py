"""Collections: their names, their order, and the products that stand in them."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, redirect, url_for
from werkzeug.wrappers import Response

from app.console.forms import errors_of, key, text
from app.console.pages import page, said
from app.edge import db, now, person
from catalog import collections as shelf
from catalog.products import list_products
from kit.errors import Refusal

collections = Blueprint("collections", __name__, url_prefix="/collections")
_MOST_CHOICES = 1000


@collections.get("/")
def index() -> Response:
    return _list_page({}, "")


@collections.post("/")
def create() -> Response:
    title = text("title")
    try:
        made = shelf.create_collection(db(), title=title, actor=person().email, now=now())
    except Refusal as refusal:
        return _list_page(errors_of(refusal), title, 422)
    said(f"“{title}” created. Put products into it.")
    return redirect(url_for("collections.show", collection_id=made), 303)


@collections.post("/<uuid:collection_id>/move")
def move(collection_id: UUID) -> Response:
    by = -1 if text("to") == "up" else 1
    shelf.move_collection(db(), collection_id=collection_id, by=by, actor=person().email, now=now())
    return redirect(url_for("collections.index", _anchor=f"c-{collection_id}"), 303)


@collections.get("/<uuid:collection_id>")
def show(collection_id: UUID) -> Response:
    return _collection_page(collection_id, {}, {})


@collections.post("/<uuid:collection_id>")
def edit(collection_id: UUID) -> Response:
    form = {"title": text("title"), "description": text("description", 2000)}
    try:
        shelf.edit_collection(db(), collection_id=collection_id, **form, actor=person().email, now=now())
    except Refusal as refusal:
        return _collection_page(collection_id, errors_of(refusal), form, 422)
    said("Collection saved.")
    return redirect(url_for("collections.show", collection_id=collection_id), 303)


@collections.post("/<uuid:collection_id>/products")
def change_products(collection_id: UUID) -> Response:
    act, product = text("act"), text("product_id")
    if not product:
        errors = {"product_id": "Choose a product from the list."}
        return _collection_page(collection_id, errors, {}, 422)
    one = {"collection_id": collection_id, "product_id": key(product)}
    who = {"actor": person().email, "now": now()}
    match act:
        case "remove":
            shelf.remove_product(db(), **one, **who)  # type: ignore[arg-type]
        case "up" | "down":
            shelf.move_product(db(), **one, by=-1 if act == "up" else 1, **who)  # type: ignore[arg-type]
        case _:
            shelf.add_product(db(), **one, **who)  # type: ignore[arg-type]
    anchor = "products" if act == "remove" else f"p-{product}"
    return redirect(url_for("collections.show", collection_id=collection_id, _anchor=anchor), 303)


def _list_page(errors: dict[str, str], title: str, status: int = 200) -> Response:
    if errors:
        db().rollback()
    return page(
        "collections.html",
        room="products",
        here="collections.index",
        title="Collections",
        status=status,
        collections=shelf.list_collections(db()),
        errors=errors,
        form={"title": title},
    )


def _collection_page(
    collection_id: UUID, errors: dict[str, str], form: dict[str, str], status: int = 200
) -> Response:
    if errors:
        db().rollback()
    collection = shelf.read_collection(db(), collection_id=collection_id)
    inside = shelf.products_of(db(), collection_id=collection_id)
    held = {item.product_id for item in inside}
    return page(
        "collection.html",
        room="products",
        here="collections.index",
        title=collection.title,
        status=status,
        collection=collection,
        products=inside,
        others=[
            item
            for item in list_products(db(), limit=_MOST_CHOICES)
            if item.product_id not in held and item.state != "archived"
        ],
        errors=errors,
        form=form,
    )
