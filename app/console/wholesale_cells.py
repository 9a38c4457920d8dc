"""Wholesale prices and ceilings as a table that staff bring: read leniently, and refused cell by cell."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from app.tables import Table, cell_amount, flat
from kit.errors import Refusal
from pricing.lists import COLUMNS, ListEntry
from pricing.price_sheet import AskedCell, Named

# They travel from page to page in a field, and a form's fields may come to four of these together.
MOST_CHARACTERS = 3 << 20
_LONGEST = 80
_LONGEST_REASON = 300
# What takes a ceiling away; an empty cell keeps what is.
NONE = "none"


def _short(text: str, longest: int) -> str:
    """A text on one line and cut, so that cutting it again changes nothing."""
    return flat(text)[:longest].rstrip()


@dataclass(frozen=True, slots=True)
class Cell:
    """One filled cell: the line that it stood in, what it is for, and what it says. ``price_list_id`` is
    None for the ceiling, ``minor`` for one that goes. ``reason`` says why it cannot be read."""

    line: int
    sku: str
    column: str
    text: str
    price_list_id: UUID | None = None
    minor: int | None = None
    reason: str = ""


def read_cells(table: Table, *, lists: Sequence[ListEntry], currency: str) -> list[Cell]:
    """Read a table with the column sku and one for each price list, by its name, or for the ceiling.

    Raises Refusal when the columns cannot be told, or nothing is in them.
    """
    at_sku, at_currency, columns = _columns(table, lists)
    known = {entry.name.lower(): entry for entry in lists}
    found: list[Cell] = []
    for line, cells in table.rows:

        def at(place: int | None, cells: Sequence[str] = cells) -> str:
            return cells[place] if place is not None and place < len(cells) else ""

        filled = [(head, at(place)) for place, head in columns if at(place)]
        other = at(at_currency).upper()
        reason = "" if at(at_sku) else "There is no SKU in this line."
        if other and other != currency:
            reason = f"These prices are in {currency}, not in {_short(other, 10)}."
        found += [_cell(line, at(at_sku), head, typed, known, currency, reason) for head, typed in filled]
    if not found:
        raise Refusal("There is no line with a SKU and a price.", field="file")
    return found


def _columns(table: Table, lists: Sequence[ListEntry]) -> tuple[int, int | None, list[tuple[int, str]]]:
    """Where the SKU and the currency stand, and each column that holds amounts, with its head."""
    heads = [head.lower() for head in table.heads]
    twice = next((head for head in heads if head and heads.count(head) > 1), None)
    if twice is not None:
        raise Refusal(f"The column “{_short(twice, _LONGEST)}” stands there twice.", field="file")
    amounts = [
        (place, _short(head, _LONGEST))
        for place, head in enumerate(table.heads)
        if head and (head.lower() not in COLUMNS or head.lower() == "ceiling")
    ]
    if "sku" not in heads or not amounts:
        names = ", ".join([*(entry.name for entry in lists), "ceiling"])
        raise Refusal(f"The first line must name the column sku, and at least one of: {names}.", field="file")
    return heads.index("sku"), heads.index("currency") if "currency" in heads else None, amounts


def _cell(
    line: int, sku: str, head: str, typed: str, known: Mapping[str, ListEntry], currency: str, reason: str
) -> Cell:
    name, shown = head.lower(), _short(typed, 40)
    entry = known.get(name)
    head = entry.name if entry is not None else "Ceiling" if name == "ceiling" else head
    sku = _short(sku, _LONGEST)
    if not reason and name != "ceiling" and entry is None:
        reason = f"There is no price list called “{head}”."
    if reason:
        return Cell(line, sku, head, shown, reason=reason)
    if name == "ceiling" and typed.lower() == NONE:
        return Cell(line, sku, head, shown)
    try:
        amount = cell_amount(typed, currency, "en", whose="These prices are")
    except Refusal as refusal:
        return Cell(line, sku, head, shown, reason=_short(refusal.message, _LONGEST_REASON))
    return Cell(
        line, sku, head, str(amount.decimal), entry.price_list_id if entry is not None else None, amount.minor
    )


def packed(cells: Iterable[Cell]) -> str:
    """Cells as the text of a form's field: what can be read, written plainly, and else why not.

    Raises Refusal where they are too many for one.
    """
    text = "\n".join(
        f"{cell.line}\t{cell.sku}\t{cell.column}\t{cell.text}" + (f"\t{cell.reason}" if cell.reason else "")
        for cell in cells
    )
    if len(text) > MOST_CHARACTERS:
        raise Refusal("These are more cells than can be looked at in one go. Split them.", field="file")
    return text


def unpacked(text: str, *, lists: Sequence[ListEntry], currency: str) -> list[Cell]:
    """The cells of a form's field. Raises Refusal where somebody changed it into something else."""
    known = {entry.name.lower(): entry for entry in lists}
    found = []
    for row in text.splitlines():
        line, sku, head, typed, reason = [*row.split("\t"), "", "", "", ""][:5]
        if not line.isdecimal() or len(line) > 9:
            raise Refusal("These lines cannot be read any more. Bring them again.", field="file")
        found.append(_cell(int(line), sku, head, typed, known, currency, _short(reason, _LONGEST_REASON)))
    if not found:
        raise Refusal("There is no line with a SKU and a price.", field="file")
    return found


@dataclass(frozen=True, slots=True)
class Matched:
    """Cells matched with variants: what is asked for, the cell that each comes from, and what is refused."""

    asked: list[AskedCell]
    cell_of: dict[tuple[UUID, UUID | None], Cell]
    refused: list[Cell]


def matched(cells: Iterable[Cell], known: Mapping[str, Named]) -> Matched:
    """Match cells by SKU. An unknown SKU is refused, and one that stands there twice, the second time."""
    found = Matched([], {}, [])
    line_of: dict[str, int] = {}
    for cell in cells:
        reason = cell.reason
        first = line_of.setdefault(cell.sku, cell.line)
        if not reason and cell.sku not in known:
            reason = "There is no such SKU."
        elif not reason and first != cell.line:
            reason = f"This SKU stands in line {first} already."
        if reason:
            found.refused.append(Cell(cell.line, cell.sku, cell.column, cell.text, reason=reason))
            continue
        variant_id = known[cell.sku].variant_id
        found.cell_of[variant_id, cell.price_list_id] = cell
        found.asked.append(AskedCell(variant_id, cell.price_list_id, cell.minor))
    return found
