"""Making the demo's installation: company, goods with pictures, three partners, ninety days of orders.

Everything goes through the functions that people's clicks go through; only time is made. The same
seed gives the same history.
"""

from __future__ import annotations

import io
import random
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from typing import Any
from uuid import UUID

from sqlalchemy import select, update

from app.config import Config
from app.demo import art
from app.demo.goods import Good, goods, product_file
from app.demo.history import COUPON, PROMOTION, write_history
from app.demo.letters import write_letters
from app.demo.payouts import pay_partners
from app.demo.shoppers import sign_up
from app.demo.stores import STORES, DemoStore
from app.demo.trouble import make_trouble
from app.onboarding import (
    FirstLook,
    add_delivery,
    add_price_list,
    add_tax,
    open_store,
    set_up_company,
)
from app.pictures import keep_picture, keep_sizes
from app.services import Services, objects
from catalog.attaching import attach_picture
from catalog.models import Collection, CollectionProduct, Product, Variant
from catalog.pictures import PictureRef
from kit.clock import SetClock
from kit.ids import new_id
from kit.money import Money
from payments.statements.issuing import issue_statements
from payments.statements.periods import SETTLED_AFTER, last_closed, next_month
from pricing.assortment import hide_product
from pricing.coupons import create_coupon
from pricing.importing import WholesaleSource, import_products
from pricing.promotions import create_promotion
from pricing.retail import set_prices
from pricing.wholesale import NewWholesale, set_wholesale
from storage.database import transaction
from storage.tenancy import Tenant
from tenants.access import invite, use_link
from tenants.company import change_settings, read_company
from tenants.partners import NewStore, create_partner, set_store_state
from themes.registry import installed

