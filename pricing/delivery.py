"""What delivery and tax cost, from the company's tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class Rate:
    """A way of delivery: see ``pricing.models.DeliveryRate``. Amounts are minor units."""

    rate_id: UUID
    name: str
    countries: tuple[str, ...]
    amount: int
    free_from: int | None
    days: tuple[int, int]

    def cost(self, goods: int) -> int:
        """What delivery costs for goods of this amount, in minor units."""
        return 0 if self.free_from is not None and goods >= self.free_from else self.amount


@dataclass(frozen=True, slots=True)
class Tax:
    """The tax of a country or a region, in basis points."""

    country: str
    region: str
    name: str
    bps: int
    on_delivery: bool


NO_TAX = Tax("", "", "", 0, False)


@dataclass(frozen=True, slots=True)
class Tables:
    """The company's delivery rates of one currency, and all its tax rates."""

    delivery: tuple[Rate, ...]
    taxes: tuple[Tax, ...]

    def countries(self) -> list[str]:
        """Where the company delivers for this currency, as ISO 3166 codes in alphabetical order."""
        return sorted({country for rate in self.delivery for country in rate.countries})

    def rates_to(self, country: str) -> tuple[Rate, ...]:
        """The ways of delivery to a country, in the company's order."""
        return tuple(rate for rate in self.delivery if country in rate.countries)

    def tax_on(self, country: str, region: str) -> Tax:
        """The tax of the region where there is one, else of the country, else none."""
        found = {tax.region: tax for tax in self.taxes if tax.country == country}
        return found.get(region.strip().upper()) or found.get("") or NO_TAX


# Two columns for any statement that knows the currency as ``{currency}``; ``tables_of`` reads them.
TABLES_COLUMNS = """
    (SELECT jsonb_agg(jsonb_build_array(d.rate_id, d.name, d.countries, d.amount, d.free_from,
                                        d.days_from, d.days_to) ORDER BY d.position)
       FROM delivery_rates d WHERE d.currency = {currency}) AS delivery,
    (SELECT jsonb_agg(jsonb_build_array(t.country, t.region, t.name, t.rate_bps, t.on_delivery))
       FROM tax_rates t) AS taxes
"""


def read_tables(session: Session, *, currency: str) -> Tables:
    """Read the tables that apply to a store of this currency."""
    columns = TABLES_COLUMNS.format(currency=":currency")
    return tables_of(session.execute(text(f"SELECT {columns}"), {"currency": currency}).one())


def tables_of(row: Row[Any]) -> Tables:
    """Make the tables from a row that brought ``TABLES_COLUMNS``."""
    return Tables(
        tuple(
            Rate(UUID(rate_id), name, tuple(countries), amount, free_from, (days_from, days_to))
            for rate_id, name, countries, amount, free_from, days_from, days_to in row.delivery or ()
        ),
        tuple(Tax(*tax) for tax in row.taxes or ()),
    )
