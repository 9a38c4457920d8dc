"""Ninety days in three stores: shoppers who buy, parcels that leave and arrive."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from flask import Flask

from app import worker
from app.demo.shoppers import regular
from app.demo.stores import STORES, DemoStore
from app.mail.orders import send_order_mails
from app.services import Services
from app.store.face import create as create_store_app
from app.store.links import order_token
from kit.clock import SetClock
from orders.cart import CodeRefused, add_to_cart, cart_key, use_code
from orders.fulfilment import confirm_delivery, ship
from orders.placing import Contact
from payments.checkout import ReturnAddresses, resume, start
from pricing.delivery import Tables, read_tables
from pricing.listing import listings
from storage.database import transaction
from storage.tenancy import Tenant

# What some shoppers type: each store's own coupon, and a promotion of the company.
COUPON, PROMOTION = "WELCOME-10", "NORTHLIGHT-15"
_GIVEN = (
    "Maya Noor Elif Jonah Priya Theo Clara Amir Ruth Ivo Lucia Felix Hana Oscar Mina Paul Zoe Emil Aylin Ben"
    " Greta Samir Nora Leo Tilda Anton Rosa Milan Ada Kai"
).split()
_FAMILY = (
    "Lind Park Sato Brooks Meyer Novak Rossi Haddad Olsen Weber Costa Dunn Keller Ortiz Frank Moreau Singh"
    " Blum Hart Vogel"
).split()
_PLACES = {
    "US": (
        ("12 Harbour Street", "Portland", "OR", "97201"),
        ("480 Valencia Street", "San Francisco", "CA", "94103"),
        ("77 Bedford Avenue", "Brooklyn", "NY", "11211"),
        ("905 Congress Avenue", "Austin", "TX", "78701"),
        ("31 Pike Street", "Seattle", "WA", "98101"),
    ),
    "DE": (
        ("Lindenstraße 4", "Berlin", "", "10969"),
        ("Talweg 19", "Freiburg", "", "79104"),
        ("Hafenallee 2", "Hamburg", "", "20457"),
        ("Gartenweg 7", "Leipzig", "", "04109"),
    ),
}


@dataclass(frozen=True, slots=True)
class _Sale:
    at: datetime
    store: DemoStore
    tenant: Tenant
    store_id: UUID


def write_history(
    services: Services,
    opened: Sequence[tuple[DemoStore, UUID, UUID]],
    *,
    since: datetime,
    until: datetime,
    pay: Callable[[str], None],
    dice: random.Random,
) -> None:
    """Let shoppers buy from ``since`` to ``until``, through the functions that a real sale goes through.

    ``pay`` pays a session, by its id, as a shopper with a good card does. Sales rise slowly, dip on
    weekends, and a few shoppers never pay. Parcels leave a day or two later.
    """
    clock = services.clock
    if not isinstance(clock, SetClock):
        raise TypeError("history is made with a clock that can be moved")
    app = create_store_app(services)
    sales = sorted(_sales(services, opened, since, until, dice), key=lambda sale: sale.at)
    to_ship: list[tuple[datetime, Tenant, UUID]] = []
    under_way: list[tuple[datetime, Tenant, UUID]] = []
    shelves = {store_id: _shelf(services, partner_id, store_id) for _, partner_id, store_id in opened}
    tables = {store_id: _tables(services, store, partner_id) for store, partner_id, store_id in opened}
    for sale in sales:
        _parcels(services, app, to_ship, under_way, sale.at, dice)
        clock.moment = sale.at
        chosen = _choose(shelves[sale.store_id], dice)
        order_id, paid = _buy(services, sale, chosen, tables[sale.store_id], pay, dice)
        if paid:
            # The mails of each sale are dated as they would have been.
            send_order_mails(
                services,
                app,
                tenant=sale.tenant,
                order_id=order_id,
                kinds=("receipt", "notice"),
                now=clock.now(),
            )
            to_ship.append((sale.at + timedelta(hours=dice.randint(14, 46)), sale.tenant, order_id))
    _parcels(services, app, to_ship, under_way, until, dice)
    clock.moment = until
    # What is left in the queue finds its mails sent, and sends the rest.
    worker.run(services, app, until_empty=True)


def _sales(
    services: Services,
    opened: Sequence[tuple[DemoStore, UUID, UUID]],
    since: datetime,
    until: datetime,
    dice: random.Random,
) -> list[_Sale]:
    span = (until - since).total_seconds()
    sales = []
    for store, partner_id, store_id in opened:
        for _ in range(store.orders):
            # The square root leans towards the present.
            at = since + timedelta(seconds=span * math.sqrt(dice.random()) * 0.999)
            if at.weekday() >= 5 and dice.random() < 0.4:
                at -= timedelta(days=2)
            at = max(at, since)
            sales.append(_Sale(at, store, Tenant(services.face, partner_id), store_id))
        # The last hours are never empty, so that the portal has something to show today.
        for hours in (0.2, 1.4, 3.1):
            sales.append(
                _Sale(until - timedelta(hours=hours), store, Tenant(services.face, partner_id), store_id)
            )
    return sales


def _shelf(services: Services, partner_id: UUID, store_id: UUID) -> list[tuple[UUID, float]]:
    """What the store sells, each with how likely it is chosen: the first ones are favourites."""
    with Tenant(services.face, partner_id).begin() as session:
        found = listings(session, partner_id=partner_id, store_id=store_id, now=services.clock.now())
    return [
        (variant.variant_id, 1 / (position + 3))
        for position, product in enumerate(found.products)
        for variant in product.variants
        if variant.available
    ]


def _tables(services: Services, store: DemoStore, partner_id: UUID) -> Tables:
    with Tenant(services.face, partner_id).begin() as session:
        return read_tables(session, currency=store.currency)


def _choose(shelf: list[tuple[UUID, float]], dice: random.Random) -> dict[UUID, int]:
    ids, weights = zip(*shelf, strict=True)
    count = dice.choices((1, 2, 3), (6, 3, 1))[0]
    return {
        variant_id: dice.choices((1, 2, 3), (8, 2, 1))[0]
        for variant_id in dice.choices(ids, weights, k=count)
    }


def _buy(
    services: Services,
    sale: _Sale,
    chosen: dict[UUID, int],
    tables: Tables,
    pay: Callable[[str], None],
    dice: random.Random,
) -> tuple[UUID, bool]:
    cart_id = cart_key(f"demo-{dice.getrandbits(64):x}")
    partner_id = sale.tenant.partner_id
    with sale.tenant.begin() as session:
        for variant_id, quantity in chosen.items():
            add_to_cart(
                session,
                partner_id=partner_id,
                store_id=sale.store_id,
                cart_id=cart_id,
                variant_id=variant_id,
                quantity=quantity,
                now=sale.at,
            )
        if code := _code(cart_id):
            # A bag that is at its lowest price already takes none.
            with suppress(CodeRefused):
                use_code(
                    session,
                    partner_id=partner_id,
                    store_id=sale.store_id,
                    cart_id=cart_id,
                    code=code,
                    now=sale.at,
                )
    contact = _contact(sale.store.country, dice)
    if sale.store is STORES[0]:
        contact = regular(cart_id, contact)
    rates = tables.rates_to(contact.country)
    secret = services.config.secret

    def return_to(order_id: UUID) -> ReturnAddresses:
        host = f"{sale.store.slug}.{services.config.stores_domain}"
        token = order_token(secret, partner_id=partner_id, order_id=order_id)
        done = services.config.url(host, f"/checkout/done/{token}")
        return ReturnAddresses(f"{done}?session={{CHECKOUT_SESSION_ID}}", services.config.url(host, "/cart"))

    started = start(
        sale.tenant,
        gateway=services.gateway,
        store_id=sale.store_id,
        cart_id=cart_id,
        contact=contact,
        rate_id=rates[-1 if dice.random() < 0.15 else 0].rate_id,
        tables=tables,
        return_to=return_to,
        clock=services.clock.now,
    )
    if dice.random() > 0.03:
        pay((started.url or "").rsplit("/", 1)[-1])
    else:
        assert isinstance(services.clock, SetClock)
        services.clock.advance(timedelta(minutes=40))
    outcome = resume(
        sale.tenant, gateway=services.gateway, order_id=started.order_id, now=services.clock.now()
    )
    return started.order_id, outcome == "paid"


def _code(cart_id: UUID) -> str:
    """The code that a shopper types; most type none. It follows from the cart, so that the dice fall as
    they do without."""
    return {0: COUPON, 1: COUPON, 2: PROMOTION}.get(cart_id.int % 24, "")


def _contact(country: str, dice: random.Random) -> Contact:
    given, family = dice.choice(_GIVEN), dice.choice(_FAMILY)
    line1, city, region, postcode = dice.choice(_PLACES[country])
    return Contact(
        email=f"{given}.{family}@example.com".lower(),
        name=f"{given} {family}",
        line1=line1,
        line2="",
        city=city,
        region=region,
        postcode=postcode,
        country=country,
    )


def _parcels(
    services: Services,
    app: Flask,
    to_ship: list[tuple[datetime, Tenant, UUID]],
    under_way: list[tuple[datetime, Tenant, UUID]],
    until: datetime,
    dice: random.Random,
) -> None:
    """Send the parcels that are due, and let those arrive that were sent."""
    assert isinstance(services.clock, SetClock)
    for due in sorted((entry for entry in to_ship if entry[0] <= until), key=lambda entry: entry[0]):
        to_ship.remove(due)
        at, tenant, order_id = due
        services.clock.moment = at
        with transaction(services.console) as session:
            ship(
                session,
                partner_id=tenant.partner_id,
                order_id=order_id,
                carrier="Parcel Post",
                number=f"PP{dice.randint(10**9, 10**10 - 1)}",
                url="",
                actor="support@northlight.example",
                now=at,
            )
        send_order_mails(services, app, tenant=tenant, order_id=order_id, kinds=("shipped",), now=at)
        under_way.append((at + timedelta(hours=dice.randint(40, 110)), tenant, order_id))
    for due in [entry for entry in under_way if entry[0] <= until]:
        under_way.remove(due)
        at, tenant, order_id = due
        with transaction(services.console) as session:
            confirm_delivery(
                session,
                partner_id=tenant.partner_id,
                order_id=order_id,
                actor="support@northlight.example",
                now=at,
            )
