"""Until when a store's prices are reduced: what a countdown on its pages counts to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from pricing.event_reading import events_for_store
from pricing.store_sales import store_sales


@dataclass(frozen=True, slots=True)
class SaleClock:
    """``ends`` is when the first of the reductions that run now ends, exclusive; None where none runs, or
    none that has an end. ``changes`` is when this may be another; None where nothing is planned."""

    ends: datetime | None
    changes: datetime | None


def sale_clock(session: Session, *, partner_id: UUID, store_id: UUID, now: datetime) -> SaleClock:
    """Read what shoppers have something of: the store's own sales, and the events whose saving it shares."""
    sales = store_sales(session, partner_id=partner_id, store_id=store_id, now=now)
    events = events_for_store(session, partner_id=partner_id, store_id=store_id, now=now)
    periods = [(each.begins, each.ends) for each in sales]
    periods += [(each.begins, each.ends) for each in events if each.joined and each.pass_on_bps]
    ends = [end for begin, end in periods if begin <= now and end]
    ahead = [begin for begin, _ in periods if begin > now]
    return SaleClock(min(ends, default=None), min((*ends, *ahead), default=None))
