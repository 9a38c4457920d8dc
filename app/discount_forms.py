"""A coupon or a promotion as a form: what was typed, read in the reader's own way, and what is wrong with it.

The portal and the console ask for the same things; each refusal names its field, and nothing typed is lost.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.ui.amounts import read_amount, read_count, read_percent
from app.ui.formats import reader_locale
from app.ui.moments import read_local_moment
from kit.errors import Refusal, Refusals
from kit.ids import NIL
from kit.money import decimals

# Everything that the forms send; each is kept as it was typed.
FIELDS = (
    "code", "name", "kind", "value", "currency", "scope", "collection", "product", "begins_day",
    "begins_time", "ends_day", "ends_time", "smallest_order", "limit", "most_uses", "most_per_store",
    "most_per_customer", "reason",
)  # fmt: skip


@dataclass
class Typed:
    """What was typed, and what is wrong, by field. Each reading remembers a refusal and goes on."""

    form: dict[str, str]
    errors: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, sent: Mapping[str, str]) -> Typed:
        return cls({name: sent.get(name, "").strip()[:300].replace("\x00", "") for name in FIELDS})

    def refuse(self, refusal: Refusal, **renamed: str) -> None:
        """Keep the sentences of a refusal. ``renamed`` maps names of the domain to fields of the form."""
        errors = refusal.errors if isinstance(refusal, Refusals) else {refusal.field: refusal.message}
        for name, sentence in errors.items():
            self.errors.setdefault(renamed.get(name, name), sentence)

    def _read(self, name: str, reading: Callable[[str], int]) -> int | None:
        """Read a field; None where it is empty or cannot be read."""
        if not self.form[name]:
            return None
        try:
            return reading(self.form[name])
        except Refusal as refusal:
            self.errors.setdefault(name, refusal.message)
            return None

    def count(self, name: str) -> int | None:
        """A whole number, None for an empty field."""
        return self._read(name, lambda typed: read_count(typed, reader_locale(), field=name))

    def amount(self, name: str, currency: str) -> int | None:
        """An amount in minor units, None for an empty field."""
        return self._read(name, lambda typed: read_amount(typed, currency, reader_locale(), field=name).minor)

    def percent(self, name: str) -> int | None:
        """A percentage in basis points, None for an empty field."""
        return self._read(name, lambda typed: read_percent(typed, field=name))

    def value(self, currency: str) -> int:
        """The value of the discount, in basis points or minor units; zero where it cannot be read."""
        percent = self.form["kind"] != "amount"
        if not self.form["value"]:
            example = "10" if percent else ("5.00" if decimals(currency) else "500")
            self.errors.setdefault("value", f"Write how much comes off, such as {example}.")
            return 0
        found = self.percent("value") if percent else self.amount("value", currency)
        return found or 0

    def moment(self, name: str) -> datetime | None:
        """A moment of the reader's clock in UTC, None for empty fields."""
        try:
            return read_local_moment(self.form[f"{name}_day"], self.form[f"{name}_time"], field=name)
        except Refusal as refusal:
            self.errors.setdefault(name, refusal.message)
            return None

    def scope(self, session: Session) -> tuple[str, UUID]:
        """What it is for: everything (``all``), a collection, or a product that is named by its title, its
        address or one of its SKUs."""
        match self.form["scope"]:
            case "collection":
                return "collection", self._found(session, "collection", _COLLECTION, "Choose a collection.")
            case "product":
                missing = "Name a product by its title or SKU, as it stands in the catalogue."
                return "product", self._found(session, "product", _PRODUCT, missing)
            case _:
                return "all", NIL

    def _found(self, session: Session, name: str, statement: Any, missing: str) -> UUID:
        found = session.execute(statement, {"typed": self.form[name]}).scalar() if self.form[name] else None
        if found is None:
            self.errors.setdefault(name, missing)
            return NIL
        return UUID(str(found))


_COLLECTION = text("SELECT c.collection_id FROM collections c WHERE c.handle = :typed")
_PRODUCT = text("""
    SELECT p.product_id FROM products p
     WHERE p.state = 'active'
       AND (lower(p.title) = lower(:typed) OR p.handle = lower(:typed)
            OR EXISTS (SELECT 1 FROM variants v WHERE v.product_id = p.product_id AND v.sku = :typed))
     ORDER BY lower(p.title) = lower(:typed) DESC, p.product_id LIMIT 1
""")
_TITLES = text(
    "SELECT p.title FROM products p WHERE p.state = 'active' ORDER BY p.position, p.title LIMIT 300"
)
_SHELVES = text("SELECT c.handle, c.title FROM collections c ORDER BY c.position, c.title")


def product_titles(session: Session) -> list[str]:
    """Titles to suggest while a product is typed."""
    return list(session.execute(_TITLES).scalars())


def shelves(session: Session) -> list[tuple[str, str]]:
    """Collections to choose from: handle and title."""
    return [(row.handle, row.title) for row in session.execute(_SHELVES)]
