"""The way in to a store: a page that is in memory is the same answer as one that was just rendered."""

from __future__ import annotations

import re

import pytest
from werkzeug.test import TestResponse

from tests.app.shopper import Shopper, statements
from tests.world import World

_VARIES = re.compile(r'name="csrf_token" value="[0-9a-f]{64}"')


def told(response: TestResponse) -> tuple[int, str, list[tuple[str, str]]]:
    """What an answer says to anybody: without the token of its browser, and the browser's new name."""
    headers = [
        (name, re.sub(r"=[\w-]{43};", "=…;", value) if name == "Set-Cookie" else value)
        for name, value in response.headers
    ]
    return response.status_code, _VARIES.sub("", response.text), sorted(headers)


@pytest.mark.parametrize("cookies", [{}, {"awning-language": "ar"}, {"awning-bag": "3"}])
def test_a_kept_page_is_answered_as_it_was_rendered(world: World, cookies: dict[str, str]) -> None:
    for shop in (world.ada, world.ben):
        answers = []
        for _ in range(2):
            # Each is a browser that was never here, so both are given a name.
            shopper = Shopper(shop)
            for name, value in cookies.items():
                shopper.client.set_cookie(name, value, domain=f"{shop.slug}.localhost")
            answers.append(told(shopper.get(f"/products/{world.tote}")))
        assert answers[0] == answers[1]
        assert ('<html lang="ar' in answers[1][1]) == ("awning-language" in cookies)


def test_what_browsers_make_up_is_not_repeated(world: World) -> None:
    shopper = Shopper(world.ada)
    path = f"/products/{world.tote}"
    shopper.get(path)
    for name in ("awning-shopper", "awning-bag", "awning-language"):
        shopper.client.set_cookie(name, '"><script>', domain=f"{world.ada.slug}.localhost")
    kept = shopper.get(path)
    assert "><script>" not in kept.text
    assert "awning-shopper=" in kept.headers["Set-Cookie"]
    assert '<html lang="en-US"' in kept.text


def test_the_form_of_a_kept_page_may_be_sent(world: World) -> None:
    Shopper(world.ada).get(f"/products/{world.tote}")
    shopper = Shopper(world.ada)
    shopper.get(f"/products/{world.tote}")
    sent = shopper.post("/cart/add", variant_id=world.variant(world.tote), quantity=2)
    assert sent.status_code == 303
    shopper.get("/cart")
    shown = re.search(r"data-bag>(.+?)</a>", shopper.get(f"/products/{world.tote}").text, re.DOTALL)
    assert shown is not None
    assert "2" in shown[1]


def test_an_address_in_disguise_is_not_taken_for_a_kept_page(world: World) -> None:
    shopper = Shopper(world.ada)
    path = f"/products/{world.tote}?variant={world.tote}"
    assert shopper.get(path).status_code == 200
    disguised = shopper.client.get("/", base_url=shopper.base, environ_overrides={"PATH_INFO": path})
    assert disguised.status_code == 404
    for other in (f"//products/{world.tote}", f"/products/{world.tote}/"):
        assert shopper.get(other).status_code != 200
    assert shopper.post(path).status_code in (403, 405)


def test_the_head_of_a_kept_page_has_no_body(world: World) -> None:
    shopper = Shopper(world.ada)
    shopper.get("/")
    head = shopper.client.head("/", base_url=shopper.base)
    assert head.status_code == 200
    assert head.data == b""


def test_a_page_that_has_to_be_rendered_asks_for_its_host_once(world: World) -> None:
    with statements(world) as seen:
        Shopper(world.ada).get("/cart")
    assert sum("FROM hostnames h JOIN" in statement for statement in seen) == 1
