"""What a price list agrees with its partners besides prices: its hold, their part of fees, what they see."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from kit.errors import NotFound, Refusals
from pricing.lists import name_refusal
from pricing.models import PriceList
from storage import audit

LONGEST_HOLD = 365


@dataclass(frozen=True, slots=True)
class ListTerms:
    """A price list's terms. ``hold_from`` and ``hold_days`` are None where the company's hold counts;
    ``fee_share_bps`` is the partners' part of Stripe's fee for a payment, in basis points of the fee."""

    name: str
    customer_fields: tuple[str, ...]
    hold_from: str | None
    hold_days: int | None
    fee_share_bps: int


def read_terms(session: Session, *, price_list_id: UUID) -> ListTerms:
    """Return a list's terms. Raises NotFound."""
    row = session.execute(
        select(PriceList).where(PriceList.price_list_id == price_list_id)
    ).scalar_one_or_none()
    if row is None:
        raise NotFound("There is no such price list.")
    return ListTerms(row.name, tuple(row.customer_fields), row.hold_from, row.hold_days, row.fee_share_bps)


def change_terms(
    session: Session,
    *,
    price_list_id: UUID,
    wanted: ListTerms,
    grants: Sequence[str],
    actor: str,
    now: datetime,
) -> tuple[str, ...]:
    """Change what differs, write it to the audit log, and return the names of what changed.

    Hold and fees count for orders placed from now on. ``grants`` are all fields that can be granted.
    Raises NotFound, and Refusals with a sentence for each field.
    """
    # Locked, so that two people who save at once are written down one after the other.
    session.execute(
        select(PriceList.price_list_id).where(PriceList.price_list_id == price_list_id).with_for_update()
    )
    before = read_terms(session, price_list_id=price_list_id)
    errors: dict[str, str] = {}
    if wanted.name != before.name and (problem := name_refusal(session, wanted.name, but=price_list_id)):
        errors["name"] = problem
    if unknown := [field for field in wanted.customer_fields if field not in grants]:
        errors["customer_fields"] = f"There is no field {', '.join(unknown[:3])}."
    if wanted.hold_from not in (None, "payment", "delivery"):
        errors["hold_from"] = "The hold counts from payment or from delivery, or is the company's."
    if (wanted.hold_from is None) != (wanted.hold_days is None):
        errors["hold_days"] = "A hold of its own has both: from when it counts, and its days."
    elif wanted.hold_days is not None and not 0 <= wanted.hold_days <= LONGEST_HOLD:
        errors["hold_days"] = f"The hold is 0 to {LONGEST_HOLD} days."
    if not 0 <= wanted.fee_share_bps <= 10_000:
        errors["fee_share"] = "A percentage from 0 to 100."
    if errors:
        raise Refusals(errors)
    old, new = asdict(before), asdict(wanted)
    changed = tuple(name for name in old if old[name] != new[name])
    if changed:
        values = {name: list(new[name]) if name == "customer_fields" else new[name] for name in changed}
        session.execute(update(PriceList).where(PriceList.price_list_id == price_list_id).values(values))
        audit.record(
            session,
            actor=actor,
            action="price_list.terms",
            subject=f"price_list:{price_list_id}",
            now=now,
            before={name: old[name] for name in changed},
            after={name: new[name] for name in changed},
        )
    return changed
