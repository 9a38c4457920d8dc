"""How an example is written down: tables of Markdown, with moments told from when the example begins."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from app.price_words import lines
from app.ui.formats import money
from kit.money import Money
from orders.reading import read_order
from pricing.explaining import Explanation, explain
from tests.world import Shop

Cell = str | int | Money | None


def table(heads: Iterable[str], rows: Iterable[Iterable[Cell]]) -> str:
    """A table; columns that hold amounts stand to the right."""
    names, cells = list(heads), [list(row) for row in rows]
    right = [any(isinstance(row[at], Money) for row in cells) for at in range(len(names))]
    out = [f"| {' | '.join(names)} |", f"|{'|'.join('---:' if side else '---' for side in right)}|"]
    return "\n".join([*out, *(f"| {' | '.join(map(_written, row))} |" for row in cells)])


def _written(cell: Cell) -> str:
    if isinstance(cell, Money):
        return money(cell) if cell.minor >= 0 else f"−{money(-cell)}"
    return "" if cell is None else str(cell)


def explained(shop: Shop, sku: str, *, at: datetime | None = None) -> Explanation:
    """Why a listing costs what it costs at a moment, or now."""
    now = shop.world.now
    with shop.transaction() as session:
        return explain(session, **shop.keys, variant_id=shop.world.variant(sku), at=at or now, now=now)


def steps(shop: Shop, sku: str, *, at: datetime | None = None) -> str:
    """The steps from rule to price, as "Why this price?" words them."""
    found, begun = explained(shop, sku, at=at), shop.world.now
    said = lines(found, say=_written, when=lambda moment: told(moment, begun), earns="You earn")
    return table(
        ["Step", "", "Amount"],
        ([f"**{line.label}**" if line.result else line.label, line.detail, line.amount] for line in said),
    )


def told(moment: datetime, begun: datetime) -> str:
    """A moment as days from the example's own, which is another day each time that it runs."""
    days = round((moment - begun) / timedelta(days=1))
    if days == 0:
        return "today"
    many = f"{abs(days)} day{'s' if abs(days) > 1 else ''}"
    return f"{many} from now" if days > 0 else f"{many} ago"


def prices(rows: Iterable[tuple[str, Explanation]]) -> str:
    """What several listings cost, or one at several moments."""
    return table(
        ["", "Price", "The company takes", "You earn"],
        ([name, found.price or "not on sale", found.cost, found.earn] for name, found in rows),
    )


def order(shop: Shop, order_id: UUID) -> str:
    """The lines of an order: who paid what."""
    with shop.transaction() as session:
        found = read_order(session, partner_id=shop.partner_id, order_id=order_id)
    rows: list[list[Cell]] = [
        [
            f"{line.quantity} × {line.product_title}",
            line.amount,
            -line.partner_discount,
            -line.company_discount,
            line.net,
            line.wholesale,
            line.margin,
        ]
        for line in found.lines
    ]
    return table(
        ["", "Listed", "Your coupon", "Promotion", "The shopper pays", "The company takes", "You earn"], rows
    )
