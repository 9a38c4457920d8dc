"""Ours against Stripe's, to the unit: each movement of its account of our money beside our entries of it.

Movements come in batches, and each batch is matched by one statement in a short transaction of its own, so
that Stripe is never asked while one is open. Of what was matched, only the names of our entries are kept.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Engine, Row
from sqlalchemy.orm import Session

from kit.errors import Refusal
from kit.money import Money
from payments.gateway.errors import GatewayRefused
from payments.gateway.protocol import Gateway
from payments.gateway.records import BalanceMovement
from payments.reconciliation.causes import is_dispute, likely_kind, other_kind
from payments.reconciliation.differences import Difference, Reconciliation
from payments.reconciliation.matching import (
    OUT,
    Part,
    Posted,
    orders_behind,
    paid_by,
    posted_between,
    posted_for,
    posted_naming,
    posted_payouts,
)
from payments.settlement import Reference
from storage.database import transaction

BATCH = 1000
# An entry of the period's beginning may belong to a movement from before it, and Stripe's clock may be ahead
# of ours. Movements from around the period are read so that their entries are known; those from longer ago
# are asked for one by one, as long as they are few.
_BEFORE = timedelta(days=1)
_ASKED = 50
_AHEAD = timedelta(minutes=5)
# What happened no longer ago than this is still heard of, by webhook or by the hourly sweep.
_HEARD_WITHIN = timedelta(hours=2)
# What our entries can stand for, by the kinds of Stripe's movements. All others are few.
_SIDES = {
    "charge": "charge",
    "payment": "charge",
    "refund": "refund",
    "payment_refund": "refund",
    "refund_failure": "refund_failure",
}
# What is sent to the company's bank is no sale and no cost of one, and stands in no entry of ours.
_TO_BANK, _TO_PARTNERS = "payout", "transfer"


class TooSlow(Refusal):
    """Stripe has more to say of a period than fits into the time that there was."""


class _Missing(NamedTuple):
    """A movement, or the fee of it, that we have nothing of."""

    side: str
    movement: BalanceMovement
    amount: int


def reconcile(
    console: Engine,
    gateway: Gateway,
    *,
    since: datetime | None = None,
    until: datetime,
    most: int = 500,
    seconds: float | None = None,
) -> Reconciliation:
    """Compare everything from ``since``, or from the beginning, to ``until``, which is about now.

    Stripe's date decides whether something is of the period; ours where Stripe has none. Raises
    GatewayUnavailable, GatewayRefused, and TooSlow when asking takes longer than ``seconds``.
    """
    made = _Comparison(console, since, until, most)
    movements = gateway.movements(since=since - _BEFORE if since else None, until=until + _AHEAD)
    for batch in _batches(_in_time(movements, seconds)):
        made.match(batch)
    made.match_others()
    made.take_unseen(gateway)
    return made.report()


def _in_time(movements: Iterator[BalanceMovement], seconds: float | None) -> Iterator[BalanceMovement]:
    ends = None if seconds is None else time.monotonic() + seconds
    for movement in movements:
        if ends is not None and time.monotonic() > ends:
            raise TooSlow(
                "Stripe has more to say of this period than a page can wait for. Choose a shorter one, or run"
                " `awning reconcile` on the server.",
                field="days",
            )
        yield movement


def _batches(movements: Iterator[BalanceMovement]) -> Iterator[list[BalanceMovement]]:
    while batch := list(islice(movements, BATCH)):
        yield batch


class _Comparison:
    """What is known so far. ``_seen`` names our entries whose movement was met."""

    def __init__(self, console: Engine, since: datetime | None, until: datetime, most: int) -> None:
        self._console, self._since, self._until = console, since, until
        # Stripe counts in whole seconds.
        self._first = since.replace(microsecond=0) if since else None
        self._seen: set[str] = set()
        self._others: dict[str, list[BalanceMovement]] = defaultdict(list)
        self._found = Reconciliation(most)

    def match(self, batch: Sequence[BalanceMovement]) -> None:
        """Compare movements with what we have of them."""
        sales = [movement for movement in batch if movement.kind in _SIDES]
        sent = [movement for movement in batch if movement.kind.startswith(_TO_PARTNERS)]
        for movement in batch:
            known = movement.kind in _SIDES or movement.kind.startswith(_TO_PARTNERS)
            if not known and self._within(movement):
                self._set_apart(movement)
            elif is_dispute(movement):
                self._seen.add(f"dispute:{movement.source}:{movement.movement_id}")
        charges = {movement.charge for movement in sales}
        refunds = {movement.source for movement in sales if _SIDES[movement.kind] != "charge"}
        with transaction(self._console) as session:
            ours = posted_for(session, charges=charges, refunds=refunds)
            missing = [each for movement in sales for each in self._compare(movement, ours)]
            if sent:
                payouts = posted_payouts(session, {movement.source for movement in sent})
                missing += [each for movement in sent for each in self._compare_sent(movement, payouts)]
            self._explain(session, missing)

    def match_others(self) -> None:
        """Compare what no charge or refund stands behind. Such movements are few; those of one object, as of
        a dispute that was won, add up."""
        if not self._others:
            return
        with transaction(self._console) as session:
            ours = posted_naming(session, self._others)
            missing: list[_Missing] = []
            for name, movements in self._others.items():
                posted = ours.get(Part(name, "other"))
                if posted:
                    self._seen.update(each.source for each in posted)
                    net = sum(each.amount - each.fee for each in movements)
                    self._hold(movements[0], posted, net, other_kind(movements[0]))
                else:
                    missing += [_Missing("other", each, each.amount - each.fee) for each in movements]
            self._explain(session, missing)

    def take_unseen(self, gateway: Gateway) -> None:
        """Find our entries of the period that no movement stands for.

        Stripe may have had it long before the period, as when a webhook is sent again by hand: it is asked
        about each, unless they are so many that this cannot be why.
        """
        doubtful: list[Row[Any]] = []
        objects: set[str] = set()
        with transaction(self._console) as session:
            for row in posted_between(session, since=self._since, until=self._until):
                if row.source + OUT * row.back in self._seen or not row.amount:
                    continue
                if self._since and len(objects) < _ASKED:
                    doubtful.append(row)
                    objects.add(row.object)
                else:
                    self._lack(row)
        for name in objects:
            with suppress(GatewayRefused):
                self.match([each for each in gateway.movements(source=name) if not self._within(each)])
        for row in doubtful:
            if row.source + OUT * row.back not in self._seen:
                self._lack(row)

    def _lack(self, row: Row[Any]) -> None:
        """Count an entry of ours that Stripe does not have."""
        on_its_way = row.refund_state == "pending" and row.source.startswith("refund:")
        self._found.differ(
            Difference(
                "refund_pending" if on_its_way else "not_at_stripe",
                ours=Money(int(row.amount), row.currency),
                stripes=None,
                stripe_id=row.source,
                at=row.at,
                partner_id=row.partner_id,
                order_id=row.order_id,
            )
        )

    def report(self) -> Reconciliation:
        """Everything that was found, each difference with the number of its order."""
        found = self._found
        behind = [(each.partner_id, each.order_id) for each in (*found.differences, *found.under_way)]
        with transaction(self._console) as session:
            found.number({key: str(row.number) for key, row in orders_behind(session, behind).items()})
        return found

    def _within(self, movement: BalanceMovement) -> bool:
        return (self._first is None or movement.created >= self._first) and movement.created <= self._until

    def _set_apart(self, movement: BalanceMovement) -> None:
        self._found.movements += 1
        net = Money(movement.amount - movement.fee, movement.currency)
        if movement.kind.startswith(_TO_BANK):
            self._found.total(movement.currency).to_bank += net
        else:
            # Our entries of a dispute name its movement, all others the object.
            name = movement.movement_id if is_dispute(movement) else movement.source
            self._others[name or movement.movement_id].append(movement)

    def _compare(self, movement: BalanceMovement, ours: dict[Part, list[Posted]]) -> Iterator[_Missing]:
        """Compare a charge or refund, and its fee; yield what we have nothing of."""
        side = _SIDES[movement.kind]
        posted = ours.get(Part(movement.source, side), [])
        fees = ours.get(Part(movement.source, "fee"), [])
        if side == "refund" and not posted:
            posted = ours.get(Part(movement.charge, "unsold"), [])
            self._seen.update(each.source + OUT for each in posted)
        else:
            self._seen.update(each.source for each in (*posted, *fees))
        if not self._within(movement):
            return
        self._found.movements += 1
        if posted:
            kind = "payment_amount" if side == "charge" else "refund_amount"
            self._hold(movement, posted, movement.amount, kind)
        if fees:
            self._hold(movement, fees, -movement.fee, "fee_amount")
        if not posted:
            yield _Missing(side, movement, movement.amount - (0 if fees else movement.fee))
        elif movement.fee and not fees:
            yield _Missing("fee" if side == "charge" else "fee_of_refund", movement, -movement.fee)

    def _compare_sent(self, movement: BalanceMovement, ours: dict[Part, list[Posted]]) -> Iterator[_Missing]:
        """Compare what was sent to a partner, or came back; yield it where we have nothing of it."""
        posted = ours.get(Part(movement.source, "payout"), [])
        self._seen.update(each.source for each in posted)
        if not self._within(movement):
            return
        self._found.movements += 1
        net = movement.amount - movement.fee
        self._found.total(movement.currency).to_partners += Money(net, movement.currency)
        if posted:
            self._hold(movement, posted, net, "payout_amount")
        else:
            yield _Missing("payout", movement, net)

    def _hold(self, movement: BalanceMovement, posted: Iterable[Posted], amount: int, kind: str) -> None:
        """Hold what we posted against an amount of Stripe's. Other currencies are never made one."""
        ours: dict[str, Money] = {}
        for each in posted:
            currency = each.amount.currency
            ours[currency] = ours.get(currency, Money(0, currency)) + each.amount
            behind = (movement.source, movement.created, each.partner_id, each.order_id)
        theirs = Money(amount, movement.currency)
        same = ours.pop(movement.currency, None)
        if same == theirs:
            self._found.agree(theirs)
        elif same is not None:
            self._found.differ(Difference(kind, same, theirs, *behind))
        elif amount:
            _, other = ours.popitem()
            kind = "fee_currency" if kind == "fee_amount" else "currency"
            self._found.differ(Difference(kind, other, theirs, *behind))
        for other in ours.values():
            self._found.differ(Difference("currency", other, None, *behind))

    def _explain(self, session: Session, missing: Sequence[_Missing]) -> None:
        """Find the likely cause of movements that we have nothing of, and the order behind each."""
        if not missing:
            return
        paid = paid_by(session, {each.movement.charge for each in missing})
        behind = [paid.get(each.movement.charge) or _written(each.movement) for each in missing]
        orders = orders_behind(session, behind)
        for (side, movement, amount), key in zip(missing, behind, strict=True):
            order = orders.get(key) if key else None
            kind = likely_kind(
                side,
                movement,
                order,
                ours=movement.charge in paid,
                fresh=movement.created > self._until - _HEARD_WITHIN,
            )
            self._found.differ(
                Difference(
                    kind,
                    ours=None,
                    stripes=Money(amount, movement.currency),
                    stripe_id=movement.source or movement.movement_id,
                    at=movement.created,
                    partner_id=order.partner_id if order else None,
                    order_id=order.order_id if order else None,
                )
            )


def _written(movement: BalanceMovement) -> tuple[UUID, UUID] | None:
    """The order that we wrote into what Stripe has, where we did."""
    reference = Reference.of({"attempt": 0, **movement.metadata})
    return (reference.partner_id, reference.order_id) if reference else None
