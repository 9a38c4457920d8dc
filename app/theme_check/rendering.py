"""Sample pages as a store would answer with them, without a database."""

from __future__ import annotations

from typing import Any

from flask import Flask
from flask_babel import Babel

from app.store import face
from app.store.blueprint import store
from app.store.rendering import BAG_PLACEHOLDER, Renderer
from tenants.storefront import Storefront

BASE = "http://store.example"
# Naming them keeps the import, which is what gives the store its addresses.
ROUTES = face.ROUTES


def application() -> Flask:
    """An application that knows the addresses of a store's pages, and answers none of them."""
    app = Flask(__name__)
    Babel(app)
    app.register_blueprint(store)
    return app


def show(app: Flask, renderer: Renderer, shop: Storefront, template: str, context: dict[str, Any]) -> str:
    """One of the sample ``pages``. Raises what its templates raise."""
    with app.test_request_context("/", base_url=BASE):
        page = renderer.render(
            shop, template, page_title="A page", canonical_url=f"{BASE}/x", base_url=BASE, **context
        )
    return page.replace(BAG_PLACEHOLDER, "2")
