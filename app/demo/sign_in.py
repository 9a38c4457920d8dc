"""One-click sign-in for the demo: signed links that anybody who starts it may use, again and again.

They exist in the demo's environment alone; a production installation has neither route nor link.
"""

from __future__ import annotations

import base64
import hmac
from hashlib import sha256

from flask import Blueprint, abort, redirect, request
from werkzeug.wrappers import Response

from app.config import Config
from app.edge import now, services, set_cookie, this_face
from storage.database import transaction
from tenants.access import find_person, open_session

_DAYS = 14


def sign_in_path(config: Config, *, face: str, email: str) -> str:
    """The path of a link that signs this person in to a face."""
    named = base64.urlsafe_b64encode(email.encode()).decode()
    return f"/_demo/sign-in/{named}.{_signature(config, face, named)}"


def _signature(config: Config, face: str, named: str) -> str:
    return hmac.new(config.secret.encode(), f"demo:{face}:{named}".encode(), sha256).hexdigest()[:32]


def blueprint() -> Blueprint:
    """The route behind the links."""
    demo = Blueprint("demo", __name__)

    @demo.get("/_demo/sign-in/<token>")
    def sign_in(token: str) -> Response:
        face = this_face()
        named, _, signature = token.partition(".")
        if not hmac.compare_digest(
            signature.encode(), _signature(services().config, face.name, named).encode()
        ):
            abort(404)
        email = base64.urlsafe_b64decode(named).decode()
        with transaction(face.engine) as session:
            person = find_person(session, email=email, face=face.name)
            if person is None:
                abort(404)
            cookie = open_session(
                session,
                face=face.name,
                person_id=person.person_id,
                user_agent=request.user_agent.string,
                now=now(),
            )
        response = redirect("/", 303)
        set_cookie(response, face.session_cookie, cookie, days=_DAYS)
        return response

    return demo
