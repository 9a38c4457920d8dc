"""What shoppers of the demo write, and who gets a store's news."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text

from app.demo.stores import DemoStore
from app.services import Services
from kit.clock import SetClock
from orders.cases.answering import answer, bring_in_company
from orders.cases.opening import open_case, write_on
from orders.cases.writing import Writer
from orders.newsletter.asking import ask, confirm, leave
from storage.tenancy import Tenant

# The order of a store that had left last at a moment, or had arrived last.
_ORDERS = text("""
    SELECT o.order_id, o.email, o.address ->> 'name' AS name FROM orders o
     WHERE o.partner_id = :partner_id AND o.payment = 'paid'
       AND CASE WHEN :arrived THEN o.delivered_at ELSE o.shipped_at END < :before
     ORDER BY CASE WHEN :arrived THEN o.delivered_at ELSE o.shipped_at END DESC LIMIT 1
""")
_WORDS = "News of {store} by e-mail. You confirm it first, and can leave with one click in each mail."
_READERS = "maya noor elif jonah priya theo clara amir ruth ivo".split()


def write_letters(
    services: Services, opened: Sequence[tuple[DemoStore, UUID, UUID]], *, today: datetime
) -> None:
    """Let some shoppers sign up for each store's news, and two write to the first store: one waits for an
    answer, and with the other the company is asked to help."""
    clock = services.clock
    assert isinstance(clock, SetClock)
    for place, (store, partner_id, store_id) in enumerate(opened):
        for number, name in enumerate(_READERS[: 8 - 3 * place]):
            clock.moment = today - timedelta(days=61 - number * 7, hours=number)
            _subscribe(services, store, partner_id, store_id, f"{name}@example.com")
    store, partner_id, store_id = opened[0]
    _about_delivery(services, store, partner_id, store_id, today)
    _about_goods(services, store, partner_id, store_id, today)
    clock.moment = today


def _subscribe(services: Services, store: DemoStore, partner_id: UUID, store_id: UUID, email: str) -> None:
    now = services.clock.now()
    keys: dict[str, Any] = {"partner_id": partner_id, "store_id": store_id}
    words = _WORDS.format(store=store.name)
    with Tenant(services.face, partner_id).begin() as session:
        ask(
            session, **keys, email=email, words=words, page="/", locale=store.locale, now=now
        )  # fmt: skip
        found = session.execute(
            text(
                "SELECT n.subscriber_id FROM newsletter_subscribers n WHERE n.partner_id = :partner_id"
                " AND n.store_id = :store_id AND n.email = :email"
            ),
            {**keys, "email": email},
        ).scalar_one()
        # One has not looked into its mail yet, and one has left again.
        if email.startswith("theo"):
            return
        confirm(session, **keys, subscriber_id=found, now=now + timedelta(minutes=4))
        if email.startswith("noor"):
            leave(session, **keys, subscriber_id=found, now=now + timedelta(days=30))


def _open(
    services: Services,
    store: DemoStore,
    partner_id: UUID,
    store_id: UUID,
    subject: str,
    message: str,
    now: datetime,
    *,
    arrived: bool,
) -> UUID:
    with Tenant(services.face, partner_id).begin() as session:
        keys = {"partner_id": partner_id, "arrived": arrived, "before": now - timedelta(hours=20)}
        order = session.execute(_ORDERS, keys).one()
        return open_case(
            session, partner_id=partner_id, store_id=store_id, email=order.email, name=order.name,
            subject=subject, message=message, locale=store.locale, order_id=order.order_id, now=now,
        ).case_id  # fmt: skip


def _about_delivery(
    services: Services, store: DemoStore, partner_id: UUID, store_id: UUID, today: datetime
) -> None:
    asked = today - timedelta(hours=26)
    case_id = _open(
        services, store, partner_id, store_id, "delivery",
        "The parcel was to come yesterday, and nobody was at the door. Can you see where it is?",
        asked, arrived=False,
    )  # fmt: skip
    keys = {"partner_id": partner_id, "case_id": case_id}
    writer = Writer("store", store.owner, store.owner_name)
    with Tenant(services.face, partner_id).begin() as session:
        answer(
            session, **keys, writer=writer, now=asked + timedelta(hours=3),
            message="It stands at the depot in your street since this morning, and goes out again tomorrow.",
        )  # fmt: skip
        write_on(
            session, **keys, now=asked + timedelta(hours=23),
            message="Thank you. Could it be left with the neighbour at number 14?",
        )  # fmt: skip


def _about_goods(
    services: Services, store: DemoStore, partner_id: UUID, store_id: UUID, today: datetime
) -> None:
    asked = today - timedelta(hours=8)
    case_id = _open(
        services, store, partner_id, store_id, "product",
        "The glaze of one mug has a crack on the inside, from the rim down. The others are lovely.\n\n"
        "I would rather have a new one than my money back.", asked, arrived=True,
    )  # fmt: skip
    writer = Writer("store", store.owner, store.owner_name)
    with Tenant(services.face, partner_id).begin() as session:
        bring_in_company(
            session, partner_id=partner_id, case_id=case_id, writer=writer, now=asked + timedelta(hours=2),
            message="That is the third one this month. Is it the kiln? And can you send her a new mug?",
        )  # fmt: skip
