"""What a listing costs whose prices come from everywhere, beside one of fixed prices."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import Engine, event, text
from sqlalchemy.orm import Session

from bench.installation import Installation
from bench.measuring import Figure
from kit.ids import NIL
from kit.money import Money
from pricing.events import announce_event, choose
from pricing.listing import ProductListing, listings
from pricing.plans import plan_prices
from pricing.reading import PRODUCTS
from pricing.retail import set_prices, set_rule
from pricing.store_sales import plan_sale
from storage.database import transaction
from storage.tenancy import Tenant

_SHOWN = 24
_TURNS = 60


def listing(bench: Installation) -> Iterator[Figure]:
    """A page of products whose prices all come from somewhere else, against one of fixed prices."""
    now = datetime.now(UTC)
    for slug in ("fixed", "lively"):
        bench.open_store(slug)
    fixed, lively = bench.tenant("fixed"), bench.tenant("lively")
    with transaction(bench.console) as session:
        products = _products(session, "thing-%", _SHOWN)
        # These have four variants each, and the others three.
        many = _products(session, "large-%", _SHOWN * 3 // 4)
        announce_event(
            session, name="Bench", note="", visible_from=now, begins=now, ends=now + timedelta(days=7),
            products=dict.fromkeys(products, 1500), price_lists=[], actor="bench", now=now,
        )  # fmt: skip
    _fix(*fixed, products, now)
    _enliven(*lively, products, now)
    _age(bench.root)
    later = now + timedelta(hours=1)

    def read(tenant: Tenant, store_id: UUID, choice: list[UUID]) -> Callable[[], list[ProductListing]]:
        def once() -> list[ProductListing]:
            with tenant.begin() as session:
                return listings(
                    session, partner_id=tenant.partner_id, store_id=store_id, now=later, selection=PRODUCTS,
                    choice=choice,
                ).products  # fmt: skip

        return once

    plain, reduced = read(*fixed, products), read(*lively, products)
    own = read(*bench.tenant("large"), many)
    if _reduced(plain()) or not _reduced(reduced()) or _variants_of(own()) != _variants_of(plain()):
        raise RuntimeError("the lively store is reduced, the fixed one is not, and all show as many variants")
    _move(bench.root, lively[1], "CH")
    yield Figure("listing of 24 with rules, schedules, event", _times(reduced, plain), "of fixed prices", 1.3)
    yield Figure("listing of 24, statements for prices", _statements_of(bench, reduced), "statements", 1)
    yield Figure("listing as long among 100,000 own prices", _times(own, plain), "of fixed prices", 1.3)
    _move(bench.root, lively[1], "DE")
    if not all(variant.lowest_before for product in reduced() for variant in product.variants):
        raise RuntimeError("a reduced price lacks the lowest one of 30 days")
    yield Figure(
        "listing of 24, each with its lowest of 30 days", _times(reduced, plain), "of fixed prices", 2.0
    )


def _products(session: Session, handles: str, most: int) -> list[UUID]:
    rows = session.execute(
        text("SELECT product_id FROM products WHERE handle LIKE :handles ORDER BY position LIMIT :most"),
        {"handles": handles, "most": most},
    )
    return [row.product_id for row in rows]


def _variants_of(products: list[ProductListing]) -> int:
    return sum(len(product.variants) for product in products)


def _reduced(products: list[ProductListing]) -> bool:
    return any(variant.compare_at is not None for product in products for variant in product.variants)


def _age(root: Engine) -> None:
    """Let the prices of these stores have stood for two months, so that there is a past to look at."""
    older = "SET valid = tstzrange(lower(valid) - interval '60 days', upper(valid))"
    with root.begin() as connection:
        connection.execute(text(f"UPDATE wholesale_prices {older}"))
        connection.execute(
            text(f"""
                UPDATE retail_rules {older} WHERE layer = 'standing' AND store_id IN (
                  SELECT store_id FROM stores WHERE slug IN ('fixed', 'lively'))
            """)
        )
        connection.execute(text("ANALYZE"))


def _move(root: Engine, store_id: UUID, country: str) -> None:
    """Only some countries ask for the lowest price of the 30 days before beside a reduced one."""
    with root.begin() as connection:
        connection.execute(
            text("UPDATE stores SET country = :country WHERE store_id = :store_id"),
            {"country": country, "store_id": store_id},
        )


def _fix(tenant: Tenant, store_id: UUID, products: list[UUID], now: datetime) -> None:
    keys = {"partner_id": tenant.partner_id, "store_id": store_id}
    with tenant.begin() as session:
        variants = _variants(session, products)
        prices = {key: Money(9900 + place, "EUR") for place, key in enumerate(variants)}
        set_prices(session, **keys, prices=prices, actor="bench", now=now)


def _enliven(tenant: Tenant, store_id: UUID, products: list[UUID], now: datetime) -> None:
    """Rules of each scope, planned prices, a joined event, and a sale of the store."""
    keys = {"partner_id": tenant.partner_id, "store_id": store_id}
    with tenant.begin() as session:
        for product_id in products[::3]:
            set_rule(
                session, **keys, scope="product", scope_id=product_id, method="markup", value=8000,
                rounding="95", actor="bench", now=now,
            )  # fmt: skip
        variants = _variants(session, products)
        planned = {key: Money(8000 + place, "EUR") for place, key in enumerate(variants[::4])}
        plan_prices(
            session, **keys, prices=planned, begins=now + timedelta(minutes=1), ends=now + timedelta(days=3),
            actor="bench", now=now,
        )  # fmt: skip
        choose(session, **keys, event_id=None, joined=True, pass_on_bps=6000, actor="bench", now=now)
        plan_sale(
            session, **keys, scope="store", scope_id=NIL, off_bps=500, begins=now,
            ends=now + timedelta(days=2), actor="bench", now=now,
        )  # fmt: skip


def _variants(session: Session, products: list[UUID]) -> list[UUID]:
    rows = session.execute(
        text("SELECT variant_id FROM variants WHERE product_id = ANY(:products) ORDER BY sku"),
        {"products": products},
    )
    return [row.variant_id for row in rows]


def _times(act: Callable[[], object], against: Callable[[], object]) -> float:
    """How many times as long an act takes as another, measured in turns."""
    pairs = []
    for _ in range(_TURNS):
        base, taken = _seconds(against), _seconds(act)
        pairs.append(taken / base)
    return statistics.median(pairs[_TURNS // 4 :])


def _seconds(act: Callable[[], object]) -> float:
    begun = time.perf_counter()
    act()
    return time.perf_counter() - begun


def _statements_of(bench: Installation, act: Callable[[], object]) -> float:
    """How many statements an act sends besides those that say who asks."""
    sent: list[str] = []

    def note(*values: object) -> None:
        sent.append(str(values[2]))

    event.listen(bench.face, "before_cursor_execute", note)
    act()
    event.remove(bench.face, "before_cursor_execute", note)
    return float(sum("awning.partner" not in statement for statement in sent))
