"""Sale events as a partner and the company see them: what they are, what they would bring, who joined."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from kit.errors import NotFound
from kit.money import Money, round_half_up
from pricing.offers import Reductions, event_wholesale, reduced, regular_price
from pricing.precedence import CHOICE_IN_FORCE, MAY_SEE_EVENT
from pricing.reading import PRODUCTS, read_prices, terms_of

# A projection is made from as many days of a store's own sales.
PACE = timedelta(days=90)
_SECONDS = int(PACE.total_seconds())
_MOST_ROWS = 200


@dataclass(frozen=True, slots=True)
class StoreEvent:
    """An event that a store may join. ``ends`` is exclusive. Cuts are in basis points of wholesale: the
    smallest and the largest among its ``products``.

    ``joined`` and ``pass_on_bps`` are what counts for the store now; ``own`` says that it chose so for
    this event, and was not taken in or left out by its standing choice.
    """

    event_id: UUID
    name: str
    note: str
    begins: datetime
    ends: datetime
    products: int
    cuts: tuple[int, int]
    joined: bool
    pass_on_bps: int
    own: bool
    running: bool


_EVENTS = text(
    """
    SELECT e.event_id, e.name, e.note, e.begins, e.ends, g.products, g.low, g.high,
           c.joined, c.pass_on_bps,
           EXISTS (SELECT 1 FROM sale_event_choices o
                    WHERE o.partner_id = :partner_id AND o.store_id = :store_id
                      AND o.event_id = e.event_id) AS own
      FROM sale_events e
      JOIN partners p ON p.partner_id = :partner_id
     CROSS JOIN LATERAL (SELECT count(*) AS products, min(x.off_bps) AS low, max(x.off_bps) AS high
                           FROM sale_event_products x WHERE x.event_id = e.event_id) g
      LEFT JOIN LATERAL ({choice}) c ON true
     WHERE e.ends > :now AND {may_see}
     ORDER BY e.begins, e.event_id
""".replace(
        "{choice}",
        CHOICE_IN_FORCE.format(partner=":partner_id", store=":store_id", event="e.event_id", at=":now"),
    ).replace("{may_see}", MAY_SEE_EVENT.format(event="e", asked=":now", own_list="p.price_list_id"))
)


def events_for_store(
    session: Session, *, partner_id: UUID, store_id: UUID, now: datetime
) -> list[StoreEvent]:
    """Return the events that run or lie ahead and that the partner may know of, the next one first."""
    rows = session.execute(_EVENTS, {"partner_id": partner_id, "store_id": store_id, "now": now})
    return [
        StoreEvent(
            event_id=row.event_id,
            name=row.name,
            note=row.note,
            begins=row.begins,
            ends=row.ends,
            products=row.products,
            cuts=(row.low, row.high),
            joined=bool(row.joined),
            pass_on_bps=row.pass_on_bps or 0,
            own=row.own,
            running=row.begins <= now,
        )
        for row in rows
    ]


@dataclass(frozen=True, slots=True)
class Standing:
    """What a store does in events for which it chose nothing."""

    joined: bool
    pass_on_bps: int


_STANDING = text(CHOICE_IN_FORCE.format(partner=":partner_id", store=":store_id", event="NULL", at=":now"))


def standing_choice(session: Session, *, partner_id: UUID, store_id: UUID, now: datetime) -> Standing:
    """Return the standing choice; a store that never made one joins nothing unasked."""
    row = session.execute(
        _STANDING, {"partner_id": partner_id, "store_id": store_id, "now": now}
    ).one_or_none()
    return Standing(False, 0) if row is None else Standing(row.joined, row.pass_on_bps)


@dataclass(frozen=True, slots=True)
class ProjectedRow:
    """One variant in an event. Prices are as the store shows them, ``earned`` and ``earns`` the margin on
    a unit without and with the event; ``units`` were sold in the 90 days before."""

    sku: str
    product: str
    variant: str
    wholesale: Money
    cost: Money
    regular: Money
    price: Money
    earned: Money
    earns: Money
    units: int


@dataclass(frozen=True, slots=True)
class Projection:
    """What an event would bring a store at the pace of its last 90 days, for as long as the event lasts.

    ``units`` is that pace in whole units; ``without`` and ``with_it`` are the margin on them. ``needed``
    is how many units have to be sold in the event to earn as much as without it; None where no number
    does, or where nothing was sold. ``rows`` are the best-selling variants, ``variants`` counts all.
    """

    rows: tuple[ProjectedRow, ...]
    variants: int
    units: int
    without: Money
    with_it: Money
    needed: int | None


_CUTS = text("""
    SELECT e.begins, e.ends, x.product_id, x.off_bps FROM sale_events e
      JOIN sale_event_products x ON x.event_id = e.event_id WHERE e.event_id = :event_id
