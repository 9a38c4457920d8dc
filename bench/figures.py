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
from dataclasses import asdict, dataclass
from functools import partial

from sqlalchemy import text

from bench.installation import Installation, product_file
from bench.load import answers
from bench.shopper import Browser, Shopper

_ROUNDS = 5
_SECONDS = 1.5
_ORDERS = 80


@dataclass(frozen=True)
class Figure:
    """One measured figure. ``limit`` is what it must keep; ``at_least`` says from which side."""

    name: str
    value: float
    unit: str
    limit: float | None
    at_least: bool = False

    @property
    def ok(self) -> bool:
        if self.limit is None:
            return True
        return self.value >= self.limit if self.at_least else self.value <= self.limit

    def line(self) -> str:
        side = "" if self.limit is None else f"{'at least' if self.at_least else 'at most'} {self.limit:g}"
        return f"{self.name:<46}{self.value:>10.3f} {self.unit:<22}{side:<16}{'ok' if self.ok else 'SHORT'}"

    def record(self) -> dict[str, object]:
        kept = {key: value for key, value in asdict(self).items() if key != "at_least"}
        return {**kept, "value": round(self.value, 4), "ok": self.ok}


def ratio(bench: Installation, requests: list[tuple[str, str]], rounds: int = _ROUNDS) -> tuple[float, float]:
    """How fast pages are against a bare view of the same size, measured in turns; and pages a second."""
    first = answers(bench.port, requests, seconds=0.5)
    bare = [(host, f"/bare/{first.length}/{host}") for host, _ in requests]
    answers(bench.port, bare, seconds=0.5)
    pairs = []
    for _ in range(rounds):
        base = answers(bench.port, bare, seconds=_SECONDS).per_second
        page = answers(bench.port, requests, seconds=_SECONDS).per_second
        pairs.append((page / base, page))
    return statistics.median(r for r, _ in pairs), statistics.median(p for _, p in pairs)


def pages(bench: Installation) -> Iterator[Figure]:
    """Product page and collection page, warm, against the bare view."""
    host = bench.stores[0]
    for name, path in (("product page", "/products/thing-7"), ("collection page of 24", "/collections/all")):
        value, rate = ratio(bench, [(host, path)])
        yield Figure(f"{name}, warm", value, "of bare", 0.6, at_least=True)
        yield Figure(f"{name}, requests a second", rate, "1/s", None)
        yield Figure(
            f"{name}, statements warm",
            _statements(bench, lambda p=path: _ask(bench, host, p)),
            "statements",
            1,
        )
        bench_touch(bench)
        yield Figure(
            f"{name}, statements cold",
            _statements(bench, lambda p=path: _ask(bench, host, p)),
            "statements",
            4,
        )


def bench_touch(bench: Installation) -> None:
    """Let every page be stale, as a change of the catalogue does."""
    with bench.console.begin() as connection:
        connection.execute(text("UPDATE store_revisions SET revision = revision + 1"))


def _ask(bench: Installation, host: str, path: str) -> None:
    browser = Browser(bench.port)
    if browser.get(host, path).status != 200:
        raise RuntimeError(f"{host}{path} did not answer")
    browser.close()


# The queue's own bookkeeping is its library's; what our program sends is counted whole, SET LOCAL
# and the recording of jobs included, and only the ends of transactions are left out; so is the worker's
# look for waiting events, which comes every two seconds whether or not anybody asks for a page.
_STATEMENT = re.compile(r"user=awning_(?:face|console) LOG:  (?:statement|execute [^:]*): ", re.DOTALL)
_LEFT_OUT = re.compile(
    r"^\s*(begin|commit|rollback|listen|unlisten|deallocate|notify|show|$)"
    r"|procrastinate_(?!defer_jobs)|try_after <= |pg_catalog|current_schema|standard_conforming",
    re.IGNORECASE,
)


def _statements(bench: Installation, act: Callable[[], object], times: int = 1) -> float:
    """How many statements an act takes, as the server's own log has them."""
    log = bench.server.folder / "log"
    _log_statements(bench, "all")
    begun = log.stat().st_size
    for _ in range(times):
        act()
    time.sleep(0.3)
    _log_statements(bench, "none")
    with log.open("rb") as file:
        file.seek(begun)
        written = file.read().decode(errors="replace")
    entries = re.split(r"\n(?=user=)", written)
    sent = [_STATEMENT.sub("", entry, count=1) for entry in entries if _STATEMENT.match(entry)]
    return sum(not _LEFT_OUT.search(text) for text in sent) / times


def _log_statements(bench: Installation, which: str) -> None:
    with bench.root.connect() as connection:
        connection.execute(text(f"ALTER SYSTEM SET log_statement = '{which}'"))
        connection.execute(text("ALTER SYSTEM SET log_line_prefix = 'user=%u '"))
        connection.execute(text("SELECT pg_reload_conf()"))
    time.sleep(0.3)


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

    yield Figure("statements of an order, worker included", _statements(bench, one_line, 3), "statements", 40)
    yield Figure("statements from cart to redirect, three lines", _redirect(bench, host), "statements", 12)


def _redirect(bench: Installation, host: str) -> float:
    browser = Browser(bench.port)
    shopper = Shopper(browser, host, "DE", bench.pay_port)
    for handle in ("thing-1", "thing-2", "thing-3"):
        shopper.add(handle)
    shopper.browser.get(host, "/checkout")
    # Checking out reads the form first, which is a page like any other and taken off again.
    both = _statements(bench, lambda: _quietly(shopper.check_out))
    page = _statements(bench, lambda: _quietly(partial(browser.get, host, "/checkout")))
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
        _ask(bench, f"{slug}.{bench.config.stores_domain}", "/collections/all")
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
    # Last, because the others are about a catalogue of two hundred products.
    "import": importing,
}
