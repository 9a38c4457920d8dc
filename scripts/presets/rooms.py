"""The pages of portal and console, as their owners see them: every kind of page that a link leads to."""

from __future__ import annotations

import re
from collections import Counter
from html import unescape
from urllib.parse import parse_qsl, urlsplit

from bench.shopper import Browser

_LINK = re.compile(r'<a\b[^>]*\shref="(/[^"#]*)')
_KEY = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|[0-9]+")
# Files to take away, and what would end the walk.
_LEFT_OUT = re.compile(r"\.(csv|xlsx|pdf|ics|svg|png|webp)\b|sign-out|/_demo/")
_EACH = 2


def pages_of_room(address: str, signed_in: str) -> tuple[dict[str, str], list[str]]:
    """The pages that links lead to from the first one on, by their paths; and what answered with an error.

    ``address`` is the face's, ``signed_in`` the link that signs somebody in. Of pages that differ only by
    their key or number, two are looked at.
    """
    face = urlsplit(address)
    browser = Browser(int(face.port or 80), timeout=60)
    host = str(face.hostname)
    browser.get(host, urlsplit(signed_in).path)
    pages: dict[str, str] = {}
    broken: list[str] = []
    shapes: Counter[tuple[str, ...]] = Counter()
    to_do = ["/"]
    while to_do:
        path = to_do.pop(0)
        shapes[_shape(path)] += 1
        if path in pages or shapes[_shape(path)] > _EACH:
            continue
        answer = browser.get(host, path)
        if answer.status >= 400:
            broken.append(f"{path} answers {answer.status}")
        elif answer.text.startswith("<!doctype html"):
            pages[path] = answer.text
            to_do += [
                each for each in map(unescape, _LINK.findall(answer.text)) if not _LEFT_OUT.search(each)
            ]
    browser.close()
    return pages, broken


def _shape(path: str) -> tuple[str, ...]:
    """What pages of one kind have in common."""
    parts = urlsplit(path)
    return _KEY.sub("N", parts.path), *sorted(name for name, _ in parse_qsl(parts.query))
