"""Setting up an installation, and a partner with its store: rooms of several floors put together."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from kit.ids import new_id
from pricing.models import DeliveryRate, PriceList, TaxRate
from pricing.retail import set_rule
from tenants.models import Company
from tenants.partners import NewStore, create_store
from themes.looks import publish_look

DEFAULT_GRANTS = ("name", "email", "city")


@dataclass(frozen=True, slots=True)
class FirstLook:
    """The look that a store opens with."""

    theme: str
    settings: dict[str, Any]
    pages: dict[str, Any]


def set_up_company(
    session: Session,
    *,
    name: str,
    support_email: str,
    currencies: list[str],
    smallest_margin_minor: dict[str, int] | None = None,
    demo: bool = False,
) -> UUID:
    """Write the company's row and its default price list, and return the list.

    Running it again changes nothing. A margin that is not given is one minor unit.
    """
    found = session.scalar(select(PriceList).where(PriceList.is_default))
    if found is not None:
        return found.price_list_id
    session.execute(
        insert(Company).values(
            company_id=1,
            name=name,
            support_email=support_email,
            currencies=currencies,
            smallest_margin_minor=smallest_margin_minor or dict.fromkeys(currencies, 1),
            demo=demo,
        )
    )
    return add_price_list(session, name="Standard", is_default=True)


def add_price_list(session: Session, *, name: str, is_default: bool = False) -> UUID:
    """Add a price list whose partners may see their customers' name, e-mail address and city."""
    price_list_id = new_id()
    session.execute(
        insert(PriceList).values(
            price_list_id=price_list_id,
            name=name,
            is_default=is_default,
            customer_fields=list(DEFAULT_GRANTS),
        )
    )
    return price_list_id


def add_tax(session: Session, *, country: str, name: str, rate_bps: int, region: str = "") -> None:
    """Add a tax rate, in basis points."""
    session.execute(insert(TaxRate).values(country=country, region=region, name=name, rate_bps=rate_bps))


def add_delivery(
    session: Session,
    *,
    name: str,
    countries: list[str],
    currency: str,
    amount: int,
    free_from: int | None,
    days: tuple[int, int],
    position: int,
) -> UUID:
    """Add a way of delivery. Amounts are minor units, ``days`` working days from and to."""
    rate_id = new_id()
    session.execute(
        insert(DeliveryRate).values(
            rate_id=rate_id,
            name=name,
            countries=countries,
            currency=currency,
            amount=amount,
            free_from=free_from,
            days_from=days[0],
            days_to=days[1],
            position=position,
        )
    )
    return rate_id


def open_store(
    session: Session,
    *,
    partner_id: UUID,
    store: NewStore,
    look: FirstLook,
    markup_bps: int,
    rounding: str,
    stores_domain: str,
    actor: str,
    now: datetime,
) -> UUID:
    """Create a store that can sell the whole catalogue at once: one rule prices everything.

    The work does not grow with the catalogue. Raises Refusal as ``create_store`` and ``set_rule`` do.
    """
    store_id = create_store(
        session, partner_id=partner_id, store=store, stores_domain=stores_domain, actor=actor, now=now
    )
    set_rule(
        session,
        partner_id=partner_id,
        store_id=store_id,
        scope="store",
        method="markup",
        value=markup_bps,
        rounding=rounding,
        actor=actor,
        now=now,
    )
    publish_look(
        session,
        partner_id=partner_id,
        store_id=store_id,
        theme=look.theme,
        settings=look.settings,
        pages=look.pages,
        actor=actor,
        now=now,
    )
    return store_id
