"""The figures: each a function that measures and yields results."""

from __future__ import annotations

import random
import re
import resource
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from sqlalchemy import text

from bench.balances import balance_figures
from bench.editor import editor_figures
from bench.installation import Installation, product_file
from bench.load import answers
from bench.measuring import Figure, ask, make_stale, ratio, statements
from bench.payouts import payout_figures
from bench.pricing import pricing
from bench.search import search_figures
from bench.shopper import Browser, Shopper
from bench.statements import statements as statement_figures
from bench.webhooks import webhook_figures

_ROUNDS = 5
_ORDERS = 80
_PAGES = (("product page", "/products/thing-7"), ("collection page of 24", "/collections/all"))


def pages(bench: Installation) -> Iterator[Figure]:
    """Product page and collection page against the bare view: from memory, and rendered each time."""
    host = bench.stores[0]
    for name, path in _PAGES:
        value, rate = ratio(bench, [(host, path)])
        yield Figure(f"{name}, warm", value, "of bare", 0.8, at_least=True)
        yield Figure(f"{name}, requests a second", rate, "1/s", None)
        yield Figure(
            f"{name}, statements warm",
            statements(bench, lambda p=path: ask(bench, host, p)),
            "statements",
            1,
        )
        make_stale(bench)
        yield Figure(
            f"{name}, statements cold",
            statements(bench, lambda p=path: ask(bench, host, p)),
            "statements",
            4,
        )
    bench.stop()
    # Without room to keep a page in, each is rendered anew, of goods that are in memory.
    bench.serve(AWNING_KEPT_PAGES_MB="0")
    for (name, path), least in zip(_PAGES, (0.3, 0.2), strict=True):
        value, rate = ratio(bench, [(host, path)])
        yield Figure(f"{name}, rendered each time", value, "of bare", least, at_least=True)
        yield Figure(f"{name}, rendered, requests a second", rate, "1/s", None)
    bench.stop()
    bench.serve()


def tenants(bench: Installation) -> Iterator[Figure]:
    """The same pages with 1, 100 and 2,000 stores in the database."""
    dice = random.Random(7)
    measured: dict[int, float] = {}
    for count in (1, 100, 2000):
        while len(bench.stores) < count:
            bench.open_store(f"bench-{len(bench.stores)}")
        hosts = dice.sample(bench.stores, min(20, count))
        requests = [(host, "/products/thing-7") for host in hosts]
        requests += [(host, "/collections/all") for host in hosts]
        answers(bench.port, requests, seconds=2)
        # The three are minutes apart, so each takes its median from more rounds than other ratios.
        measured[count], _ = ratio(bench, requests, rounds=11)
        yield Figure(f"pages with {count} stores", measured[count], "of bare", None)
    worst = min(measured.values()) / measured[1]
    yield Figure("pages with 2,000 stores against 1", worst, "of one store's", 0.9, at_least=True)


def checkout(bench: Installation) -> Iterator[Figure]:
    """A whole purchase, eight shoppers at once: page, bag, checkout, payment page, confirmation."""
    host = bench.stores[0]
    seconds: list[float] = []
    bare = [(host, f"/bare/15000/{host}")]

    def buy(number: int) -> None:
        browser = Browser(bench.port)
        shopper = Shopper(browser, host, "DE", bench.pay_port, email=f"shopper-{number}@bench.example")
        begun = time.perf_counter()
        shopper.buy([f"thing-{number % 200}"])
        seconds.append(time.perf_counter() - begun)
        browser.close()

    costs, rates = [], []
    with ThreadPoolExecutor(8) as pool:
        # Each connection of the web workers makes its plans first; a shop is warm most of its life.
        list(pool.map(buy, range(_ORDERS)))
        seconds.clear()
        for start in range(_ORDERS, (_ROUNDS + 1) * _ORDERS, _ORDERS):
            _drain(bench)
            before = answers(bench.port, bare, seconds=1).per_second
            begun = time.perf_counter()
            list(pool.map(buy, range(start, start + _ORDERS)))
            rates.append(_ORDERS / (time.perf_counter() - begun))
            _drain(bench)
            after = answers(bench.port, bare, seconds=1).per_second
            costs.append((before + after) / 2 / rates[-1])
    yield Figure("one order, in bare requests", statistics.median(costs), "bare requests", 100)
    yield Figure("orders a second", statistics.median(rates), "1/s", None)
    yield Figure("a whole purchase, p99", sorted(seconds)[int(len(seconds) * 0.99)], "s", None)
    _drain(bench)

    def one_line() -> None:
        browser = Browser(bench.port)
        Shopper(browser, host, "DE", bench.pay_port).buy(["thing-5"])
        browser.close()
        _drain(bench)

    yield Figure("statements of an order, worker included", statements(bench, one_line, 3), "statements", 40)
    yield Figure("statements from cart to redirect, three lines", _redirect(bench, host), "statements", 12)


def _redirect(bench: Installation, host: str) -> float:
    browser = Browser(bench.port)
    shopper = Shopper(browser, host, "DE", bench.pay_port)
    for handle in ("thing-1", "thing-2", "thing-3"):
        shopper.add(handle)
    shopper.browser.get(host, "/checkout")
    # Checking out reads the form first, which is a page like any other and taken off again.
    both = statements(bench, lambda: _quietly(shopper.check_out))
    page = statements(bench, lambda: _quietly(partial(browser.get, host, "/checkout")))
    browser.close()
    return both - page


