"""What a person would stumble over on a page that a browser shows: axe, and what sticks out of the window."""

from __future__ import annotations

from collections.abc import Iterator

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

WIDTHS = (320, 768, 1280)
# WCAG 2.2 at level AA, and nothing that is only somebody's good practice.
_RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"], "resultTypes": ["violations"]}
_AXE = Axe().axe_script


def problems_at(page: Page, width: int) -> Iterator[str]:
    """Judge a page that is open in a window so many pixels wide; the window stays as wide."""
    page.set_viewport_size({"width": width, "height": 900})
    # The script is long, and a page keeps it until it is left.
    if not page.evaluate("'axe' in window"):
        page.evaluate(_AXE)
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    if wide > 0:
        yield f"is {wide} pixels wider than the window"
    for violation in page.evaluate("rules => axe.run(document, rules)", _RULES)["violations"]:
        shown = "; ".join(node["html"][:200] for node in violation["nodes"][:3])
        yield f"{violation['help']} ({violation['id']}): {shown}"
