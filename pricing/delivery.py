"""What delivery and tax cost, from the company's tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from pricing.models import DeliveryRate, TaxRate


@dataclass(frozen=True, slots=True)
class Tables:
    """The company's delivery rates of one currency, and all its tax rates."""

    delivery: tuple[DeliveryRate, ...]
    tax: tuple[TaxRate, ...]

    def countries(self) -> list[str]:
        """Where the company delivers for this currency, as ISO 3166 codes in alphabetical order."""
        return sorted({country for rate in self.delivery for country in rate.countries})

    def rates_to(self, country: str) -> list[DeliveryRate]:
        return [rate for rate in self.delivery if country in rate.countries]

    def tax_on(self, country: str, region: str) -> TaxRate | None:
        """The rate of the region where there is one, else of the country; None where no tax is due."""
        found = {rate.region: rate for rate in self.tax if rate.country == country}
        return found.get(region.strip().upper()) or found.get("")


def read_tables(session: Session, *, currency: str) -> Tables:
    """Read the tables that apply to a store of this currency."""
    delivery: Sequence[DeliveryRate] = session.scalars(
        select(DeliveryRate).where(DeliveryRate.currency == currency).order_by(DeliveryRate.position)
    ).all()
    return Tables(tuple(delivery), tuple(session.scalars(select(TaxRate)).all()))
