"""Every preset against what a page must meet: `make audit` prints it, and exits with 1 where it is short.

Lighthouse looks at home, collection, product and bag. Axe, markup, console and bytes are judged in
both schemes at three widths. Of portal and console the markup is judged; the tests hold them against axe.
"""

from __future__ import annotations

import argparse
import gzip
import os
import sys
from collections.abc import Iterator
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Response

from app.theme_check.checking import MOST_CSS, MOST_FONTS, MOST_SCRIPT
from app.theme_check.looking import WIDTHS, problems_at
from app.theme_check.markup import MOST_BYTES, problems_of
from scripts.presets.dressing import DressedDemo, presets
from scripts.presets.judges import CATEGORIES, LEAST, SPEED, html_problems, lighthouse
from scripts.presets.rooms import pages_of_room
from scripts.presets.walking import PAGES, SCHEMES, browser, fill_bag, shopper

_AUDITED = ("home", "collection", "product", "cart")
_BUDGETS = {"document": MOST_BYTES, "stylesheet": MOST_CSS, "script": MOST_SCRIPT}


def main() -> int:
    parser = argparse.ArgumentParser(prog="make audit")
    parser.add_argument(
        "--without-speed", action="store_true", help="judge nothing that depends on the machine"
    )
    timed = not parser.parse_args().without_speed
    chromium = os.environ["AWNING_CHROMIUM"]
    categories = tuple(each for each in CATEGORIES if timed or each != SPEED)
    findings: list[str] = []
    documents: dict[str, str] = {}
    with DressedDemo() as demo:
        for theme, preset in presets():
            demo.dress(theme, preset)
            name = f"{theme.label}, {preset.label}"
            print(name, flush=True)
            for page in _AUDITED:
                address = demo.store + PAGES[page]
                scores = lighthouse(address, chromium, categories=categories, indexed=page != "cart")
                told = (f"{each} {score:>3}" for each, score in scores.items())
                print(f"  {page:<12}" + "   ".join(told), flush=True)
                findings += [
                    f"{name}, {page}: Lighthouse gives {score} of 100 for {each}, {LEAST} at least"
                    for each, score in scores.items()
                    if score < LEAST
                ]
            with browser(chromium) as started:
                for scheme in SCHEMES:
                    for problem in _walk(started, demo, scheme, f"{name}, {scheme}", documents):
                        findings.append(problem)
        for face, (address, signed_in) in demo.owners.items():
            pages, broken = pages_of_room(address, signed_in)
            print(f"{face}: {len(pages)} pages", flush=True)
            findings += [f"{face}: {each}" for each in broken]
            documents |= {f"{face} {path}": html for path, html in pages.items()}
    findings += html_problems(documents)
    for finding in findings:
        print(finding)
    print(f"{len(presets())} presets, {len(documents)} documents, {len(findings)} findings")
    return 1 if findings else 0


def _walk(
    chromium: Browser, demo: DressedDemo, scheme: str, name: str, documents: dict[str, str]
) -> Iterator[str]:
    """What is wrong with a store's pages in one scheme. ``documents`` gets their HTML, by their names."""
    page = shopper(chromium, scheme=scheme)
    fill_bag(page, demo)
    complaints: list[str] = []
    answers: list[Response] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("response", lambda answer: answers.append(answer))
    for kind, path in PAGES.items():
        answers.clear()
        page.goto(demo.store + path, wait_until="networkidle")
        where = f"{name}, {kind}"
        documents[where] = next(each.text() for each in answers if each.request.resource_type == "document")
        yield from (f"{where}: {problem}" for problem in problems_of(documents[where]))
        yield from (f"{where}: {problem}" for problem in _weighed(answers, demo.store))
        yield from (f"{where} at {width}: {each}" for width in WIDTHS for each in problems_at(page, width))
        yield from (f"{where}: complains: {text}" for text in complaints)
        complaints.clear()
    page.context.close()


def _weighed(answers: list[Response], store: str) -> Iterator[str]:
    """What a page asks for, and the bytes of its parts as they are compressed."""
    sizes = dict.fromkeys(_BUDGETS, 0)
    fonts = 0
    for answer in answers:
        kind = answer.request.resource_type
        fonts += kind == "font"
        if urlsplit(answer.url).netloc != urlsplit(store).netloc:
            yield f"asks {answer.url}, which is elsewhere"
        if kind in sizes:
            sizes[kind] += len(gzip.compress(answer.body()))
    for kind, most in _BUDGETS.items():
        if sizes[kind] > most:
            yield f"has {sizes[kind]} bytes of {kind} compressed, {most} at most"
    if fonts > MOST_FONTS:
        yield f"asks for {fonts} fonts, {MOST_FONTS} at most"


if __name__ == "__main__":
    sys.exit(main())
