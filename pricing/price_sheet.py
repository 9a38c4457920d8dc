"""Changing thousands of wholesale prices and ceilings at once: what is asked for, and doing exactly that.

Nothing is kept between the two. What was shown has a mark, and what is about to be saved is worked out
again; when the marks differ, something moved in between, and it is shown again instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from hashlib import sha256
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from kit.errors import Refusal
from kit.memory import making_many
from kit.money import Money
from pricing.ceilings import NewCeiling, ceilings_of, highest_floors, set_ceilings
from pricing.wholesale import NewWholesale, default_list, set_wholesale, wholesale_at


@dataclass(frozen=True, slots=True)
class AskedCell:
    """One cell of the sheet: a price of a list or, without one, the ceiling. ``minor`` is the amount in minor
    units; None takes the ceiling away."""

    variant_id: UUID
    price_list_id: UUID | None
    minor: int | None


@dataclass(frozen=True, slots=True)
class JudgedCell:
    """What would become of one cell. ``before`` is what holds at present, ``own`` says that it is the list's
    own and not the default list's. ``refusal`` is empty, or says why it cannot be."""

    variant_id: UUID
    price_list_id: UUID | None
    before: int | None
    own: bool
    after: int | None
    refusal: str = ""

    @property
    def changes(self) -> bool:
        return not self.refusal and not (self.own and self.before == self.after)

    @property
    def step(self) -> int:
        """By how much the amount moves, in minor units, either way."""
        return abs((self.after or 0) - (self.before or 0))


@dataclass(frozen=True)
class SheetProposal:
    """What cells of one currency would come to from ``begins`` on; None is the moment of saving. Ceilings
    hold from saving in any case."""

    currency: str
    begins: datetime | None
    rows: tuple[JudgedCell, ...]

    @cached_property
    def refused(self) -> list[JudgedCell]:
        return [row for row in self.rows if row.refusal]

    @cached_property
    def changed(self) -> list[JudgedCell]:
        """What would be saved. An amount that is as asked already is left alone."""
        return [row for row in self.rows if row.changes]

    @property
    def unchanged(self) -> int:
        return len(self.rows) - len(self.refused) - len(self.changed)

    @cached_property
    def prices(self) -> list[NewWholesale]:
        return _new_prices(self.changed, self.currency)

    @cached_property
    def ceilings(self) -> list[NewCeiling]:
        return [
            NewCeiling(
                row.variant_id, self.currency, None if row.after is None else Money(row.after, self.currency)
            )
            for row in self.changed
            if row.price_list_id is None
        ]

    @cached_property
    def seen(self) -> str:
        """A mark of exactly this outcome."""
        told = sha256(f"{self.currency} {self.begins}\n".encode())
        for row in self.rows:
            told.update(
                f"{row.variant_id} {row.price_list_id} {row.before} {row.own} {row.after}"
                f" {bool(row.refusal)}\n".encode()
            )
        return told.hexdigest()[:24]


def propose_sheet(
    session: Session, *, cells: Sequence[AskedCell], currency: str, begins: datetime | None, now: datetime
) -> SheetProposal:
    """Judge asked-for cells of known variants, and change nothing. Only as the company's role.

    Raises Refusal for a beginning in the past.
    """
    if begins is not None and begins < now:
        raise Refusal("A price can begin now or later, not in the past.", field="begins")
    at = begins or now
    with making_many():
        return SheetProposal(
            currency, begins, tuple(_judge(session, cells, currency, at, now, begins is None))
        )


_SCHEDULED = text("""
    SELECT w.variant_id, w.price_list_id, min(lower(w.valid)) AS begins FROM wholesale_prices w
     WHERE w.variant_id = ANY(CAST(:variants AS uuid[])) AND w.currency = :currency
       AND lower(w.valid) >= :at AND lower(w.valid) > :now
     GROUP BY w.variant_id, w.price_list_id
""")


