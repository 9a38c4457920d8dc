"""Sale events: announced by the company, joined by stores, begun and ended by the calendar alone.

An event lies over wholesale prices and changes none of them, so that they are exactly what they were
once it is over. Whether it counts for a store is asked for each moment, like any price.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import insert, select, text, update
from sqlalchemy.orm import Session

from kit.errors import NotFound, Refusal
from kit.ids import new_id
from pricing.precedence import MAY_SEE_EVENT
from pricing.sale_models import SaleEvent, SaleEventChoice, SaleEventProduct
from pricing.standstill import after_orders, after_orders_of, keep_orders_out
from storage import audit
from storage.jobs import Job, enqueue
from storage.revisions import every_store_changed, store_changed

LARGEST_CUT = 9000
LONGEST = timedelta(days=92)
_FURTHEST = timedelta(days=731)
_MOST_PRODUCTS = 5000
# The queue waits by the database's clock, and whom to tell is asked by the program's.
_CLOCKS_DIFFER = timedelta(seconds=2)
_PRODUCTS = text("""
    SELECT p.product_id, p.title FROM products p
     WHERE p.state = 'active'
       AND (:scope = 'all' OR p.product_id = :scope_id
            OR p.product_id IN (SELECT c.product_id FROM collection_products c
                                 WHERE c.collection_id = :scope_id))
     ORDER BY p.position, p.title, p.product_id
""")


def products_to_lower(session: Session, *, scope: str, scope_id: UUID) -> list[tuple[UUID, str]]:
    """The products that an event for ``scope`` may lower, with their titles, in the company's order.

    The scope is ``all``, or the ``collection`` or ``product`` with the key ``scope_id``.
    """
    asked = {"scope": scope, "scope_id": scope_id}
    return [(row.product_id, row.title) for row in session.execute(_PRODUCTS, asked)]


def announce_event(
    session: Session,
    *,
    name: str,
    note: str,
    visible_from: datetime,
    begins: datetime,
    ends: datetime,
    products: Mapping[UUID, int],
    price_lists: Sequence[UUID],
    actor: str,
    now: datetime,
) -> UUID:
    """Announce an event, and return its key.

    ``products`` maps each product to its cut in basis points of wholesale. Partners on ``price_lists``
    see it from ``visible_from`` on; with none, all partners do. Raises Refusal with the field and what
    is allowed.
    """
    _judge(name, visible_from, begins, ends, products, now)
    event_id = new_id()
    every_store_changed(session)
    session.execute(
        insert(SaleEvent).values(
            event_id=event_id,
            name=name.strip(),
            note=note.strip(),
            visible_from=visible_from,
            begins=begins,
            ends=ends,
            price_lists=list(price_lists),
            actor=actor,
            created_at=now,
        )
    )
    session.execute(
        insert(SaleEventProduct),
        [
            {"event_id": event_id, "product_id": product_id, "off_bps": cut}
            for product_id, cut in products.items()
        ],
    )
    audit.record(
        session,
        actor=actor,
        action="sale_event.announced",
        subject=f"sale_event:{event_id}",
        now=now,
        after={
            "name": name.strip(),
            "visible_from": visible_from.isoformat(),
            "begins": begins.isoformat(),
            "ends": ends.isoformat(),
            "price_lists": [str(key) for key in price_lists],
            "cuts": {str(key): cut for key, cut in list(products.items())[:200]},
        },
    )
    told = Job(
        "event.changed",
        {"event_id": str(event_id), "kind": "announced"},
        not_before=visible_from + _CLOCKS_DIFFER if visible_from > now else None,
    )
    enqueue(session, told)
    return event_id


def _judge(
    name: str,
    visible_from: datetime,
    begins: datetime,
    ends: datetime,
    products: Mapping[UUID, int],
    now: datetime,
) -> None:
    if not 1 <= len(name.strip()) <= 80:
        raise Refusal("Give the event a name of at most 80 letters. Partners see it.", field="name")
    if begins < now:
        raise Refusal("A sale event begins now or later.", field="begins")
    if begins > now + _FURTHEST:
        raise Refusal("A sale event can be announced for the next two years.", field="begins")
    if ends <= begins:
        raise Refusal("A sale event ends after it begins.", field="ends")
    if ends - begins > LONGEST:
        raise Refusal(
            f"A sale event lasts at most {LONGEST.days} days. For longer, lower the wholesale price.",
            field="ends",
        )
    if visible_from > begins:
        raise Refusal("Partners see an event no later than it begins.", field="visible_from")
    if not products:
        raise Refusal("Choose at least one product.", field="products")
    if len(products) > _MOST_PRODUCTS:
        raise Refusal(f"An event has at most {_MOST_PRODUCTS:,} products.", field="products")
    if not all(1 <= cut <= LARGEST_CUT for cut in products.values()):
        raise Refusal(
            f"Wholesale can be lowered by more than 0 and at most {LARGEST_CUT // 100} percent.", field="off"
        )


_VARIANTS = text("""
    SELECT v.variant_id FROM variants v
      JOIN sale_event_products p ON p.product_id = v.product_id WHERE p.event_id = :event_id
