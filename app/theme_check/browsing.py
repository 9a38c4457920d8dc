"""Sample pages in a browser: axe at three widths, and pictures. Nothing is served: the browser's requests
are answered from the theme's own folders."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Route, sync_playwright

from app.store.rendering import Renderer
from app.theme_check.checking import Finding
from app.theme_check.goods import storefront
from app.theme_check.looking import WIDTHS, problems_at
from app.theme_check.pages import pages
from app.theme_check.rendering import BASE, application, show
from tenants.storefront import Storefront
from themes.registry import Registry, Theme
from themes.tokens import look

PAGES = (
    "home", "collection", "forty TEE-100", "search", "nothing found", "cart", "checkout", "order paid",
    "sign in", "account", "my data", "newsletter form", "refused case form", "case open alone",
)  # fmt: skip
_PICTURE = (
    b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 4 5"><path fill="#cbc7be" d="M0 0h4v5H0z"/></svg>'
)
_TYPES = {".css": "text/css", ".js": "text/javascript", ".woff2": "font/woff2", ".svg": "image/svg+xml"}


def browse_theme(
    theme: Theme, registry: Registry, *, chromium: Path, pictures: Path | None = None
) -> list[Finding]:
    """What axe, the console and the width of the window say of each preset, light and dark, and once from
    right to left. ``pictures`` is a folder that gets a picture of every page."""
    findings: list[Finding] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(chromium), args=["--no-sandbox"])
        for preset in theme.presets:
            for scheme, locale in (("light", "en_US"), ("dark", "en_US"), ("light", "ar")):
                shop = storefront(theme, preset, locale=locale)
                shop.settings["scheme"] = scheme
                name = f"{preset.id}-{scheme}-{locale}"
                findings += _browse(browser, theme, registry, shop, name, pictures)
        browser.close()
    return findings


def _browse(
    browser: Browser, theme: Theme, registry: Registry, shop: Storefront, dressed: str, pictures: Path | None
) -> Iterator[Finding]:
    app, renderer = application(), Renderer(registry, core_instead=False)
    samples = pages(theme)
    shown = {f"/{name.replace(' ', '-')}": show(app, renderer, shop, *samples[name]) for name in PAGES}
    sheet = look(theme.name, shop.settings, registry).css

    def answer(route: Route) -> None:
        path = urlsplit(route.request.url).path
        if path in shown:
            return route.fulfill(body=shown[path], content_type="text/html; charset=utf-8")
        if path.startswith("/_theme/"):
            return route.fulfill(body=sheet, content_type="text/css")
        if path.startswith(("/_img/", "/_brand/")):
            return route.fulfill(body=_PICTURE, content_type="image/svg+xml")
        # /_assets/HASH/THEME@VERSION/PATH
        file = registry.resolve("/".join([*path.split("/")[3:4], "assets", *path.split("/")[4:]]))
        if file is None:
            return route.fulfill(status=404)
        return route.fulfill(body=file.read_bytes(), content_type=_TYPES.get(file.suffix, "text/plain"))

    context = browser.new_context(reduced_motion="reduce")
    context.route("**/*", answer)
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    for path in shown:
        page.goto(BASE + path)
        for width in WIDTHS:
            where = f"page {path}, {dressed}, {width} wide"
            yield from (Finding(where, problem) for problem in problems_at(page, width))
            if pictures is not None:
                pictures.mkdir(parents=True, exist_ok=True)
                page.screenshot(path=pictures / f"{theme.id}-{dressed}{path.replace('/', '-')}-{width}.png")
        yield from (Finding(f"page {path}, {dressed}", f"complains: {text}") for text in complaints)
        complaints.clear()
    context.close()
