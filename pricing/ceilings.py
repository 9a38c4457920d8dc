"""Ceilings: the highest retail price of a variant that the company allows, and how it came to be so.

A ceiling holds from the moment it is set, for every store of its currency and as stores show prices: with
tax where they show it. It touches no wholesale price and no floor, and where a floor rises above it later,
the floor goes before.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, delete, func, insert, select, text
from sqlalchemy.dialects.postgresql import insert as insert_or_change
from sqlalchemy.orm import Mapped, Session, mapped_column

from kit.errors import Refusal
from kit.ids import new_id
from kit.money import Money
from pricing.floor import FloorPolicy
from pricing.models import PriceCeiling
from pricing.rules import Terms
from pricing.standstill import after_orders, keep_orders_out
from pricing.wholesale import NewWholesale
from storage import audit
from storage.database import Base
from storage.revisions import every_store_changed


class CeilingChange(Base):
    """A ceiling that was set, in minor units; None where it was taken away."""

    __tablename__ = "ceiling_changes"
    __table_args__ = (
        CheckConstraint("amount > 0", name="amount"),
        Index("ceiling_changes_lookup_idx", "variant_id", "currency", "since"),
    )
    change_id: Mapped[UUID] = mapped_column(primary_key=True)
    variant_id: Mapped[UUID] = mapped_column(ForeignKey("variants.variant_id"))
    currency: Mapped[str]
    amount: Mapped[int | None]
    since: Mapped[datetime]
    actor: Mapped[str]
    reason: Mapped[str] = mapped_column(server_default="")


@dataclass(frozen=True, slots=True)
class NewCeiling:
    """A ceiling to set for a variant in one currency; without an amount, its ceiling is taken away."""

    variant_id: UUID
    currency: str
    amount: Money | None


@dataclass(frozen=True, slots=True)
class HighestFloor:
    """The highest floor that any price list asks for, as stores show it, and the wholesale that makes it.
    ``taxed`` says that tax lies in it."""

    floor: Money
    wholesale: Money
    price_list: str
    taxed: bool

    def refusal(self, asked: Money) -> str:
        """Why a ceiling cannot be; empty where it can."""
        if asked >= self.floor:
            return ""
        tax = " and tax" if self.taxed else ""
        return (
            f"A ceiling of {asked} lies under the floor. The lowest ceiling is {self.floor}: the wholesale"
            f" {self.wholesale} of {self.price_list}, plus the smallest margin{tax}."
        )


@dataclass(frozen=True, slots=True)
class PastCeiling:
    """A ceiling that a variant had from ``since`` on; an amount of None says that it had none."""

    currency: str
    amount: Money | None
    since: datetime
    actor: str
    reason: str


def ceilings_of(session: Session, *, variant_ids: Iterable[UUID], currency: str) -> dict[UUID, int]:
    """The ceilings in force, in minor units, of those variants that have one."""
    found = session.execute(
        select(PriceCeiling.variant_id, PriceCeiling.amount).where(
            PriceCeiling.variant_id == func.any(list(variant_ids)), PriceCeiling.currency == currency
        )
    )
    return {row.variant_id: row.amount for row in found}


# The highest tax is that of stores which show prices with tax; where none does, there is none in a floor.
_TERMS = text("""
    SELECT coalesce((c.smallest_margin_minor ->> :currency)::bigint, 1) AS margin_minor,
           c.smallest_margin_bps AS margin_bps,
           EXISTS (SELECT 1 FROM stores s
                    WHERE s.currency = :currency AND s.tax_inclusive AND s.state <> 'closed') AS taxed,
           (SELECT coalesce(max(t.rate_bps), 0) FROM tax_rates t
             WHERE t.country IN (SELECT unnest(d.countries) FROM delivery_rates d
                                  WHERE d.currency = :currency)) AS tax_bps
      FROM company c
""")
_ASKED = text("""
    SELECT w.variant_id, w.price_list_id, w.amount, w.valid @> CAST(:now AS timestamptz) AS in_force
      FROM wholesale_prices w
     WHERE w.variant_id = ANY(CAST(:variants AS uuid[])) AND w.currency = :currency
       AND (upper_inf(w.valid) OR upper(w.valid) > :now)
