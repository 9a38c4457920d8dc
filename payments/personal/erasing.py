"""Erasing what is kept of a shopper: at once what nothing needs, and later what had to wait.

An order keeps what was sold, for how much, and the country and region that its tax depends on. Its ledger,
its lines and its timeline stay as they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from orders.accounts.closing import remove_accounts
from orders.keepers import Keeper, Whose
from payments.personal.due import KeptOrder, due_orders, kept_orders, settled_orders
from storage import audit

SHOPPER, PROGRAM = "shopper", "awning"
_BATCH = 200


@dataclass(frozen=True, slots=True)
class Erased:
    """What became of a wish to be forgotten: orders that are erased already, and those that are later."""

    at_once: tuple[KeptOrder, ...]
    later: tuple[KeptOrder, ...]


def what_would_be_erased(session: Session, *, whose: Whose, now: datetime) -> Erased:
    """What erasing would do now, without doing it."""
    found = kept_orders(session, whose=whose, now=now)
    return Erased(
        tuple(order for order in found if order.due(now)),
        tuple(order for order in found if not order.due(now)),
    )


_ASKED = text("""
    UPDATE orders o SET erase_asked_at = :now
     WHERE o.partner_id = :partner_id AND o.order_id = ANY(CAST(:orders AS uuid[]))
       AND o.erase_asked_at IS NULL
""")
_CARTS = text("""
    DELETE FROM cart_items i
     WHERE i.partner_id = :partner_id AND i.cart_id = ANY(CAST(:carts AS uuid[]))
""")
_EMPTY_CARTS = text("""
    DELETE FROM carts c WHERE c.partner_id = :partner_id AND c.cart_id = ANY(CAST(:carts AS uuid[]))
""")
_CARTS_OF = text("""
    SELECT DISTINCT o.cart_id FROM orders o
     WHERE o.partner_id = :partner_id AND o.store_id = :store_id AND o.payment <> 'awaiting'
       AND (o.customer_id = CAST(:customer_id AS uuid) OR lower(o.email) = :email)
""")
_CUSTOMER = text("""
    UPDATE customers c SET email = 'erased:' || c.customer_id, name = '', phone = '', address = '{}',
           erased_at = :now
     WHERE c.partner_id = :partner_id AND c.customer_id = CAST(:customer_id AS uuid) AND c.erased_at IS NULL
""")


def erase_shopper(
    session: Session, *, keepers: Sequence[Keeper], whose: Whose, carts: Sequence[UUID] = (), now: datetime
) -> Erased:
    """Erase a shopper that asked for it: account, addresses, bags, the customer, and each order that nothing
    needs any more. The others are marked, and the job erases them when their time has come.

    ``carts`` are further bags, such as that of the browser that asks. ``whose`` is all of an address, never
    one order alone.
    """
    if whose.order_id is not None:
        raise ValueError("who may see one order alone cannot have the customer erased")
    found = what_would_be_erased(session, whose=whose, now=now)
    for keeper in keepers:
        if keeper.erase is not None:
            keeper.erase(session, whose, now)
    mine = [*session.scalars(_CARTS_OF, whose.keys), *carts]
    for statement in (_CARTS, _EMPTY_CARTS):
        session.execute(statement, {"partner_id": whose.partner_id, "carts": mine})
    marked = [order.order_id for order in (*found.at_once, *found.later)]
    session.execute(_ASKED, {"partner_id": whose.partner_id, "orders": marked, "now": now})
    for order in found.at_once:
        erase_order(session, keepers=keepers, partner_id=whose.partner_id, order_id=order.order_id, now=now)
    for order in found.later:
        # The books need who bought, and nothing of what stands beside the order.
        if not order.waits:
            _erase_beside(session, keepers, whose.partner_id, order.order_id, now)
    session.execute(_CUSTOMER, {"partner_id": whose.partner_id, "customer_id": whose.customer_id, "now": now})
    audit.record(
        session,
        actor=SHOPPER,
        action="customer.erased",
        subject=f"customer:{whose.customer_id}" if whose.customer_id else f"store:{whose.store_id}",
        partner_id=whose.partner_id,
        after={"orders": len(found.at_once), "later": len(found.later)},
        now=now,
    )
    return found


# What is left of the address is what tax depends on.
_ORDER = text("""
    UPDATE orders o SET email = '', fingerprint = '', erased_at = :now,
           address = jsonb_strip_nulls(jsonb_build_object(
             'country', o.address ->> 'country', 'region', o.address ->> 'region'))
     WHERE o.partner_id = :partner_id AND o.order_id = :order_id AND o.erased_at IS NULL
