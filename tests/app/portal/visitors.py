"""People who sign in to the portal, as test clients."""

from __future__ import annotations

import re
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.portal.face import create
from storage.database import transaction
from tenants.access import invite, use_link
from tests.world import Shop, World

PASSWORD = "correct horse battery"
BASE = "http://portal.localhost"
_TOKEN = re.compile(r'name="csrf-token" content="([0-9a-f]+)"')


def portal(world: World) -> Flask:
    return create(world.services)


class Visitor:
    """A browser that remembers cookies and repeats the page's token."""

    def __init__(self, app: Flask) -> None:
        self.client: FlaskClient = app.test_client()
        self.last: TestResponse | None = None

    def get(self, path: str, **options: Any) -> TestResponse:
        self.last = self.client.get(path, base_url=BASE, **options)
        return self.last

    def token(self, path: str = "/") -> str:
        found = _TOKEN.search(self.get(path).text)
        assert found, self.last and self.last.text[:500]
        return found[1]

    def post(self, path: str, data: dict[str, Any] | None = None, *, seen: str = "/") -> TestResponse:
        """Send a form, as from the page ``seen``."""
        return self.client.post(path, data={"csrf_token": self.token(seen), **(data or {})}, base_url=BASE)

    def sign_in(self, email: str, password: str = PASSWORD) -> TestResponse:
        return self.post("/sign-in", {"email": email, "password": password}, seen="/sign-in")


def member(world: World, shop: Shop, role: str = "owner", app: Flask | None = None) -> Visitor:
    """Somebody of a partner with this role, signed in."""
    email = f"{role}@{shop.slug}.example"
    with transaction(world.services.console) as session:
        token = invite(
            session,
            email=email,
            name=role.title(),
            face="portal",
            role=role,
            partner_id=shop.partner_id,
            now=world.now,
        )
        use_link(session, token=token, face="portal", password=PASSWORD, now=world.now)
    visitor = Visitor(app or portal(world))
    answered = visitor.sign_in(email)
    assert answered.status_code == 303, answered.text
    return visitor
