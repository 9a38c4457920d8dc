"""A shopper of a store over HTTP, and what the store asks of its database meanwhile."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from flask.testing import FlaskClient
from sqlalchemy import event
from werkzeug.test import TestResponse

from tests.world import Shop, World


class Shopper:
    """A browser without script: keeps cookies, sends what forms hold."""

    def __init__(self, shop: Shop, host: str = "") -> None:
        self.shop = shop
        self.client: FlaskClient = shop.world.installation.store_app.test_client()
        self.base = f"http://{host or shop.slug + '.localhost'}"
        self.token = ""

    def get(self, path: str) -> TestResponse:
        return self._kept(self.client.get(path, base_url=self.base))

    def post(self, path: str, **form: object) -> TestResponse:
        data = {"csrf_token": self.token, **{key: str(value) for key, value in form.items()}}
        return self._kept(self.client.post(path, data=data, base_url=self.base))

    def _kept(self, response: TestResponse) -> TestResponse:
        found = re.search(r'name="csrf_token" value="([0-9a-f]{64})"', response.text)
        self.token = found[1] if found else self.token
        return response

    def add(self, sku: str, quantity: int = 1) -> TestResponse:
        handle = f"mug-{self.shop.world.number}" if "mug" in sku else sku
        self.get(f"/products/{handle}?variant={sku}")
        return self.post("/cart/add", variant_id=self.shop.world.variant(sku), quantity=quantity)

    def checkout(self, **changed: str) -> TestResponse:
        self.get("/checkout")
        rate = self.shop.world.installation.rates[self.shop.currency]
        form = {
            "email": "maya@example.com", "name": "Maya Lind", "line1": "12 Harbour Street", "line2": "",
            "city": "Portland", "region": "OR", "postcode": "97201", "country": "US", "rate_id": rate,
        }  # fmt: skip
        return self.post("/checkout", act="pay", **{**form, **changed})


@contextmanager
def statements(world: World) -> Iterator[list[str]]:
    """The statements that the faces' role sends meanwhile."""
    seen: list[str] = []

    def note(connection: object, cursor: object, statement: str, *_: object) -> None:
        seen.append(statement)

    event.listen(world.services.face, "before_cursor_execute", note)
    yield seen
    event.remove(world.services.face, "before_cursor_execute", note)
