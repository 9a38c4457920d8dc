"""The program's commands."""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kit.errors import Refusal

if TYPE_CHECKING:
    from app.services import Services

cli = typer.Typer(no_args_is_help=True, add_completion=False, help="Awning: white-label stores for partners.")
products = typer.Typer(no_args_is_help=True, help="The catalogue.")
cli.add_typer(products, name="products")
price = typer.Typer(no_args_is_help=True, help="What things cost.")
cli.add_typer(price, name="price")
statement = typer.Typer(no_args_is_help=True, help="Partners' statements.")
cli.add_typer(statement, name="statement")
books = typer.Typer(no_args_is_help=True, help="The company's books.")
cli.add_typer(books, name="books")
theme = typer.Typer(no_args_is_help=True, help="How stores look.")
cli.add_typer(theme, name="theme")


def main() -> None:
    """Run a command. A refusal is told in one line, and the exit code is 1."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    try:
        cli()
    except Refusal as refusal:
        typer.secho(refusal.message, fg="red", err=True)
        sys.exit(1)
    except Exception as error:
        original = getattr(error, "orig", None)
        if original is None:
            raise
        typer.secho(f"The database refused: {original}", fg="red", err=True)
        sys.exit(1)


# A command imports what it needs and no more: the process that only watches over the web workers
# then starts at once and stays small.
def _services() -> Services:
    from app.config import Config
    from app.services import services

    return services(Config())


@cli.command()
def demo(
    port: Annotated[
        int, typer.Option(envvar="PORT", help="Port of the web server; the sandbox takes the next.")
    ] = 8000,
    reset: Annotated[bool, typer.Option(envvar="RESET", help="Throw the old demo away first.")] = False,
    urls: Annotated[
        Path | None, typer.Option(envvar="URLS", help="Also write the addresses to this file.")
    ] = None,
    data_dir: Annotated[Path, typer.Option(help="Where the demo lives.")] = Path("data/demo"),
) -> None:
    """Make and serve a whole installation to try, with three stores and ninety days of orders."""
    from app.config import Config
    from app.demo.run import run

    config = Config(
        environment="demo",
        data_dir=data_dir.resolve(),
        port=port,
        sandbox_url=f"http://localhost:{port + 1}",
        stripe_api_key="",
    )
    run(config, reset=reset, urls_file=urls)


@cli.command()
def serve(
    workers: Annotated[int, typer.Option(help="Web processes.")] = 2,
    threads: Annotated[int, typer.Option(help="Requests that each serves at once.")] = 4,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
) -> None:
    """Serve all faces over HTTP."""
    from granian import Granian
    from granian.constants import Interfaces
    from granian.log import LogLevels

    if not os.environ.get("DATABASE_URL"):
        _start_embedded()
    Granian(
        "wsgi:app",
        address=host,
        port=int(os.environ.get("AWNING_PORT", "8000")),
        interface=Interfaces.WSGI,
        workers=workers,
        blocking_threads=threads,
        backlog=256,
        respawn_failed_workers=True,
        log_access=False,
        log_level=LogLevels.warning,
    ).serve()


def _start_embedded() -> None:
    """Start the embedded server before the workers look for it, and tell them where it is."""
    from app.config import Config
    from app.services import database

    found = database(Config())
    os.environ["DATABASE_URL"] = found.owner_url
    os.environ["AWNING_FACE_DATABASE_URL"] = found.face_url
    os.environ["AWNING_CONSOLE_DATABASE_URL"] = found.console_url


@cli.command()
def worker(
    until_empty: Annotated[bool, typer.Option(help="Stop when the queue is empty.")] = False,
) -> None:
    """Do the jobs of the queue: webhooks, mail, pictures, the sweep."""
    from app.store.face import create
    from app.worker import run

    made = _services()
    run(made, create(made), until_empty=until_empty)


@cli.command()
def sandbox() -> None:
    """Serve the Stripe that runs offline. Refused in production."""
    from urllib.parse import urlsplit

    from app.config import Config
    from app.services import sandbox_secret
    from payments.inbox import HANDLED
    from payments.sandbox import Sandbox
    from payments.sandbox import serve as serve_sandbox

    config = Config()
    address = config.sandbox_url or "http://127.0.0.1:4242"
    made = Sandbox(
        config.data_dir / "stripe",
        address,
        environment=config.environment,
        merchant_name="Northlight Goods" if config.environment == "demo" else "Awning",
    )
    made.configure_webhook(
        f"http://{config.site_host}:{config.port}/webhooks/stripe", sandbox_secret(config), types=HANDLED
    )
    serve_sandbox(made, "127.0.0.1", urlsplit(address).port or 80)


@cli.command()
def migrate() -> None:
    """Bring the database to the schema that this version needs."""
    from storage import schema

    schema.migrate(_services().owner)
    typer.echo("The database is up to date.")


@cli.command()
def setup(
    name: Annotated[str, typer.Option(help="The company's name.")],
    support_email: Annotated[str, typer.Option(help="Where partners and shoppers can write.")],
    owner_email: Annotated[str, typer.Option(help="Who signs in to the console first.")],
    currency: Annotated[list[str], typer.Option(help="A currency to sell in; may be repeated.")],
) -> None:
    """Set up a new installation and print the link with which its first owner signs in."""
    from app.onboarding import set_up_company
    from storage import schema
    from storage.database import transaction
    from tenants.access import invite

    made = _services()
    schema.migrate(made.owner)
    with transaction(made.console) as session:
        set_up_company(session, name=name, support_email=support_email, currencies=currency)
        token = invite(
            session,
            email=owner_email,
            name=owner_email,
            face="console",
            role="owner",
            partner_id=None,
            now=made.clock.now(),
        )
    typer.echo(made.config.url(made.config.console_host, f"/welcome/{token}"))


@cli.command()
def verify(
    stripe: Annotated[bool, typer.Option(help="Also compare with Stripe's own balance.")] = True,
) -> None:
    """Prove that money adds up on the live database. Exit code 1 when something does not."""
    from payments.gateway.errors import GatewayUnavailable
    from payments.reconciliation.comparing import reconcile
    from payments.verify import NAMES, Finding
    from payments.verify import verify as check
    from storage.database import transaction

    made = _services()
    with transaction(made.console) as session:
        findings = list(check(session))
    asked = len(NAMES)
    if stripe:
        asked += 1
        try:
            compared = reconcile(made.console, made.gateway, until=made.clock.now(), most=1)
        except GatewayUnavailable:
            raise Refusal("Stripe did not answer. Leave its part out with --no-stripe.") from None
        if not compared.sound:
            detail = f"{compared.real} differences; awning reconcile names them"
            findings.append(Finding("our clearing account is Stripe's balance", detail))
    for finding in findings:
        typer.echo(f"{finding.check}: {finding.detail}")
    typer.echo(f"{asked} checks, {len(findings)} findings.")
    if findings:
        sys.exit(1)


@cli.command("reconcile")
def reconcile_command(
    since: Annotated[
        str, typer.Option(help="The first day to compare, such as 2026-03-01, in UTC; all without it.")
    ] = "",
) -> None:
    """Compare the ledger with Stripe's account, to the unit. Exit code 1 when something differs."""
    from app.reconciling import first_day, sentences
    from payments.gateway.errors import GatewayRefused, GatewayUnavailable
    from payments.reconciliation.comparing import reconcile

    made = _services()
    now = made.clock.now()
    begins = first_day(since, now=now)
    try:
        found = reconcile(made.console, made.gateway, since=begins, until=now)
    except GatewayUnavailable:
        raise Refusal("Stripe did not answer. Nothing was compared; try again in a moment.") from None
    except GatewayRefused as error:
        raise Refusal(f"Stripe would not answer: {error}") from None
    for line in sentences(found, since=begins):
        typer.echo(line)
    if not found.sound:
        sys.exit(1)


