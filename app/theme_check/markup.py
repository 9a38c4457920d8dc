"""What is wrong with a page's markup, in sentences."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from itertools import pairwise

import html5lib

MOST_BYTES = 30_000
_ELSEWHERE = re.compile(r"^(?:[a-z]+:)?//", re.IGNORECASE)
_LOADS = {"img": "src", "script": "src", "source": "srcset", "iframe": "src"}


def problems_of(page: str) -> Iterator[str]:
    """Judge a whole page: valid, in order, within its size, and nothing that the security policy stops."""
    try:
        tree = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(page)
    except html5lib.html5parser.ParseError as error:
        yield f"is no valid HTML: {error}"
        return
    ranks = []
    ids: list[str] = []
    for element in tree.iter():
        if not isinstance(element.tag, str):
            continue
        name = str(element.get("id") or "")
        if name:
            ids.append(name)
        if "style" in element.attrib:
            yield f"has a style attribute on {element.tag}, which the security policy stops"
        for attribute in element.attrib:
            if str(attribute).startswith("on"):
                yield f"has {attribute} on {element.tag}, which the security policy stops"
        inline = element.tag == "script" and not element.get("src")
        if element.tag == "style" or (inline and element.get("type") != "application/ld+json"):
            yield f"has an inline {element.tag}, which the security policy stops"
        address = element.get("href" if element.get("rel") == "stylesheet" else _LOADS.get(element.tag, ""))
        if address and _ELSEWHERE.match(address):
            yield f"loads {address}, and a store loads nothing from elsewhere"
        if element.tag == "img" and (element.get("alt") is None or not int(element.get("width", 0))):
            yield "has a picture without alt text or without its width"
        if re.fullmatch("h[1-6]", element.tag):
            ranks.append(int(element.tag[1]))
    yield from (f"has the id {name} twice" for name in sorted({one for one in ids if ids.count(one) > 1}))
    if ranks.count(1) != 1:
        yield f"has {ranks.count(1)} main headings"
    elif any(later > earlier + 1 for earlier, later in pairwise(ranks[ranks.index(1) :])):
        yield "leaves out a rank of headings"
    size = len(gzip.compress(page.encode()))
    if size > MOST_BYTES:
        yield f"has {size} bytes compressed, {MOST_BYTES} at most"
