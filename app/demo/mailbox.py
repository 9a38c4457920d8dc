"""The demo's mailbox: what the program would have sent by mail, readable on a host of its own."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.utils import parseaddr
from pathlib import Path
from typing import Any

from flask import Blueprint, Flask, Response, abort, current_app, request
from jinja2 import Environment
from markupsafe import Markup, escape

from app import assets
from app.edge import Face, anyone, face_app, register, services
from app.mail.mailer import FolderMailer, utc
from app.services import Services
from app.ui import environment, prepare
from app.ui.rendering import answer

TEMPLATES = Path(__file__).parent / "templates"
_ENVIRONMENT = "awning.mailbox.environment"
mailbox = Blueprint("mailbox", __name__)

# A message may show pictures and its own styles, and open links in a page of their own. It runs
# nothing, and sees nothing of the mailbox.
_SANDBOX = "allow-popups allow-popups-to-escape-sandbox"
_MESSAGE_POLICY = (
    f"sandbox {_SANDBOX}; default-src 'none'; style-src 'unsafe-inline'; img-src data: http: https:;"
    " frame-ancestors 'self'"
)
_PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self';"
    " connect-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_LINK = re.compile(r"https?://[^\s<>\"']+[^\s<>\"'.,;:!?)\]]")


@dataclass(frozen=True, slots=True)
class Mail:
    """A message as the list shows it. ``name`` is the name of its file."""

    name: str
    at: datetime
    sender: str
    sender_address: str
    to: str
    subject: str
    first_words: str


def create(services: Services) -> Flask:
    """Make the application that shows the folder that mail was written to."""
    face = Face(
        name="mailbox",
        engine=services.face,
        services=services,
        partner=lambda: None,
        error_page=_error_page,
    )
    app = face_app(face)
    prepare(app)
    app.extensions[_ENVIRONMENT] = environment(TEMPLATES)
    register(app, mailbox, enter=anyone)
    register(app, assets.blueprint(services.objects, storefront=lambda: None), enter=anyone)
    return app


def _error_page(status: int, heading: str, body: str) -> str:
    made: Environment = current_app.extensions[_ENVIRONMENT]
    return made.get_template("ui/message.html").render(
        brand="Awning",
        face_title="Mailbox",
        status=status,
        heading=heading,
        body=body,
        action=("Back to the mailbox", "/"),
    )


def _folder() -> FolderMailer:
    mailer = services().mailer
    if not isinstance(mailer, FolderMailer):
        abort(404)
    return mailer


def _page(**context: Any) -> Response:
    mails = [_mail(name, found) for name, found in _folder().messages()]
    asked = request.args.get("to", "").strip().lower()[:254]
    made: Environment = current_app.extensions[_ENVIRONMENT]
    site = services().config.url(services().config.site_host, "/")
    shown = {
        "mails": [mail for mail in mails if not asked or mail.to.lower() == asked],
        "people": sorted({mail.to.lower() for mail in mails}),
        "to": asked,
        "site": site,
        "bank": services().config.bank_url,
        "keep": {"to": asked} if asked else {},
    }
    response = answer(made, "mailbox.html", shown | context)
    response.headers["Content-Security-Policy"] = _PAGE_POLICY
    return response


@mailbox.get("/")
def index() -> Response:
    """Every message, newest first, or those to one address."""
    return _page(chosen=None)


@mailbox.get("/m/<name>")
def message(name: str) -> Response:
    """One message beside the list: as HTML where it has some, and as plain text."""
    found = _folder().message(name)
    if found is None:
        abort(404)
    plain = request.args.get("as") == "text" or not _has_html(found)
    return _page(
        chosen=_mail(name, found), text=_linked(_part(found, "plain")), has_html=_has_html(found), plain=plain
    )


@mailbox.get("/m/<name>/body")
def body(name: str) -> Response:
    """The message's HTML, alone, for the frame that shows it."""
    found = _folder().message(name)
    if found is None or not _has_html(found):
        abort(404)
    # Links open beside the mailbox, because inside the frame nothing else would be allowed.
    html = f'<base target="_blank">{_part(found, "html")}'
    response = Response(html, content_type="text/html; charset=utf-8")
    response.headers["Content-Security-Policy"] = _MESSAGE_POLICY
    return response


def _mail(name: str, message: EmailMessage) -> Mail:
    sender, address = parseaddr(str(message["From"]))
    return Mail(
        name=name,
        at=utc(message),
        sender=sender or address,
        sender_address=address,
        to=parseaddr(str(message["To"]))[1],
        subject=str(message["Subject"]),
        first_words=" ".join(_part(message, "plain").split())[:140],
    )


def _part(message: EmailMessage, kind: str) -> str:
    found = message.get_body((kind,))
    return str(found.get_content()) if found is not None else ""


def _has_html(message: EmailMessage) -> bool:
    return message.get_body(("html",)) is not None


def _linked(text: str) -> Markup:
    """Plain text with its web addresses as links, and nothing else of HTML."""
    made, end = Markup(""), 0
    for found in _LINK.finditer(text):
        made += escape(text[end : found.start()])
        made += Markup('<a href="{0}" rel="noopener">{0}</a>').format(found[0])
        end = found.end()
    return made + escape(text[end:])
