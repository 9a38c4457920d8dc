"""Prices as lines of SKU and amount, pasted or from a file: read leniently, and refused line by line."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from app.tables import Table, cell_amount, flat
from kit.errors import Refusal
from kit.money import Money

MOST_LINES = 100_000
# They travel from page to page in a field, and a form's fields may come to four of these together.
MOST_CHARACTERS = 3 << 20


@dataclass(frozen=True, slots=True)
class Line:
    """One line: where it stood, and what it says. ``amount`` is None where ``reason`` says why not."""

    line: int
    sku: str
    text: str
    amount: Money | None
    reason: str = ""


def pasted_lines(text: str, *, currency: str, locale: str) -> list[Line]:
    """Read lines such as ``mug-oat`` TAB ``25.99``. A line without a price is left out, and so is a head.

    Raises Refusal when there is nothing in them, or too much.
    """
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        cells = _divided(line)
        if len(cells) < 2 or not cells[1] or (number == 1 and cells[0].lower() == "sku"):
            if len(cells) == 1 and cells[0]:
                found.append(Line(number, cells[0][:80], "", None, "There is no price beside this."))
            continue
        found.append(_line(number, cells[0], cells[1], currency=currency, locale=locale))
    return _checked(found)


def _divided(line: str) -> list[str]:
    """A pasted line's SKU and price. A sheet puts a tab between them; people put what they like."""
    for mark in ("\t", ";"):
        if mark in line:
            return [cell.strip() for cell in line.split(mark)]
    return line.strip().rsplit(None, 1)


def table_lines(table: Table, *, currency: str, locale: str) -> list[Line]:
    """Read the columns ``sku`` and ``price`` of a table, and ``currency`` where there is one."""
    heads = [head.lower() for head in table.heads]
    if "sku" not in heads or "price" not in heads:
        raise Refusal("The first line must name the columns sku and price.", field="file")
    at_sku, at_price = heads.index("sku"), heads.index("price")
    at_currency = heads.index("currency") if "currency" in heads else None
    found = []
    for number, cells in table.rows:
        sku = cells[at_sku] if at_sku < len(cells) else ""
        price = cells[at_price] if at_price < len(cells) else ""
        if not sku or not price:
            continue
        other = cells[at_currency].upper() if at_currency is not None and at_currency < len(cells) else ""
        if other and other != currency:
            reason = f"This store sells in {currency}, not in {other[:10]}."
            found.append(Line(number, sku[:80], price[:40], None, reason))
        else:
            found.append(_line(number, sku, price, currency=currency, locale=locale))
    return _checked(found)


def _checked(found: list[Line]) -> list[Line]:
    if not found:
        raise Refusal("There is no line with a SKU and a price.", field="file")
    if len(found) > MOST_LINES:
        raise Refusal(f"There are more than {MOST_LINES:,} lines. Split them.", field="file")
    return found


def _line(number: int, sku: str, text: str, *, currency: str, locale: str) -> Line:
    amount, reason = None, ""
    try:
        amount = cell_amount(text, currency, locale)
    except Refusal as refusal:
        reason = refusal.message
    said = str(amount.decimal) if amount is not None else text[:40]
    return Line(number, flat(sku)[:80], said, amount, reason)


def packed(lines: Iterable[Line]) -> str:
    """Lines as the text of a form's field. Raises Refusal where they are too much for one."""
    text = "\n".join(f"{line.line}\t{line.sku}\t{flat(line.text)}\t{flat(line.reason)}" for line in lines)
    if len(text) > MOST_CHARACTERS:
        raise Refusal("These are more lines than can be looked at in one go. Split them.", field="file")
    return text


def unpacked(text: str, *, currency: str, locale: str) -> list[Line]:
    """The lines of a form's field. Raises Refusal where somebody changed it into something else."""
    found = []
    for row in text.splitlines():
        number, sku, amount, reason = [*row.split("\t"), "", "", ""][:4]
        if not number.isdecimal() or len(number) > 9:
            raise Refusal("These lines cannot be read any more. Paste or bring them again.")
        if reason:
            found.append(Line(int(number), sku, amount, None, reason[:300]))
        else:
            found.append(_line(int(number), sku, amount, currency=currency, locale=locale))
    return _checked(found)


@dataclass(frozen=True, slots=True)
class Resolved:
    """Lines matched with a store's variants: the prices asked for, the line of each, and what is refused."""

    prices: dict[UUID, Money]
    line_of: dict[UUID, Line]
    refused: list[Line]


def resolved(lines: Iterable[Line], known: Mapping[str, UUID]) -> Resolved:
    """Match lines by SKU. An unknown SKU is refused, and one that stands there twice, the second time."""
    found = Resolved({}, {}, [])
    for line in lines:
        key = known.get(line.sku)
        if key is None:
            reason = "Your store has no such SKU."
        elif key in found.line_of:
            reason = f"This SKU stands in line {found.line_of[key].line} already."
        else:
            found.line_of[key] = line
            reason = line.reason
            if line.amount is not None:
                found.prices[key] = line.amount
                continue
        found.refused.append(Line(line.line, line.sku, line.text, None, reason))
    return found
