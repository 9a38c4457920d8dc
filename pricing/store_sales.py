"""Sales of a store: a percentage off its prices for a while, out of the partner's margin.

No job has to begin or end one. A listing's price stops at its floor, whatever the percentage.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, insert, text
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from kit.errors import NotFound, Refusal
from kit.ids import NIL, new_id
from kit.money import Money
from pricing.offers import Reductions, reduced, regular_price
from pricing.reading import COLLECTION_ID, EVERYTHING, PRODUCTS, Selection, read_prices, terms_of
from pricing.sale_models import StoreSale
from storage import audit
from storage.revisions import store_changed

LARGEST_CUT = 9000
_FURTHEST = timedelta(days=731)
_SCOPES: dict[str, Selection] = {"store": EVERYTHING, "collection": COLLECTION_ID, "product": PRODUCTS}


@dataclass(frozen=True, slots=True)
class SaleRow:
    """A store's sale, running or ahead. ``title`` names its product or collection, and is empty for the
    whole store. ``ends`` is exclusive; None for one that runs until it is ended."""

    sale_id: UUID
    scope: str
    title: str
    off_bps: int
    begins: datetime
    ends: datetime | None
    running: bool


@dataclass(frozen=True, slots=True)
class SalePreview:
    """What a percentage would do to the listings that a sale covers, judged for its first moment.

    ``stopped`` of the ``listings`` are held by their floor before the whole percentage is off.
    ``largest_bps`` is the largest percentage that fits all of them whole; ``slimmest`` names what bounds
    it. ``earns`` is the lowest margin on a unit that is left, ``example`` a listing with its
    price before and after.
    """

    listings: int
    stopped: int
    largest_bps: int
    slimmest: str
    earns: Money | None
    example: tuple[str, Money, Money] | None


def preview_sale(
    session: Session,
    *,
    partner_id: UUID,
    store_id: UUID,
    scope: str,
    scope_id: UUID = NIL,
    off_bps: int,
    begins: datetime,
    now: datetime,
) -> SalePreview:
    """Work out what a sale would do, and how large it can be. Nothing is changed.

    Raises Refusal for a scope that is none.
    """
    selection = _SCOPES.get(scope)
    if selection is None:
        raise Refusal("A sale is for the whole store, a collection or a product.", field="scope")
    choice: Any = [scope_id] if scope == "product" else str(scope_id)
    rows = read_prices(
        session,
        partner_id=partner_id,
        store_id=store_id,
        now=begins,
        selection=selection,
        choice=choice,
        asked=now,
    )
    found = [_effect(row, off_bps) for row in rows]
    effects = [effect for effect in found if effect is not None]
    if not effects:
        return SalePreview(0, 0, 0, "", None, None)
    currency = terms_of(rows[0]).currency
    largest, slimmest = min((effect.largest, effect.name) for effect in effects)
    shown = effects[0]
    return SalePreview(
        listings=len(effects),
        stopped=sum(effect.stopped for effect in effects),
        largest_bps=largest,
        slimmest=slimmest,
        earns=Money(min(effect.earn for effect in effects), currency),
        example=(shown.name, Money(shown.before, currency), Money(shown.after, currency)),
    )


@dataclass(frozen=True, slots=True)
class _Effect:
    name: str
    before: int
    after: int
    earn: int
    largest: int
    stopped: bool


def _effect(row: Row[Any], off_bps: int) -> _Effect | None:
    terms = terms_of(row)
    regular = regular_price(row, terms)
    if regular is None:
        return None
    event = (row.event_off_bps or 0, row.pass_on_bps or 0)
    before = reduced(regular, wholesale=row.wholesale, terms=terms, by=Reductions(*event))
    after = reduced(regular, wholesale=row.wholesale, terms=terms, by=Reductions(*event, off_bps))
    return _Effect(
        name=", ".join([row.title, *row.options]),
        before=before.price,
        after=after.price,
        earn=terms.net(after.price) - after.wholesale,
        largest=min(LARGEST_CUT, (before.price - before.lowest) * 10_000 // before.price),
        stopped=before.price - before.price * off_bps // 10_000 < after.lowest,
    )


def plan_sale(
    session: Session,
    *,
    partner_id: UUID,
    store_id: UUID,
    scope: str,
    scope_id: UUID = NIL,
    off_bps: int,
    begins: datetime,
    ends: datetime | None,
    actor: str,
    now: datetime,
) -> UUID:
    """Plan a sale from ``begins`` (now or later) until ``ends`` (exclusive), and return its key.

    Raises Refusal with the field and what is allowed, also where another sale of the same goods overlaps.
    """
    if not 1 <= off_bps <= LARGEST_CUT:
        raise Refusal(f"A sale takes off more than 0 and at most {LARGEST_CUT // 100} percent.", field="off")
    if begins < now:
        raise Refusal("A sale begins now or later.", field="begins")
    if begins > now + _FURTHEST:
        raise Refusal("A sale can be planned for the next two years.", field="begins")
    if ends is not None and ends <= begins:
        raise Refusal("A sale ends after it begins.", field="ends")
    covered = preview_sale(
        session,
        partner_id=partner_id,
        store_id=store_id,
        scope=scope,
        scope_id=scope_id,
        off_bps=off_bps,
        begins=begins,
        now=now,
    )
    if not covered.listings:
        raise Refusal("There is nothing here on sale yet that a price could be lowered of.", field="scope")
    keys = {"partner_id": partner_id, "store_id": store_id, "scope": scope, "scope_id": scope_id}
    store_changed(session, store_id=store_id)
    other = session.execute(_OVERLAPPING, {**keys, "begins": begins, "ends": ends}).first()
    if other is not None:
        until = f" until {other.ends:%d %b %Y %H:%M}" if other.ends else ""
        raise Refusal(
            f"A sale of {other.off_bps / 100:g}% is planned for the same goods from"
            f" {other.begins:%d %b %Y %H:%M}{until} UTC. End that one first.",
            field="begins",
        )
    sale_id = new_id()
    session.execute(
        insert(StoreSale).values(
            **keys,
            sale_id=sale_id,
            off_bps=off_bps,
            valid=Range(begins, ends),
            actor=actor,
            created_at=now,
        )
    )
    audit.record(
        session,
        actor=actor,
        action="store_sale.planned",
        subject=f"store:{store_id}",
        partner_id=partner_id,
        now=now,
        after={
            "scope": scope,
            "scope_id": str(scope_id),
            "off_bps": off_bps,
            "begins": begins.isoformat(),
            "ends": ends.isoformat() if ends else None,
        },
    )
    return sale_id


_OVERLAPPING = text("""
    SELECT q.off_bps, lower(q.valid) AS begins, upper(q.valid) AS ends FROM store_sales q
     WHERE q.partner_id = :partner_id AND q.store_id = :store_id AND q.scope = :scope
       AND q.scope_id = :scope_id AND q.withdrawn_at IS NULL AND q.valid && tstzrange(:begins, :ends)
     ORDER BY lower(q.valid) LIMIT 1
