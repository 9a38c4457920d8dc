"""Search over ten thousand products: what a shopper waits for on the server, page and suggestions."""

from __future__ import annotations

import csv
import io
import random
import time
from collections.abc import Iterator
from datetime import UTC, datetime

from sqlalchemy import text

from bench.installation import Installation
from bench.measuring import Figure
from bench.shopper import Browser
from pricing.importing import WholesaleSource, import_products
from storage.database import transaction

_PRODUCTS = 10_000
_ASKED = 600
_SYLLABLES = (
    "ba be do du fa fi ga go ha hu ka ki la lo ma mi na no pa po ra ri sa so ta tu va vo za zu".split()
)


def search_figures(bench: Installation) -> Iterator[Figure]:
    """Words as shoppers type them: whole, begun, misspelt, two at once, an article number, a broad one."""
    dice = random.Random(11)
    words = sorted({"".join(dice.choices(_SYLLABLES, k=dice.choice((2, 3, 3, 4)))) for _ in range(4000)})
    titles = [" ".join(dice.choices(words, k=3)).capitalize() for _ in range(_PRODUCTS)]
    with transaction(bench.console) as session:
        import_products(
            session,
            stream=io.BytesIO(_file(titles)),
            wholesale=WholesaleSource(basis_points=5000),
            currency="EUR",
            actor="bench",
            now=datetime.now(UTC),
        )
    with bench.root.begin() as connection:
        connection.execute(text("ANALYZE"))
    host = bench.stores[0]
    asked = [_typed(dice, titles) for _ in range(_ASKED)]
    for name, path in (("a page of results", "/search"), ("suggestions", "/search/suggestions")):
        times = _times(bench, host, path, asked)
        yield Figure(f"search of 10,000, {name}, p99", times[int(len(times) * 0.99)] * 1000, "ms", 30)
        yield Figure(f"search of 10,000, {name}, median", times[len(times) // 2] * 1000, "ms", None)


def _file(titles: list[str]) -> bytes:
    """A product CSV of these titles, each in three sizes."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(
        "Handle,Title,Body (HTML),Type,Option1 Name,Option1 Value,Variant SKU,Variant Price".split(",")
    )
    said = "<p>Something that is made to be used, and described in a sentence or two.</p>"
    for number, title in enumerate(titles):
        about = (title, said, "sized things")
        for place, size in enumerate(("Small", "Medium", "Large")):
            first = about if place == 0 else ("", "", "")
            name = "Size" if place == 0 else ""
            sku = f"found-{number}-{place}"
            writer.writerow((f"found-{number}", *first, name, size, sku, f"{20 + number % 40}.00"))
    return out.getvalue().encode()


def _typed(dice: random.Random, titles: list[str]) -> str:
    place = dice.randrange(len(titles))
    words = titles[place].lower().split()
    word = dice.choice(words)
    at = dice.randrange(1, len(word) - 1)
    return dice.choice(
        [
            word,
            word[: at + 2],
            word[:at] + word[at + 1] + word[at] + word[at + 2 :],
            word[:at] + word[at + 1 :],
            " ".join(dice.sample(words, 2)),
            titles[place],
            f"found-{place}-0",
            "sized",
        ]
    )


def _times(bench: Installation, host: str, path: str, asked: list[str]) -> list[float]:
    """Seconds for each question, sorted; the first hundred warm the processes up and do not count."""
    browser = Browser(bench.port)
    times = []
    for number, words in enumerate([*asked[:100], *asked]):
        begun = time.perf_counter()
        answer = browser.get(host, f"{path}?q={words.replace(' ', '+')}")
        if number >= 100:
            times.append(time.perf_counter() - begun)
        if answer.status != 200:
            raise RuntimeError(f"{path} answered {answer.status} to {words!r}")
    browser.close()
    return sorted(times)
