"""One command that makes a whole installation and serves it."""

from __future__ import annotations

import json
import shutil
import sys
import time
import urllib.error
import urllib.request
from functools import partial
from pathlib import Path

from sqlalchemy import inspect, text

from app.config import Config
from app.demo.seed import PASSWORD, members, seed
from app.demo.shoppers import EMAIL as SHOPPER
from app.demo.sign_in import sign_in_path
from app.demo.stores import STORES
from app.mail.mailer import FolderMailer
from app.processes import Supervisor
from app.services import Services, embedded_database, objects, sandbox_secret
from kit.clock import SetClock, SystemClock
from kit.errors import Refusal
from payments.gateway.client import StripeGateway
from payments.gateway.transport import InProcess
from payments.sandbox import Sandbox, call
from storage import schema
from storage.database import Database
from storage.embedded import EmbeddedServer

_READY_SECONDS = 60


class NotOurDatabase(Refusal):
    """The database holds something that the demo did not make."""


def run(config: Config, *, reset: bool, urls_file: Path | None) -> None:
    """Make the demo where it is not there yet, serve it, and print its addresses. Returns after a
    signal, with everything stopped.

    Raises NotOurDatabase for a database that the demo did not make.
    """
    supervisor = Supervisor()
    supervisor.listen()
    server = None if config.database_url else EmbeddedServer(config.data_dir / "postgres")
    if reset and server is not None:
        server.stop("immediate")
        shutil.rmtree(config.data_dir, ignore_errors=True)
    try:
        database = _database(config, server)
        _prepare(config, database, reset=reset)
        if not supervisor.stopping:
            _serve(config, database, server, supervisor, urls_file)
    finally:
        supervisor.stop()
        if server is not None:
            server.stop()


def _database(config: Config, server: EmbeddedServer | None) -> Database:
    if server is None:
        return Database(config.database_url, config.face_database_url, config.console_database_url)
    return embedded_database(server.start())


def _prepare(config: Config, database: Database, *, reset: bool) -> None:
    """Migrate and fill the database, unless that was done."""
    made = config.data_dir / "demo-is-complete"
    owner = database.owner()
    _refuse_foreign(database)
    if made.exists() and not reset:
        schema.migrate(owner)
        return
    # A demo that was interrupted while it was made begins anew, and so does one that is reset.
    with owner.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    for part in ("objects", "mail", "stripe"):
        shutil.rmtree(config.data_dir / part, ignore_errors=True)
    started = time.monotonic()
    schema.migrate(owner)
    clock = SetClock(SystemClock().now())
    sandbox = Sandbox(
        config.data_dir / "stripe",
        config.sandbox_url,
        environment=config.environment,
        clock=clock,
        merchant_name="Northlight Goods",
    )
    services = Services(
        config=config,
        database=database,
        clock=clock,
        gateway=StripeGateway(
            api_key="sk_test_sandbox",
            webhook_secrets=[sandbox_secret(config)],
            api_base=config.sandbox_url,
            transport=InProcess(partial(call, sandbox)),
        ),
        objects=objects(config),
        mailer=FolderMailer(config.data_dir / "mail"),
    )

    def bank(path: str, settings: dict[str, str]) -> dict[str, str]:
        """Play the shopper, the bank or a partner's owner at the sandbox."""
        status, _, answer = call(
            sandbox,
            "POST",
            f"{config.sandbox_url}/_sandbox/{path}",
            {"Content-Type": "application/json"},
            json.dumps(settings).encode(),
        )
        if status != 200:
            raise RuntimeError(f"the sandbox did not take {path}: {answer.decode()}")
        return dict(json.loads(answer))

    def pay(session_id: str) -> None:
        bank(f"sessions/{session_id}/pay", {"card": "4242424242424242"})

    try:
        seed(services, pay=pay, bank=bank, say=_say)
    finally:
        sandbox.close()
        services.face.dispose()
        services.console.dispose()
    made.write_text("made\n")
    _say(f"Made in {time.monotonic() - started:.0f} seconds")


def _refuse_foreign(database: Database) -> None:
    with database.owner().connect() as connection:
        tables = set(inspect(connection).get_table_names())
        if not tables:
            return
        ours = "company" in tables and connection.execute(text("SELECT bool_and(demo) FROM company")).scalar()
        unfinished = "company" in tables and ours is None
    if not ours and not unfinished:
        raise NotOurDatabase(
            "This database holds something that the demo did not make, so it is left alone."
            " Point DATABASE_URL to an empty database, or unset it."
        )


