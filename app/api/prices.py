"""A store's prices for programs, on the portal's host: docs/api.md describes it for their authors.

``GET  /api/v1/stores/<store_id>/prices`` lists every price with wholesale, floor and what is earned.
``PUT  /api/v1/stores/<store_id>/prices`` takes ``{"prices": [{"sku": …, "price": "25.99"}]}`` and sets
all of them or none. Amounts are plain decimals in the store's currency, as strings.

A program signs in as a person does, sends the session's cookie, and repeats the ``X-CSRF-Token`` that
every answer to a GET carries. Errors are ``{"error": …, "message": …}``: 401 without a session, 403 for
a role that may not change prices or without the token, 404 for a store that is not the partner's, 422
with ``"refused"``, one object for each row that cannot be, and 415 for anything but JSON.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, Response, jsonify, request
from sqlalchemy import select

from app.edge import csrf_token, db, now, person
from app.portal.here import StoreKeys, by
from kit.errors import NotFound
from kit.money import Money, NotAnAmount
from pricing.grid import grid_index, grid_rows, variants_by_sku
from pricing.judging import PricesRefused
from pricing.retail import set_prices
from tenants.models import Store

prices_api = Blueprint("api", __name__, url_prefix="/api/v1")
MOST_PRICES = 5000


def _store(store_id: UUID) -> tuple[StoreKeys, str]:
    partner_id = person().partner_id
    currency = db().scalar(
        select(Store.currency).where(Store.partner_id == partner_id, Store.store_id == store_id)
    )
    if partner_id is None or currency is None:
        raise NotFound("There is no such store.")
    return {"partner_id": partner_id, "store_id": store_id}, currency


@prices_api.get("/stores/<uuid:store_id>/prices")
def read(store_id: UUID) -> Response:
    keys, currency = _store(store_id)
    found = grid_index(db(), **keys, now=now())
    rows, _ = grid_rows(db(), **keys, variant_ids=found.variant_ids, now=now())
    answered = jsonify(
        currency=currency,
        prices=[
            {
                "sku": row.sku,
                "product": row.product,
                "variant": row.variant,
                "wholesale": str(row.wholesale.decimal),
                "lowest": str(row.lowest.decimal),
                "price": str(row.price.decimal) if row.price else None,
                "earn": str(row.earn.decimal) if row.earn else None,
                "own": row.own,
            }
            for row in rows
        ],
    )
    answered.headers["X-CSRF-Token"] = csrf_token()
    return answered


@prices_api.put("/stores/<uuid:store_id>/prices")
def write(store_id: UUID) -> Response:
    if not request.is_json:
        return _refuse(415, "Not JSON", "Send JSON with the content type application/json.")
    keys, currency = _store(store_id)
    body = request.get_json(silent=True)
    asked = body.get("prices") if isinstance(body, dict) else None
    if not isinstance(asked, list) or not 1 <= len(asked) <= MOST_PRICES:
        message = f'Send {{"prices": [{{"sku": "…", "price": "25.99"}}]}} with 1 to {MOST_PRICES:,} prices.'
        return _refuse(422, "That cannot be done", message)
    amounts, refused = _amounts(asked, keys, currency)
    if not refused:
        try:
            done = set_prices(db(), **keys, prices=amounts, **by())
            return jsonify(
                saved=len(done),
                prices=[
                    {"sku": row.sku, "price": str(row.after.decimal), "earn": str(row.earn.decimal)}
                    for row in done
                ],
            )
        except PricesRefused as problem:
            refused = [
                {"sku": row.sku, "error": row.refusal, "lowest": str(row.lowest.decimal)}
                for row in problem.refused
            ]
    message = f"{len(refused)} of {len(asked)} prices were refused, so none was changed."
    return _refuse(422, "Prices refused", message, refused=refused)


def _amounts(
    asked: list[Any], keys: StoreKeys, currency: str
) -> tuple[dict[UUID, Money], list[dict[str, Any]]]:
    """The asked-for amounts by variant, and the rows that cannot be read."""
    named = {row["sku"] for row in asked if isinstance(row, dict) and isinstance(row.get("sku"), str)}
    known = variants_by_sku(db(), **keys, skus=named)
    amounts: dict[UUID, Money] = {}
    refused: list[dict[str, Any]] = []
    for position, row in enumerate(asked):
        sku = row.get("sku") if isinstance(row, dict) else None
        price = row.get("price") if isinstance(row, dict) else None
        if not isinstance(sku, str) or not isinstance(price, str):
            error = f"Row {position + 1} needs a sku and a price, both as strings."
        elif sku not in known:
            error = "This store has no such SKU."
        elif known[sku] in amounts:
            error = "This SKU stands there twice."
        else:
            try:
                amounts[known[sku]] = Money.parse(price, currency)
                continue
            except NotAnAmount as problem:
                error = f"{problem}. Write a plain decimal in {currency}, such as 25.99."
        refused.append({"sku": sku if isinstance(sku, str) else None, "error": error, "lowest": None})
    return amounts, refused


def _refuse(status: int, error: str, message: str, **more: Any) -> Response:
    answered = jsonify(error=error, message=message, **more)
    answered.status_code = status
    return answered
