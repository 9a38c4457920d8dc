"""Writing the ledger: the entries of one fact, once, under its own source key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from kit.ids import NIL, new_id
from payments.ledger.shares import Share, SoldLine
from payments.models import PARTNER_PAYABLE, LedgerEntry
from storage.database import insert_rows

CLEARING = "stripe_clearing"
PROMOTIONS = "promotions"
GOODWILL = "goodwill"
FEES = "processing_fees"
DISPUTE_LOSSES = "dispute_losses"


_OWED = text("""
    UPDATE orders SET owed = owed + :owed WHERE partner_id = :partner_id AND order_id = :order_id
""")


@dataclass(frozen=True, slots=True)
class Entry:
    """One amount, in minor units, moved from ``credit`` to ``debit`` in the sense of double entry."""

    source: str
    debit: str
    credit: str
    amount: int
    line_id: UUID | None = None


def sale_entries(
    *, order_id: UUID, lines: Sequence[SoldLine], delivery: int, delivery_tax: int
) -> list[Entry]:
    """What a paid order moves: the shopper's total, split among the company, the partner and the tax.

    The entries of a line add up to what was paid for it, and to what the company's promotion paid. An
    amount of zero moves nothing.
    """
    source = f"sale:{order_id}"
    entries = [entry for line in lines for entry in _share(source, line.share(line.quantity), line.line_id)]
    entries += _moved(source, CLEARING, "delivery_revenue", delivery)
    entries += _moved(source, CLEARING, "tax_payable", delivery_tax)
    return entries


def _share(source: str, share: Share, line_id: UUID) -> list[Entry]:
    """The entries of a line's share: what came from Stripe, and what the company's promotion paid."""
    return [
        *_moved(source, CLEARING, "wholesale_revenue", share.wholesale, line_id),
        *_moved(source, PROMOTIONS, "wholesale_revenue", share.promoted_wholesale, line_id),
        *_moved(source, CLEARING, PARTNER_PAYABLE, share.margin, line_id),
        *_moved(source, PROMOTIONS, PARTNER_PAYABLE, share.promoted_margin, line_id),
        *_moved(source, CLEARING, "tax_payable", share.tax, line_id),
    ]


def _moved(source: str, debit: str, credit: str, amount: int, line_id: UUID | None = None) -> list[Entry]:
    """An entry, turned round where the amount is negative; none where it is zero."""
    if amount < 0:
        debit, credit, amount = credit, debit, -amount
    return [Entry(source, debit, credit, amount, line_id)] if amount else []


@dataclass(frozen=True, slots=True)
class GivenBack:
    """What a refund gives back besides its lines, in minor units.

    ``goodwill`` is paid by ``funder``, company or partner. ``company_back`` and ``partner_back`` are goodwill
    given earlier that is part of what the lines are worth, and returns to whoever paid it.
    """

    delivery: int = 0
    delivery_tax: int = 0
    goodwill: int = 0
    funder: str | None = None
    company_back: int = 0
    partner_back: int = 0


def refund_entries(*, refund_id: UUID, lines: Mapping[UUID, Share], besides: GivenBack) -> list[Entry]:
    """What a refund moves: of each line the opposite of its part of the sale, and the shopper's money out."""
    source = f"refund:{refund_id}"
    entries = [
        entry for line_id, share in lines.items() for entry in _share(source, Share() - share, line_id)
    ]
    pays = PARTNER_PAYABLE if besides.funder == "partner" else GOODWILL
    return [
        *entries,
        *_moved(source, "delivery_revenue", CLEARING, besides.delivery),
        *_moved(source, "tax_payable", CLEARING, besides.delivery_tax),
        *_moved(source, pays, CLEARING, besides.goodwill),
        *_moved(source, CLEARING, GOODWILL, besides.company_back),
        *_moved(source, CLEARING, PARTNER_PAYABLE, besides.partner_back),
    ]


def refund_failed_entries(*, refund_id: UUID, refunded: Sequence[Entry]) -> list[Entry]:
    """The money of a refund that the shopper's bank sent back: the refund's entries the other way round."""
    return turned(f"refund_failed:{refund_id}", refunded)


