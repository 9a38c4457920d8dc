"""What pricing costs: a listing with everything that lowers it, thousands of prices, and a rise's impact."""

from __future__ import annotations

import re
import statistics
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from html import unescape
from uuid import UUID

from sqlalchemy import event, text
from sqlalchemy.orm import Session

from bench.crowd import GOODS, LARGE, STORES, add_catalogue, add_stores
from bench.installation import Installation
from bench.measuring import Figure
from bench.shopper import Browser
from kit.ids import NIL
from kit.money import Money
from pricing.bulk import propose_rule, save_proposal
from pricing.events import announce_event, choose
from pricing.grid import grid_index
from pricing.impact import wholesale_impact
from pricing.listing import listings
from pricing.lists import create_price_list
from pricing.plans import plan_prices
from pricing.reading import PRODUCTS
from pricing.retail import set_prices, set_rule
from pricing.rule_effects import rule_effects
from pricing.store_sales import plan_sale
from pricing.wholesale import NewWholesale
from storage.database import transaction
from storage.revisions import store_changed
from storage.tenancy import Tenant

_SHOWN = 24
_GRID = 5000
_TURNS = 60


def pricing(bench: Installation) -> Iterator[Figure]:
    """The figures of prices: one listing, one store's bulk, the whole company's rise."""
    yield from _listing(bench)
    yield from _grid(bench)
    yield from _bulk(bench)
    yield from _impact(bench)


def _store(bench: Installation, slug: str) -> tuple[Tenant, UUID]:
    partner_id = bench.open_store(slug)
    with transaction(bench.console) as session:
        store_id = session.execute(
            text("SELECT store_id FROM stores WHERE slug = :slug"), {"slug": slug}
        ).scalar_one()
    return Tenant(bench.face, partner_id), store_id


def _listing(bench: Installation) -> Iterator[Figure]:
    """A page of products whose prices all come from somewhere else, against one of fixed prices."""
    now = datetime.now(UTC)
    fixed, lively = _store(bench, "fixed"), _store(bench, "lively")
    with transaction(bench.console) as session:
        found = session.execute(
            text("SELECT product_id FROM products WHERE handle LIKE 'thing-%' ORDER BY position LIMIT :most"),
            {"most": _SHOWN},
        )
        products = [row.product_id for row in found]
        announce_event(
            session, name="Bench", note="", visible_from=now, begins=now, ends=now + timedelta(days=7),
            products=dict.fromkeys(products, 1500), price_lists=[], actor="bench", now=now,
        )  # fmt: skip
    _fix(*fixed, products, now)
    _enliven(*lively, products, now)
    later = now + timedelta(hours=1)

    def read(tenant: Tenant, store_id: UUID) -> Callable[[], int]:
        def once() -> int:
            with tenant.begin() as session:
                found = listings(
                    session, partner_id=tenant.partner_id, store_id=store_id, now=later, selection=PRODUCTS,
                    choice=products,
                )  # fmt: skip
            return sum(variant.compare_at is not None for p in found.products for variant in p.variants)

        return once

    if read(*fixed)() or not read(*lively)():
        raise RuntimeError("the lively store is reduced, and the fixed one is not")
    yield Figure(
        "listing of 24 with rules, schedules, event",
        _times(read(*lively), read(*fixed)),
        "of fixed prices",
        1.3,
    )
    yield Figure(
        "listing of 24, statements for prices", _statements_of(bench, read(*lively)), "statements", 1
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


def _grid(bench: Installation) -> Iterator[Figure]:
    """Five thousand pasted prices: seen, then saved, by a partner's own requests."""
    add_catalogue(bench.root, prefix="ware", variants=_GRID, price_list_id=bench.price_list_id)
    portal, previews, saves = bench.config.portal_host, [], []
    partner = Browser(bench.port)
    partner.get(portal, bench.sign_in)
    for turn in range(4):
        token = re.search(
            r'name="csrf_token" value="([0-9a-f]{64})"', partner.get(portal, "/prices/paste").text
        )
        if token is None:
            raise RuntimeError("the page to paste prices into shows no form")
        lines = "\n".join(
            f"ware-{n}-{place}\t{80 + turn}.{n % 100:02}"
            for n in range(1, _GRID // 4 + 1)
            for place in range(1, 5)
        )
        begun = time.perf_counter()
        page = partner.post(portal, "/prices/preview", csrf_token=token[1], pasted=lines)
        previews.append(time.perf_counter() - begun)
        form = page.text[page.text.index('class="commit"') :]
        fields = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form))
        kept = re.search(r'<textarea name="lines"[^>]*>\n?(.*?)</textarea>', form, re.DOTALL)
        if kept is None or page.status != 200:
            raise RuntimeError(f"the preview answered {page.status}")
        fields = {name: unescape(value) for name, value in fields.items()}
        begun = time.perf_counter()
        saved = partner.post(
            portal, "/prices/preview", **{**fields, "lines": unescape(kept[1]), "act": "save"}
        )
        saves.append(time.perf_counter() - begun)
        if saved.status != 303:
            raise RuntimeError(f"saving answered {saved.status}")
    partner.close()
    yield Figure("preview of 5,000 pasted prices", statistics.median(previews[1:]), "s", 1.5)
    yield Figure("saving 5,000 pasted prices", statistics.median(saves[1:]), "s", 1.5)


