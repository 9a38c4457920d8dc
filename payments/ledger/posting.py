"""Writing the ledger: the entries of one fact, once, under its own source key."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from kit.ids import new_id
from payments.models import PARTNER_PAYABLE, LedgerEntry
from storage.database import insert_rows

CLEARING = "stripe_clearing"
PROMOTIONS = "promotions"


@dataclass(frozen=True, slots=True)
class Entry:
    """One amount, in minor units, moved from ``credit`` to ``debit`` in the sense of double entry."""

    source: str
    debit: str
    credit: str
    amount: int
    line_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class SoldLine:
    """A line as the ledger needs it, in minor units, for the whole line. ``promotion`` is what the
    company paid of it instead of the shopper."""

    line_id: UUID
    wholesale: int
    margin: int
    tax: int
    promotion: int = 0


def sale_entries(
    *, order_id: UUID, lines: Sequence[SoldLine], delivery: int, delivery_tax: int
) -> list[Entry]:
    """What a paid order moves: the shopper's total, split among the company, the partner and the tax.

    The entries of a line add up to what was paid for it, and to what the company's promotion paid.
    That covers wholesale first, and of the margin what goes beyond, so that both stay whole. An amount
    of zero moves nothing.
    """
    source = f"sale:{order_id}"
    entries = []
    for line in lines:
        covered = min(line.promotion, line.wholesale)
        beyond = line.promotion - covered
        entries += [
            Entry(source, CLEARING, "wholesale_revenue", line.wholesale - covered, line.line_id),
            Entry(source, PROMOTIONS, "wholesale_revenue", covered, line.line_id),
            Entry(source, CLEARING, PARTNER_PAYABLE, line.margin - beyond, line.line_id),
            Entry(source, PROMOTIONS, PARTNER_PAYABLE, beyond, line.line_id),
            Entry(source, CLEARING, "tax_payable", line.tax, line.line_id),
        ]
    entries += [
        Entry(source, CLEARING, "delivery_revenue", delivery),
        Entry(source, CLEARING, "tax_payable", delivery_tax),
    ]
    return [entry for entry in entries if entry.amount]


def fee_entries(*, charge_id: str, fee: int) -> list[Entry]:
    """What Stripe keeps of a charge: the company's cost."""
    return [Entry(f"fee:{charge_id}", "processing_fees", CLEARING, fee)] if fee else []


def unsold_entries(*, charge_id: str, total: int) -> list[Entry]:
    """A payment that came after the goods had gone and was given back: in, and out again."""
    return [
        Entry(f"unsold:{charge_id}", CLEARING, "goodwill", total),
        Entry(f"unsold:{charge_id}", "goodwill", CLEARING, total),
    ]


def post(
    session: Session,
    *,
    partner_id: UUID,
    order_id: UUID,
    currency: str,
    entries: Sequence[Entry],
    available_on: datetime | None,
    now: datetime,
) -> None:
    """Write entries, in one statement. ``available_on`` is kept where they touch the partner's account.

    The database refuses a source that was posted before.
    """
    positions: dict[str, int] = {}
    rows = []
    for entry in entries:
        position = positions[entry.source] = positions.get(entry.source, 0) + 1
        rows.append(
            {
                "partner_id": partner_id,
                "entry_id": new_id(),
                "source": entry.source,
                "position": position,
                "debit": entry.debit,
                "credit": entry.credit,
                "amount": entry.amount,
                "currency": currency,
                "order_id": order_id,
                "line_id": entry.line_id,
                "available_on": available_on if PARTNER_PAYABLE in (entry.debit, entry.credit) else None,
                "posted_at": now,
            }
        )
    insert_rows(session, LedgerEntry, rows)
