"""What Stripe has, as frozen records of the few fields that the program reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class CheckoutSnapshot:
    """A Checkout Session as Stripe has it now. Amounts are minor units.

    ``status`` is open, complete or expired; ``paid`` whether the money has come. ``fee`` is what
    Stripe keeps, once it is known, in the currency of settlement. ``risk`` is Stripe's word for how likely
    a fraud is: normal, elevated, highest, or something else where it does not know.
    """

    session_id: str
    url: str | None
    status: str
    paid: bool
    amount: int
    currency: str
    metadata: Mapping[str, str]
    payment_intent_id: str | None
    charge_id: str | None
    fee: int | None
    fee_currency: str | None
    risk: str


@dataclass(frozen=True, slots=True)
class RefundSnapshot:
    """A refund as Stripe has it now. ``status`` is pending, succeeded or failed; a refund that succeeded may
    fail after all, when the shopper's bank sends the money back. ``failure`` says why, in Stripe's word.

    ``payment`` is the metadata of the payment that it is of, where that was asked for.
    """

    refund_id: str
    status: str
    amount: int
    currency: str
    metadata: Mapping[str, str]
    failure: str
    payment: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class DisputeMovement:
    """What Stripe took for a dispute, as a negative ``amount`` and a ``fee``, or gave back; minor units."""

    movement_id: str
    amount: int
    fee: int
    currency: str


@dataclass(frozen=True, slots=True)
class DisputeSnapshot:
    """A dispute as Stripe has it now. ``state`` is inquiry, open, won, lost, or closed for an inquiry that
    came to nothing; ``amount`` is what the bank asks for, in minor units.

    ``metadata`` is of the payment. ``due`` is until when an answer is taken; ``answers`` counts those sent.
    """

    dispute_id: str
    state: str
    amount: int
    currency: str
    reason: str
    metadata: Mapping[str, str]
    opened: datetime
    due: datetime | None
    answers: int
    movements: tuple[DisputeMovement, ...]


@dataclass(frozen=True, slots=True)
class ReversalSnapshot:
    """Part of a transfer that came back, in minor units."""

    reversal_id: str
    amount: int


@dataclass(frozen=True, slots=True)
class TransferSnapshot:
    """A transfer to a partner's account as Stripe has it now, with everything of it that came back."""

    transfer_id: str
    amount: int
    currency: str
    destination: str
    metadata: Mapping[str, str]
    reversals: tuple[ReversalSnapshot, ...]


@dataclass(frozen=True, slots=True)
class NeedSnapshot:
    """Something that Stripe asks of an account's owner: ``what`` in Stripe's word, and ``by`` when, where it
    gives time. ``stops`` says that it is due, and keeps money from the account until then."""

    what: str
    by: datetime | None
    stops: bool


@dataclass(frozen=True, slots=True)
class AccountSnapshot:
    """A partner's account as Stripe has it now. ``able`` says that transfers to it are possible."""

    account_id: str
    able: bool
    closed: bool
    needs: tuple[NeedSnapshot, ...]
    metadata: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class GatewayEvent:
    """A webhook, verified. ``object_id`` names what it is about."""

    event_id: str
    type: str
    object_id: str
    payload: dict[str, Any]


@dataclass(frozen=True, slots=True)
class BalanceMovement:
    """One line of Stripe's own account of our money, in minor units: ``amount`` comes in or, negative, goes
    out, and ``fee`` is kept of it.

    ``source`` is the charge, refund or dispute behind it, with the ``metadata`` that it was made with;
    ``charge`` is the payment that a refund or a dispute takes from. ``created`` is in whole seconds.
    """

    movement_id: str
    kind: str
    source: str
    charge: str
    metadata: Mapping[str, str]
    amount: int
    fee: int
    currency: str
    created: datetime
