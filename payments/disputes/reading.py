"""Disputes as people look at them, and what losing one would take from whom."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from kit.errors import NotFound
from kit.money import Money
from payments.disputes.applying import UNDECIDED, lost_entries, reason_words
from payments.ledger.posting import losses
from payments.remainder import read_remainder


@dataclass(frozen=True, slots=True)
class DisputeView:
    """A dispute: see ``payments.models.Dispute``. ``reason`` is in plain words, ``fee`` what Stripe keeps."""

    partner_id: UUID
    dispute_id: UUID
    order_id: UUID
    order_number: int
    partner: str
    store: str
    state: str
    amount: Money
    fee: Money
    reason: str
    opened_at: datetime
    due_at: datetime | None
    answered_at: datetime | None
    closed_at: datetime | None

    @property
    def undecided(self) -> bool:
        return self.state in UNDECIDED

    @property
    def answerable(self) -> bool:
        """Whether the bank still waits for an answer."""
        return self.undecided and self.answered_at is None


_DISPUTES = """
    SELECT d.partner_id, d.dispute_id, d.order_id, o.number, p.name AS partner, s.name AS store, d.state,
           d.amount, d.currency, d.fee, d.reason, d.opened_at, d.due_at, d.answered_at, d.closed_at
      FROM disputes d
      JOIN orders o ON o.partner_id = d.partner_id AND o.order_id = d.order_id
      JOIN stores s ON s.partner_id = o.partner_id AND s.store_id = o.store_id
      JOIN partners p ON p.partner_id = d.partner_id
"""
_OF_ORDER = text(f"""{_DISPUTES}
     WHERE d.partner_id = :partner_id AND o.partner_id = :partner_id AND s.partner_id = :partner_id
       AND p.partner_id = :partner_id AND d.order_id = :order_id ORDER BY d.opened_at, d.dispute_id
""")
_ONE = text(f"""{_DISPUTES}
     WHERE d.partner_id = :partner_id AND o.partner_id = :partner_id AND s.partner_id = :partner_id
       AND p.partner_id = :partner_id AND d.dispute_id = :dispute_id
""")
_ALL = text(f"""{_DISPUTES}
     WHERE CAST(:undecided AS boolean) IS NULL OR :undecided = (d.state IN ('inquiry', 'open'))
     ORDER BY d.state NOT IN ('inquiry', 'open'), d.answered_at IS NOT NULL,
              CASE WHEN d.closed_at IS NULL THEN d.due_at END, d.opened_at DESC
     LIMIT :limit OFFSET :offset
""")
_COUNT = text("""
    SELECT count(*) AS waiting, count(*) FILTER (WHERE d.answered_at IS NULL) AS unanswered
      FROM disputes d WHERE d.state IN ('inquiry', 'open')
""")


def disputes_of_order(session: Session, *, partner_id: UUID, order_id: UUID) -> list[DisputeView]:
    """Every dispute of an order, oldest first."""
    return [
        _view(row) for row in session.execute(_OF_ORDER, {"partner_id": partner_id, "order_id": order_id})
    ]


def read_dispute(session: Session, *, partner_id: UUID, dispute_id: UUID) -> DisputeView:
    """Return a dispute. Raises NotFound."""
    row = session.execute(_ONE, {"partner_id": partner_id, "dispute_id": dispute_id}).one_or_none()
    if row is None:
        raise NotFound("There is no such dispute.")
    return _view(row)


def all_disputes(
    session: Session, *, undecided: bool | None = None, limit: int = 50, offset: int = 0
) -> list[DisputeView]:
    """Disputes of all partners, those first whose answer is due soonest. Only as the company's role."""
    keys = {"undecided": undecided, "limit": limit, "offset": offset}
    return [_view(row) for row in session.execute(_ALL, keys)]


def count_disputes(session: Session) -> tuple[int, int]:
    """How many disputes the banks have not decided, and how many of them were not answered."""
    row = session.execute(_COUNT).one()
    return row.waiting, row.unanswered


def loss(session: Session, *, dispute: DisputeView) -> dict[str, Money]:
    """What each account would give, were the dispute lost now, by the company's settings."""
    known = read_remainder(session, partner_id=dispute.partner_id, order_id=dispute.order_id, lock=False)
    account = session.execute(text("SELECT lost_wholesale FROM company")).scalar_one()
    entries = lost_entries(known, source="", amount=dispute.amount.minor, wholesale_account=account)
    found = losses(entries, but="dispute_losses")
    rest = dispute.amount.minor - sum(found.values())
    found |= {"dispute_losses": rest} if rest else {}
    return {name: Money(lost, dispute.amount.currency) for name, lost in found.items()}


def _view(row: Row[tuple[object, ...]]) -> DisputeView:
    return DisputeView(
        partner_id=row.partner_id,
        dispute_id=row.dispute_id,
        order_id=row.order_id,
        order_number=row.number,
        partner=row.partner,
        store=row.store,
        state=row.state,
        amount=Money(row.amount, row.currency),
        fee=Money(row.fee, row.currency),
        reason=reason_words(row.reason),
        opened_at=row.opened_at,
        due_at=row.due_at,
        answered_at=row.answered_at,
        closed_at=row.closed_at,
    )
