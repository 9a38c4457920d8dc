"""A theme whose template fails: the shopper sees the core's page, and the company what is wrong where."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Response

import themes as themes_package
from app.store.rendering import Renderer
from app.theme_check import goods
from app.theme_check.pages import pages
from storage.database import transaction
from tests.app.faces import Visitor, words
from tests.world import World
from themes.failures import failures, put_away
from themes.registry import Registry, installed

_THEME = """id = "broken"
version = 1
api = 1
label = "Broken"
parent = "aurora"
"""


@pytest.fixture
def broken(tmp_path: Path) -> Renderer:
    """Renders with a theme whose product page asks for what there is not."""
    folder = tmp_path / "broken"
    (folder / "templates").mkdir(parents=True)
    (folder / "theme.toml").write_text(_THEME, encoding="utf-8")
    (folder / "templates" / "product.html").write_text(
        "a line\n{{ product.nothing_like_it }}", encoding="utf-8"
    )
    themes = Path(themes_package.__file__).parent
    return Renderer(Registry([folder, *(path.parent for path in themes.glob("*/theme.toml"))]))


@pytest.fixture(autouse=True)
def _mended(world: World) -> Iterator[None]:
    yield
    with transaction(world.services.console) as session:
        for each in failures(session):
            put_away(session, theme=each.theme, template=each.template)


def visited(world: World, renderer: Renderer) -> str:
    """The page of a product in a store that wears the broken theme, as its shopper gets it."""
    aurora = installed().theme("aurora")
    template, context = pages(aurora)["mug MUG"]
    shop = goods.storefront(aurora, aurora.presets[0])
    app = world.installation.store_app
    with app.test_request_context("/", base_url=f"http://{world.ada.slug}.localhost"):
        page = renderer.render(
            replace(shop, theme="broken@1"), template, page_title="A page", canonical_url="", base_url="",
            **context,
        )  # fmt: skip
        assert app.process_response(Response(page)).status_code == 200
    return page


def test_the_core_shows_the_page_and_the_work_queue_says_what_fails(
    world: World, broken: Renderer, caplog: pytest.LogCaptureFixture
) -> None:
    staff = Visitor(world, "console", "owner")
    assert "of a theme fail" not in words(staff.get("/"))
    page = visited(world, broken)
    assert "<h1>Mug</h1>" in page
    assert "/broken@1/" not in page
    assert "/aurora@1/css/theme.css" in page
    assert "theme broken@1 failed in templates/product.html" in caplog.text
    seen = words(staff.get("/"))
    assert "1 template of a theme fails" in seen
    assert "broken@1: templates/product.html" in seen
    assert "nothing_like_it" in seen
    assert "(templates/product.html, line 2)" in seen


def test_what_fails_over_and_over_is_noted_once_and_put_away_when_mended(
    world: World, broken: Renderer
) -> None:
    staff = Visitor(world, "console", "owner")
    for minutes in (0, 0, 5):
        world.later(minutes=minutes)
        visited(world, broken)
    staff.get("/")
    named = {"theme": "broken@1", "template": "templates/product.html"}
    assert staff.post("/themes/mended", **named).status_code == 303
    assert "of a theme fail" not in words(staff.get("/"))
    assert staff.post("/themes/mended", **named).status_code == 404
    world.later(minutes=5)
    visited(world, broken)
    assert "1 template of a theme fails" in words(staff.get("/"))


def test_who_only_looks_cannot_put_it_away(world: World, broken: Renderer) -> None:
    visited(world, broken)
    viewer = Visitor(world, "console", "viewer")
    assert "Mended" not in words(viewer.get("/"))
    named = {"theme": "broken@1", "template": "templates/product.html"}
    assert viewer.post("/themes/mended", **named).status_code == 403
