"""The sheet as a form: what was typed into its cells, as the table that a file would hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from app.console.wholesale_cells import NONE
from app.edge import db
from app.tables import Table
from pricing.lists import ListEntry, SheetRow
from pricing.price_sheet import named_by_key

_MOST_ROWS = 200
# Between the amounts that stood in a row, in the one field that tells them.
_APART = "|"


def stood(row: SheetRow) -> list[str]:
    """What stands in a row's cells: the prices that lists have of their own, and the ceiling."""
    amounts = [price.amount if price.own else None for price in row.prices]
    return ["" if amount is None else str(amount.decimal) for amount in [*amounts, row.ceiling]]


def told(row: SheetRow) -> str:
    """What stood in a row when the page was made, for the field that comes back with it."""
    return _APART.join(stood(row))


def typed_table(form: Mapping[str, str], lists: Sequence[ListEntry]) -> Table:
    """The cells that differ from what stood there. A price that was emptied keeps what is, and a ceiling
    that was emptied goes."""
    columns = [*(str(entry.price_list_id) for entry in lists), "ceiling"]
    before: dict[UUID, list[str]] = {}
    for name, value in form.items():
        if name.startswith("was:") and len(before) < _MOST_ROWS and (key := _key(name[4:])) is not None:
            before[key] = value.split(_APART)
    names = named_by_key(db(), variant_ids=list(before))
    rows = []
    for number, (key, stood_there) in enumerate(before.items(), 1):
        if key not in names or len(stood_there) != len(columns):
            continue
        typed = [form.get(f"cell:{key}:{column}", "").strip()[:40] for column in columns]
        cells = [now if now != was else "" for now, was in zip(typed, stood_there, strict=True)]
        if stood_there[-1] and not typed[-1]:
            cells[-1] = NONE
        rows.append((number, [names[key].sku, *cells]))
    return Table(("sku", *(entry.name for entry in lists), "ceiling"), rows)


def _key(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
