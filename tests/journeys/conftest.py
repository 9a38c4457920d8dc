"""A served installation and a real browser, for the journeys of two workers at most, beside the other tests."""

from __future__ import annotations

import os
import re
import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from werkzeug.serving import BaseWSGIServer, make_server

from app.application import create_app
from app.theme_check.looking import WIDTHS, problems_at
from payments.sandbox import Server
from payments.verify import verify
from storage.database import transaction
from tenants.access import find_person, invite, open_session, use_link
from tests.conftest import database_of_its_own
from tests.sql_rules import watch
from tests.world import Installation, Shop, World

PASSWORD = "correct horse battery"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    # Each worker that has journeys starts a browser and a server, so they are kept together; but all of them
    # on one worker would take longer than everything else on the other.
    files = sorted({item.path for item in items if "tests/journeys" in str(item.path)})
    for item in items:
        if item.path in files:
            item.add_marker(pytest.mark.xdist_group(f"journeys-{files.index(item.path) % 2}"))


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Chromium as `make test` found it."""
    path = os.environ.get("AWNING_CHROMIUM") or shutil.which("chromium")
    assert path, "set AWNING_CHROMIUM to the path of a Chromium; `make test` finds or installs one"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"],
        )
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """An installation of its own, served on free ports of this machine."""
    web = make_server("127.0.0.1", 0, lambda e, s: application(e, s), threaded=True)
    installation = Installation(
        database_of_its_own("awning_journeys"),
        tmp_path_factory.mktemp("journeys"),
        port=web.server_port,
        pay="http://localhost:1",
    )
    pay = Server(installation.sandbox)
    _move(installation, pay.port)
    application = create_app(installation.services)
    watch(installation.services.face)
    servers: list[BaseWSGIServer | Server] = [web, pay]
    threads = [threading.Thread(target=server.serve_forever, daemon=True) for server in servers]
    for thread in threads:
        thread.start()
    yield installation
    for server in servers:
        server.shutdown()
        server.server_close()
    for thread in threads:
        thread.join()
    with transaction(installation.services.console) as session:
        findings = list(verify(session))
    installation.close()
    assert not findings, findings


def _move(installation: Installation, port: int) -> None:
    """Tell the installation where its sandbox is served, now that the port is known."""
    installation.pay = installation.sandbox.state.base_url = f"http://localhost:{port}"
    installation.services.config.sandbox_url = installation.pay


@pytest.fixture
def world(served: Installation) -> World:
    served.forget_jobs()
    return World(served)


@dataclass
class Visitor:
    """Somebody with a browser of their own. What the browser complains about is gathered."""

    context: BrowserContext
    installation: Installation
    complaints: list[str] = field(default_factory=list)

    def open(self, host: str, path: str = "/") -> Page:
        page = self.context.pages[0] if self.context.pages else self.context.new_page()
        page.goto(self.installation.services.config.url(host, path))
        return page

    def store(self, shop: Shop, path: str = "/") -> Page:
        return self.open(f"{shop.slug}.localhost", path)

    def listen(self, page: Page) -> None:
        """Gather what a page's console complains about. A page that refuses is no complaint."""
        page.on(
            "console",
            lambda message: (
                self.complaints.append(message.text)
                if message.type == "error" and "status of 4" not in message.text
                else None
            ),
        )
        page.on("pageerror", lambda error: self.complaints.append(str(error)))


@pytest.fixture
def another(chromium: Browser, served: Installation) -> Iterator[Callable[..., Visitor]]:
    """Makes visitors, with what is asked of their browsers; the test fails when the console of one says that
    something went wrong."""
    made: list[Visitor] = []

    def arrive(**asked: Any) -> Visitor:
        # What fades is judged by axe at any moment of it; nothing does for those who asked for less motion.
        viewport = {"width": 1280, "height": 900}
        context = chromium.new_context(**{"viewport": viewport, "reduced_motion": "reduce", **asked})
        context.set_default_timeout(10_000)
        visitor = Visitor(context, served)
        context.on("page", visitor.listen)
        made.append(visitor)
        return visitor

    yield arrive
    for visitor in made:
        visitor.context.close()
    assert [visitor.complaints for visitor in made if visitor.complaints] == []


@pytest.fixture
def visitor(another: Callable[..., Visitor]) -> Visitor:
    return another()


def member(world: World, *, face: str, role: str = "owner", shop: Shop | None = None) -> str:
    """Somebody who can sign in with PASSWORD; returns the e-mail address."""
    email = f"{face}-{role}-{world.number}@example.com"
    with transaction(world.services.console) as session:
        token = invite(
            session, email=email, name=f"{role.title()} {world.number}", face=face, role=role,
            partner_id=shop.partner_id if shop else None, now=world.now,
        )  # fmt: skip
        use_link(session, token=token, face=face, password=PASSWORD, now=world.now)
    return email


def signed_in(
    world: World, visitor: Visitor, *, face: str, shop: Shop | None = None, role: str = "owner"
) -> str:
    """Let a visitor be signed in already; returns the face's host."""
    email = member(world, face=face, role=role, shop=shop)
    config = world.services.config
    host = config.portal_host if face == "portal" else config.console_host
    with transaction(world.services.console) as session:
        person = find_person(session, email=email, face=face)
        assert person
        cookie = open_session(
            session, face=face, person_id=person.person_id, user_agent="journeys", now=world.now
        )
    name = {"portal": "awning-partner", "console": "awning-staff"}[face]
    visitor.context.add_cookies([{"name": name, "value": cookie, "url": config.url(host, "/")}])
    return host


def accessible(page: Page, *, widths: tuple[int, ...] = WIDTHS) -> None:
    """Hold a page against axe, WCAG 2.2 AA, at each width; nothing may stick out of it sideways."""
    before = page.viewport_size
    # A click returns when the next page has begun, which may be before any of it can be judged.
    page.wait_for_load_state()
    for width in widths:
        told = list(problems_at(page, width))
        assert not told, f"{page.url} at {width}: {told}"
    if before:
        page.set_viewport_size(before)


def into_bag(page: Page, words: str = "Add to bag") -> None:
    """Put what a product's page shows into the bag, and wait until the bag shows it."""
    page.get_by_role("button", name=re.compile(words)).first.click()
    expect(page.locator("[data-drawer][open] .line").first).to_be_visible()