DAYS = 90
ACTOR = "demo"
_PICTURE_WIDTH = 960


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody who can sign in to the demo."""

    face: str
    role: str
    email: str
    name: str


STAFF = (
    Member("console", "owner", "owner@northlight.example", "Jonas Hale"),
    Member("console", "catalogue", "catalogue@northlight.example", "Ines Duarte"),
    Member("console", "finance", "finance@northlight.example", "Mara Quist"),
    Member("console", "support", "support@northlight.example", "Kofi Mensah"),
)
PASSWORD = "demo-demo-demo"  # noqa: S105 - printed for everybody who starts the demo


def seed(
    services: Services,
    *,
    pay: Callable[[str], None],
    bank: Callable[[str, dict[str, str]], dict[str, str]],
    say: Callable[[str], None],
) -> None:
    """Fill an empty, migrated database. ``services`` has a clock that can be set and moved; ``pay``
    pays a Checkout Session by its id, and ``bank`` turns another knob of the sandbox, by its path and its
    settings, and returns what came of it; ``say`` is told what is being done."""
    clock = services.clock
    if not isinstance(clock, SetClock):
        raise TypeError("the demo makes its history with a clock that it can set")
    today = datetime.now(UTC).replace(microsecond=0)
    clock.moment = today - timedelta(days=DAYS + 5)
    say("Setting up the company")
    standard, gold = _company(services)
    say("Drawing pictures of 40 products")
    drawn = _draw_all(services.config)
    _catalogue(services, drawn, gold)
    with transaction(services.console) as session:
        create_promotion(
            session, name="A note from the makers", code=PROMOTION, kind="percent", value=1500,
            begins=clock.now(), limit_bps=8000, actor=ACTOR, reason="Printed on the card in each parcel",
            now=clock.now(),
        )  # fmt: skip
    say("Opening three stores")
    opened = [(store, *_open(services, store, standard, gold, drawn)) for store in STORES]
    say(f"Living through {DAYS} days of orders")
    write_history(
        services,
        opened,
        since=today - timedelta(days=DAYS),
        until=today,
        pay=pay,
        dice=random.Random(42),
    )
    sign_up(Tenant(services.face, opened[0][1]), store_id=opened[0][2], password=PASSWORD, now=clock.now())
    make_trouble(services, opened[0][1], bank=bank, today=today, staff="support@northlight.example")
    write_letters(services, opened, today=today)
    # The last of them has not set up its account yet, so that this can be tried.
    pay_partners(
        services,
        [(partner_id, store.country, store.owner) for store, partner_id, _ in opened[:-1]],
        onboard=lambda account: bank(f"accounts/{account}/onboard", {}),
        today=today,
        first="finance@northlight.example",
        second="owner@northlight.example",
    )
    _close_months(services, [partner_id for _, partner_id, _ in opened], since=today - timedelta(days=DAYS))


def _close_months(services: Services, partners: Sequence[UUID], *, since: datetime) -> None:
    """Issue the statements of the months that are over, each in the night after its month."""
    ends = next_month(since)
    while ends <= last_closed(services.clock.now()):
        for partner_id in partners:
            with Tenant(services.face, partner_id).begin() as session:
                issue_statements(
                    session,
                    partner_id=partner_id,
                    until=ends,
                    now=ends + SETTLED_AFTER + timedelta(minutes=17),
                )
        ends = next_month(ends)


def members() -> Iterator[Member]:
    """Everybody who can sign in, company first."""
    yield from STAFF
    for store in STORES:
        yield Member("portal", "owner", store.owner, store.owner_name)


def _company(services: Services) -> tuple[UUID, UUID]:
    with transaction(services.console) as session:
        standard = set_up_company(
            session,
            name="Northlight Goods",
            support_email="help@northlight.example",
            currencies=["USD", "EUR"],
            smallest_margin_minor={"USD": 100, "EUR": 100},
            demo=True,
        )
        change_settings(
            session,
            wanted=replace(
                read_company(session),
                return_instructions="Northlight Returns\n4 Quay Road\nPortland, OR 97201\n\nPack it well.",
                partner_refund_requests=True,
            ),
            actor=ACTOR,
            now=services.clock.now(),
        )
        gold = add_price_list(session, name="Gold")
        for country, name, bps in (("DE", "VAT", 1900), ("AT", "VAT", 2000), ("NL", "VAT", 2100)):
            add_tax(session, country=country, name=name, rate_bps=bps)
        for region, bps in (("CA", 725), ("NY", 400), ("TX", 625), ("WA", 650)):
            add_tax(session, country="US", region=region, name="Sales tax", rate_bps=bps)
        usa, eu = ["US"], ["DE", "AT", "NL"]
        add_delivery(
            session, name="Post", countries=usa, currency="USD", amount=490, free_from=6000,
            days=(3, 5), position=1,
        )  # fmt: skip
        add_delivery(
            session, name="Express", countries=usa, currency="USD", amount=1490, free_from=None,
            days=(1, 2), position=2,
        )  # fmt: skip
        add_delivery(
            session, name="Post", countries=eu, currency="EUR", amount=450, free_from=5000,
            days=(2, 4), position=1,
        )  # fmt: skip
        for member in STAFF:
            _join(session, member, None, services.clock.now())
    return standard, gold


def _join(session: Any, member: Member, partner_id: UUID | None, now: datetime) -> None:
    token = invite(
        session,
        email=member.email,
        name=member.name,
        face=member.face,
        role=member.role,
        partner_id=partner_id,
        now=now,
    )
    use_link(session, token=token, face=member.face, password=PASSWORD, now=now)


def _draw_all(config: Config) -> dict[str, PictureRef]:
    """Draw every picture on all cores, and keep them in every size. Keys are what they show."""
    tasks = [
        (f"{good.handle}/{colour}", good.kind, good.pattern, colour)
        for good in goods()
        for colour in good.colours
    ]
    tasks += [(f"scene/{store.slug}", "", store.scene, "") for store in STORES]
    tasks += [(f"logo/{store.slug}", store.name, store.logo[0], "|".join(store.logo[1])) for store in STORES]
    # Fresh processes: this one has a database connection and threads, which a fork would copy.
    context = get_context("spawn")
    with ProcessPoolExecutor(2, mp_context=context, initializer=_begin, initargs=(config,)) as pool:
        return dict(pool.map(_draw, tasks, chunksize=4))


_config: Config


def _begin(config: Config) -> None:
    global _config
    _config = config


def _draw(task: tuple[str, str, str, str]) -> tuple[str, PictureRef]:
    name, kind, pattern, colour = task
    if name.startswith("scene/"):
        png = art.rasterise(art.hero(pattern), 1600)
    elif name.startswith("logo/"):
        ink, accent = colour.split("|")
        png = art.rasterise(art.logo(kind, (ink, accent), pattern), 640)
    else:
        png = art.rasterise(art.draw(kind, colour=colour, pattern=pattern), _PICTURE_WIDTH)
    store = objects(_config)
    accepted = keep_picture(store, png)
    sizes = keep_sizes(store, accepted.key)
    return name, PictureRef(accepted.key, accepted.width, accepted.height, "", tuple(sizes))


def _catalogue(services: Services, drawn: dict[str, PictureRef], gold: UUID) -> None:
    now = services.clock.now()
    for currency in ("USD", "EUR"):
        with transaction(services.console) as session:
            import_products(
                session,
                stream=io.BytesIO(product_file(currency)),
                wholesale=WholesaleSource(column="Wholesale"),
                currency=currency,
                actor=ACTOR,
                now=now,
            )
    with transaction(services.console) as session:
        products = dict(session.execute(select(Product.handle, Product.product_id)).tuples().all())
        variants = dict(session.execute(select(Variant.sku, Variant.variant_id)).tuples().all())
        collections: dict[str, UUID] = {}
        for position, good in enumerate(goods()):
            product_id = products[good.handle]
            session.execute(
                update(Product)
                .where(Product.product_id == product_id)
                .values(
                    summary=good.summary,
                    position=position,
                    swatches={name: art.COLOURS[colour] for colour, name in good.colours.items()},
                )
            )
            if good.collection not in collections:
                collections[good.collection] = new_id()
                session.add(
                    Collection(
                        collection_id=collections[good.collection],
                        handle=good.collection.lower().replace(" ", "-"),
                        title=good.collection,
                        position=len(collections),
                    )
                )
                session.flush()
            session.add(
                CollectionProduct(
                    collection_id=collections[good.collection], product_id=product_id, position=position
                )
            )
            _attach(session, good, product_id, variants, drawn)
        # The Gold list takes eight per cent less, in dollars.
        prices = [
            NewWholesale(variants[sku], gold, Money(good.wholesale * 92 // 100, "USD"))
            for good in goods()
            for colour in good.colours
            for sku in good.skus(colour)
        ]
        set_wholesale(session, prices=prices, begins=now, actor=ACTOR, now=now, reason="Gold terms")


def _attach(
    session: Any, good: Good, product_id: UUID, variants: dict[str, UUID], drawn: dict[str, PictureRef]
) -> None:
    for colour, name in good.colours.items():
        ref = drawn[f"{good.handle}/{colour}"]
        attach_picture(
            session,
            product_id=product_id,
            picture=PictureRef(ref.key, ref.width, ref.height, f"{good.title} in {name.lower()}", ref.sizes),
            variant_ids=[variants[sku] for sku in good.skus(colour)],
        )


def _open(
    services: Services, store: DemoStore, standard: UUID, gold: UUID, drawn: dict[str, PictureRef]
) -> tuple[UUID, UUID]:
    now = services.clock.now()
    with transaction(services.console) as session:
        partner_id = create_partner(
            session, name=store.name, price_list_id=gold if store.gold else standard, actor=ACTOR, now=now
        )
        store_id = open_store(
            session,
            partner_id=partner_id,
            store=NewStore(
                slug=store.slug,
                name=store.name,
                currency=store.currency,
                country=store.country,
                locale=store.locale,
                tax_inclusive=store.tax_inclusive,
                support_email=f"hello@{store.slug}.example",
                tagline=store.tagline,
            ),
            look=_look(store, drawn),
            markup_bps=store.markup,
            rounding=store.rounding,
            stores_domain=services.config.stores_domain,
            actor=ACTOR,
            now=now,
        )
        set_store_state(session, partner_id=partner_id, store_id=store_id, state="live", actor=ACTOR, now=now)
        _join(session, Member("portal", "owner", store.owner, store.owner_name), partner_id, now)
        variants = dict(session.execute(select(Variant.sku, Variant.variant_id)).tuples().all())
        hidden = list(session.execute(select(Product.product_id, Product.tags)))
    with Tenant(services.face, partner_id).begin() as session:
        for product_id, tags in hidden:
            if set(tags) & set(store.hidden):
                hide_product(
                    session, partner_id=partner_id, store_id=store_id, product_id=product_id,
                    actor=store.owner, now=now,
                )  # fmt: skip
        set_prices(
            session,
            partner_id=partner_id,
            store_id=store_id,
            prices={variants[sku]: Money.parse(price, store.currency) for sku, price in store.own.items()},
            actor=store.owner,
            now=now,
        )
        create_coupon(
            session, partner_id=partner_id, store_id=store_id, code=COUPON, kind="percent", value=1000,
            begins=now, actor=store.owner, now=now,
        )  # fmt: skip
    return partner_id, store_id


def _look(store: DemoStore, drawn: dict[str, PictureRef]) -> FirstLook:
    settings = {**installed().theme(store.theme).preset(store.preset).settings, **store.settings}
    settings["logo"] = _image(drawn[f"logo/{store.slug}"], store.name)
    hero = {
        "heading": store.heading,
        "text": store.text,
        "label": "See everything",
        "url": "/collections/all",
        "picture": _image(drawn[f"scene/{store.slug}"], ""),
    }
    home = [
        {"type": "hero", "settings": hero},
        {"type": "featured", "settings": {"heading": "Made for the room", "collection": "all", "count": 9}},
        {"type": "collections", "settings": {}},
        {"type": "newsletter", "settings": {}},
        {"type": "facts", "settings": {}},
    ]
    return FirstLook(store.theme, settings, {"home": home})


def _image(ref: PictureRef, alt: str) -> dict[str, Any]:
    return {"key": ref.key, "width": ref.width, "height": ref.height, "alt": alt, "sizes": list(ref.sizes)}
