"""How soon a change shows in the editor's preview: in the server, and on the screen of a real browser."""

from __future__ import annotations

import os
import re
import shutil
import statistics
import time
from collections.abc import Iterator
from datetime import UTC, datetime

from playwright.sync_api import Page, sync_playwright

from bench.installation import Installation
from bench.measuring import Figure
from bench.shopper import Browser
from kit.ids import new_id
from themes.content import Content
from themes.draft_changes import become
from themes.drafts import change_draft

_CHANGES = 60
_WARM = 8


def editor_figures(bench: Installation) -> Iterator[Figure]:
    """Words typed into a heading, and colours chosen, on a home page of five sections and 24 products."""
    _furnish(bench)
    yield from _server(bench)
    yield from _screen(bench)


def _furnish(bench: Installation) -> None:
    """A home page such as a partner has it."""
    tenant, store_id = bench.tenant("bench-0")
    kinds = ("hero", "featured", "picture_text", "quote", "facts")
    chosen = {"featured": {"count": 24}}
    sections = [{"id": kind, "type": kind, "settings": chosen.get(kind, {})} for kind in kinds]
    with tenant.begin() as session:
        change_draft(
            session,
            partner_id=tenant.partner_id,
            store_id=store_id,
            seen=0,
            make=become(Content("aurora@1", {}, {"home": sections}), mark=str(new_id()), words="bench"),
            actor="bench",
            now=datetime.now(UTC),
        )


def _server(bench: Installation) -> Iterator[Figure]:
    portal, store = Browser(bench.port), Browser(bench.port)
    host = bench.config.portal_host
    portal.get(host, bench.sign_in)
    page = portal.get(host, "/editor?section=hero").text
    token, preview = _found(r'name="csrf_token" value="(\w+)"', page), _found(r'data-preview="([^"]+)"', page)
    path = re.sub(r"^https?://[^/]+", "", preview)
    times = []
    for number in range(_WARM + _CHANGES):
        version = _found(r'data-version="(\d+)"', page)
        form = {"csrf_token": token, "version": version, "act": "set"}
        if number % 2:
            asked, named = "/editor", {"has": "brand", "f-brand": f"#{number * 49999 % 0xFFFFFF:06x}"}
        else:
            asked, named = "/editor?section=hero", {"has": "heading", "f-heading": f"Heading {number}"}
        begun = time.perf_counter()
        if portal.post(host, asked, **form, **named).status != 303:
            raise RuntimeError("the change was not taken")
        shown = store.get(bench.stores[0], f"{path}/")
        times.append(time.perf_counter() - begun)
        if shown.status != 200:
            raise RuntimeError("the preview did not answer")
        page = portal.get(host, "/editor?section=hero").text
    portal.close()
    store.close()
    yield Figure("editor: change and preview, server, p95", _p95(times[_WARM:]) * 1000, "ms", 75)


def _screen(bench: Installation) -> Iterator[Figure]:
    chromium = os.environ.get("AWNING_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    if not chromium:
        raise RuntimeError("the editor is measured in Chromium: install it, or set AWNING_CHROMIUM")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": 1280, "height": 860})
        page.goto(bench.config.url(bench.config.portal_host, bench.sign_in))
        page.goto(bench.config.url(bench.config.portal_host, "/editor?section=hero"))
        page.frame_locator("#frame").locator(".awning-edited").wait_for()
        yield from _two("a letter typed to it shown", _typed(page))
        page.goto(bench.config.url(bench.config.portal_host, "/editor"))
        page.frame_locator("#frame").locator("main section").first.wait_for()
        yield from _two("a colour chosen to it shown", _coloured(page))
        browser.close()


def _two(name: str, times: list[float]) -> Iterator[Figure]:
    yield Figure(f"editor: {name}, p95", _p95(times), "ms", 150)
    yield Figure(f"editor: {name}, median", statistics.median(times), "ms", None)


def _typed(page: Page) -> list[float]:
    field = page.locator("#f-heading")
    field.fill("Words: ")
    field.press("End")
    for number in range(_WARM + _CHANGES):
        field.press(chr(97 + number % 26))
        _settle(page, number + 2)
    return _measured(page)


def _coloured(page: Page) -> list[float]:
    field = page.locator("#f-brand")
    for number in range(_WARM + _CHANGES):
        field.fill(f"#{(number + 3) * 77773 % 0xFFFFFF:06x}")
        _settle(page, number + 1)
    return _measured(page)


def _settle(page: Page, changes: int) -> None:
    """Wait until so many changes have been shown, then for as long as somebody needs for the next."""
    page.wait_for_function("n => performance.getEntriesByName('awning-change').length >= n", arg=changes)
    page.wait_for_timeout(40)


def _measured(page: Page) -> list[float]:
    found = page.evaluate("performance.getEntriesByName('awning-change').map((each) => each.duration)")
    return list(found[_WARM:])


def _p95(values: list[float]) -> float:
    return sorted(values)[int(len(values) * 0.95)]


def _found(pattern: str, page: str) -> str:
    found = re.search(pattern, page)
    if not found:
        raise RuntimeError(f"the editor's page has no {pattern}")
    return found[1]