@products.command("import")
def import_file(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True)],
    wholesale_column: Annotated[str, typer.Option(help="The column that holds wholesale prices.")] = "",
    wholesale_percent: Annotated[
        str, typer.Option(help="Wholesale prices are this percentage of Price.")
    ] = "",
    currency: Annotated[str, typer.Option(help="The currency of the file's prices.")] = "USD",
    dry_run: Annotated[bool, typer.Option(help="Say what would happen, and change nothing.")] = False,
) -> None:
    """Import products from a Shopify CSV. A refused row never stops the others."""
    from rich.console import Console
    from rich.progress import Progress

    from app.importing import run_import

    made = _services()
    size = file.stat().st_size
    with file.open("rb") as stream, Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(f"Reading {file.name}", total=size)
        report = run_import(
            made.console,
            stream=stream,
            column=wholesale_column,
            percent=wholesale_percent,
            currency=currency.upper(),
            actor="awning products import",
            now=made.clock.now(),
            dry_run=dry_run,
            progress=lambda position: bar.update(task, completed=position),
        )
    for refused in report.refused:
        typer.echo(f"line {refused.line}: {refused.subject}: {refused.reason}")
    verb = "would be " if dry_run else ""
    for what, counts in (("products", report.products), ("variants", report.variants)):
        said = ", ".join(f"{number} {verb}{action}" for action, number in counts.items())
        typer.echo(f"{what}: {said}")
    typer.echo(f"{report.rows} rows read, {len(report.refused)} refused.")


