"""What pricing costs: a listing with everything that lowers it, thousands of prices, and a rise's impact."""

from __future__ import annotations

import re
import statistics
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from html import unescape

from sqlalchemy import text
from sqlalchemy.orm import Session

from bench.crowd import GOODS, LARGE, STORES, add_catalogue, add_stores
from bench.installation import Installation
from bench.listing import listing
from bench.measuring import Figure
from bench.shopper import Browser
from kit.ids import NIL
from kit.money import Money
from pricing.bulk import propose_rule, save_proposal
from pricing.grid import grid_index
from pricing.impact import wholesale_impact
from pricing.lists import create_price_list
from pricing.retail import set_rule
from pricing.rule_effects import rule_effects
from pricing.wholesale import NewWholesale
from storage.database import transaction
from storage.revisions import store_changed

_GRID = 5000


def pricing(bench: Installation) -> Iterator[Figure]:
    """The figures of prices: the company's rise, a store's bulk, and a listing beside all of these."""
    yield from _impact(bench)
    yield from _grid(bench)
    yield from _bulk(bench)
    yield from listing(bench)


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
    bench.open_store("large")
    tenant, store_id = bench.tenant("large")
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