""")
_LISTS = text("SELECT l.price_list_id, l.name FROM price_lists l")


def highest_floors(
    session: Session,
    *,
    variant_ids: Iterable[UUID],
    currency: str,
    now: datetime,
    prices: Sequence[NewWholesale] = (),
    at_once: bool = True,
) -> dict[UUID, HighestFloor]:
    """The highest floor of each variant on any list, now or by what is scheduled; without wholesale, none.

    ``prices`` are new ones that come along: with ``at_once`` they replace those in force. Only as the
    company's role.
    """
    terms = session.execute(_TERMS, {"currency": currency}).one()
    shown = Terms(
        currency,
        FloorPolicy(terms.margin_minor, terms.margin_bps),
        tax_inclusive=terms.taxed,
        highest_tax_bps=terms.tax_bps if terms.taxed else 0,
    )
    lists = {row.price_list_id: row.name for row in session.execute(_LISTS)}
    wanted = set(variant_ids)
    coming = [
        (price.variant_id, price.price_list_id, price.amount.minor)
        for price in prices
        if price.variant_id in wanted and price.amount.currency == currency
    ]
    replaced = {(variant_id, list_id) for variant_id, list_id, _ in coming} if at_once else set()
    rows = session.execute(_ASKED, {"variants": list(wanted), "currency": currency, "now": now})
    standing = [
        (row.variant_id, row.price_list_id, row.amount)
        for row in rows
        if not (row.in_force and (row.variant_id, row.price_list_id) in replaced)
    ]
    highest: dict[UUID, tuple[int, UUID]] = {}
    for variant_id, list_id, amount in standing + coming:
        if variant_id not in highest or amount > highest[variant_id][0]:
            highest[variant_id] = (amount, list_id)
    return {
        variant_id: HighestFloor(
            Money(shown.lowest(amount), currency),
            Money(amount, currency),
            lists[list_id],
            bool(shown.highest_tax_bps),
        )
        for variant_id, (amount, list_id) in highest.items()
    }


def set_ceilings(
    session: Session,
    *,
    ceilings: Sequence[NewCeiling],
    actor: str,
    now: datetime,
    reason: str = "",
    with_prices: Sequence[NewWholesale] = (),
) -> set[UUID]:
    """Set and take away ceilings of one currency, and return the variants whose ceiling is another now.

    Prices above a new ceiling are lowered to it from the next request on. ``with_prices`` are those set
    with it in the same transaction and beginning at once. Raises Refusal, and changes nothing, for a
    ceiling under the highest floor of any price list.
    """
    if not ceilings:
        return set()
    currency, asked = ceilings[0].currency, {ceiling.variant_id: ceiling for ceiling in ceilings}
    if any(ceiling.currency != currency for ceiling in ceilings):
        raise ValueError("ceilings are set in one currency at a time")
    if any(ceiling.amount is not None and ceiling.amount.minor <= 0 for ceiling in ceilings):
        raise Refusal("A ceiling must be above zero.", field="ceiling")
    keep_orders_out(session)
    standing = ceilings_of(session, variant_ids=asked, currency=currency)
    wanted = {key: None if new.amount is None else new.amount.minor for key, new in asked.items()}
    changed = {key: minor for key, minor in wanted.items() if minor != standing.get(key)}
    if not changed:
        return set()
    floors = highest_floors(session, variant_ids=changed, currency=currency, now=now, prices=with_prices)
    for key in changed:
        amount = asked[key].amount
        refusal = floors[key].refusal(amount) if amount is not None and key in floors else ""
        if refusal:
            raise Refusal(refusal, field="ceiling")
    every_store_changed(session)
    since = after_orders(session, moment=now, variant_ids=list(changed))
    _write(session, changed, currency)
    session.execute(
        insert(CeilingChange),
        [
            {
                "change_id": new_id(),
                "variant_id": key,
                "currency": currency,
                "amount": minor,
                "since": since,
                "actor": actor,
                "reason": reason,
            }
            for key, minor in changed.items()
        ],
    )
    audit.record(
        session,
        actor=actor,
        action="ceiling.set",
        subject=f"variants:{len(changed)}",
        now=now,
        before={str(key): standing.get(key) for key in list(changed)[:200]},
        after={str(key): minor for key, minor in list(changed.items())[:200]},
        reason=reason,
    )
    return set(changed)


def _write(session: Session, changed: dict[UUID, int | None], currency: str) -> None:
    kept = [
        {"variant_id": key, "currency": currency, "amount": minor}
        for key, minor in changed.items()
        if minor is not None
    ]
    gone = [key for key, minor in changed.items() if minor is None]
    if kept:
        statement = insert_or_change(PriceCeiling)
        session.execute(
            statement.on_conflict_do_update(
                index_elements=["variant_id", "currency"], set_={"amount": statement.excluded.amount}
            ),
            kept,
        )
    if gone:
        session.execute(
            delete(PriceCeiling).where(
                PriceCeiling.variant_id == func.any(gone), PriceCeiling.currency == currency
            )
        )


def ceiling_history(session: Session, *, variant_id: UUID) -> list[PastCeiling]:
    """Every ceiling that a variant was given, the latest first. Only as the company's role."""
    rows = session.execute(
        select(
            CeilingChange.currency,
            CeilingChange.amount,
            CeilingChange.since,
            CeilingChange.actor,
            CeilingChange.reason,
        )
        .where(CeilingChange.variant_id == variant_id)
        .order_by(CeilingChange.since.desc(), CeilingChange.change_id.desc())
    )
    return [
        PastCeiling(
            row.currency,
            None if row.amount is None else Money(row.amount, row.currency),
            row.since,
            row.actor,
            row.reason,
        )
        for row in rows
    ]
