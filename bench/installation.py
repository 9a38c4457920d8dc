"""The installation that is measured: its own PostgreSQL, a catalogue of two hundred, its processes."""

from __future__ import annotations

import csv
import io
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from copy import copy
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import psutil
from sqlalchemy import create_engine, text

from app.config import Config
from app.demo.sign_in import sign_in_path
from app.onboarding import FirstLook, add_delivery, add_tax, open_store, set_up_company
from app.services import embedded_database
from pricing.importing import WholesaleSource, import_products
from storage import schema
from storage.database import Database, transaction
from storage.embedded import EmbeddedServer
from storage.tenancy import Tenant
from tenants.access import invite
from tenants.partners import NewStore, create_partner, set_store_state
from themes.registry import installed

PRODUCTS = 200


def free_port() -> int:
    """A port that nobody listens on, with the next one free as well."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def product_file(products: int, variants: int = 3, prefix: str = "thing") -> bytes:
    """A product CSV of so many products with so many variants each."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(
        "Handle,Title,Body (HTML),Type,Option1 Name,Option1 Value,Variant SKU,Variant Inventory Tracker,"
        "Variant Inventory Qty,Variant Inventory Policy,Variant Price".split(",")
    )
    for number in range(products):
        for place in range(variants):
            first = place == 0
            writer.writerow(
                [
                    f"{prefix}-{number}",
                    f"Thing number {number}" if first else "",
                    "<p>Something that is made to be used, and described in a sentence or two.</p>"
                    if first
                    else "",
                    "things" if first else "",
                    "Size" if first else "",
                    f"Size {place}",
                    f"{prefix}-{number}-{place}",
                    "shopify",
                    1_000_000,
                    "deny",
                    f"{20 + number % 40}.00",
                ]
            )
    return out.getvalue().encode()