""")


def erase_order(
    session: Session, *, keepers: Sequence[Keeper], partner_id: UUID, order_id: UUID, now: datetime
) -> None:
    """Let an order no longer say whose it was."""
    _erase_beside(session, keepers, partner_id, order_id, now)
    session.execute(_ORDER, {"partner_id": partner_id, "order_id": order_id, "now": now})


def _erase_beside(
    session: Session, keepers: Sequence[Keeper], partner_id: UUID, order_id: UUID, now: datetime
) -> None:
    for keeper in keepers:
        if keeper.erase_order is not None:
            keeper.erase_order(session, partner_id, order_id, now)


def erase_beside_settled(
    session: Session, *, keepers: Sequence[Keeper], partner_id: UUID, now: datetime
) -> None:
    """Erase what stands beside orders whose shopper asked for it while something of them was open. Twice is
    the same as once."""
    for order_id in settled_orders(session, partner_id=partner_id, now=now):
        _erase_beside(session, keepers, partner_id, order_id, now)


# A customer without an account, of whose orders none says any more whose it was.
_FORGOTTEN = text("""
    SELECT c.customer_id FROM customers c
     WHERE c.partner_id = :partner_id AND c.erased_at IS NULL
       AND EXISTS (SELECT 1 FROM orders o WHERE o.partner_id = :partner_id
                      AND o.customer_id = c.customer_id AND o.order_id = ANY(CAST(:orders AS uuid[])))
       AND NOT EXISTS (SELECT 1 FROM orders o WHERE o.partner_id = :partner_id
                          AND o.customer_id = c.customer_id AND o.erased_at IS NULL)
       AND NOT EXISTS (SELECT 1 FROM accounts a WHERE a.partner_id = :partner_id
                          AND a.customer_id = c.customer_id AND a.proven_at IS NOT NULL)
""")
_UNPROVEN = text("""
    SELECT a.account_id FROM accounts a
     WHERE a.partner_id = :partner_id AND a.customer_id = ANY(CAST(:customers AS uuid[]))
""")


def erase_due(session: Session, *, keepers: Sequence[Keeper], partner_id: UUID, now: datetime) -> int:
    """Erase what is due of a partner's orders, a batch of them; return how many they were.

    Customers that nothing is left of go with their last order, unless they have an account.
    """
    due = due_orders(session, partner_id=partner_id, now=now, limit=_BATCH)
    for order_id in due:
        erase_order(session, keepers=keepers, partner_id=partner_id, order_id=order_id, now=now)
    if not due:
        return 0
    customers = list(session.scalars(_FORGOTTEN, {"partner_id": partner_id, "orders": due}))
    waiting = session.scalars(_UNPROVEN, {"partner_id": partner_id, "customers": customers}).all()
    remove_accounts(session, partner_id=partner_id, account_ids=waiting)
    for customer_id in customers:
        session.execute(_CUSTOMER, {"partner_id": partner_id, "customer_id": customer_id, "now": now})
    audit.record(
        session,
        actor=PROGRAM,
        action="orders.erased",
        subject=f"partner:{partner_id}",
        partner_id=partner_id,
        after={"orders": len(due), "customers": len(customers)},
        now=now,
    )
    return len(due)


_STRIPPED = text("""
    UPDATE stripe_events e SET payload = '{}'
     WHERE e.handled_at < :before AND e.payload <> '{}'
""")


def forget_events(session: Session, *, before: datetime) -> None:
    """Drop what webhooks carried that were handled before a moment: they name shoppers, and are never read
    again. Only as the company's role."""
    session.execute(_STRIPPED, {"before": before})
