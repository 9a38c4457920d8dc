"""People at the faces over HTTP: a browser without script, in which somebody may be signed in."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from html import unescape
from typing import Any
from uuid import UUID

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from app.console.face import create as create_console
from app.demo.mailbox import create as create_mailbox
from app.portal.face import create as create_portal
from app.site.face import create as create_site
from storage.database import transaction
from tenants.access import invite, open_session
from tenants.models import Person
from tests.world import Installation, Shop, World

FACES = ("site", "portal", "console", "store", "mailbox")
SIGNED_IN_FACES = ("portal", "console")
UNSAFE = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_CREATE = {
    "site": create_site,
    "portal": create_portal,
    "console": create_console,
    "mailbox": create_mailbox,
}
_TOKEN = re.compile(r'name="csrf_token" value="([0-9a-f]{64})"')


@cache
def face(installation: Installation, name: str) -> Flask:
    """A face's application, made from the installation's services."""
    if name == "store":
        return installation.store_app  # type: ignore[no-any-return]
    return _CREATE[name](installation.services)


def rules(app: Flask, *, unsafe: bool | None = None) -> Iterator[tuple[Rule, str]]:
    """Every rule of an application with each of its methods."""
    for rule in app.url_map.iter_rules():
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            if unsafe is None or (method in UNSAFE) == unsafe:
                yield rule, method


def path_of(app: Flask, rule: Rule, values: Mapping[str, Any] | None = None) -> str:
    """An address that a rule answers; what ``values`` does not give is made up."""
    some_id = UUID(int=7)
    made = {"UUIDConverter": some_id, "IntegerConverter": 1}
    given = {
        name: (values or {}).get(name, made.get(type(converter).__name__, "x"))
        for name, converter in rule._converters.items()
    }
    return app.url_map.bind("host").build(rule.endpoint, given)


def words(response: TestResponse) -> str:
    """What a page says: without its markup, spaces folded."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", response.text)).split())


class Visitor:
    """Somebody at a face. With a role, they are signed in: at the portal for a shop's partner."""

    def __init__(
        self, world: World, face_name: str, role: str = "", shop: Shop | None = None, *, email: str = ""
    ) -> None:
        self.world, self.face_name = world, face_name
        self.app = face(world.installation, face_name)
        config = world.services.config
        self.host = {
            "portal": config.portal_host,
            "console": config.console_host,
            "mailbox": config.mailbox_host,
            "site": config.site_host,
        }.get(face_name) or f"{(shop or world.ada).slug}.localhost"
        self.base = f"http://{self.host}"
        self.client: FlaskClient = self.app.test_client()
        self.email = email or f"{face_name}-{role}-{shop.slug if shop else world.number}@example.com"
        if role:
            self._sign_in(role, shop)

    def _sign_in(self, role: str, shop: Shop | None) -> None:
        world = self.world
        partner_id = shop.partner_id if shop else None
        with transaction(world.services.console) as session:
            invite(
                session, email=self.email, name=f"{role.title()} {world.number}", face=self.face_name,
                role=role, partner_id=partner_id, now=world.now,
            )  # fmt: skip
            self.cookie = open_session(
                session, face=self.face_name, person_id=person_id(session, self.email),
                partner_id=partner_id, user_agent="tests", now=world.now,
            )  # fmt: skip
        self.client.set_cookie(self.session_cookie, self.cookie, domain=self.host)

    @property
    def session_cookie(self) -> str:
        return str(self.app.extensions["awning.face"].session_cookie)

    @property
    def token(self) -> str:
        """The token that forms of this browser carry now."""
        found = _TOKEN.search(self.get("/forgotten").text)
        assert found
        return found[1]

    def get(self, path: str, **options: Any) -> TestResponse:
        return self.client.get(path, base_url=self.base, **options)

    def post(self, path: str, **form: object) -> TestResponse:
        return self.send("POST", path, data=form)

    def send(self, method: str, path: str, *, data: Mapping[str, object] | None = None) -> TestResponse:
        """Send a form with the token that it has to carry; lists are sent as several fields."""
        fields = {
            name: value if isinstance(value, (list, tuple)) else str(value)
            for name, value in (data or {}).items()
        }
        return self.client.open(
            path, method=method, data={"csrf_token": self.token, **fields}, base_url=self.base
        )


def person_id(session: Session, email: str) -> UUID:
    return session.execute(select(Person.person_id).where(Person.email == email)).scalar_one()


def field(response: TestResponse, name: str) -> str:
    """What stands in a page's field."""
    found = re.search(rf'<input[^>]*\bname="{re.escape(name)}"[^>]*>', response.text)
    assert found, f"the page has no field {name}"
    value = re.search(r'\bvalue="([^"]*)"', found[0])
    return unescape(value[1]) if value else ""