class Installation:
    """Set up on entering, taken down on leaving."""

    def __enter__(self) -> Installation:
        self.folder = Path(tempfile.mkdtemp(prefix="awning-bench-"))
        self.folder.chmod(0o755)
        self.server = EmbeddedServer(self.folder / "postgres")
        url = self.server.start()
        self.root = create_engine(
            url.replace("postgresql://awning_owner@", "postgresql+psycopg://postgres@"),
            isolation_level="AUTOCOMMIT",
        )
        self.database = embedded_database(url)
        self.port, self.pay_port = free_port(), free_port()
        self.config = Config(
            environment="demo",
            data_dir=self.folder,
            port=self.port,
            sandbox_url=f"http://localhost:{self.pay_port}",
        )
        schema.migrate(self.database.owner())
        self.console, self.face = self.database.console(), self.database.face()
        self.stores: list[str] = []
        self._set_up()
        self._processes: list[subprocess.Popen[bytes]] = []
        self._changed: dict[str, str] = {}
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        self.console.dispose()
        self.face.dispose()
        self.server.stop("immediate")
        shutil.rmtree(self.folder, ignore_errors=True)

    def beside(self, name: str, *, like: str = "") -> Installation:
        """The same installation on a database of its own: set up anew, or ``like`` another as that is now.

        Its processes are this one's. What it is taken down with is the server.
        """
        other = copy(self)
        with self.root.connect() as connection:
            connection.execute(
                text(f"CREATE DATABASE {name} OWNER awning_owner TEMPLATE {like or 'template1'}")
            )
        other.database = Database(
            *(
                url.replace("/awning?", f"/{name}?")
                for url in (self.database.owner_url, self.database.face_url, self.database.console_url)
            )
        )
        other.console, other.face, other.stores = other.database.console(), other.database.face(), []
        if not like:
            owner = other.database.owner()
            schema.migrate(owner)
            owner.dispose()
            other._set_up()
        return other

    def _set_up(self) -> None:
        now = datetime.now(UTC)
        with transaction(self.console) as session:
            self.price_list_id = set_up_company(
                session, name="Bench", support_email="bench@example.com", currencies=["EUR"], demo=True
            )
            add_tax(session, country="DE", name="VAT", rate_bps=1900)
            add_delivery(
                session, name="Post", countries=["DE"], currency="EUR", amount=450, free_from=None,
                days=(1, 2), position=1,
            )  # fmt: skip
            import_products(
                session,
                stream=io.BytesIO(product_file(PRODUCTS)),
                wholesale=WholesaleSource(basis_points=5000),
                currency="EUR",
                actor="bench",
                now=now,
            )
        self.partner_id = self.open_store("bench-0")
        with transaction(self.console) as session:
            invite(
                session, email="partner@bench.example", name="Bench", face="portal", role="owner",
                partner_id=self.partner_id, now=now,
            )  # fmt: skip

    def open_store(self, slug: str) -> UUID:
        """Open a partner's store that sells everything; return the partner."""
        now = datetime.now(UTC)
        with transaction(self.console) as session:
            partner_id = create_partner(
                session, name=slug, price_list_id=self.price_list_id, actor="bench", now=now
            )
            store_id = open_store(
                session,
                partner_id=partner_id,
                store=NewStore(
                    slug=slug, name=slug, currency="EUR", country="DE", locale="en_DE", tax_inclusive=True,
                    support_email="shop@bench.example",
                ),
                look=FirstLook(
                    "aurora", dict(installed().theme("aurora").preset("reading-room").settings), {}
                ),
                markup_bps=6000,
                rounding="90",
                stores_domain=self.config.stores_domain,
                actor="bench",
                now=now,
            )  # fmt: skip
            set_store_state(
                session, partner_id=partner_id, store_id=store_id, state="live", actor="bench", now=now
            )
        self.stores.append(f"{slug}.{self.config.stores_domain}")
        return partner_id

    def tenant(self, slug: str) -> tuple[Tenant, UUID]:
        """The partner whose store has this slug, as its own requests see the database; and the store."""
        with transaction(self.console) as session:
            row = session.execute(
                text("SELECT partner_id, store_id FROM stores WHERE slug = :slug"), {"slug": slug}
            ).one()
        return Tenant(self.face, row.partner_id), row.store_id

    @property
    def environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "AWNING_ENVIRONMENT": "demo",
            "AWNING_DATA_DIR": str(self.folder),
            "AWNING_PORT": str(self.port),
            "AWNING_SANDBOX_URL": self.config.sandbox_url,
            "DATABASE_URL": self.database.owner_url,
            "AWNING_FACE_DATABASE_URL": self.database.face_url,
            "AWNING_CONSOLE_DATABASE_URL": self.database.console_url,
            **self._changed,
        }

    def start_web(self, target: str = "bench.server:app") -> subprocess.Popen[bytes]:
        """Start the web server as `awning serve` does, with the bare view beside the program."""
        return self._start(
            [
                *(sys.executable, "-m", "granian", "--interface", "wsgi", target, "--workers", "2"),
                *("--blocking-threads", "4", "--backlog", "256", "--port", str(self.port)),
                *("--no-access-log", "--log-level", "warning"),
            ]
        )

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        return self._start([sys.executable, "-m", "app.cli", *arguments])

    def _start(self, command: list[str]) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            command, env=self.environment, start_new_session=True, cwd=Path(__file__).parent.parent
        )
        self._processes.append(process)
        return process

    def wait(self, path: str = "/readyz", seconds: float = 30) -> float:
        """Wait until the web server is ready; return how long that took."""
        begun = time.perf_counter()
        while time.perf_counter() - begun < seconds:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=2) as answer:
                    if answer.status == 200:
                        return time.perf_counter() - begun
            except OSError:
                time.sleep(0.01)
        raise RuntimeError("the web server did not become ready")

    def serve(self, **changed: str) -> None:
        """Start web, worker and sandbox, and wait until both web workers have answered. ``changed`` are
        variables of their environment."""
        self._changed = changed
        self.start("sandbox")
        self.start_web()
        self.start("worker")
        self.wait()
        time.sleep(1.0)

    def stop(self) -> None:
        for process in reversed(self._processes):
            try:
                os.killpg(process.pid, signal.SIGTERM)
            except ProcessLookupError:
                continue
        for process in self._processes:
            try:
                process.wait(8)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        self._processes.clear()

    def memory(self, *processes: subprocess.Popen[bytes]) -> float:
        """What processes and their children occupy in MB, shared pages counted once among them."""
        found = [psutil.Process(process.pid) for process in processes]
        found += [child for process in found for child in process.children(recursive=True)]
        return sum(process.memory_full_info().pss for process in found) / 1e6

    @property
    def sign_in(self) -> str:
        return sign_in_path(self.config, face="portal", email="partner@bench.example")
