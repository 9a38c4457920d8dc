"""The company's console: its own role in the database sees all partners."""

from __future__ import annotations

from flask import Flask

from app import assets
from app.console import new_partner, price_lists
from app.console.access import staff
from app.console.books import books
from app.console.cases import cases
from app.console.collections import collections
from app.console.customers import customers
from app.console.disputes import disputes
from app.console.holds import holds
from app.console.home import home
from app.console.importing import imports
from app.console.orders import orders
from app.console.pages import ENVIRONMENT, error_page, make_environment
from app.console.partner_statements import partner_statements
from app.console.partners import partners
from app.console.payouts import payouts
from app.console.products import products
from app.console.promotions import promotions
from app.console.reconciliation import reconciliation
from app.console.refunds import refunds
from app.console.returns import refund_requests, returns
from app.console.sale_events import sale_events
from app.console.scheduled import scheduled
from app.console.settings import settings
from app.console.wholesale import wholesale
from app.console.wholesale_bulk import wholesale_bulk
from app.edge import Face, anyone, face_app, register
from app.services import Services
from app.signing_in import sign_in_blueprint
from app.ui import prepare

# Setting up a partner adds its routes to the partners' blueprint, and price lists to that of wholesale.
_ROUTES = (new_partner, price_lists)
# Which room of the house each blueprint belongs to; ``access`` says who may enter it.
_ROOMS = {
    "home": (home,),
    "products": (products, collections, imports),
    "wholesale": (wholesale, wholesale_bulk, scheduled),
    "promotions": (promotions, sale_events),
    "partners": (partners, partner_statements),
    "orders": (orders, customers),
    "cases": (cases,),
    "refunds": (refunds, returns, refund_requests, disputes, holds),
    "money": (reconciliation, books),
    "payouts": (payouts,),
    "settings": (settings,),
}


def create(services: Services) -> Flask:
    """Make the application that the company's staff work in."""
    face = Face(
        name="console",
        engine=services.console,
        services=services,
        partner=lambda: None,
        error_page=error_page,
        sign_in_path="/sign-in",
    )
    app = face_app(face)
    prepare(app)
    made = make_environment()
    app.extensions[ENVIRONMENT] = made
    register(app, assets.blueprint(services.objects, storefront=lambda: None), enter=anyone)
    register(app, sign_in_blueprint("console", made), enter=anyone)
    for room, blueprints in _ROOMS.items():
        for blueprint in blueprints:
            register(app, blueprint, enter=staff(room))
    if services.config.environment == "demo":
        from app.demo.sign_in import blueprint as demo_sign_in

        register(app, demo_sign_in(), enter=anyone)
    return app
