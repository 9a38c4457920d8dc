"""The face of the partner portal."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit
from uuid import UUID

from flask import Flask, g, has_request_context, url_for

from app import assets
from app.api.prices import prices_api
from app.case_words import case_status, case_subject
from app.edge import Face, anyone, face_app, register, roles, visitor
from app.portal import editor_changes, editor_publishing, words
from app.portal.access import CASE_WORKERS, CHANGERS, FIGURE_READERS, REFUND_ASKERS, readers_and_changers
from app.portal.ahead import ahead
from app.portal.cases import cases
from app.portal.customers import customers
from app.portal.discounts import discounts
from app.portal.earnings import earnings
from app.portal.editor import editor
from app.portal.here import avatar, carry_store, here
from app.portal.home import home
from app.portal.newsletter import newsletter
from app.portal.orders import orders
from app.portal.partners import partners
from app.portal.payouts import payouts
from app.portal.price_bulk import price_bulk
from app.portal.price_files import price_files
from app.portal.price_plans import price_plans
from app.portal.price_reasons import price_reasons
from app.portal.price_rules import price_rules
from app.portal.prices import prices
from app.portal.refund_requests import refund_requests
from app.portal.sale_events import sale_events
from app.portal.statements import statements
from app.portal.store import store
from app.portal.store_sales import sales
from app.services import Services
from app.signing_in import sign_in_blueprint
from app.ui import environment, prepare

# What adds its own addresses to the editor's.
_EDITOR = (editor_changes, editor_publishing)
_TEMPLATES = Path(__file__).parent / "templates"


def create(services: Services) -> Flask:
    """Make the application that answers on the portal's host."""
    made = environment(
        _TEMPLATES,
        avatar=avatar,
        payment_status=words.payment_status,
        fulfilment_status=words.fulfilment_status,
        store_status=words.store_status,
        rule_words=words.rule_words,
        rule_target=words.rule_target,
        priced_by=words.priced_by,
        place_words=words.place_words,
        case_subject=case_subject,
        case_status=case_status,
    )

    def error_page(status: int, heading: str, body: str) -> str:
        signed_in = status != 500 and has_request_context() and visitor() is not None
        action = ("To the first page", url_for("home.index")) if signed_in else ("Sign in", "/sign-in")
        return made.get_template("ui/message.html").render(
            brand=_company(), face_title="Partners", status=status, heading=heading, body=body, action=action
        )

    sandbox = services.config.sandbox_url if not services.config.stripe_api_key else ""
    hosted = urlsplit(sandbox or "https://connect.stripe.com")
    face = Face(
        name="portal",
        engine=services.face,
        services=services,
        partner=_partner,
        error_page=error_page,
        sign_in_path="/sign-in",
        # A form's redirect counts as its target, and setting up payouts redirects to Stripe's page.
        form_targets=(f"{hosted.scheme}://{hosted.netloc}",),
    )
    app = face_app(face)
    app.extensions["awning.portal"] = made
    app.url_defaults(carry_store)
    prepare(app)
    register(app, assets.blueprint(services.objects, storefront=lambda: None), enter=anyone)
    register(app, sign_in_blueprint("portal", made), enter=anyone)
    register(app, home, enter=roles())
    register(app, orders, enter=readers_and_changers())
    register(app, refund_requests, enter=roles(*REFUND_ASKERS))
    register(app, customers, enter=readers_and_changers())
    register(app, cases, enter=roles(*CASE_WORKERS))
    register(app, newsletter, enter=readers_and_changers(*CHANGERS))
    register(app, earnings, enter=readers_and_changers())
    register(app, statements, enter=roles(*FIGURE_READERS))
    register(app, payouts, enter=readers_and_changers("owner"))
    register(app, partners, enter=roles())
    register(app, price_reasons, enter=readers_and_changers())
    for room in (
        ahead,
        discounts,
        prices,
        price_rules,
        price_plans,
        price_bulk,
        price_files,
        sale_events,
        sales,
        store,
        editor,
        prices_api,
    ):
        register(app, room, enter=readers_and_changers(*CHANGERS))
    if services.config.environment == "demo":
        from app.demo.sign_in import blueprint as demo_sign_in

        register(app, demo_sign_in(), enter=anyone)
    return app


def _partner() -> UUID | None:
    found = visitor()
    return found.partner_id if found is not None else None


def _company() -> str:
    if "here" in g:
        return here().partner.company
    return ""
