"""What the newsletter keeps of a shopper, and how it is erased."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from orders.keepers import Keeper, Whose

_GIVE = text("""
    SELECT n.state, n.words, n.page, n.locale, n.asked_at, n.confirmed_at, n.left_at
      FROM newsletter_subscribers n
     WHERE n.partner_id = :partner_id AND n.store_id = :store_id AND n.email = :email
""")
_ERASE = text("""
    DELETE FROM newsletter_subscribers AS n
     WHERE n.partner_id = :partner_id AND n.store_id = :store_id AND n.email = :email
""")
_ERASE_WISH = text("""
    DELETE FROM newsletter_wishes AS w WHERE w.partner_id = :partner_id AND w.order_id = :order_id
""")


def _give(session: Session, whose: Whose) -> dict[str, Any]:
    # Whoever may see one order has not proven the address, and the news are the address's.
    row = None if whose.order_id else session.execute(_GIVE, _keys(whose)).one_or_none()
    if row is None:
        return {"newsletter": None}
    moments = {"asked": row.asked_at, "confirmed": row.confirmed_at, "left": row.left_at}
    return {
        "newsletter": {
            "state": row.state,
            "consent": row.words,
            "page": row.page,
            "language": row.locale,
            **{name: at.isoformat(timespec="seconds") if at else None for name, at in moments.items()},
        }
    }


def _erase(session: Session, whose: Whose, now: datetime) -> None:
    session.execute(_ERASE, _keys(whose))


def _erase_order(session: Session, partner_id: UUID, order_id: UUID, now: datetime) -> None:
    session.execute(_ERASE_WISH, {"partner_id": partner_id, "order_id": order_id})


def _keys(whose: Whose) -> dict[str, Any]:
    return {"partner_id": whose.partner_id, "store_id": whose.store_id, "email": whose.email}


NEWSLETTER = Keeper("newsletter", _give, erase=_erase, erase_order=_erase_order)
