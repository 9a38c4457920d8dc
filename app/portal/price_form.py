"""The price grid as a form: what was typed in each row, what it would mean, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from werkzeug.datastructures import MultiDict

from app.ui.amounts import UnclearAmount, read_amount, read_percent
from app.ui.formats import money, reader_locale
from kit.errors import Refusal
from kit.money import Money
from pricing.grid import GridRow
from pricing.judging import Judged
from pricing.rules import Terms


@dataclass(frozen=True, slots=True)
class Entry:
    """A row with what stands in its field. ``after`` is the price that this would be, None where it
    cannot be read or where an empty field gives the row back to the rules. ``refusal`` says why not.

    ``at_same_sales`` is what the change brings if as many units are sold as in the last 30 days.
    """

    row: GridRow
    typed: str
    changed: bool
    picked: bool
    sold: int
    first: bool
    after: Money | None = None
    earn: Money | None = None
    markup_bps: int | None = None
    at_same_sales: Money | None = None
    refusal: str = ""
    under: bool = False

    @property
    def follows(self) -> bool:
        """Whether saving lets the row follow the rules again."""
        return self.changed and not self.typed


def written(price: Money | None) -> str:
    """A price as it stands in a field."""
    return "" if price is None else str(price.decimal)


def typed_prices(form: MultiDict[str, str]) -> dict[UUID, tuple[str, str]]:
    """What was typed and what stood there before, by variant."""
    found = {}
    for name, value in form.items():
        if name.startswith("p-"):
            key = _key(name[2:])
            if key is not None:
                found[key] = (value.strip()[:40], form.get(f"w-{name[2:]}", "").strip())
    return found


def picked(form: MultiDict[str, str]) -> list[UUID]:
    """The variants whose rows are ticked."""
    return [key for key in map(_key, form.getlist("pick")) if key is not None]


def _key(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def changes(typed: Mapping[UUID, tuple[str, str]]) -> dict[UUID, str]:
    """What is different from what stood there when the page was made."""
    return {key: value for key, (value, before) in typed.items() if value != before}


def entries(
    rows: Sequence[GridRow],
    terms: Terms | None,
    *,
    typed: Mapping[UUID, str],
    sold: Mapping[UUID, int],
    chosen: Iterable[UUID] = (),
    refusals: Mapping[UUID, str] | None = None,
) -> list[Entry]:
    """Make the rows of a page. ``typed`` are the fields that differ from the price in force."""
    ticked, product = set(chosen), None
    made = []
    for row in rows:
        made.append(
            _entry(
                row,
                terms,
                typed.get(row.variant_id),
                sold=sold.get(row.variant_id, 0),
                picked=row.variant_id in ticked,
                first=row.product_id != product,
                refusal=(refusals or {}).get(row.variant_id, ""),
            )
        )
        product = row.product_id
    return made


def _entry(
    row: GridRow,
    terms: Terms | None,
    typed: str | None,
    *,
    sold: int,
    picked: bool,
    first: bool,
    refusal: str,
) -> Entry:
    if typed is None or terms is None:
        return Entry(row, written(row.price), False, picked, sold, first, refusal=refusal)
    if not typed:
        return Entry(row, "", True, picked, sold, first, refusal=refusal)
    try:
        after = read_amount(typed, row.wholesale.currency, reader_locale())
    except UnclearAmount as unclear:
        return Entry(row, typed, True, picked, sold, first, refusal=refusal or unclear.message)
    earn = Money(terms.net(after.minor) - row.wholesale.minor, after.currency)
    under = after < row.lowest
    return Entry(
        row,
        typed,
        True,
        picked,
        sold,
        first,
        after=after,
        earn=earn,
        markup_bps=earn.minor * 10_000 // row.wholesale.minor,
        at_same_sales=None if row.earn is None else (earn - row.earn) * sold,
        refusal=refusal or (under_floor(row, after, terms) if under else ""),
        under=under,
    )


def under_floor(row: GridRow, asked: Money, terms: Terms) -> str:
    """Why a price is refused, and what the lowest is."""
    smallest = Money(terms.floor.net_floor(row.wholesale.minor) - row.wholesale.minor, asked.currency)
    tax = ", and tax" if terms.tax_inclusive and terms.highest_tax_bps else ""
    return (
        f"{money(asked)} is under the minimum. The lowest you can ask is {money(row.lowest)}:"
        f" {money(row.wholesale)} wholesale plus the {money(smallest)} smallest margin{tax}."
    )


def read_rule_value(method: str, text: str, currency: str) -> int:
    """The value of a rule as ``pricing.retail`` takes it. Raises Refusal for the field ``value``."""
    if method == "markup":
        return read_percent(text, field="value")
    if method in ("margin", "fixed"):
        return read_amount(text, currency, reader_locale(), field="value").minor
    raise Refusal("Choose markup, margin or fixed price.", field="method")


def read_prices_typed(wanted: Mapping[UUID, str], currency: str) -> tuple[dict[UUID, Money], dict[UUID, str]]:
    """The amounts that were typed, and for what cannot be read, why; empty fields are in neither."""
    amounts: dict[UUID, Money] = {}
    unclear: dict[UUID, str] = {}
    for variant_id, text in wanted.items():
        try:
            if text:
                amounts[variant_id] = read_amount(text, currency, reader_locale())
        except UnclearAmount as problem:
            unclear[variant_id] = problem.message
    return amounts, unclear


def refused_rows(judged: Iterable[Judged]) -> dict[UUID, str]:
    """Why each refused price is refused, by variant.

    What is under the floor is left out: the rows word it themselves, with the reader's currency signs.
    """
    return {row.variant_id: row.refusal for row in judged if row.refusal and not row.under_floor}
