"""Asking for a store's news, confirming it by mail, and leaving again.

Nobody learns here whether an address is known: asking answers nothing, and what differs is the mail that
its owner gets.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from kit.ids import new_id
from orders.emails import read_email
from orders.newsletter.models import NewsletterWish, Subscriber
from storage.database import insert_rows
from storage.jobs import Job, enqueue

LINK_LIFE = timedelta(days=7)
# So long after a mail the same address gets no other one, whoever asks for it.
MAIL_EVERY = timedelta(minutes=15)
KNOWN_MAIL_EVERY = timedelta(days=1)
# An address that never confirms is asked so often, and not again before it is forgotten.
MOST_ASKS = 5
UNCONFIRMED_KEPT = timedelta(days=30)
# The proof that somebody had consented is kept for the three years in which it may be asked for.
LEFT_KEPT = timedelta(days=3 * 365)

_FIND = text("""
    SELECT n.subscriber_id, n.state, n.asks, n.mailed_at FROM newsletter_subscribers n
     WHERE n.partner_id = :partner_id AND n.store_id = :store_id AND n.email = :email FOR UPDATE
""")
_ASK_AGAIN = text("""
    UPDATE newsletter_subscribers AS n
       SET state = 'asked', words = :words, page = :page, locale = :locale, asks = n.asks + 1,
           asked_at = :now, mailed_at = :now, confirmed_at = NULL, left_at = NULL
     WHERE n.partner_id = :partner_id AND n.subscriber_id = :subscriber_id
""")
_MAILED = text("""
    UPDATE newsletter_subscribers AS n SET mailed_at = :now
     WHERE n.partner_id = :partner_id AND n.subscriber_id = :subscriber_id
""")
_CONFIRM = text("""
    UPDATE newsletter_subscribers AS n SET state = 'confirmed', confirmed_at = :now, asks = 0
     WHERE n.partner_id = :partner_id AND n.subscriber_id = :subscriber_id AND n.store_id = :store_id
       AND n.state = 'asked'
""")
_LEAVE = text("""
    UPDATE newsletter_subscribers AS n SET state = 'left', left_at = :now
     WHERE n.partner_id = :partner_id AND n.subscriber_id = :subscriber_id AND n.store_id = :store_id
       AND n.state <> 'left'
""")
_STATE = text("""
    SELECT n.state FROM newsletter_subscribers n
     WHERE n.partner_id = :partner_id AND n.subscriber_id = :subscriber_id AND n.store_id = :store_id
""")
_WISH = text("""
    DELETE FROM newsletter_wishes AS w WHERE w.partner_id = :partner_id AND w.order_id = :order_id
    RETURNING w.words,
              (SELECT jsonb_build_array(o.store_id, o.email, o.locale) FROM orders o
                WHERE o.partner_id = :partner_id AND o.order_id = :order_id AND o.paid_at IS NOT NULL) AS paid
