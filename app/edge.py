"""The edge of every face: one transaction a request, who may enter, forgery checks, headers, errors.

A view is: parse, one domain call, answer. What all of them share happens here: the transaction is
opened when the view first asks for it and ends before the answer leaves, committed by an answer
below 400 and rolled back by any other.
"""

from __future__ import annotations

import hmac
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, cast
from urllib.parse import quote
from uuid import UUID

from flask import Blueprint, Flask, Response, abort, current_app, g, redirect, request
from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

from app.browsers import BROWSER_DAYS, browser_name, cookie, form_token
from app.errors import worded
from app.services import Services
from kit.errors import Refusal
from payments.gateway.errors import GatewayUnavailable
from storage.tenancy import Tenant, enter
from tenants.access import SignedIn, who

log = logging.getLogger(__name__)

Rule = Callable[[SignedIn | None], bool]
_RULES = "awning.rules"
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


def anyone(_: SignedIn | None) -> bool:
    """The rule of a blueprint that needs no sign-in."""
    return True


def roles(*allowed: str) -> Rule:
    """The rule of a blueprint for people of these roles; of any role when none is named."""

    def rule(person: SignedIn | None) -> bool:
        return person is not None and (not allowed or person.role in allowed)

    return rule


@dataclass(frozen=True)
class Face:
    """How one face differs: its database role, its cookies, where its checkout may send a form,
    and how it words an error. ``partner`` gives the tenant of a request, where there is one."""

    name: str
    engine: Engine
    services: Services
    partner: Callable[[], UUID | None]
    error_page: Callable[[int, str, str], str | AnyResponse]
    form_targets: tuple[str, ...] = ()
    sign_in_path: str = ""

    @cached_property
    def single(self) -> Engine:
        """The same pool, each statement committing by itself: one round trip, not a transaction's three."""
        return self.engine.execution_options(isolation_level="AUTOCOMMIT")

    @cached_property
    def headers(self) -> tuple[tuple[str, str], ...]:
        """What each answer carries unless its view said otherwise."""
        targets = " ".join(("'self'", *self.form_targets))
        policy = (
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self';"
            f" connect-src 'self'; manifest-src 'self'; form-action {targets}; base-uri 'none';"
            " frame-ancestors 'none'"
        )
        always = (
            ("Content-Security-Policy", policy),
            ("X-Content-Type-Options", "nosniff"),
            ("Referrer-Policy", "strict-origin-when-cross-origin"),
            ("Cross-Origin-Opener-Policy", "same-origin"),
            ("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=()"),
            ("Cache-Control", "private, no-store"),
        )
        secure = (("Strict-Transport-Security", "max-age=31536000"),)
        return always + (secure if self.services.config.secure_cookies else ())

    @property
    def session_cookie(self) -> str:
        names = {"portal": "partner", "console": "staff", "store": "account"}
        return self._cookie(names.get(self.name, self.name))

    @property
    def visitor_cookie(self) -> str:
        return self._cookie("shopper" if self.name == "store" else f"visit-{self.name}")

    def _cookie(self, name: str) -> str:
        prefix = "__Host-" if self.services.config.secure_cookies else ""
        return f"{prefix}awning-{name}"


def face_app(face: Face) -> Flask:
    """Make the Flask application of a face, with everything that this module promises."""
    app = Flask(f"app.{face.name}", static_folder=None, template_folder=None)
    app.secret_key = face.services.config.secret
    app.extensions["awning.face"] = face
    app.extensions[_RULES] = {}
    app.config["MAX_CONTENT_LENGTH"] = 64 << 20
    app.config["MAX_FORM_MEMORY_SIZE"] = 4 << 20
    app.config["MAX_FORM_PARTS"] = 20_000
    app.before_request(_guard)
    app.after_request(_finish)
    app.teardown_request(_abandon)
    for kind in (HTTPException, Refusal, GatewayUnavailable, IntegrityError, PoolTimeout, Exception):
        app.register_error_handler(kind, _answer_error)
    return app


def register(app: Flask, blueprint: Blueprint, *, enter: Rule, **options: Any) -> None:
    """Add a blueprint and say who may enter it. A route of no registered blueprint lets nobody in."""
    app.extensions[_RULES][blueprint.name] = enter
    app.register_blueprint(blueprint, **options)


def this_face() -> Face:
    return cast(Face, current_app.extensions["awning.face"])


def services() -> Services:
    return this_face().services


def now() -> datetime:
    """The moment of this request, the same for all that it does."""
    if "now" not in g:
        g.now = services().clock.now()
    return cast(datetime, g.now)


def db() -> Session:
    """The request's transaction, opened at the first call: the tenant's, where the face has one."""
    if "db" not in g:
        face = this_face()
        session = Session(face.engine, expire_on_commit=False)
        g.db = session
        partner_id = face.partner()
        if partner_id is not None:
            enter(session, partner_id)
    return cast(Session, g.db)


def end_transaction() -> None:
    """Commit what the request has done so far, so that slow work is done outside of any transaction. The next
    call of ``db`` opens another, which is the tenant's again."""
    session: Session | None = g.pop("db", None)
    if session is not None:
        try:
            session.commit()
        finally:
            session.close()