""")


def end_event(session: Session, *, event_id: UUID, actor: str, now: datetime) -> str:
    """Withdraw an event that has not begun, or stop one that runs. Return ``withdrawn`` or ``stopped``.

    Whoever was told of it is told that it does not happen, or no longer. Raises NotFound for no such
    event, and Refusal for one that is over.
    """
    keep_orders_out(session)
    event = session.get(SaleEvent, event_id, with_for_update=True)
    if event is None:
        raise NotFound("There is no such sale event.")
    if event.withdrawn_at is not None or event.ends <= now:
        raise Refusal("This sale event is over already.")
    every_store_changed(session)
    done = "withdrawn" if event.begins > now else "stopped"
    if done == "withdrawn":
        values = {"withdrawn_at": now}
    else:
        variants = session.scalars(_VARIANTS, {"event_id": event_id}).all()
        earliest = max(now, event.begins + timedelta(microseconds=1))
        values = {"ends": after_orders(session, moment=earliest, variant_ids=variants)}
    session.execute(update(SaleEvent).where(SaleEvent.event_id == event_id).values(values))
    audit.record(
        session,
        actor=actor,
        action=f"sale_event.{done}",
        subject=f"sale_event:{event_id}",
        now=now,
        before={"name": event.name, "begins": event.begins.isoformat(), "ends": event.ends.isoformat()},
    )
    if done == "withdrawn":
        enqueue(session, Job("event.changed", {"event_id": str(event_id), "kind": "withdrawn"}))
    return done


_OPEN = text(
    """
    SELECT e.event_id FROM sale_events e, partners p
     WHERE p.partner_id = :partner_id AND e.event_id = :event_id AND e.ends > :now AND {may_see}
""".replace("{may_see}", MAY_SEE_EVENT.format(event="e", asked=":now", own_list="p.price_list_id"))
)


def choose(
    session: Session,
    *,
    partner_id: UUID,
    store_id: UUID,
    event_id: UUID | None,
    joined: bool,
    pass_on_bps: int,
    actor: str,
    now: datetime,
) -> None:
    """Choose whether a store takes part in an event, and what share of the saving shoppers get.

    ``pass_on_bps`` is in basis points of the saving on wholesale. Without an event it is the standing
    choice, for events for which the store has made none. It holds from now on, also in an event that
    runs. Raises NotFound for an event that is over or that the partner does not know of, and Refusal
    for a share that cannot be.
    """
    if not 0 <= pass_on_bps <= 10_000:
        raise Refusal("You can pass on from 0 to 100 percent of the saving.", field="pass_on")
    # Leaving an event raises wholesale for this store, as the company's own changes do for all.
    keep_orders_out(session)
    keys = {"partner_id": partner_id, "event_id": event_id, "now": now}
    if event_id is not None and session.scalar(_OPEN, keys) is None:
        raise NotFound("This sale event is over, or was withdrawn.")
    store_changed(session, store_id=store_id)
    since = after_orders_of(session, moment=now, partner_id=partner_id, store_id=store_id)
    before = session.execute(
        select(SaleEventChoice.joined, SaleEventChoice.pass_on_bps, SaleEventChoice.since)
        .where(
            SaleEventChoice.partner_id == partner_id,
            SaleEventChoice.store_id == store_id,
            SaleEventChoice.event_id.is_(None) if event_id is None else SaleEventChoice.event_id == event_id,
        )
        .order_by(SaleEventChoice.since.desc(), SaleEventChoice.choice_id.desc())
        .limit(1)
    ).one_or_none()
    session.execute(
        insert(SaleEventChoice).values(
            partner_id=partner_id,
            choice_id=new_id(),
            store_id=store_id,
            event_id=event_id,
            joined=joined,
            pass_on_bps=pass_on_bps,
            since=since if before is None else max(since, before.since),
            actor=actor,
        )
    )
    audit.record(
        session,
        actor=actor,
        action="sale_event.chosen",
        subject=f"sale_event:{event_id}" if event_id else f"store:{store_id}",
        partner_id=partner_id,
        now=now,
        before={"joined": before.joined, "pass_on_bps": before.pass_on_bps} if before else None,
        after={"joined": joined, "pass_on_bps": pass_on_bps},
    )