""")


def ask(
    session: Session,
    *,
    partner_id: UUID,
    store_id: UUID,
    email: str,
    words: str,
    page: str,
    locale: str,
    now: datetime,
    tell_known: bool = True,
) -> None:
    """Take in that somebody asked for the news with this address, and have it asked by mail to confirm.

    An address that gets the news already is told so where ``tell_known`` is set; its consent stays as it is.
    One that was written to a moment ago, or too often, gets nothing. Raises Refusal for what is no address.
    """
    email = read_email(email)
    given = {"words": words, "page": page[:200], "locale": locale, "now": now}
    row = session.execute(
        _FIND, {"partner_id": partner_id, "store_id": store_id, "email": email}
    ).one_or_none()
    if row is None:
        subscriber_id = new_id()
        made = {
            "partner_id": partner_id,
            "subscriber_id": subscriber_id,
            "store_id": store_id,
            "email": email,
            "state": "asked",
            "words": words,
            "page": page[:200],
            "locale": locale,
            "asks": 1,
            "asked_at": now,
            "mailed_at": now,
        }
        # Of two forms at once, one writes the row and sends the mail.
        if insert_rows(session, Subscriber, [made], unless_there=True):
            _mail(session, partner_id, subscriber_id, "confirm")
        return
    keys: dict[str, Any] = {"partner_id": partner_id, "subscriber_id": row.subscriber_id}
    if row.state == "confirmed":
        if tell_known and now >= row.mailed_at + KNOWN_MAIL_EVERY:
            session.execute(_MAILED, {**keys, "now": now})
            _mail(session, partner_id, row.subscriber_id, "known")
    elif now >= row.mailed_at + MAIL_EVERY and row.asks < MOST_ASKS:
        session.execute(_ASK_AGAIN, {**keys, **given})
        _mail(session, partner_id, row.subscriber_id, "confirm")


def confirm(
    session: Session, *, partner_id: UUID, store_id: UUID, subscriber_id: UUID, now: datetime
) -> bool:
    """Confirm what an address asked for, and welcome it. Whether it gets the news now: doing it twice is the
    same as once, and an address that has left or is forgotten has to ask anew."""
    keys = {"partner_id": partner_id, "store_id": store_id, "subscriber_id": subscriber_id}
    if session.execute(_CONFIRM, {**keys, "now": now}).rowcount:  # type: ignore[attr-defined]
        _mail(session, partner_id, subscriber_id, "welcome")
        return True
    return session.execute(_STATE, keys).scalar() == "confirmed"


def leave(session: Session, *, partner_id: UUID, store_id: UUID, subscriber_id: UUID, now: datetime) -> None:
    """Send an address no more news. Whoever has left, or was never there, has left."""
    keys = {"partner_id": partner_id, "store_id": store_id, "subscriber_id": subscriber_id}
    session.execute(_LEAVE, {**keys, "now": now})


def note_wish(session: Session, *, partner_id: UUID, order_id: UUID, words: str, now: datetime) -> None:
    """Keep that whoever places an order asked for the news with these words, until the order is paid."""
    made = {"partner_id": partner_id, "order_id": order_id, "words": words, "asked_at": now}
    insert_rows(session, NewsletterWish, [made])


def grant_wish(session: Session, *, partner_id: UUID, order_id: UUID, page: str, now: datetime) -> None:
    """Begin what a paid order's shopper wished for; nothing where it wished for none. Doing it twice is the
    same as once: the wish is gone."""
    row = session.execute(_WISH, {"partner_id": partner_id, "order_id": order_id}).one_or_none()
    if row is not None and row.paid is not None:
        store_id, email, locale = row.paid
        ask(
            session,
            partner_id=partner_id,
            store_id=UUID(store_id),
            email=email,
            words=row.words,
            page=page,
            locale=locale,
            now=now,
            tell_known=False,
        )


def forget_old(session: Session, *, now: datetime) -> int:
    """Erase who never confirmed, wishes of orders that were never paid, and who left long ago. Returns how
    many addresses. Only as the company's role: it sees all partners."""
    session.execute(
        text("DELETE FROM newsletter_wishes WHERE asked_at < :before"), {"before": now - UNCONFIRMED_KEPT}
    )
    erased = session.execute(
        text(
            "DELETE FROM newsletter_subscribers"
            " WHERE confirmed_at IS NULL AND asked_at < :unconfirmed OR state = 'left' AND left_at < :left"
        ),
        {"unconfirmed": now - UNCONFIRMED_KEPT, "left": now - LEFT_KEPT},
    )
    return int(erased.rowcount)  # type: ignore[attr-defined]


def _mail(session: Session, partner_id: UUID, subscriber_id: UUID, kind: str) -> None:
    enqueue(
        session,
        Job(
            "newsletter.mail",
            {"partner_id": str(partner_id), "subscriber_id": str(subscriber_id), "kind": kind},
        ),
    )
