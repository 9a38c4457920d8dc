"""The face of every store: whichever host is not one of the platform's own."""

from __future__ import annotations

from urllib.parse import urlsplit
from uuid import UUID

from flask import Flask, Request, has_request_context, request
from flask.sessions import SessionInterface
from flask_babel import Babel
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from app import assets
from app.draft_paths import DraftPaths, draft_path
from app.edge import Face, anyone, face_app, register
from app.services import Services
from app.store import (
    bag,
    being_found,
    browse,
    cases,
    checkout,
    newsletter,
    orders,
    returns,
    searching,
    shelves,
)
from app.store.account import data, finding, pages, signing
from app.store.bag_count import send_count
from app.store.blueprint import store
from app.store.browse import closed_page, fill
from app.store.draft_view import finish, let_in
from app.store.front import Front
from app.store.kept import memory
from app.store.language import remember_language
from app.store.rendering import render
from app.store.theme_failures import note_failures
from app.store.visit import heard, host_entry, primary_url, spoken, storefront_of_request, visit

ROUTES = (
    browse, shelves, searching, bag, checkout, orders, returns, cases, newsletter, being_found, signing,
    pages, data, finding,
)  # fmt: skip


def create(services: Services) -> Flask:
    """Make the application that answers on stores' hosts."""
    pay_page = services.config.sandbox_url if not services.config.stripe_api_key else ""
    pay_host = urlsplit(pay_page or "https://checkout.stripe.com")
    face = Face(
        name="store",
        engine=services.face,
        services=services,
        partner=_partner,
        error_page=_error_page,
        # A form's redirect counts as its target, and paying redirects to Stripe's page.
        form_targets=(f"{pay_host.scheme}://{pay_host.netloc}",),
    )
    app = face_app(face)
    app.session_interface = _NoSession()
    kept = app.extensions["awning.kept"] = memory(
        page_bytes=services.config.kept_pages_mb << 20, variants=services.config.kept_variants
    )
    app.wsgi_app = Front(DraftPaths(app.wsgi_app), face=face, pages=kept.pages)  # type: ignore[method-assign]
    # What may be seen of a draft is judged before the edge looks for the token that forms carry: a draft has
    # none, and the refusal of a form has to say why.
    app.before_request_funcs.setdefault(None, []).insert(0, _judge_draft)
    app.after_request(finish)
    # Runs inside what the edge does afterwards, so that the count's cookie goes out with the answer.
    app.after_request(send_count)
    app.after_request(remember_language)
    app.after_request(note_failures)
    register(app, store, enter=anyone)
    register(app, assets.blueprint(services.objects, storefront=storefront_of_request), enter=anyone)
    Babel(app, locale_selector=_locale)
    return app


def _judge_draft() -> None:
    if draft_path(request.environ) is not None:
        let_in(host_entry())


def _partner() -> UUID:
    return host_entry().partner_id


def _locale() -> str | None:
    return visit().store.locale.replace("-", "_") if has_request_context() else None


class _NoSession(SessionInterface):
    """A store keeps nothing in a cookie session: its cart is found by the shopper's own cookie."""

    def open_session(self, app: Flask, request: Request) -> None:
        return None


_NOBODY = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{heading}</title></head>
<body><h1>{heading}</h1><p>{body}</p></body></html>"""


def _error_page(status: int, heading: str, body: str) -> str | Response:
    """The store's own page; a bare one where no store is known, or where its page would fail too."""
    if status >= 500:
        return _NOBODY.format(heading=heading, body=body)
    try:
        if status == 404 and (closed := closed_page()) is not None:
            return closed
        heading, body = heard(heading), heard(body)
        html = render(
            visit().store,
            "message.html",
            page_title=f"{heading} – {visit().store.name}",
            canonical_url="",
            base_url=primary_url(""),
            status=status,
            heading=heading,
            body=body,
            action=(spoken("Back to the shop"), "/"),
        )
    except HTTPException:
        return _NOBODY.format(heading=heading, body=body)
    return fill(html)