def _serve(
    config: Config,
    database: Database,
    server: EmbeddedServer | None,
    supervisor: Supervisor,
    urls_file: Path | None,
) -> None:
    environment = {
        "AWNING_ENVIRONMENT": "demo",
        "AWNING_DATA_DIR": str(config.data_dir.resolve()),
        "AWNING_PORT": str(config.port),
        "AWNING_SANDBOX_URL": config.sandbox_url,
        "DATABASE_URL": database.owner_url,
        "AWNING_FACE_DATABASE_URL": database.face_url,
        "AWNING_CONSOLE_DATABASE_URL": database.console_url,
    }
    if server is not None:
        supervisor.tend = partial(_tend, server)
    supervisor.start("sandbox", "sandbox", environment=environment)
    supervisor.start("web", "serve", environment=environment)
    supervisor.start("worker", "worker", environment=environment)
    _wait_until_ready(config, supervisor)
    if supervisor.stopping:
        return
    addresses = _addresses(config)
    if urls_file is not None:
        urls_file.write_text(json.dumps(addresses, indent=2) + "\n")
    _print(addresses)
    supervisor.run()


def _tend(server: EmbeddedServer) -> None:
    if server.pid() is None:
        server.start()


def _wait_until_ready(config: Config, supervisor: Supervisor) -> None:
    deadline = time.monotonic() + _READY_SECONDS
    address = f"http://127.0.0.1:{config.port}/readyz"
    while time.monotonic() < deadline and not supervisor.stopping:
        supervisor.look()
        try:
            with urllib.request.urlopen(address, timeout=2) as answer:
                if answer.status == 200:
                    return
        except (OSError, urllib.error.URLError):
            time.sleep(0.1)
    if not supervisor.stopping:
        raise Refusal(f"The demo did not become ready at {address}.")


def _addresses(config: Config) -> dict[str, object]:
    hosts = {"portal": config.portal_host, "console": config.console_host}
    return {
        "site": config.url(config.site_host, "/"),
        "portal": config.url(config.portal_host, "/"),
        "console": config.url(config.console_host, "/"),
        "mailbox": config.url(config.mailbox_host, "/"),
        "bank": config.bank_url,
        "stores": [
            {
                "slug": store.slug,
                "url": config.url(f"{store.slug}.{config.stores_domain}", "/"),
                "currency": store.currency,
            }
            for store in STORES
        ],
        "shoppers": [
            {
                "store": STORES[0].slug,
                "email": SHOPPER,
                "url": config.url(f"{STORES[0].slug}.{config.stores_domain}", "/account/sign-in"),
            }
        ],
        "sign_in": [
            {
                "face": member.face,
                "role": member.role,
                "email": member.email,
                "url": config.url(
                    hosts[member.face], sign_in_path(config, face=member.face, email=member.email)
                ),
            }
            for member in members()
        ],
    }


def _print(addresses: dict[str, object]) -> None:
    lines = ["", "Awning is running.", ""]
    lines += [f"  {name:<9}{addresses[name]}" for name in ("site", "portal", "console", "mailbox")]
    lines += [
        f"  {'bank':<9}{addresses['bank']}",
        "           decline, dispute, delay and fail things there by clicking",
    ]
    lines += ["", "Stores (test card 4242 4242 4242 4242)"]
    stores = addresses["stores"]
    assert isinstance(stores, list)
    lines += [f"  {store['url']:<45}{store['currency']}" for store in stores]
    lines += ["", f"Sign in with one click (or by password: {PASSWORD})"]
    people = addresses["sign_in"]
    assert isinstance(people, list)
    for one in people:
        lines += [f"  {one['face']}, {one['role']}: {one['email']}", f"    {one['url']}"]
    shoppers = addresses["shoppers"]
    assert isinstance(shoppers, list)
    lines += ["", f"A shopper with an account (password: {PASSWORD})"]
    lines += [f"  {one['email']}\n    {one['url']}" for one in shoppers]
    lines += ["", "Ctrl-C stops everything."]
    _say("\n".join(lines))


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
