"""An installation to test in, and the two partners that every test has, so that leaks show."""

from __future__ import annotations

import io
import itertools
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property, partial
from pathlib import Path
from uuid import UUID

from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from app import worker
from app.config import Config
from app.mail.mailer import FolderMailer
from app.onboarding import FirstLook, add_delivery, add_tax, open_store, set_up_company
from app.services import Services
from app.store.face import create as create_store_app
from catalog.models import Product, Variant
from kit.clock import SetClock
from kit.ids import new_token
from kit.money import Money
from orders.cart import add_to_cart, cart_key
from orders.placing import Contact
from payments.checkout import ReturnAddresses, Started, resume, start
from payments.gateway.client import StripeGateway
from payments.gateway.transport import InProcess
from payments.inbox import receive
from payments.sandbox import Sandbox, call
from pricing.delivery import read_tables
from pricing.importing import ImportReport, WholesaleSource, import_products
from storage.database import Database, transaction
from storage.objects import FolderStore
from storage.tenancy import Tenant
from tenants.models import Company
from tenants.partners import NewStore, create_partner, set_store_state

SECRET = "whsec_for_tests"
PAID = "paid"
BEGIN = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
_numbers = itertools.count(1)
_COMPANY = {
    "smallest_margin_bps": 0, "hold_from": "delivery", "hold_days": 14, "assumed_delivery_days": 7,
    "keep_orders_months": 120,
}  # fmt: skip

CONTACT = Contact(
    email="maya@example.com",
    name="Maya Lind",
    line1="12 Harbour Street",
    line2="",
    city="Portland",
    region="OR",
    postcode="97201",
    country="US",
)
GERMAN = replace(CONTACT, country="DE", region="", postcode="10115", city="Berlin")
_TO_DO = text("SELECT count(*) FROM procrastinate_jobs WHERE status = 'todo' AND scheduled_at IS NULL")


class Installation:
    """One worker's installation: services with a clock that stands still and a sandbox in process."""

    def __init__(
        self, database: Database, folder: Path, *, port: int = 8000, pay: str = "http://pay.localhost"
    ) -> None:
        """``port`` is where it is served, ``pay`` where its sandbox is; tests without a browser need neither."""
        self.clock = SetClock(BEGIN)
        self.pay = pay
        self.sandbox = Sandbox(None, pay, clock=self.clock, merchant_name="Northlight")
        self.services = Services(
            config=Config(
                data_dir=folder,
                secret_key="a key for tests that is long enough",
                sandbox_url=pay,
                port=port,
            ),
            database=database,
            clock=self.clock,
            gateway=StripeGateway(
                api_key="sk_test_sandbox",
                webhook_secrets=[SECRET],
                api_base=pay,
                transport=InProcess(partial(call, self.sandbox)),
            ),
            objects=FolderStore(folder / "objects"),
            mailer=FolderMailer(folder / "mail"),
        )
        self.sandbox.configure_webhook(self.deliver, SECRET)
        with transaction(self.services.console) as session:
            self.price_list_id = set_up_company(
                session,
                name="Northlight Goods",
                support_email="help@northlight.example",
                currencies=["USD", "EUR"],
                smallest_margin_minor={"USD": 100, "EUR": 100},
            )
            add_tax(session, country="DE", name="VAT", rate_bps=1900)
            add_tax(session, country="US", region="CA", name="Sales tax", rate_bps=725)
            self.rates = {
                "USD": add_delivery(
                    session, name="Post", countries=["US", "CA"], currency="USD", amount=490,
                    free_from=6000, days=(2, 4), position=1,
                ),
                "EUR": add_delivery(
                    session, name="Post", countries=["DE", "AT"], currency="EUR", amount=450,
                    free_from=None, days=(2, 4), position=1,
                ),
            }  # fmt: skip

    def deliver(self, payload: bytes, headers: dict[str, str]) -> int:
        """Take a webhook as the program's own address does."""
        event = self.services.gateway.verify(payload, headers["Stripe-Signature"])
        receive(self.services.face, event=event, now=self.clock.now())
        return 200

    @cached_property
    def store_app(self):  # type: ignore[no-untyped-def]
        return create_store_app(self.services)

    def forget_jobs(self) -> None:
        """Drop what tests left to be done: the worker of the next test tells its partners nothing of theirs."""
        with transaction(self.services.console) as session:
            session.execute(text("DELETE FROM procrastinate_jobs WHERE status = 'todo'"))

    def close(self) -> None:
        self.sandbox.close()
        self.services.face.dispose()
        self.services.console.dispose()


