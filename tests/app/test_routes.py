"""Every route of every face: who may enter it, and that no form gets in from elsewhere."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.application import create_app
from app.edge import anyone
from tests.app.faces import FACES, SIGNED_IN_FACES, UNSAFE, Visitor, face, path_of, rules
from tests.world import World

# What somebody may ask for who has not signed in. A new blueprint stays closed until it stands here.
OPEN_ROOMS = {
    "site": {"site", "webhooks", "assets"},
    "portal": {"sign_in", "assets"},
    "console": {"sign_in", "assets"},
    "store": {"store", "assets"},
    "mailbox": {"mailbox", "assets"},
}
# What proves where it comes from by a signature of its own.
SIGNED = {"webhooks.stripe": 400, "store.leave_newsletter": 404}


@pytest.mark.parametrize("name", FACES)
def test_every_route_has_a_rule_and_open_ones_are_named(world: World, name: str) -> None:
    app = face(world.installation, name)
    registered = app.extensions["awning.rules"]
    seen = set()
    for rule, _ in rules(app):
        room = rule.endpoint.rpartition(".")[0]
        assert room in registered, f"{rule} has no rule"
        assert (registered[room] is anyone) == (room in OPEN_ROOMS[name]), rule
        seen.add(room)
    assert seen >= OPEN_ROOMS[name]


@pytest.mark.parametrize("name", SIGNED_IN_FACES)
def test_without_a_session_nothing_is_shown_or_done(world: World, name: str) -> None:
    stranger = Visitor(world, name)
    tried = 0
    for rule, method in rules(stranger.app):
        if rule.endpoint.rpartition(".")[0] in OPEN_ROOMS[name]:
            continue
        path = path_of(stranger.app, rule)
        if method in UNSAFE:
            response = stranger.client.open(
                path, method=method, headers={"X-CSRF-Token": stranger.token}, base_url=stranger.base
            )
        else:
            response = stranger.get(path)
        if path.startswith("/api/"):
            assert response.status_code == 401, (method, path)
            assert response.json
            assert response.json["error"] == "Sign in"
        else:
            assert response.status_code == 302, (method, path)
            assert response.location.startswith("/sign-in?next=/"), (method, path)
        tried += 1
    assert tried > 15


@pytest.mark.parametrize("name", SIGNED_IN_FACES)
def test_a_session_that_is_made_up_ended_or_of_the_other_face_opens_nothing(world: World, name: str) -> None:
    other = next(face_name for face_name in SIGNED_IN_FACES if face_name != name)
    shops = {"portal": world.ada, "console": None}
    elsewhere = Visitor(world, other, "owner", shops[other])
    ended = Visitor(world, name, "owner", shops[name])
    assert ended.get("/").status_code == 200
    assert ended.post("/sign-out").status_code == 303
    for cookie in ("", "x", "x" * 43, elsewhere.cookie, ended.cookie):
        stranger = Visitor(world, name)
        stranger.client.set_cookie(stranger.session_cookie, cookie, domain=stranger.host)
        assert stranger.get("/").status_code == 302, cookie
    expired = Visitor(world, name, "owner", shops[name])
    world.later(days=14, minutes=1)
    assert expired.get("/").status_code == 302


@pytest.mark.parametrize("name", FACES)
def test_no_route_takes_a_change_without_the_pages_own_token(world: World, name: str) -> None:
    shop = world.ada if name in ("portal", "store") else None
    visitor = Visitor(world, name, "owner" if name in SIGNED_IN_FACES else "", shop)
    for rule, method in rules(visitor.app, unsafe=True):
        path = path_of(visitor.app, rule)
        if rule.endpoint in SIGNED:
            refused = visitor.client.open(path, method=method, base_url=visitor.base)
            assert refused.status_code == SIGNED[rule.endpoint], path
            continue
        for headers in ({}, {"X-CSRF-Token": "0" * 64}, {"X-CSRF-Token": "ü"}):
            response = visitor.client.open(path, method=method, headers=headers, base_url=visitor.base)
            assert response.status_code == 403, (method, path, headers)


@pytest.mark.parametrize("name", SIGNED_IN_FACES)
def test_a_token_is_good_for_one_browser_and_one_session(world: World, name: str) -> None:
    shop = world.ada if name == "portal" else None
    mine = Visitor(world, name, "owner", shop)
    theirs = Visitor(world, name, "owner", shop, email=f"other-{world.number}@example.com")
    before = mine.token
    for token in (theirs.token, Visitor(world, name).token):
        data = {"csrf_token": token}
        assert mine.client.post("/sign-out", data=data, base_url=mine.base).status_code == 403
    for headers in ({"Sec-Fetch-Site": "same-site"}, {"Origin": f"http://{world.ada.slug}.localhost"}):
        response = mine.client.post(
            "/sign-out", data={"csrf_token": before}, headers=headers, base_url=mine.base
        )
        assert response.status_code == 403, headers
    assert mine.get("/").status_code == 200


def test_health_and_every_face_answer_in_each_environment(world: World) -> None:
    from werkzeug.test import Client

    for environment in ("development", "demo"):
        config = world.services.config.model_copy(update={"environment": environment})
        services = replace(world.services, config=config)
        client = Client(create_app(services))
        for host in (config.site_host, config.portal_host, config.console_host, config.mailbox_host):
            path = "/sign-in" if host in (config.portal_host, config.console_host) else "/"
            assert client.get(path, base_url=f"http://{host}").status_code == 200, (environment, host)
            demo = client.get("/_demo/sign-in/forged.link", base_url=f"http://{host}")
            assert demo.status_code == 404, (environment, host)
        services.face.dispose()
        services.console.dispose()


def test_a_character_that_cannot_be_kept_is_the_senders_fault(world: World) -> None:
    owner, staff = Visitor(world, "portal", "owner", world.ada), Visitor(world, "console", "owner")
    shopper = Visitor(world, "store")
    answers = {
        "customers": owner.get("/customers?q=%00"),
        "prices": owner.get("/prices?q=a%00"),
        "settings": owner.post(
            "/store", name="a\x00", support_email="a@example.com", on_wholesale_rise="lift"
        ),
        "products": staff.get("/products/?q=%00"),
        "orders": staff.get("/orders/?q=%00"),
        "sign in": Visitor(world, "portal").post("/sign-in", email="a\x00@example.com", password="x"),
        "search": shopper.get("/search?q=%00"),
    }
    assert {name: one.status_code for name, one in answers.items() if one.status_code >= 500} == {}