def tenant() -> Tenant:
    """The request's tenant, for work that takes several transactions."""
    partner_id = this_face().partner()
    if partner_id is None:
        raise RuntimeError("this face has no tenant")
    return Tenant(this_face().engine, partner_id)


def person() -> SignedIn:
    """Who sent the request. Only for routes whose rule asks for a sign-in."""
    found = visitor()
    if found is None:
        raise RuntimeError("the route's rule let somebody in who is not signed in")
    return found


def visitor() -> SignedIn | None:
    """Who sent the request, if anyone is signed in."""
    if "person" not in g:
        face = this_face()
        token = request.cookies.get(face.session_cookie, "")
        g.person = None
        if token and face.sign_in_path:
            with Session(face.engine) as session, session.begin():
                g.person = who(session, face=face.name, token=token, now=now())
    return cast("SignedIn | None", g.person)


def visitor_token() -> str:
    """A random name for this browser on this face; made, and set as a cookie, when there is none."""
    if "visitor_token" not in g:
        given = request.cookies.get(this_face().visitor_cookie, "")
        g.visitor_token = browser_name(given)
        g.visitor_is_new = g.visitor_token != given
    return cast(str, g.visitor_token)


def csrf_token() -> str:
    """The token that a form of this browser carries."""
    if "csrf" not in g:
        face = this_face()
        session = request.cookies.get(face.session_cookie, "")
        g.csrf = form_token(
            services().config.secret, face=face.name, browser=visitor_token(), session=session
        )
    return cast(str, g.csrf)


def set_cookie(
    response: AnyResponse, name: str, value: str, *, days: int | None, script: bool = False
) -> None:
    """Set a host-only cookie. ``script`` lets the page's script read it."""
    secure = services().config.secure_cookies
    response.headers.add("Set-Cookie", cookie(name, value, days=days, secure=secure, script=script))


def _guard() -> AnyResponse | None:
    if request.method not in _SAFE and not getattr(_view(), "signed_elsewhere", False):
        _refuse_forgery()
    if request.endpoint is None:
        return None
    rule: Rule | None = current_app.extensions[_RULES].get(request.blueprint)
    if rule is None:
        abort(403)
    if rule is anyone:
        return None
    found = visitor()
    if found is None:
        if request.path.startswith("/api/"):
            abort(401)
        going_to = request.full_path.rstrip("?") if request.method == "GET" else "/"
        return redirect(f"{this_face().sign_in_path}?next={quote(going_to, safe='/')}")
    if not rule(found):
        abort(403)
    return None


def signed_elsewhere(view: Callable[..., Any]) -> Callable[..., Any]:
    """Mark a view whose requests prove where they come from by a signature of their own."""
    view.signed_elsewhere = True  # type: ignore[attr-defined]
    return view


def _view() -> Any:
    return current_app.view_functions.get(request.endpoint or "")


def _refuse_forgery() -> None:
    """Let a change through only when it came from a page of ours: by what the browser says of its
    origin, and by the token that only our pages carry."""
    site = request.headers.get("Sec-Fetch-Site", "")
    if site and site not in ("same-origin", "none"):
        abort(403, "This form was sent from another site.")
    origin = request.headers.get("Origin", "")
    if origin and origin != "null" and origin.split("://", 1)[-1] != request.host:
        abort(403, "This form was sent from another site.")
    given = request.headers.get("X-CSRF-Token") or request.form.get("csrf_token", "")
    if not hmac.compare_digest(given.encode(), csrf_token().encode()):
        abort(403, "This page was open for too long. Go back, reload it, and try again.")


def _finish(response: Response) -> Response:
    if response.status_code < 400:
        end_transaction()
    else:
        _abandon(None)
    if g.get("visitor_is_new"):
        set_cookie(response, this_face().visitor_cookie, visitor_token(), days=BROWSER_DAYS)
    _set_headers(response)
    return response


def _set_headers(response: Response) -> None:
    given = {name.lower() for name, _ in response.headers}
    for name, value in this_face().headers:
        if name.lower() not in given:
            response.headers.add(name, value)


def _abandon(_: BaseException | None) -> None:
    session: Session | None = g.pop("db", None)
    if session is not None:
        session.close()


def _answer_error(error: Exception) -> tuple[str | AnyResponse, int] | AnyResponse:
    status, heading, body = worded(error)
    if status == 503:
        log.warning("%s %s: %s", request.method, request.path, str(error).partition("\n")[0])
    elif status >= 500:
        log.error("%s %s: %s", request.method, request.path, error, exc_info=error)
    if isinstance(error, HTTPException) and error.response is not None:
        return cast(AnyResponse, error.response)
    if request.path.startswith("/api/"):
        response = cast(AnyResponse, current_app.json.response(error=heading, message=body))
    else:
        page = this_face().error_page(status, heading, body)
        response = page if isinstance(page, AnyResponse) else Response(page)
    response.status_code = status
    if status == 503:
        response.headers["Retry-After"] = "5"
    return response
