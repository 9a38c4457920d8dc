"""Importing a product file with its prices: the catalogue's part, wholesale, and suggested retail.

There is no wholesale column in the format, so the caller says which column holds it, or which
percentage of Price it is. ``Cost per item`` is never taken for it by guess. A column of our own, Ceiling, may
name the highest price allowed; where it is empty, the one that is stays.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import BinaryIO
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from catalog.saving import Batch, Saved, save_products
from catalog.shopify import FileProduct, FileVariant, ProductFile, RowRefused
from kit.errors import Refusal
from kit.ids import new_id
from kit.money import Money, NotAnAmount, ceil_div
from pricing.ceilings import NewCeiling, highest_floors, set_ceilings
from pricing.models import SuggestedPrice
from pricing.standstill import keep_orders_out
from pricing.wholesale import NewWholesale, default_list, set_wholesale
from storage.revisions import every_store_changed

_ACTIONS = ("created", "changed", "unchanged")
_BATCH = 100
_SAMPLE = 500


@dataclass(frozen=True, slots=True)
class WholesaleSource:
    """Where the wholesale price of a row comes from: a column, or a percentage of Price in basis
    points."""

    column: str = ""
    basis_points: int = 0

    def __post_init__(self) -> None:
        if bool(self.column) == bool(self.basis_points):
            raise Refusal(
                "Say where wholesale prices come from: a column of the file, or a percentage of Price.",
                field="wholesale",
            )
        if self.basis_points and not 0 < self.basis_points <= 10_000:
            raise Refusal("The percentage must be above 0 and at most 100.", field="wholesale_percent")


@dataclass
class ImportReport:
    """What an import did, or would do. ``variants`` and ``products`` count created, changed and
    unchanged ones; ``sample`` holds the first outcomes row by row."""

    rows: int = 0
    products: dict[str, int] = field(default_factory=lambda: dict.fromkeys(_ACTIONS, 0))
    variants: dict[str, int] = field(default_factory=lambda: dict.fromkeys(_ACTIONS, 0))
    refused: list[RowRefused] = field(default_factory=list)
    sample: list[tuple[int, str, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Priced:
    wholesale: Money
    suggested: Money
    compare_at: Money | None
    ceiling: Money | None


def import_products(
    session: Session,
    *,
    stream: BinaryIO,
    wholesale: WholesaleSource,
    currency: str,
    actor: str,
    now: datetime,
    progress: Callable[[int], None] = lambda position: None,
) -> ImportReport:
    """Import a file in the session's transaction; the caller commits, or rolls back a dry run.

    A refused row never stops the others. The same file twice changes nothing. ``progress`` is told
    how many bytes were read. Raises NotAProductFile when the file as a whole cannot be read.
    """
    file = ProductFile(stream, extra_column=wholesale.column)
    report = ImportReport()
    price_list = default_list(session)
    # The whole file is one change of wholesale, of which partners hear once.
    change_id = new_id()
    # Before stock is written, because an order waits for stock while it keeps others out.
    keep_orders_out(session)
    for batch in _batches(file, _BATCH):
        priced = {id(v): p for product in batch for v, p in _price(product, wholesale, currency, report)}
        for product in batch:
            if not product.variants:
                report.refused.append(
                    RowRefused(
                        product.line, product.handle, "The product has no variant that could be taken."
                    )
                )
            product.variants = [variant for variant in product.variants if id(variant) in priced]
        result = save_products(session, products=[p for p in batch if p.variants], now=now)
        _save_prices(session, result, priced, price_list.price_list_id, change_id, actor, now)
        _count(report, result)
        session.expunge_all()
        progress(file.position)
    report.rows = file.rows
    report.refused += file.refused
    report.refused.sort(key=lambda refused: refused.line)
    if report.variants["created"] or report.variants["changed"] or report.products["changed"]:
        every_store_changed(session)
    return report


def _batches(products: Iterable[FileProduct], size: int) -> Iterator[Sequence[FileProduct]]:
    iterator = iter(products)
    while batch := list(islice(iterator, size)):
        yield batch


def _price(
    product: FileProduct, source: WholesaleSource, currency: str, report: ImportReport
) -> Iterator[tuple[object, _Priced]]:
    for variant in product.variants:
        try:
            yield variant, _amounts(variant, source, currency)
        except NotAnAmount as error:
            report.refused.append(RowRefused(variant.line, variant.sku, f"{error}."))


def _amounts(variant: FileVariant, source: WholesaleSource, currency: str) -> _Priced:
    price, column = variant.price, variant.extra
    if not price:
        raise NotAnAmount("Price is empty")
    suggested = Money.parse(price, currency)
    if suggested.minor <= 0:
        raise NotAnAmount(f"Price is {price}; it must be above zero")
    if source.column:
        if not column:
            raise NotAnAmount(f"The column {source.column} is empty; it must hold the wholesale price")
        wholesale = Money.parse(column, currency)
    else:
        wholesale = Money(ceil_div(suggested.minor * source.basis_points, 10_000), currency)
    if wholesale.minor <= 0:
        raise NotAnAmount(f"The wholesale price is {wholesale}; it must be above zero")
    before = Money.parse(variant.compare_at, currency) if variant.compare_at else None
    ceiling = Money.parse(variant.ceiling, currency) if variant.ceiling else None
    if ceiling is not None and ceiling.minor <= 0:
        raise NotAnAmount(f"The ceiling is {ceiling}; it must be above zero, or empty to keep what is")
    return _Priced(wholesale, suggested, before, ceiling)


def _save_prices(
    session: Session,
    batch: Batch,
    priced: dict[int, _Priced],
    price_list_id: UUID,
    change_id: UUID,
    actor: str,
    now: datetime,
) -> None:
    if not batch.saved:
        return
    prices = {saved.variant_id: priced[id(saved.source)] for saved in batch.saved}
    current = {
        row.variant_id: row
        for row in session.scalars(
            select(SuggestedPrice).where(SuggestedPrice.variant_id == func.any(list(prices)))
        )
    }
    changed = []
    for variant_id, price in prices.items():
        compare_at = price.compare_at.minor if price.compare_at else None
        found = current.get(variant_id)
        if found is None or (found.amount, found.compare_at) != (price.suggested.minor, compare_at):
            changed.append(
                {
                    "variant_id": variant_id,
                    "currency": price.suggested.currency,
                    "amount": price.suggested.minor,
                    "compare_at": compare_at,
                }
            )
    if changed:
        statement = insert(SuggestedPrice)
        session.execute(
            statement.on_conflict_do_update(
                index_elements=["variant_id", "currency"],
                set_={"amount": statement.excluded.amount, "compare_at": statement.excluded.compare_at},
            ),
            changed,
        )
    repriced = set_wholesale(
        session,
        prices=[
            NewWholesale(variant_id, price_list_id, price.wholesale) for variant_id, price in prices.items()
        ],
        begins=now,
        actor=actor,
        now=now,
        reason="Imported",
        change_id=change_id,
    )
    capped = _save_ceilings(session, batch, priced, price_list_id, actor, now)
    touched = {row["variant_id"] for row in changed} | repriced | capped
    batch.saved[:] = [
        Saved(s.variant_id, s.source, "changed") if s.action == "unchanged" and s.variant_id in touched else s
        for s in batch.saved
    ]


def _save_ceilings(
    session: Session,
    batch: Batch,
    priced: dict[int, _Priced],
    price_list_id: UUID,
    actor: str,
    now: datetime,
) -> set[UUID]:
    """Set the ceilings of the rows that name one, and return the variants that have another now. One that
    cannot be is refused by itself: the rest of its row was taken."""
    named = [
        (saved, NewCeiling(saved.variant_id, ceiling.currency, ceiling))
        for saved in batch.saved
        if (ceiling := priced[id(saved.source)].ceiling) is not None
    ]
    if not named:
        return set()
    # Prices of the same import have begun already, so they count as those in force.
    prices = [
        NewWholesale(saved.variant_id, price_list_id, priced[id(saved.source)].wholesale)
        for saved, _ in named
    ]
    floors = highest_floors(
        session,
        variant_ids=[new.variant_id for _, new in named],
        currency=named[0][1].currency,
        now=now,
        prices=prices,
    )
    ceilings = []
    for saved, new in named:
        floor = floors.get(new.variant_id)
        reason = floor.refusal(new.amount) if floor is not None and new.amount is not None else ""
        if reason:
            reason += " Everything else of the row was taken."
            batch.refused.append(RowRefused(saved.source.line, saved.source.sku, reason))
        else:
            ceilings.append(new)
    return set_ceilings(
        session, ceilings=ceilings, actor=actor, now=now, reason="Imported", with_prices=prices
    )


def _count(report: ImportReport, batch: Batch) -> None:
    for action, number in batch.products.items():
        report.products[action] += number
    for saved in batch.saved:
        report.variants[saved.action] += 1
        if len(report.sample) < _SAMPLE:
            report.sample.append((saved.source.line, saved.source.sku, saved.action))
    report.refused += batch.refused
