"""Refunds that somebody made in Stripe's dashboard: the ledger takes them over."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from kit.errors import NotFound
from payments.disputes.applying import NotSettledYet
from payments.gateway.records import RefundSnapshot
from payments.refunds.asking import RefundAsked, ask_refund
from payments.refunds.sending import RefundReference, apply_refund
from payments.remainder import NotRefundable, read_remainder
from payments.settlement import Reference

ACTOR = "Stripe"
_ADOPTED = text("""
    SELECT r.refund_id FROM refunds r WHERE r.partner_id = :partner_id AND r.stripe_id = :stripe_id
""")


def adopt_refund(session: Session, *, reference: Reference, snapshot: RefundSnapshot, now: datetime) -> str:
    """Post a refund that we did not ask for. Safe to repeat, in any order; returns what came of it.

    Which goods it was for, nobody has said. All that was left of an order gives everything back, as if it
    had been asked for here; less is goodwill of the company. ``mismatch`` where more was given than the
    order has left: `awning reconcile` names it then. Raises NotSettledYet where its payment was not heard of.
    """
    keys = {"partner_id": reference.partner_id, "order_id": reference.order_id}
    try:
        known = read_remainder(session, **keys, lock=True)
    except NotFound:
        return "unknown"
    if known.row.payment in ("awaiting", "expired", "failed"):
        raise NotSettledYet(f"order {reference.order_id} is {known.row.payment}")
    if known.row.paid_at is None:
        return "already"
    refund_id = session.execute(
        _ADOPTED, {"partner_id": reference.partner_id, "stripe_id": snapshot.refund_id}
    ).scalar_one_or_none()
    if refund_id is None:
        if snapshot.currency != known.row.currency or snapshot.amount > known.left:
            return "mismatch"
        everything = snapshot.amount == known.left and snapshot.status != "failed"
        asked = RefundAsked(
            units=known.units_left if everything else {},
            delivery=known.delivery_left if everything else 0,
            goodwill=0 if everything else snapshot.amount,
            restock=known.row.stock == "held",
            reason="Given back in Stripe's dashboard.",
        )
        try:
            refund_id = ask_refund(session, **keys, asked=asked, actor=ACTOR, now=now)
        except NotRefundable:
            return "mismatch"
    ours = RefundReference(reference.partner_id, reference.order_id, refund_id)
    return apply_refund(session, reference=ours, snapshot=snapshot, now=now)
