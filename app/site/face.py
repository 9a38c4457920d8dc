"""The company's landing page: what it offers partners, where to sign in, and the demo's stores."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from flask import Blueprint, Flask, Response, current_app
from jinja2 import Environment
from sqlalchemy import select, text

from app import assets
from app.edge import Face, anyone, db, face_app, register, services
from app.services import Services
from app.ui import environment, prepare
from app.ui.rendering import answer
from app.webhooks import webhooks
from tenants.models import Company

_TEMPLATES = Path(__file__).parent / "templates"
_ENVIRONMENT = "awning.site.environment"
site = Blueprint("site", __name__)


@dataclass(frozen=True, slots=True)
class DemoAddress:
    """A store of the demo: its host, and a name made from it, because a store's own is its partner's."""

    host: str
    name: str
    url: str


# A shared table: the only thing that this face may know of stores.
_HOSTS = text("SELECT host FROM hostnames WHERE is_primary ORDER BY host LIMIT 12")


def create(services: Services) -> Flask:
    """Make the application that answers on the platform's own domain."""
    face = Face(
        name="site",
        engine=services.face,
        services=services,
        partner=lambda: None,
        error_page=_error_page,
    )
    app = face_app(face)
    prepare(app)
    app.extensions[_ENVIRONMENT] = environment(_TEMPLATES)
    register(app, site, enter=anyone)
    register(app, webhooks, enter=anyone)
    register(app, assets.blueprint(services.objects, storefront=lambda: None), enter=anyone)
    return app


@site.get("/")
def home() -> Response:
    config = services().config
    company = db().execute(select(Company)).scalar_one_or_none()
    demo = company is not None and company.demo
    name = company.name if company else "Awning"
    support = company.support_email if company else ""
    subject = quote(f"Becoming a partner of {name}")
    return answer(
        current_app.extensions[_ENVIRONMENT],
        "site_home.html",
        {
            "company": name,
            "support_email": support,
            "apply": f"mailto:{quote(support, safe='@')}?subject={subject}" if support else "",
            "portal": config.url(config.portal_host, "/"),
            "console": config.url(config.console_host, "/"),
            "mailbox": config.url(config.mailbox_host, "/") if demo and not config.smtp_url else "",
            "bank": config.bank_url if demo else "",
            "demo": demo,
            "stores": _stores() if demo else [],
            "hold_days": company.hold_days if company else 0,
            "hold_from": company.hold_from if company else "delivery",
        },
    )


@site.get("/robots.txt")
def robots() -> Response:
    """The landing page may be found; in the demo nothing is."""
    company = db().execute(select(Company)).scalar_one_or_none()
    rule = "Disallow: /" if company is None or company.demo else "Disallow: /webhooks/"
    return Response(f"User-agent: *\n{rule}\n", content_type="text/plain; charset=utf-8")


def _stores() -> list[DemoAddress]:
    config = services().config
    return [
        DemoAddress(host, host.split(".")[0].replace("-", " ").capitalize(), config.url(host, "/"))
        for host in db().execute(_HOSTS).scalars()
    ]


def _error_page(status: int, heading: str, body: str) -> str:
    made: Environment = current_app.extensions[_ENVIRONMENT]
    return made.get_template("ui/message.html").render(
        brand="Awning",
        face_title="",
        status=status,
        heading=heading,
        body=body,
        action=("Back to the start", "/"),
    )