""")
# A sale that has not begun never holds; one that runs holds until now.
_END = text("""
    UPDATE store_sales q
       SET withdrawn_at = CASE WHEN lower(q.valid) > :now THEN CAST(:now AS timestamptz) END,
           valid = CASE WHEN lower(q.valid) > :now THEN q.valid
                        ELSE tstzrange(lower(q.valid),
                                       greatest(:now, lower(q.valid) + interval '1 microsecond')) END
     WHERE q.partner_id = :partner_id AND q.store_id = :store_id AND q.sale_id = :sale_id
       AND q.withdrawn_at IS NULL AND (upper_inf(q.valid) OR upper(q.valid) > :now)
    RETURNING q.off_bps, lower(q.valid) AS begins
""")


def end_sale(
    session: Session, *, partner_id: UUID, store_id: UUID, sale_id: UUID, actor: str, now: datetime
) -> None:
    """Take a sale back that lies ahead, or end one that runs. Raises NotFound when it is over."""
    store_changed(session, store_id=store_id)
    keys = {"partner_id": partner_id, "store_id": store_id, "sale_id": sale_id, "now": now}
    ended = session.execute(_END, keys).one_or_none()
    if ended is None:
        raise NotFound("This sale is over already.")
    audit.record(
        session,
        actor=actor,
        action="store_sale.ended",
        subject=f"store:{store_id}",
        partner_id=partner_id,
        now=now,
        before={"sale_id": str(sale_id), "off_bps": ended.off_bps, "begins": ended.begins.isoformat()},
    )


_SALES = text("""
    SELECT q.sale_id, q.scope, q.off_bps, lower(q.valid) AS begins, upper(q.valid) AS ends,
           CASE q.scope WHEN 'product' THEN (SELECT p.title FROM products p WHERE p.product_id = q.scope_id)
                        WHEN 'collection' THEN (SELECT c.title FROM collections c
                                                 WHERE c.collection_id = q.scope_id)
           ELSE '' END AS title
      FROM store_sales q
     WHERE q.partner_id = :partner_id AND q.store_id = :store_id AND q.withdrawn_at IS NULL
       AND (upper_inf(q.valid) OR upper(q.valid) > :now)
     ORDER BY lower(q.valid), q.sale_id
""")


def store_sales(session: Session, *, partner_id: UUID, store_id: UUID, now: datetime) -> Sequence[SaleRow]:
    """Return the sales that run and those ahead, the earliest first."""
    rows = session.execute(_SALES, {"partner_id": partner_id, "store_id": store_id, "now": now})
    return [
        SaleRow(row.sale_id, row.scope, row.title, row.off_bps, row.begins, row.ends, row.begins <= now)
        for row in rows
    ]
