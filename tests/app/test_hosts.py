"""What is believed of a request before a face sees it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest
from pydantic import ValidationError
from werkzeug.test import Client

from app.config import Config
from app.hosts import Hosts
from tests.world import World


def seen(world: World, proxies: int, forwarded: str) -> dict[str, str]:
    """What a face hears of a request that came through these addresses, the last of them a proxy's."""
    heard: dict[str, str] = {}

    def store(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        heard.update({name: environ[name] for name in ("REMOTE_ADDR", "HTTP_HOST", "wsgi.url_scheme")})
        start_response("200 OK", [])
        return []

    services = replace(world.services, config=world.services.config.model_copy(update={"proxies": proxies}))
    headers = {"X-Forwarded-For": forwarded, "X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https"}
    client = Client(Hosts(services, faces={}, store=store))
    client.get("/", base_url="http://shop.example", headers=headers, environ_base={"REMOTE_ADDR": "10.0.0.9"})
    return heard


@pytest.mark.parametrize(("proxies", "address"), [(0, "10.0.0.9"), (1, "198.51.100.7"), (2, "203.0.113.5")])
def test_an_address_is_what_our_own_proxies_say(world: World, proxies: int, address: str) -> None:
    heard = seen(world, proxies, "192.0.2.66, 203.0.113.5, 198.51.100.7")
    assert heard == {"REMOTE_ADDR": address, "HTTP_HOST": "shop.example", "wsgi.url_scheme": "http"}


def test_production_is_told_how_many_proxies_stand_in_front() -> None:
    given: dict[str, Any] = {
        "environment": "production", "database_url": "postgresql://x", "secret_key": "x" * 40, "scheme": "https",
        "stripe_api_key": "sk_live_x", "stripe_webhook_secrets": ["whsec_x"], "smtp_url": "smtp://x",
    }  # fmt: skip
    with pytest.raises(ValidationError, match="AWNING_PROXIES"):
        Config(**given)
    assert Config(**given, proxies=1).proxies == 1