@price.command("explain")
def explain_price(
    store: Annotated[
        str, typer.Argument(help="The store's address below the stores' domain, such as aurora.")
    ],
    sku: Annotated[str, typer.Argument(help="The variant's SKU.")],
    at: Annotated[
        str, typer.Option(help="A moment in ISO 8601, such as 2026-03-02T09:00; UTC without an offset.")
    ] = "",
) -> None:
    """Say how a store's price comes about, step by step, now or at another moment."""
    from app.price_report import report

    for line in report(_services(), slug=store, sku=sku, at=at):
        typer.echo(line)


@statement.command("issue")
def issue_statements(
    month: Annotated[
        str, typer.Option(help="The last month to issue, such as 2026-03; the one before this without it.")
    ] = "",
) -> None:
    """Issue the statements that partners lack, as the worker does each night. Twice is the same as once."""
    from app.statements import closed, issue_everywhere
    from payments.statements.periods import read_month

    made = _services()
    now = made.clock.now()
    until = read_month(month, now=now) if month else closed(made)
    partners = statements = 0
    for issued in issue_everywhere(made, until=until, now=now):
        partners += bool(issued)
        statements += len(issued)
    typer.echo(f"{statements} statements issued, for {partners} partners.")


@statement.command("verify")
def verify_statements(
    files: Annotated[list[Path], typer.Argument(help="CSV files; several are checked as a chain, in order.")],
    against_database: Annotated[
        bool, typer.Option("--against-database", help="Also compare with the hash that is stored.")
    ] = False,
) -> None:
    """Work statements out again from their files alone. Exit code 1 when one is not intact."""
    from app.statements import check_files

    told, sound = check_files(files, services=_services() if against_database else None)
    for sentence in told:
        typer.echo(sentence)
    if not sound:
        sys.exit(1)


@books.command("export")
def export_books(
    file: Annotated[Path, typer.Argument(help="Where to write; its ending, .csv or .xlsx, says how.")],
    first: Annotated[str, typer.Option("--from", help="The first day, such as 2026-03-01, in UTC.")],
    last: Annotated[str, typer.Option("--to", help="The last day, which belongs to it.")],
) -> None:
    """Write every entry of the ledger of a period, for bookkeeping."""
    from app.books import export_journal
    from payments.books.periods import read_days

    entries = export_journal(_services().console, path=file, period=read_days(first, last))
    typer.echo(f"{entries} entries written to {file}.")


@cli.command()
def sweep() -> None:
    """Ask Stripe for what was missed: lost webhooks, checkouts that nobody finished."""
    from payments.sweep import sweep as run_sweep

    made = _services()
    missed, ended = run_sweep(
        face=made.face, console=made.console, gateway=made.gateway, now=made.clock.now()
    )
    typer.echo(f"{missed} events had been missed, {ended} overdue checkouts were looked at.")


@theme.command("check")
def theme_check(
    names: Annotated[list[str] | None, typer.Argument(help="Themes; without any, all.")] = None,
    browser: Annotated[
        Path | None,
        typer.Option(envvar="AWNING_CHROMIUM", help="A Chromium: pages are also tried for accessibility."),
    ] = None,
    pictures: Annotated[Path | None, typer.Option(help="A folder for pictures of the pages.")] = None,
) -> None:
    """Judge themes: settings, files, and every page with ordinary and extreme content."""
    from app.theme_check.checking import check_theme
    from themes.registry import ThemeError, UnknownTheme, installed

    try:
        registry = installed()
        chosen = [registry.theme(name) for name in names or ()] or [t for t in registry.themes if t.presets]
    except (ThemeError, UnknownTheme) as error:
        raise Refusal(str(error)) from None
    found = 0
    for each in chosen:
        findings = list(check_theme(each, registry))
        if browser is not None:
            try:
                from app.theme_check.browsing import browse_theme
            except ImportError:
                raise Refusal("To look with a browser, install axe-playwright-python, too.") from None
            findings += browse_theme(each, registry, chromium=browser, pictures=pictures)
        for finding in findings:
            typer.echo(f"{each.name}: {finding.where}: {finding.problem}")
        typer.echo(f"{each.name}: {len(findings)} findings.")
        found += len(findings)
    if found:
        raise typer.Exit(1)


if __name__ == "__main__":
    main()