def _quietly(act: Callable[[], object]) -> None:
    act()


def _drain(bench: Installation) -> None:
    """Wait until the worker has nothing left to do."""
    for _ in range(600):
        with bench.root.connect() as connection:
            open_jobs = connection.execute(
                text(
                    "SELECT (SELECT count(*) FROM procrastinate_jobs WHERE status IN ('todo', 'doing')"
                    "         AND (scheduled_at IS NULL OR scheduled_at < now()))"
                    " + (SELECT count(*) FROM stripe_events WHERE handled_at IS NULL)"
                )
            ).scalar_one()
        if not open_jobs:
            return
        time.sleep(0.1)
    raise RuntimeError("the worker did not empty the queue in a minute")


def live(bench: Installation) -> Iterator[Figure]:
    """From the press of "pay" to the order on the partner's own home page, at five orders a second."""
    host, portal = bench.stores[0], bench.config.portal_host
    waits: list[float] = []
    threads = []

    def one(number: int) -> None:
        browser, partner = Browser(bench.port), Browser(bench.port)
        shopper = Shopper(browser, host, "DE", bench.pay_port)
        partner.get(portal, bench.sign_in)
        shopper.add(f"thing-{number % 200}")
        url = shopper.check_out()
        begun = time.perf_counter()
        done = shopper.pay(url)
        page = shopper.browser.get(host, re.sub(r"^https?://[^/]+", "", done)).text
        found = re.search(r"Order\s+(\d+)", page)
        if not found:
            raise RuntimeError("the confirmation names no order")
        while time.perf_counter() - begun < 20:
            if re.search(rf"\b{found[1]}\b", partner.get(portal, "/").text):
                waits.append(time.perf_counter() - begun)
                break
            time.sleep(0.05)
        browser.close()
        partner.close()

    for number in range(60):
        thread = threading.Thread(target=one, args=(number,))
        thread.start()
        threads.append(thread)
        time.sleep(0.2)
    for thread in threads:
        thread.join()
    if len(waits) < 60:
        raise RuntimeError(f"{60 - len(waits)} orders did not appear in the portal")
    yield Figure("pay to portal at 5 orders a second, p99", sorted(waits)[int(len(waits) * 0.99)], "s", 2.0)
    yield Figure("pay to portal, median", statistics.median(waits), "s", None)


def new_store(bench: Installation) -> Iterator[Figure]:
    """A new store that sells the whole catalogue, from nothing to its first page."""
    times = []
    for number in range(5):
        slug = f"fresh-{number}"
        begun = time.perf_counter()
        bench.open_store(slug)
        ask(bench, f"{slug}.{bench.config.stores_domain}", "/collections/all")
        times.append(time.perf_counter() - begun)
    yield Figure("a new store, ready to sell 200 products", statistics.median(times), "s", 0.5)


def importing(bench: Installation) -> Iterator[Figure]:
    """Importing ten thousand variants from the command line."""
    path = bench.folder / "large.csv"
    path.write_bytes(product_file(2500, 4, "large"))
    begun = time.perf_counter()
    command = [sys.executable, "-m", "app.cli", "products", "import", str(path)]
    done = subprocess.run(
        [*command, "--wholesale-percent", "50", "--currency", "EUR"],
        env=bench.environment,
        capture_output=True,
        text=True,
        check=True,
    )
    took = time.perf_counter() - begun
    if "10000 created" not in done.stdout:
        raise RuntimeError(done.stdout)
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1000
    yield Figure("import of 10,000 variants, memory", peak, "MB", 300)
    yield Figure("import, seconds for 1,000 rows", took / 10, "s", None)


def processes(bench: Installation) -> Iterator[Figure]:
    """How soon the web server is ready, and what web and worker occupy after some work."""
    bench.stop()
    times = []
    for _ in range(3):
        begun = time.perf_counter()
        web = bench.start("serve")
        bench.wait()
        times.append(time.perf_counter() - begun)
        bench.stop()
    yield Figure("web server ready", statistics.median(times), "s", 1.5)
    bench.start("sandbox")
    web, worker = bench.start("serve"), bench.start("worker")
    bench.wait()
    for _ in range(3):
        time.sleep(0.5)
        shopper = Shopper(Browser(bench.port), bench.stores[0], "DE", bench.pay_port)
        shopper.buy(["thing-1", "thing-2"])
    answers(bench.port, [(bench.stores[0], f"/products/thing-{n}") for n in range(200)], seconds=2)
    _drain(bench)
    yield Figure("memory of web and worker", bench.memory(web, worker), "MB", 350)
    bench.stop()
    bench.serve()


FIGURES: dict[str, Callable[[Installation], Iterator[Figure]]] = {
    "pages": pages,
    "checkout": checkout,
    "live": live,
    "new-store": new_store,
    "processes": processes,
    "tenants": tenants,
    "editor": editor_figures,
    # Last, because the others are about a catalogue of two hundred products.
    "import": importing,
    "pricing": pricing,
    "search": search_figures,
    "balances": balance_figures,
    "payouts": payout_figures,
    "statements": statement_figures,
    "webhooks": webhook_figures,
}
