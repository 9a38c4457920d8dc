"""Changing thousands of own prices at once: what it would do, and doing exactly that.

Nothing is kept between the two. What was shown has a mark, and what is about to be saved is worked out
again; when the marks differ, something moved in between, and it is shown again instead.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from hashlib import sha256
from uuid import UUID

from sqlalchemy.orm import Session

from kit.money import Money
from pricing.judging import Judged, judge_prices, preview_following, preview_rule
from pricing.retail import clear_prices, set_judged


@dataclass(frozen=True)
class Proposal:
    """What a change would make of each price. With ``following`` the prices of their own go, and what the
    rules beneath make of them comes."""

    rows: tuple[Judged, ...]
    following: bool = False

    @cached_property
    def refused(self) -> list[Judged]:
        return [row for row in self.rows if row.refusal]

    @cached_property
    def changed(self) -> list[Judged]:
        """What would be saved. A price that is as asked already is left alone."""
        return [row for row in self.rows if not row.refusal and (self.following or row.changes)]

    @cached_property
    def changed_keys(self) -> frozenset[UUID]:
        """The variants whose prices would be saved."""
        return frozenset(row.variant_id for row in self.changed)

    @property
    def unchanged(self) -> int:
        return len(self.rows) - len(self.refused) - len(self.changed)

    @cached_property
    def seen(self) -> str:
        """A mark of exactly this outcome."""
        told = sha256(b"following" if self.following else b"")
        for row in self.rows:
            told.update(
                f"{row.variant_id.hex} {row.before_minor} {row.after_minor} {row.earn_minor}"
                f" {bool(row.refusal)}\n".encode()
            )
        return told.hexdigest()[:24]

    def at_sales(self, units: Mapping[UUID, int], currency: str) -> Money:
        """What partners would have earned more, or less, on so many units of each."""
        return Money(
            sum(
                units.get(row.variant_id, 0) * (row.earn_minor - (row.earned_minor or 0))
                for row in self.changed
                if row.before_minor is not None
            ),
            currency,
        )


def propose_rule(
    session: Session,
    *,
    partner_id: UUID,
    store_id: UUID,
    variant_ids: Sequence[UUID],
    method: str,
    value: int,
    rounding: str,
    now: datetime,
) -> Proposal:
    """What a rule would make of variants' prices. Raises Refusal for a rule that cannot be."""
    judged = preview_rule(
        session,
        partner_id=partner_id,
        store_id=store_id,
        variant_ids=variant_ids,
        method=method,
        value=value,
        rounding=rounding,
        now=now,
    )
    return Proposal(tuple(judged))


def propose_following(
    session: Session, *, partner_id: UUID, store_id: UUID, variant_ids: Sequence[UUID], now: datetime
) -> Proposal:
    """What letting variants follow the store's rules again would do, of those that do not."""
    judged = preview_following(
        session, partner_id=partner_id, store_id=store_id, variant_ids=variant_ids, now=now
    )
    return Proposal(tuple(judged), following=True)


def propose_prices(
    session: Session, *, partner_id: UUID, store_id: UUID, prices: Mapping[UUID, Money], now: datetime
) -> Proposal:
    """What setting these prices would do. Raises Refusal for another currency than the store's."""
    return Proposal(
        tuple(judge_prices(session, partner_id=partner_id, store_id=store_id, prices=prices, now=now))
    )


def save_proposal(
    session: Session, *, partner_id: UUID, store_id: UUID, proposal: Proposal, actor: str, now: datetime
) -> int:
    """Write what a proposal changes, all of it in the session's transaction, and return how many prices.

    What it refuses stays as it is. The proposal was made in this transaction, after ``store_changed``
    made changes to the store follow one another.
    """
    if not proposal.changed:
        return 0
    if proposal.following:
        clear_prices(
            session,
            partner_id=partner_id,
            store_id=store_id,
            variant_ids=[row.variant_id for row in proposal.changed],
            actor=actor,
            now=now,
        )
    else:
        set_judged(session, proposal.changed, partner_id=partner_id, store_id=store_id, actor=actor, now=now)
    return len(proposal.changed)