@dataclass(frozen=True)
class Shop:
    """One partner of the world, with its store."""

    world: World
    partner_id: UUID
    store_id: UUID
    slug: str
    currency: str

    @property
    def tenant(self) -> Tenant:
        return Tenant(self.world.services.face, self.partner_id)

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        with self.tenant.begin() as session:
            yield session

    @property
    def keys(self) -> dict[str, UUID]:
        """What most domain functions take: partner and store."""
        return {"partner_id": self.partner_id, "store_id": self.store_id}

    def fill_cart(self, *chosen: tuple[str, int], token: str | None = None) -> UUID:
        """Put goods, by SKU and quantity, into a new shopper's cart; return its key."""
        cart_id = cart_key(token or new_token())
        for sku, quantity in chosen:
            with self.transaction() as session:
                add_to_cart(
                    session, **self.keys, cart_id=cart_id, variant_id=self.world.variant(sku),
                    quantity=quantity, now=self.world.now,
                )  # fmt: skip
        return cart_id

    def start(self, cart_id: UUID, *, contact: Contact = CONTACT) -> Started:
        """Press the pay button."""
        with self.transaction() as session:
            tables = read_tables(session, currency=self.currency)
        return start(
            self.tenant,
            gateway=self.world.services.gateway,
            store_id=self.store_id,
            cart_id=cart_id,
            contact=contact,
            rate_id=self.world.installation.rates[self.currency],
            tables=tables,
            return_to=lambda order_id: ReturnAddresses(
                f"http://{self.slug}.localhost/checkout/done/{order_id}?session={{CHECKOUT_SESSION_ID}}",
                f"http://{self.slug}.localhost/cart",
            ),
            clock=self.world.installation.clock.now,
        )

    def pay(self, order_id: UUID, card: str = "4242424242424242") -> str:
        """Pay an order's session on the sandbox, as its page does; return what came of it."""
        status, _, body = call(
            self.world.installation.sandbox,
            "POST",
            f"{self.world.installation.pay}/_sandbox/sessions/{self.session_id(order_id)}/pay",
            {"Content-Type": "application/json"},
            json.dumps({"card": card}).encode(),
        )
        return str(json.loads(body)["outcome"]) if status == 200 else "refused"

    def session_id(self, order_id: UUID) -> str:
        with self.transaction() as session:
            return str(
                session.execute(
                    text(
                        "SELECT session_id FROM payment_attempts WHERE partner_id = :p AND order_id = :o"
                        " ORDER BY attempt DESC LIMIT 1"
                    ),
                    {"p": self.partner_id, "o": order_id},
                ).scalar_one()
            )

    def buy(self, *chosen: tuple[str, int], contact: Contact = CONTACT) -> UUID:
        """Buy goods, from an empty cart to a settled order; return the order."""
        started = self.start(self.fill_cart(*chosen), contact=contact)
        assert self.pay(started.order_id) == PAID
        outcome = resume(
            self.tenant, gateway=self.world.services.gateway, order_id=started.order_id, now=self.world.now
        )
        assert outcome == "paid"
        return started.order_id