def _judge(
    session: Session, cells: Sequence[AskedCell], currency: str, at: datetime, now: datetime, at_once: bool
) -> list[JudgedCell]:
    variants = list({cell.variant_id for cell in cells})
    standing = wholesale_at(session, variant_ids=variants, at=at)
    keys = {"variants": variants, "currency": currency, "at": at, "now": now}
    waiting = {(row.variant_id, row.price_list_id): row.begins for row in session.execute(_SCHEDULED, keys)}
    default = default_list(session).price_list_id
    priced = []
    for cell in cells:
        if cell.price_list_id is None or cell.minor is None:
            continue
        own = standing.get((cell.variant_id, cell.price_list_id, currency))
        before = standing.get((cell.variant_id, default, currency)) if own is None else own
        begins = waiting.get((cell.variant_id, cell.price_list_id))
        refusal = ""
        if cell.minor <= 0:
            refusal = "A wholesale price must be above zero."
        elif begins is not None and own != cell.minor:
            refusal = f"A change of it is scheduled for {begins:%d %b %Y %H:%M} UTC. Withdraw that one first."
        priced.append(
            JudgedCell(cell.variant_id, cell.price_list_id, before, own is not None, cell.minor, refusal)
        )
    capped = [cell for cell in cells if cell.price_list_id is None]
    if not capped:
        return priced
    ceilings = ceilings_of(session, variant_ids=[cell.variant_id for cell in capped], currency=currency)
    coming = _new_prices([row for row in priced if row.changes], currency)
    floors = highest_floors(
        session,
        variant_ids={cell.variant_id for cell in capped},
        currency=currency,
        now=now,
        prices=coming,
        at_once=at_once,
    )
    for cell in capped:
        before, refusal = ceilings.get(cell.variant_id), ""
        if cell.minor is not None and cell.minor <= 0:
            refusal = "A ceiling must be above zero. Write none to take it away."
        elif cell.minor is not None and cell.minor != before and cell.variant_id in floors:
            refusal = floors[cell.variant_id].refusal(Money(cell.minor, currency))
        priced.append(JudgedCell(cell.variant_id, None, before, True, cell.minor, refusal))
    return priced


def _new_prices(rows: Sequence[JudgedCell], currency: str) -> list[NewWholesale]:
    return [
        NewWholesale(row.variant_id, row.price_list_id, Money(row.after, currency))
        for row in rows
        if row.price_list_id is not None and row.after is not None
    ]


def save_sheet(
    session: Session, *, proposal: SheetProposal, actor: str, now: datetime, reason: str = ""
) -> int:
    """Write what a proposal changes, all of it in the session's transaction, and return how many cells.

    What it refuses stays as it is. The proposal was made in this transaction, after ``keep_orders_out`` made
    changes of prices follow one another.
    """
    begins = proposal.begins or now
    prices = proposal.prices
    if prices:
        set_wholesale(session, prices=prices, begins=begins, actor=actor, now=now, reason=reason)
    set_ceilings(
        session,
        ceilings=proposal.ceilings,
        actor=actor,
        now=now,
        reason=reason,
        with_prices=prices if proposal.begins is None else (),
    )
    return len(proposal.changed)


@dataclass(frozen=True, slots=True)
class Named:
    """A variant as a sheet names it."""

    variant_id: UUID
    sku: str
    product: str
    variant: str


_NAMED = """
    SELECT v.variant_id, v.sku, p.title, v.options FROM variants v
      JOIN products p ON p.product_id = v.product_id AND p.state <> 'archived'
     WHERE {which}
"""
_BY_SKU = text(_NAMED.format(which="v.sku IN (SELECT unnest(CAST(:keys AS text[])))"))
_BY_KEY = text(_NAMED.format(which="v.variant_id IN (SELECT unnest(CAST(:keys AS uuid[])))"))


def named_by_sku(session: Session, *, skus: Sequence[str]) -> dict[str, Named]:
    """The variants among these SKUs that are not archived; an unknown one is absent."""
    rows = session.execute(_BY_SKU, {"keys": list(set(skus))})
    return {row.sku: Named(row.variant_id, row.sku, row.title, ", ".join(row.options)) for row in rows}


def named_by_key(session: Session, *, variant_ids: Sequence[UUID]) -> dict[UUID, Named]:
    """What variants are called, by their keys."""
    rows = session.execute(_BY_KEY, {"keys": list(set(variant_ids))})
    return {row.variant_id: Named(row.variant_id, row.sku, row.title, ", ".join(row.options)) for row in rows}
