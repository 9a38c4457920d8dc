"""Why ours and Stripe's may differ, in plain words: what it is, the likely cause, and what to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row

from payments.gateway.records import BalanceMovement


@dataclass(frozen=True, slots=True)
class Cause:
    """``what`` names the difference in a few words; ``why`` is the likely cause, ``then`` what to do.

    ``under_way`` is no mistake: it ends by itself, or with something that Stripe or the worker does next.
    """

    what: str
    why: str
    then: str
    under_way: bool = False


_SWEEP = "Run `awning sweep`, and see that Stripe's webhooks reach this installation."
_ELSEWHERE = "Where the money is yours, book it outside Awning; where it is not, give it back at Stripe."

CAUSES: dict[str, Cause] = {
    "payment_settling": Cause(
        "Payment not settled yet",
        "The shopper has just paid; the order has not heard of it.",
        "Nothing: the webhook or the hourly sweep settles it.",
        under_way=True,
    ),
    "payment_unheard": Cause(
        "Payment never settled", "The webhook of a paid order was lost, or its job failed.", _SWEEP
    ),
    "payment_flagged": Cause(
        "Payment differs from its order",
        "Stripe took another amount, or another currency, than the order asks. The order is flagged, and "
        "not paid.",
        "Give the payment back at Stripe, or take it up with the shopper.",
    ),
    "payment_twice": Cause(
        "Second payment of an order",
        "The order was paid, or given back, by another payment.",
        "Give this payment back at Stripe.",
    ),
    "payment_foreign": Cause(
        "Payment of no order",
        "It was not made in a store of this installation: by a payment link, an invoice, or another program "
        "on the same Stripe account.",
        _ELSEWHERE,
    ),
    "payment_amount": Cause(
        "Payment and sale differ",
        "An entry of the ledger was changed in the database by hand, or entries of the sale are missing.",
        "Run `awning verify`, which names the order and its line. The amount at Stripe is what was paid.",
    ),
    "currency": Cause(
        "Other currency",
        "Stripe keeps the money in another currency than the order's. Nothing is exchanged by guess.",
        "Add a bank account in the order's currency at Stripe, so that nothing is exchanged any more; book "
        "the exchange of this one outside Awning.",
    ),
    "fee_waiting": Cause(
        "Fee not posted yet",
        "Stripe did not know its fee when the order was settled; a job asks again.",
        "Nothing: the job posts it.",
        under_way=True,
    ),
    "fee_missing": Cause(
        "Fee never posted",
        "The job that posts it was given up, or was never made.",
        "Look for payment.fee among the failed jobs in the work queue, and try it again.",
    ),
    "fee_currency": Cause(
        "Fee in another currency",
        "Stripe took its fee in another currency than the one that it was posted in.",
        "Run `awning verify`: an entry of the fee was changed in the database by hand.",
    ),
    "fee_amount": Cause(
        "Fee differs",
        "Stripe changed its fee after it was posted, or an entry was changed in the database by hand.",
        "Compare with the payment at Stripe; book the rest outside Awning.",
    ),
    "fee_of_refund": Cause(
        "Fee of a refund",
        "Stripe kept a fee of a refund. Awning posts the fees of payments alone.",
        "Book it outside Awning.",
    ),
    "refund_settling": Cause(
        "Refund not recorded yet",
        "Stripe has given the money back; its answer has not been recorded.",
        "Nothing: the job, the webhook or the hourly sweep records it.",
        under_way=True,
    ),
    "refund_unheard": Cause(
        "Refund never recorded",
        "Stripe has given the money back; its webhook was lost, or its job failed.",
        _SWEEP,
    ),
    "refund_by_hand": Cause(
        "Refund made outside Awning",
        "Somebody gave the money back in Stripe's dashboard, and its webhook was lost; or more was given "
        "back than the order had left.",
        "Send the refund's event again from Stripe's dashboard. Where the order has less left than was given "
        "back, book the rest outside Awning.",
    ),
    "refund_by_hand_settling": Cause(
        "Refund made outside Awning",
        "Somebody has just given the money back in Stripe's dashboard; that has not been recorded.",
        "Nothing: the webhook or the hourly sweep records it.",
        under_way=True,
    ),
    "refund_foreign": Cause(
        "Refund of a payment that is of no order",
        "The payment was not made in a store of this installation, or was never settled.",
        _ELSEWHERE,
    ),
    "refund_pending": Cause(
        "Refund on its way",
        "Stripe has accepted the refund and has not moved the money yet.",
        "Nothing: Stripe sends it within days. Where it waits for balance, top up your balance at Stripe.",
        under_way=True,
    ),
    "refund_amount": Cause(
        "Refund differs",
        "An entry of the ledger was changed in the database by hand, or entries of the refund are missing.",
        "Run `awning verify`, which names the refund. The amount at Stripe is what was given back.",
    ),
    "refund_back_settling": Cause(
        "Refund that came back",
        "The shopper's bank has just sent the refund back; that has not been recorded.",
        "Nothing: the webhook or the hourly sweep records it.",
        under_way=True,
    ),
    "refund_back": Cause(
        "Refund that came back",
        "The shopper's bank sent the refund back, and the webhook that says so was lost.",
        _SWEEP,
    ),
    "dispute_settling": Cause(
        "Dispute not recorded yet",
        "A shopper's bank has just asked for a payment back, or given it back; that has not been recorded.",
        "Nothing: the webhook or the hourly sweep records it.",
        under_way=True,
    ),
    "dispute_unheard": Cause(
        "Dispute never recorded",
        "The webhook of a dispute was lost: the money that Stripe took or gave back is in no entry.",
        "Send the dispute's event again from Stripe's dashboard, and see that Stripe's webhooks reach this "
        "installation.",
    ),
    "dispute_foreign": Cause(
        "Dispute of a payment that is of no order",
        "The payment was not made in a store of this installation, or was never settled.",
        "Answer it at Stripe, and book it outside Awning.",
    ),
    "dispute_amount": Cause(
        "Dispute differs",
        "Stripe has moved more for the dispute than was heard of, or entries of it were changed by hand.",
        _SWEEP,
    ),
    "payout_settling": Cause(
        "Payout not recorded yet",
        "Stripe has sent the money to the partner, or it came back; that has not been recorded.",
        "Nothing: the job, the webhook or the hourly sweep records it.",
        under_way=True,
    ),
    "payout_unheard": Cause(
        "Payout never recorded",
        "Stripe has sent the money to the partner; its webhook was lost, or its job failed.",
        _SWEEP,
    ),
    "payout_back": Cause(
        "Payout that came back",
        "A transfer to a partner was reversed, and the webhook that says so was lost; or the transfer was "
        "none of Awning's.",
        _SWEEP,
    ),
    "payout_by_hand": Cause(
        "Transfer made outside Awning",
        "Somebody sent money to an account in Stripe's dashboard, so the partner's balance still stands as "
        "it was.",
        "Book it outside Awning, and pay partners by a payout run from now on.",
    ),
    "payout_amount": Cause(
        "Payout differs",
        "An entry of the ledger was changed in the database by hand.",
        "Run `awning verify`, which names the payout. The amount at Stripe is what was sent.",
    ),
    "stripe_fee": Cause(
        "Fee of Stripe's own",
        "Stripe charged for a service, not for a payment: Radar, Connect, a report, a tax.",
        "Book it outside Awning, with Stripe's monthly invoice.",
    ),
    "other": Cause(
        "Movement of no order",
        "Something at Stripe that no order stands behind: a top-up, a reserve, an adjustment.",
        "Open it in Stripe's dashboard, and book it outside Awning.",
    ),
    "not_at_stripe": Cause(
        "Entry that Stripe does not have",
        "The key is of another Stripe account, or of test mode; or the entry was written, or the order's "
        "payment changed, in the database by hand.",
        "See that AWNING_STRIPE_API_KEY is of the account that took the payments, then look at the order.",
    ),
}


def other_kind(movement: BalanceMovement) -> str:
    """What a movement is that is no payment and no refund, where the ledger has other entries of it."""
    if is_dispute(movement):
        return "dispute_amount"
    return "stripe_fee" if movement.kind.endswith("fee") else "other"


def likely_kind(
    side: str, movement: BalanceMovement, order: Row[Any] | None, *, ours: bool, fresh: bool
) -> str:
    """Why we have nothing of a movement. ``order`` is the order behind it, as it is now; ``ours`` whether its
    charge settled one, ``fresh`` whether it may yet be heard of."""
    match side:
        case "charge":
            return _why_no_sale(order, ours=ours, fresh=fresh)
        case "fee":
            if order is not None and order.fee_waits:
                return "fee_waiting"
            return "fee_missing"
        case "refund" if order is not None and "refund" in movement.metadata:
            return "refund_settling" if fresh else "refund_unheard"
        case "refund":
            if not ours:
                return "refund_foreign"
            return "refund_by_hand_settling" if fresh else "refund_by_hand"
        case "refund_failure":
            if order is None:
                return "refund_foreign"
            return "refund_back_settling" if fresh else "refund_back"
        case "payout" if movement.kind.endswith("refund"):
            return "payout_settling" if fresh else "payout_back"
        case "payout" if "payout" in movement.metadata:
            return "payout_settling" if fresh else "payout_unheard"
        case "payout":
            return "payout_by_hand"
        case "fee_of_refund":
            return side
    if is_dispute(movement):
        if not ours:
            return "dispute_foreign"
        return "dispute_settling" if fresh else "dispute_unheard"
    return other_kind(movement)


def is_dispute(movement: BalanceMovement) -> bool:
    """Whether a movement is of a dispute."""
    return movement.source.startswith(("du_", "dp_"))


def _why_no_sale(order: Row[Any] | None, *, ours: bool, fresh: bool) -> str:
    if order is None:
        return "payment_foreign"
    if ours:
        return "payment_amount"
    if order.payment not in ("awaiting", "expired", "failed"):
        return "payment_twice"
    if order.flagged:
        return "payment_flagged"
    return "payment_settling" if fresh else "payment_unheard"