""")


def project_event(
    session: Session,
    *,
    partner_id: UUID,
    store_id: UUID,
    event_id: UUID,
    pass_on_bps: int,
    sold: Mapping[UUID, int],
    now: datetime,
) -> Projection:
    """Work out what an event would bring if ``pass_on_bps`` of the saving were passed on.

    ``sold`` are the units of the last 90 days, by variant. Sales of the store count as they will hold
    when it begins. Raises NotFound for an event without products; whether the partner may see it is for
    the caller to judge.
    """
    cuts = session.execute(_CUTS, {"event_id": event_id}).all()
    if not cuts:
        raise NotFound("There is no such sale event.")
    off = {row.product_id: row.off_bps for row in cuts}
    rows = read_prices(
        session,
        partner_id=partner_id,
        store_id=store_id,
        now=max(now, cuts[0].begins),
        selection=PRODUCTS,
        choice=list(off),
        asked=now,
    )
    seconds = int((cuts[0].ends - max(now, cuts[0].begins)).total_seconds())
    found: list[ProjectedRow] = []
    units = without = with_it = 0
    currency = terms_of(rows[0]).currency if rows else ""
    for row in rows:
        terms = terms_of(row)
        regular = regular_price(row, terms)
        if regular is None:
            continue
        sale = row.sale_off_bps or 0
        plain = reduced(regular, wholesale=row.wholesale, terms=terms, by=Reductions(0, 0, sale))
        by = Reductions(off[row.product_id], pass_on_bps, sale)
        then = reduced(regular, wholesale=row.wholesale, terms=terms, by=by)
        earned = terms.net(plain.price) - row.wholesale
        earns = terms.net(then.price) - then.wholesale
        count = sold.get(row.variant_id, 0)
        units += count
        without += count * earned
        with_it += count * earns
        found.append(
            ProjectedRow(
                sku=row.sku,
                product=row.title,
                variant=", ".join(row.options),
                wholesale=Money(row.wholesale, currency),
                cost=Money(event_wholesale(row.wholesale, off[row.product_id]), currency),
                regular=Money(plain.price, currency),
                price=Money(then.price, currency),
                earned=Money(earned, currency),
                earns=Money(earns, currency),
                units=count,
            )
        )
    found.sort(key=lambda item: (-item.units, item.product, item.sku))
    return Projection(
        rows=tuple(found[:_MOST_ROWS]),
        variants=len(found),
        units=round_half_up(units * seconds, _SECONDS),
        without=Money(round_half_up(without * seconds, _SECONDS), currency),
        with_it=Money(round_half_up(with_it * seconds, _SECONDS), currency),
        needed=-(-without * units * seconds // (with_it * _SECONDS)) if with_it > 0 and units else None,
    )


@dataclass(frozen=True, slots=True)
class CompanyEvent:
    """An event as the company sees it. ``stores`` may join it and ``joined`` do; ``units`` were sold in
    it so far. ``state`` is hidden (under embargo), announced, running, over or withdrawn."""

    event_id: UUID
    name: str
    visible_from: datetime
    begins: datetime
    ends: datetime
    products: int
    cuts: tuple[int, int]
    lists: tuple[str, ...]
    stores: int
    joined: int
    units: int
    state: str


_COMPANY = text(
    """
    SELECT e.event_id, e.name, e.visible_from, e.begins, e.ends, e.withdrawn_at,
           g.products, g.low, g.high, t.stores, t.joined,
           ARRAY(SELECT l.name FROM price_lists l WHERE l.price_list_id = ANY(e.price_lists)
                  ORDER BY l.name) AS lists,
           (SELECT coalesce(sum(l.quantity), 0) FROM orders o
              JOIN order_lines l ON l.partner_id = o.partner_id AND l.order_id = o.order_id
              JOIN variants v ON v.variant_id = l.variant_id
              JOIN sale_event_products x ON x.event_id = e.event_id AND x.product_id = v.product_id
              JOIN LATERAL ({choice_then}) c ON c.joined
             WHERE o.placed_at >= e.begins AND o.placed_at < e.ends
               AND o.payment IN ('paid', 'partly_refunded')) AS units
      FROM sale_events e
     CROSS JOIN LATERAL (SELECT count(*) AS products, min(x.off_bps) AS low, max(x.off_bps) AS high
                           FROM sale_event_products x WHERE x.event_id = e.event_id) g
     CROSS JOIN LATERAL (
       SELECT count(*) AS stores, count(*) FILTER (WHERE c.joined) AS joined
         FROM stores s JOIN partners p ON p.partner_id = s.partner_id
         LEFT JOIN LATERAL ({choice}) c ON true
        WHERE s.state <> 'closed'
          AND (cardinality(e.price_lists) = 0 OR p.price_list_id = ANY(e.price_lists))) t
     ORDER BY e.begins DESC, e.event_id LIMIT 200
""".replace(
        "{choice_then}",
        CHOICE_IN_FORCE.format(
            partner="o.partner_id", store="o.store_id", event="e.event_id", at="o.placed_at"
        ),
    ).replace(
        "{choice}",
        CHOICE_IN_FORCE.format(
            partner="s.partner_id", store="s.store_id", event="e.event_id", at="least(:now, e.ends)"
        ),
    )
)


def company_events(session: Session, *, now: datetime) -> Sequence[CompanyEvent]:
    """Return all events, the latest first, with who takes part. Only as the company's role."""
    return [
        CompanyEvent(
            event_id=row.event_id,
            name=row.name,
            visible_from=row.visible_from,
            begins=row.begins,
            ends=row.ends,
            products=row.products,
            cuts=(row.low, row.high),
            lists=tuple(row.lists),
            stores=row.stores,
            joined=row.joined,
            units=int(row.units),
            state=_state(row.withdrawn_at, row.visible_from, row.begins, row.ends, now),
        )
        for row in session.execute(_COMPANY, {"now": now})
    ]


def _state(
    withdrawn_at: datetime | None, visible_from: datetime, begins: datetime, ends: datetime, now: datetime
) -> str:
    if withdrawn_at is not None:
        return "withdrawn"
    if ends <= now:
        return "over"
    if begins <= now:
        return "running"
    return "announced" if visible_from <= now else "hidden"
