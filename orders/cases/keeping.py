"""What support cases keep of a shopper, and how it is erased: who it was, and all that was said."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from orders.cases.reading import CaseView, read_case
from orders.keepers import Keeper, Whose

ERASED = "Erased"

_OF_ADDRESS = text("""
    SELECT c.case_id FROM support_cases c
     WHERE c.partner_id = :partner_id AND c.store_id = :store_id AND c.email = :email
       AND (CAST(:only AS uuid) IS NULL OR c.order_id = CAST(:only AS uuid))
     ORDER BY c.opened_at, c.number
""")
_WITHOUT_ORDER = text("""
    SELECT c.case_id FROM support_cases c
     WHERE c.partner_id = :partner_id AND c.store_id = :store_id AND c.email = :email AND c.order_id IS NULL
""")
_OF_ORDER = text("""
    SELECT c.case_id FROM support_cases c
     WHERE c.partner_id = :partner_id AND c.order_id = :order_id AND c.email <> ''
""")
# Nobody can be answered any more, so nothing of it stays open.
_ERASE = text("""
    UPDATE support_cases AS c
       SET email = '', name = '', order_said = '', state = 'closed', company_waits = false,
           closed_at = coalesce(c.closed_at, :now), changed_at = :now
     WHERE c.partner_id = :partner_id AND c.case_id = ANY(CAST(:cases AS uuid[]))
""")
_ERASE_ENTRIES = text("""
    UPDATE case_entries AS e SET body = :erased
     WHERE e.partner_id = :partner_id AND e.case_id = ANY(CAST(:cases AS uuid[])) AND e.body <> ''
""")


def _give(session: Session, whose: Whose) -> dict[str, Any]:
    found = session.scalars(_OF_ADDRESS, _keys(whose, only=whose.order_id)).all()
    cases = [read_case(session, partner_id=whose.partner_id, case_id=case_id) for case_id in found]
    return {"messages": [_case(case) for case in cases]}


def _case(case: CaseView) -> dict[str, Any]:
    return {
        "number": case.number,
        "order": case.order_number or case.order_said or None,
        "name": case.name,
        "email": case.email,
        "subject": case.subject,
        "state": case.state,
        "opened": case.opened_at.isoformat(timespec="seconds"),
        "said": [
            {"at": entry.at.isoformat(timespec="seconds"), "by": entry.side, "words": entry.body}
            for entry in case.shown_to_shopper
            if entry.body
        ],
    }


def _erase(session: Session, whose: Whose, now: datetime) -> None:
    found = list(session.scalars(_WITHOUT_ORDER, _keys(whose)))
    _forget(session, whose.partner_id, found, now)


def _erase_order(session: Session, partner_id: UUID, order_id: UUID, now: datetime) -> None:
    found = list(session.scalars(_OF_ORDER, {"partner_id": partner_id, "order_id": order_id}))
    _forget(session, partner_id, found, now)


def _forget(session: Session, partner_id: UUID, cases: list[UUID], now: datetime) -> None:
    if cases:
        keys = {"partner_id": partner_id, "cases": cases}
        session.execute(_ERASE_ENTRIES, {**keys, "erased": ERASED})
        session.execute(_ERASE, {**keys, "now": now})


def _keys(whose: Whose, **more: Any) -> dict[str, Any]:
    return {"partner_id": whose.partner_id, "store_id": whose.store_id, "email": whose.email, **more}


CASES = Keeper("messages", _give, erase=_erase, erase_order=_erase_order)