def _bulk(bench: Installation) -> Iterator[Figure]:
    """A hundred thousand listings priced anew in one transaction: by a rule that they follow, each price
    seen before, and by prices of their own, each written down with what it was judged by."""
    tenant, store_id = _store(bench, "large")
    add_catalogue(bench.root, prefix="large", variants=LARGE, price_list_id=bench.price_list_id)
    keys = {"partner_id": tenant.partner_id, "store_id": store_id}

    def by_rule(session: Session, value: int, now: datetime) -> int:
        rule = {"scope": "store", "scope_id": NIL, "method": "markup", "value": value, "rounding": "95"}
        found = rule_effects(session, **keys, **rule, at=None, now=now)
        set_rule(session, **keys, **rule, actor="bench", now=now)
        return len(found.changed)

    def one_by_one(session: Session, value: int, now: datetime) -> int:
        variants = grid_index(session, **keys, now=now).variant_ids
        proposal = propose_rule(
            session, **keys, variant_ids=variants, method="markup", value=value, rounding="95", now=now
        )
        return save_proposal(session, **keys, proposal=proposal, actor="bench", now=now)

    for name, act, limit in (
        ("repricing 100,000 listings by a rule", by_rule, 25_000),
        ("writing 100,000 own prices, after a preview", one_by_one, None),
    ):
        rates = []
        for turn in range(3):
            now, begun = datetime.now(UTC), time.perf_counter()
            with tenant.begin() as session:
                store_changed(session, store_id=store_id)
                changed = act(session, 9000 + turn * 3000, now)
            rates.append(changed / (time.perf_counter() - begun))
        if changed < LARGE:
            raise RuntimeError(f"{changed} prices were changed only")
        yield Figure(name, statistics.median(rates), "rows/s", limit, at_least=True)


def _impact(bench: Installation) -> Iterator[Figure]:
    """What a rise of five hundred variants would do to two thousand stores."""
    now = datetime.now(UTC)
    with transaction(bench.console) as session:
        second = create_price_list(session, name="Second", customer_fields=[], actor="bench", now=now)
    add_catalogue(bench.root, prefix="crowd", variants=GOODS, price_list_id=bench.price_list_id)
    add_stores(
        bench.root, stores=STORES, prefix="crowd", price_list_id=bench.price_list_id, second_list_id=second
    )
    with transaction(bench.console) as session:
        rows = session.execute(
            text("""
                SELECT w.variant_id, w.amount FROM wholesale_prices w JOIN variants v USING (variant_id)
                 WHERE v.sku LIKE 'crowd-%' AND w.price_list_id = :list
            """),
            {"list": bench.price_list_id},
        ).all()
    prices = [
        NewWholesale(row.variant_id, bench.price_list_id, Money(row.amount * 113 // 100, "EUR"))
        for row in rows
    ]
    times = []
    for _ in range(5):
        with transaction(bench.console) as session:
            begun = time.perf_counter()
            found = wholesale_impact(session, prices=prices, begins=now, now=now)
            times.append(time.perf_counter() - begun)
    if not found.stores >= STORES * 9 // 10:
        raise RuntimeError(f"the rise touches {found.stores} stores only")
    yield Figure("impact of a rise, 2,000 stores x 500 variants", statistics.median(times), "s", 1.0)