class World:
    """Two partners of one installation, and goods that no other test has."""

    def __init__(self, installation: Installation) -> None:
        self.installation = installation
        self.number = next(_numbers)
        # Each test begins a day later, so that nothing it makes lies before what others made.
        installation.clock.moment = max(installation.clock.moment, BEGIN) + timedelta(days=1)
        self.began = installation.clock.moment
        installation.sandbox.faults.clear()
        with transaction(self.services.console) as session:
            session.execute(update(Company).values(**_COMPANY))
        self.goods(
            f"mug-{self.number},Mug,Colour,Oat,mug-oat-{self.number},24.00,40\n"
            f"mug-{self.number},,,Tide,mug-tide-{self.number},24.00,3\n"
            f"tote-{self.number},Tote,,,tote-{self.number},20.00,100\n"
        )
        self.ada = self.shop("ada", "USD", "US", tax_inclusive=False)
        self.ben = self.shop("ben", "EUR", "DE", tax_inclusive=True)

    @property
    def services(self) -> Services:
        return self.installation.services

    @property
    def now(self) -> datetime:
        return self.installation.clock.now()

    def later(self, **span: int) -> datetime:
        """Let time pass."""
        self.installation.clock.advance(timedelta(**span))
        return self.now

    @property
    def mug(self) -> str:
        return f"mug-oat-{self.number}"

    @property
    def scarce_mug(self) -> str:
        """A variant of which there are three."""
        return f"mug-tide-{self.number}"

    @property
    def tote(self) -> str:
        return f"tote-{self.number}"

    def goods(self, rows: str, *, percent: int = 5000) -> ImportReport:
        """Import goods: rows of handle, title, option, value, SKU, price, quantity. Wholesale is a
        percentage of the price, in basis points, in both currencies."""
        header = "Handle,Title,Option1 Name,Option1 Value,Variant SKU,Variant Price,Variant Inventory Qty"
        lines = [f"{header},Variant Inventory Tracker"]
        lines += [f"{row},shopify" for row in rows.strip().splitlines()]
        for currency in ("EUR", "USD"):
            with transaction(self.services.console) as session:
                report = import_products(
                    session,
                    stream=io.BytesIO("\n".join(lines).encode()),
                    wholesale=WholesaleSource(basis_points=percent),
                    currency=currency,
                    actor="tests",
                    now=self.now,
                )
            assert not report.refused, report.refused
        return report

    def shop(self, name: str, currency: str, country: str, *, tax_inclusive: bool, locale: str = "") -> Shop:
        """Set up a partner with a live store that marks everything up by 80 %. It speaks English unless
        ``locale`` says otherwise: what pages say is held against English sentences."""
        slug = f"{name}{self.number}-{new_token()[:6].lower().replace('_', 'x').replace('-', 'x')}"
        with transaction(self.services.console) as session:
            partner_id = create_partner(
                session, name=name.title(), price_list_id=self.installation.price_list_id,
                actor="tests", now=self.now,
            )  # fmt: skip
            store_id = open_store(
                session,
                partner_id=partner_id,
                store=NewStore(
                    slug=slug,
                    name=f"{name.title()} & Co",
                    currency=currency,
                    country=country,
                    locale=locale or f"en_{country}",
                    tax_inclusive=tax_inclusive,
                    support_email=f"hello@{name}.example",
                ),
                look=FirstLook("aurora", {}, {"home": [{"type": "featured", "settings": {}}]}),
                markup_bps=8000,
                rounding="none",
                stores_domain="localhost",
                actor="tests",
                now=self.now,
            )
            set_store_state(
                session, partner_id=partner_id, store_id=store_id, state="live", actor="tests", now=self.now
            )
        return Shop(self, partner_id, store_id, slug, currency)

    def variant(self, sku: str) -> UUID:
        with transaction(self.services.face) as session:
            return session.execute(select(Variant.variant_id).where(Variant.sku == sku)).scalar_one()

    def product(self, handle: str) -> UUID:
        with transaction(self.services.face) as session:
            return session.execute(select(Product.product_id).where(Product.handle == handle)).scalar_one()

    def run_jobs(self) -> None:
        """Let the worker empty the queue, on a thread of its own: a browser's loop may run on this one.

        It stops when it finds nothing to begin, although what it does at that moment may make more jobs.
        """
        for _ in range(20):
            with ThreadPoolExecutor(1) as pool:
                pool.submit(worker.run, self.services, self.installation.store_app, until_empty=True).result()
            with transaction(self.services.console) as session:
                if not session.scalar(_TO_DO):
                    return

    def deliver_webhooks(self) -> None:
        """Let the sandbox send what it has to tell."""
        self.installation.sandbox.drain()


def usd(text: str) -> Money:
    return Money.parse(text, "USD")


def eur(text: str) -> Money:
    return Money.parse(text, "EUR")