def turned(source: str, entries: Sequence[Entry]) -> list[Entry]:
    """The same entries the other way round, as another fact."""
    return [Entry(source, entry.credit, entry.debit, entry.amount, entry.line_id) for entry in entries]


def dispute_entries(*, dispute_id: str, movement_id: str, amount: int, fee: int) -> list[Entry]:
    """What Stripe took for a dispute, or, with a positive ``amount`` or a negative ``fee``, gave back. It is
    the company's loss until the bank has decided."""
    source = f"dispute:{dispute_id}:{movement_id}"
    return [*_moved(source, CLEARING, DISPUTE_LOSSES, amount), *_moved(source, FEES, CLEARING, fee)]


def dispute_lost_entries(
    *, source: str, lines: Mapping[UUID, Share], besides: GivenBack, wholesale_account: str
) -> list[Entry]:
    """Who bears a dispute that was lost: of each line the opposite of its part of the sale, against the loss.

    With DISPUTE_LOSSES as ``wholesale_account`` the wholesale stays with the company's losses.
    """

    def account(name: str, other: str) -> str:
        if name == CLEARING:
            return DISPUTE_LOSSES
        return wholesale_account if name == "wholesale_revenue" and other == CLEARING else name

    as_refund = refund_entries(refund_id=NIL, lines=lines, besides=besides)
    borne = [
        replace(
            entry,
            source=source,
            debit=account(entry.debit, entry.credit),
            credit=account(entry.credit, entry.debit),
        )
        for entry in as_refund
    ]
    return [entry for entry in borne if entry.debit != entry.credit]


def dispute_fee_entries(*, source: str, fee: int) -> list[Entry]:
    """Stripe's fee for a lost dispute, where the partner bears it."""
    return _moved(source, PARTNER_PAYABLE, FEES, fee)


def fee_entries(*, charge_id: str, fee: int, share_bps: int) -> list[Entry]:
    """What Stripe keeps of a charge. It is the company's cost, but for the partner's share of it in basis
    points, rounded down: half a cent is the company's."""
    return [
        *_moved(f"fee:{charge_id}", FEES, CLEARING, fee),
        *_moved(f"fee_share:{charge_id}", PARTNER_PAYABLE, FEES, fee * share_bps // 10_000),
    ]


def unsold_entries(*, charge_id: str, total: int) -> list[Entry]:
    """A payment that came after the goods had gone and was given back: in, and out again."""
    return [
        Entry(f"unsold:{charge_id}", CLEARING, GOODWILL, total),
        Entry(f"unsold:{charge_id}", GOODWILL, CLEARING, total),
    ]


def losses(entries: Sequence[Entry], *, but: str) -> dict[str, int]:
    """What entries take from each account ``but`` one; negative where it gets something."""
    found: dict[str, int] = {}
    for entry in entries:
        found[entry.debit] = found.get(entry.debit, 0) + entry.amount
        found[entry.credit] = found.get(entry.credit, 0) - entry.amount
    return {name: lost for name, lost in found.items() if lost and name != but}


def payout_entries(*, line_id: UUID, amount: int) -> list[Entry]:
    """What was sent to a partner's account."""
    return [Entry(f"payout:{line_id}", PARTNER_PAYABLE, CLEARING, amount)]


def payout_reversed_entries(*, reversal_id: str, amount: int) -> list[Entry]:
    """What came back of it, and is owed to the partner again."""
    return [Entry(f"payout_reversed:{reversal_id}", CLEARING, PARTNER_PAYABLE, amount)]


def post(
    session: Session,
    *,
    partner_id: UUID,
    order_id: UUID | None,
    currency: str,
    entries: Sequence[Entry],
    available_on: datetime | None,
    now: datetime,
) -> None:
    """Write entries, in one statement. ``available_on`` is kept where they touch the partner's account, and
    what they bring the partner is added to what the order owes.

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
    owed = losses(entries, but="").get(PARTNER_PAYABLE, 0)
    if owed and order_id is not None:
        session.execute(_OWED, {"partner_id": partner_id, "order_id": order_id, "owed": -owed})
